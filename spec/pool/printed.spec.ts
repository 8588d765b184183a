import { execFile } from 'node:child_process';
import { inspect, promisify } from 'node:util';
import { from, lastValueFrom, NEVER, of } from 'rxjs';
import { batchParallel, withConnection } from '../../src/index';
import {
  ConnectionFailedError,
  InvalidConfigError,
  InvalidLeaseError,
  InvalidPoolError,
  PoolExhaustedError,
} from '../../src/pool/errors';
import type { Lease, WorkContext } from '../../src/index';
import {
  RpcBacklogError,
  RpcConnectionError,
  RpcEncodeError,
  RpcError,
  RpcProtocolError,
} from '../../src/connectors/msgpack-rpc/errors';
import { CallTimeoutError } from '../../src/cli/call-timeout-error';
import { SimulatedFailure } from '../../src/simulation/target';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { opensAtOnce } from '../helpers/marbles';

const run = promisify(execFile);
const numbers: PoolExhaustedError['numbers'] = {
  maxConnections: 10,
  totalConnections: 1,
  inUseConnections: 1,
  openingConnections: 2,
  closingConnections: 3,
  pendingAcquires: 4,
  validating: 0,
  resetting: 0,
  heldByCancelledWork: 0,
  waited: 200,
};
const why = new TypeError('the reason');

const errors: readonly Error[] = [
  new PoolExhaustedError('db', 'timeout', 'all are busy', numbers, why),
  new ConnectionFailedError('db', 'open', 3, 'no connection', numbers, why),
  new InvalidConfigError('db', 'Pool cannot be created', ['max must be more', 'min must be less']),
  new InvalidPoolError('db', 'is destroyed'),
  new InvalidLeaseError('db', 'has ended'),
  new RpcError('here:1', 'm', ['code', 'no']),
  new RpcProtocolError('RPC_LIMIT', 'here:1', 'too much', 'm', why),
  new RpcConnectionError('RPC_CONNECT_FAILED', 'here:1', 'nothing listens', 'm', why),
  new RpcEncodeError('here:1', 'm', why),
  new RpcBacklogError('here:1', 'does not read', 'm'),
  new CallTimeoutError('m', 'here:1', 10),
  new SimulatedFailure('simulated', false),
];

describe('an error of this package', () => {
  for (const error of errors) {
    const { name, message } = error;

    it(`${name} is readable wherever it is printed`, () => {
      const shown = (value: unknown, depth = 2): string => inspect(value, { depth }).replace(/\n +- /g, '\n- ');
      expect(String(error)).toBe(`${name}: ${message}`);
      expect(error.stack).toContain(`${name}: ${message}\n    at `);
      expect(shown(error)).toContain(`${name}: ${message}\n    at `);
      expect(shown({ a: { b: { c: { error } } } })).toContain('[Object]');
      expect(shown({ a: { b: { error } } })).toContain(`[${name}: ${message}]`);
      expect(shown({ a: { b: { error } } }, 9)).toContain(`${name}: ${message}\n`);
      expect(Object.keys(error)).not.toContain('name');
    });

    it(`${name} is JSON with its message, its fields and its cause`, () => {
      const json = JSON.parse(JSON.stringify({ error })) as { error: Record<string, unknown> };
      const fields = Object.fromEntries(Object.entries(error).filter(([, value]) => value !== undefined));
      expect(json.error).toEqual({
        ...fields,
        name,
        message,
        ...(error.cause === undefined ? {} : { cause: { name: 'TypeError', message: 'the reason' } }),
      });
    });
  }

  it('has the state of the pool in numbers', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1, maxPending: 0 });
    pool.use(() => NEVER).subscribe();
    let told: PoolExhaustedError | undefined;
    pool.acquire().subscribe({ error: (error: unknown) => (told = error as PoolExhaustedError) });
    const { maxConnections, totalConnections, inUseConnections, pendingAcquires, waited } = told!.numbers;
    expect([maxConnections, totalConnections, inUseConnections, pendingAcquires, waited]).toEqual([1, 1, 1, 1, 0]);
  });

  it('is JSON whatever its cause is', () => {
    const knot: { self?: unknown } = {};
    knot.self = knot;
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const loop = new Error('loop');
    loop.cause = loop;
    for (const [cause, expected] of [
      ['a text', 'a text'],
      [12n, '12'],
      [knot, 'an object'],
      [proxy, 'an object that cannot be read'],
      [null, null],
      [Symbol('s'), 'Symbol(s)'],
      [{ plain: 1 }, { plain: 1 }],
      [
        Object.assign(new Error('with'), { code: 'X', big: 1n }),
        { name: 'Error', message: 'with', code: 'X', big: '1' },
      ],
    ] as const) {
      const error = new InvalidPoolError('db', 'x', cause);
      expect((JSON.parse(JSON.stringify(error)) as { cause: unknown }).cause).toEqual(expected);
    }
    expect(JSON.stringify(new InvalidPoolError('db', 'x', loop)).length).toBeLessThan(2_000);
  });

  it('has its causes in its JSON, nine levels deep, and then the message of the next one', () => {
    const causes = (depth: number): Error => new Error(`e${depth}`, depth === 0 ? {} : { cause: causes(depth - 1) });
    let json = JSON.parse(JSON.stringify(new InvalidPoolError('db', 'x', causes(12)))) as { cause?: unknown };
    const messages: unknown[] = [];
    while (typeof json.cause === 'object') {
      json = json.cause as { cause?: unknown };
      messages.push((json as { message?: unknown }).message);
    }
    expect(messages).toEqual(['e12', 'e11', 'e10', 'e9', 'e8', 'e7', 'e6', 'e5']);
    expect(json.cause).toBe('e4');
  });

  it('has the fields of its causes as JSON can show them', () => {
    function given(): void {
      // Only its name is shown.
    }
    const cause = Object.assign(new Error('with fields'), {
      given,
      symbol: Symbol('s'),
      error: new Error('inside'),
      list: [1, 2],
      big: [1n],
    });
    expect((JSON.parse(JSON.stringify(new InvalidPoolError('db', 'x', cause))) as { cause: unknown }).cause).toEqual({
      name: 'Error',
      message: 'with fields',
      given: 'the function given',
      symbol: 'Symbol(s)',
      error: 'inside',
      list: [1, 2],
      big: 'an array of 1',
    });
  });

  it('is shown in short below the depth that util.inspect shows', () => {
    const error = new InvalidPoolError('db', 'gone');
    const deep = { a: { b: { c: { error } } } };
    expect(inspect(deep, { depth: 2 })).not.toContain('gone');
    expect(inspect(deep, { depth: 3 })).toContain('[InvalidPoolError: gone]');
    expect(inspect({ error }, { depth: 0 })).toContain('[InvalidPoolError: gone]');
    expect(inspect({ error }, { depth: 0 })).not.toContain('code:');
    expect(inspect({ error }, { depth: 1 })).toContain('code:');
    expect(inspect({ error }, { depth: null })).toContain('code:');
  });

  it('is readable in the result of a batch, and so is an error of the work', async () => {
    const own = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    const result = await lastValueFrom(
      from([new TypeError('of the work'), errors[0]!]).pipe(
        withConnection(own, (_, error) => Promise.reject(error)),
        batchParallel(),
      ),
    );
    for (const text of [inspect(result), inspect({ result })]) {
      expect(text).toContain('TypeError: of the work');
      expect(text).toContain('PoolExhaustedError: all are busy');
    }
    expect(inspect(result, { depth: 0 })).not.toContain('PoolExhaustedError: all are busy');
    expect(Object.keys(result)).toEqual(['successful', 'failed', 'unstarted']);
  });

  it('is readable as the first lines of the README print it, and when a program ends by it', async () => {
    const program = `
      import { from, lastValueFrom } from 'rxjs';
      import { batchParallel, createPool, withConnection } from './src/index.ts';
      import { connectNode } from './src/connectors/msgpack-rpc/index.ts';
      const pool = createPool({ connect: connectNode('worker@127.0.0.1:1'), max: 10, retryDelay: 1, acquireTimeout: 1_000 });
      console.log(await lastValueFrom(from(['one']).pipe(
        withConnection(pool, (node, line) => node.call('word_count', line)), batchParallel(8))));
      await lastValueFrom(pool.use((node) => node.call('x')));`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', program];
    const ended = await run(process.execPath, args).catch(
      (error: unknown) => error as { stdout: string; stderr: string },
    );
    const message = "ConnectionFailedError: Pool 'pool' cannot connect: the last ";
    expect(ended.stdout).toContain(message);
    expect(ended.stderr).toContain(message);
  });
});

describe('a pool that is printed', () => {
  const printed = () => {
    const pool = createPool({ connect: () => opensAtOnce('secret'), max: 2, name: 'db' });
    let lease: Lease<string> | undefined;
    pool.acquire({ label: 'report' }).subscribe((given) => (lease = given));
    return { pool, lease: lease! };
  };

  it('shows its state, and no more', () => {
    const { pool } = printed();
    const text = `ConnectionPool 'db' (open: 1/2 in use, 1 open)`;
    expect(String(pool)).toBe(text);
    expect(inspect(pool)).toBe(text);
    expect(inspect({ pool })).toBe(`{ pool: ${text} }`);
    expect(Object.prototype.toString.call(pool)).toBe('[object ConnectionPool]');
  });

  it('counts waiting callers, opening and closing connections', () => {
    const pool = createPool({ connect: () => NEVER, max: 2, name: 'db' });
    for (let i = 0; i < 3; i++) pool.acquire().subscribe({ error: () => undefined });
    expect(String(pool)).toBe(`ConnectionPool 'db' (open: 0/2 in use, 0 open, 2 opening, 3 waiting)`);
    void pool.destroy();
    expect(String(pool)).toBe(`ConnectionPool 'db' (destroyed: 0/2 in use, 0 open)`);
  });

  it('is its stats as JSON, and so is stats$', () => {
    const { pool } = printed();
    expect(JSON.parse(JSON.stringify({ pool, stats: pool.stats$ }))).toEqual({ pool: pool.stats, stats: pool.stats });
  });

  it('has leases that show their connection and label, before and after their end', () => {
    const { lease } = printed();
    expect(String(lease)).toBe(`Lease of 'db' (connection 1, 'report')`);
    expect(inspect({ lease })).toBe(`{ lease: Lease of 'db' (connection 1, 'report') }`);
    expect(Object.prototype.toString.call(lease)).toBe('[object Lease]');
    expect(JSON.parse(JSON.stringify({ lease }))).toEqual({ lease: { pool: 'db', connection: 1, label: 'report' } });
    lease.release();
    expect(inspect(lease)).toBe(`Lease of 'db' (ended, 'report')`);
    expect(JSON.parse(JSON.stringify(lease))).toEqual({ pool: 'db', label: 'report' });
  });

  it('gives work a context that shows nothing of the pool', () => {
    const { pool } = printed();
    const shown: string[] = [];
    const work = (_: string, context: WorkContext) => of(shown.push(inspect({ context }), JSON.stringify({ context })));
    pool.use(work).subscribe();
    expect(shown).toEqual(['{ context: WorkContext }', '{"context":{}}']);
  });
});
