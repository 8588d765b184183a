import { concat, EMPTY, from, lastValueFrom, map, NEVER, of, Subject, timer, VirtualTimeScheduler } from 'rxjs';
import type { Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import {
  batchOutcomes,
  batchParallel,
  batchSequential,
  createPool,
  trackProgress,
  withConnection,
} from '../../src/index';
import * as ix from '../../src/ix/index';
import { connectNode, serveNode } from '../../src/connectors/msgpack-rpc/index';
import { simulate } from '../../src/simulation/index';
import { stressTest } from '../../src/stress/index';
import { createLastingPool } from '../helpers/lasting-pool';
import { opensAtOnce } from '../helpers/marbles';

const connect = (): Observable<string> => opensAtOnce('a');
const messageOf = async (action: () => unknown): Promise<string> => {
  try {
    await action();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was thrown';
};
const create = (options: object): Promise<string> => messageOf(() => createPool({ connect, max: 1, ...options }));

describe('an unknown option', () => {
  for (const [written, meant] of [
    ['idelTimeout', 'idleTimeout'],
    ['idletimeout', 'idleTimeout'],
    ['maxPendng', 'maxPending'],
    ['acquireTimout', 'acquireTimeout'],
    ['idleTimeoutMillis', 'idleTimeout'],
    ['softIdleTimeoutMillis', 'idleTimeout'],
    ['acquireTimeoutMillis', 'acquireTimeout'],
    ['connectionTimeoutMillis', 'acquireTimeout'],
    ['maxWaitingClients', 'maxPending'],
    ['evictionRunIntervalMillis', 'idleTimeout'],
    ['numTestsPerEvictionRun', 'idleTimeout'],
    ['createTimeoutMillis', 'connectTimeout'],
    ['destroyTimeoutMillis', 'closeTimeout'],
    ['testOnBorrow', 'validate'],
    ['fifo', 'order'],
    ['create', 'connect'],
    ['destroy', 'close'],
    ['connectionLimit', 'max'],
    ['maxPoolSize', 'max'],
    ['minimumIdle', 'min'],
    ['maxLifetimeSeconds', 'maxLifetime'],
    ['leakDetectionThreshold', 'leakThreshold'],
  ] as const) {
    it(`${written} of a pool suggests ${meant}`, async () => {
      const message = await create({ [written]: 1 });
      expect(message).toContain(`${written} is not an option; the options are connect, `);
      expect(message).toContain(`. Did you mean \`${meant}\`?`);
    });
  }

  it('without a similar option has no suggestion', async () => {
    for (const name of ['colour', 'x', 'constructor', 'toString']) {
      expect(await create({ [name]: 1 })).toContain(`${name} is not an option`);
      expect(await create({ [name]: 1 })).not.toContain('Did you mean');
    }
  });

  it('is named with the object that contains it', async () => {
    expect(await create({ breaker: { failure: 1 } })).toContain('Did you mean `breaker.failures`?');
  });

  const pool = createPool({ connect, max: 1 });
  const places: Record<string, [() => unknown, string]> = {
    'an acquire': [() => pool.acquire({ timeout: 1 } as never), 'acquireTimeout'],
    'a use': [() => pool.use(() => EMPTY, { acquireTimeoutMillis: 1 } as never), 'acquireTimeout'],
    withConnection: [() => withConnection(pool, () => EMPTY, { lable: 'x' } as never), 'label'],
    batchParallel: [() => batchParallel({ concurency: 1 } as never), 'concurrency'],
    batchOutcomes: [() => batchOutcomes({ maxConcurrent: 1 } as never), 'concurrency'],
    batchSequential: [() => batchSequential({ patince: 1 } as never), 'patience'],
    trackProgress: [() => trackProgress({ next: () => undefined }, { totl: 1 } as never), 'total'],
    'batchParallel of ix': [() => ix.batchParallel({ singal: 1 } as never), 'signal'],
    'batchSequential of ix': [() => ix.batchSequential({ singal: 1 } as never), 'signal'],
    connectNode: [() => connectNode('a@127.0.0.1:1', { codek: 1 } as never), 'codec'],
    'the limits of connectNode': [
      () => connectNode('a@127.0.0.1:1', { limits: { maxMessageByte: 1 } } as never),
      'limits.maxMessageBytes',
    ],
    serveNode: [() => serveNode({ method: {} } as never), 'methods'],
    'a stress test': [() => stressTest(pool, { worker: 1, duration: 1 } as never), 'workers'],
    'a simulation': [
      () =>
        simulate({ pool: { max: 1, idleTimeoutMillis: 1 }, target: {}, arrivals: { rate: 1 }, duration: 1 } as never),
      'idleTimeout',
    ],
  };
  for (const [what, [action, meant]] of Object.entries(places)) {
    it(`of ${what} suggests ${meant}`, async () => {
      expect(await messageOf(action)).toContain(`Did you mean \`${meant}\`?`);
    });
  }
});

describe('an invalid use of the pool', () => {
  it('a connect that returns a plain object fails its caller at once, regardless of the breaker', () => {
    for (const breaker of [undefined, false] as const) {
      const told: string[] = [];
      const pool = createLastingPool({ connect: (() => ({ query: 1 })) as never, max: 3, breaker });
      pool.acquire().subscribe({ error: (error: unknown) => told.push((error as Error).message) });
      expect(told).toEqual([
        `Pool 'pool' cannot connect: the last connect failed (connect must return an Observable or a Promise of a connection, but ` +
          `returned an object; to return a connection that is available at once, make connect an async function). Correct connect.`,
      ]);
      void pool.destroy();
    }
  });

  it('a connect that delivers undefined or null fails its caller at once, and names what to return', async () => {
    for (const [connect, delivered] of [
      [async () => undefined, 'undefined'],
      [async () => null, 'null'],
      [() => opensAtOnce(undefined), 'undefined'],
      [() => opensAtOnce(null), 'null'],
    ] as const) {
      const called: unknown[] = [];
      const pool = createPool<unknown>({
        connect,
        max: 3,
        name: 'db',
        close: (connection) => void called.push(connection),
      });
      expect(await messageOf(() => lastValueFrom(pool.use(() => of(1))))).toBe(
        `Pool 'db' cannot connect: the last connect failed (connect must return an Observable or a Promise of a connection, but ` +
          `it delivered ${delivered}; return the connection). Correct connect.`,
      );
      expect(pool.stats).toEqual(jasmine.objectContaining({ opened: 0, openFailures: 1, totalConnections: 0 }));
      await pool.destroy();
      expect(called).toEqual([]);
    }
  });

  it('a Promise that resolves to undefined after its timeout is not closed as a connection', async () => {
    const called: unknown[] = [];
    let resolve!: (value: undefined) => void;
    const pool = createPool<unknown>({
      connect: () => new Promise<undefined>((given) => (resolve = given)),
      close: (connection) => void called.push(connection),
      max: 1,
    });
    pool.acquire().subscribe({ error: () => undefined });
    const destroyed = pool.destroy();
    expect(pool.stats.closingConnections).toBe(1);
    resolve(undefined);
    await destroyed;
    expect(called).toEqual([]);
  });

  it('emissions of a connector after its connection are ignored, undefined too', () => {
    const emitter = new Subject<string | undefined>();
    const pool = createPool({ connect: () => emitter, max: 1, min: 1 });
    emitter.next('a');
    emitter.next(undefined);
    expect(pool.stats.totalConnections).toBe(1);
    void pool.destroy({ timeout: 0 });
  });

  const completesAtOnce =
    'the Observable of connect completed as soon as it had emitted the connection, which ends it; ' +
    'return concat(of(connection), NEVER), or a Promise';

  it('a connector that completes with its connection, as of(connection) does, fails with what to do', () => {
    new TestScheduler(() => undefined).run(({ flush }) => {
      const told: string[] = [];
      const pool = createPool({ connect: () => of('c'), max: 1, name: 'db' });
      pool.acquire().subscribe({ error: (error: unknown) => told.push((error as Error).message) });
      flush();
      expect(told).toEqual([
        `Pool 'db' cannot connect: the last 5 connects failed (${completesAtOnce}). Correct connect.`,
      ]);
      void pool.destroy();
    });
    const told: string[] = [];
    new TestScheduler(() => undefined).run(({ flush }) => {
      const pool = createPool({ connect: () => of('c'), max: 1, name: 'db', acquireTimeout: 20, random: () => 1 });
      pool.acquire().subscribe({ error: (error: unknown) => told.push((error as Error).message) });
      flush();
      void pool.destroy();
    });
    expect(told).toEqual([
      `Pool 'db' has no connection open after 20 ms: the last connect failed (${completesAtOnce}). Correct connect.`,
    ]);
  });

  it('a connector that completes with its connection, as from(promise) does, tells so the work that it interrupts', async () => {
    for (const connect of [() => from(Promise.resolve('c')), () => timer(1).pipe(map(() => 'c'))]) {
      // A clock that does not go on by itself: a busy machine makes no difference.
      const scheduler = new VirtualTimeScheduler();
      const unlimited = { acquireTimeout: Infinity, connectTimeout: Infinity };
      const pool = createPool<string>({ connect, max: 1, name: 'db', scheduler, ...unlimited });
      const told = messageOf(() => lastValueFrom(pool.use(() => NEVER)));
      while (pool.stats.opened === 0) await new Promise((later) => setTimeout(later));
      scheduler.flush();
      expect(await told).toBe(
        `Pool 'db' lost a connection while it was lent: ${completesAtOnce}. ` +
          'The work on it may or may not have been done; run it again if that is safe.',
      );
      void pool.destroy();
    }
  });

  it('a connection that ends by itself is no mistake of the connector', async () => {
    new TestScheduler(() => undefined).run(({ cold, flush }) => {
      const told: string[] = [];
      const pool = createPool({ connect: () => cold('c|'), max: 1, name: 'db' });
      pool.use(() => NEVER).subscribe({ error: (error: unknown) => told.push((error as Error).message) });
      flush();
      expect(told).toEqual([
        `Pool 'db' lost a connection while it was lent. The work on it may or may not have been done; run it again if that is safe.`,
      ]);
      void pool.destroy();
    });
    const ends = new Subject<never>();
    const pool = createPool({ connect: () => concat(of('c'), ends), max: 1, name: 'db' });
    const told = messageOf(() => lastValueFrom(pool.use(() => NEVER)));
    await Promise.resolve();
    ends.complete();
    expect(await told).not.toContain('completed as soon as');
    await pool.destroy();
  });

  it('work that returns nothing, or a plain value, fails with the values that it may return', async () => {
    const pool = createLastingPool({ connect, max: 1 });
    for (const [returned, shown] of [
      [undefined, 'undefined'],
      [null, 'null'],
      [7, '7'],
      [{ rows: 1 }, 'an object'],
    ] as const) {
      const told = await lastValueFrom(pool.use(() => returned as never)).catch((error: unknown) => error as Error);
      expect(told).toBeInstanceOf(TypeError);
      expect(told.message).toBe(
        `work returned ${shown}: it must return an Observable, a Promise, or an iterable; for one plain value of(value), for none EMPTY`,
      );
      const result = await lastValueFrom(
        from([1]).pipe(
          withConnection(pool, () => returned as never),
          batchParallel(),
        ),
      );
      expect((result.failed[0]!.error as Error).message).toContain(`work returned ${shown}:`);
    }
    expect(pool.stats.activeLeases).toBe(0);
  });

  it('options of destroy that mean nothing are refused, and the pool stays open', async () => {
    const pool = createPool({ connect, max: 1, name: 'db' });
    for (const [options, issue] of [
      [5_000, 'options must be an object such as { timeout: 5000 }, but got 5000'],
      [null, 'options must be an object such as { timeout: 5000 }, but got null'],
      [{ timeOut: 10 }, 'timeOut is not an option; the options are timeout. Did you mean `timeout`?'],
      [{ timeout: '5s' }, 'timeout must be milliseconds, 0 or more, or Infinity for none, but got "5s"'],
    ] as const) {
      expect(await messageOf(() => pool.destroy(options as never))).toBe(`Pool 'db' cannot be destroyed: ${issue}`);
    }
    expect(pool.stats.state).toBe('open');
    await pool.destroy({ timeout: undefined });
  });

  it('work that awaits the destroy of its own pool gets an error at once, and the pool is destroyed', async () => {
    for (const work of [
      (pool: { destroy(): Promise<void> }) => pool.destroy(),
      async (pool: { destroy(): Promise<void> }) => {
        await pool.destroy();
      },
    ]) {
      const pool = createPool({ connect, max: 1, name: 'db' });
      const told = await lastValueFrom(pool.use(() => work(pool))).catch((error: unknown) => error as Error);
      expect((told as Error).message).toContain(
        `Pool 'db' is being destroyed by work that holds one of its connections: destroy() waits for the end of that work.`,
      );
      await pool.destroy();
      expect(pool.stats.state).toBe('destroyed');
    }
  });

  it('work that ends by itself may destroy its pool, and is notified of the end', async () => {
    const pool = createPool({ connect, max: 1 });
    let ended: Promise<string> | undefined;
    pool
      .use(() => {
        ended = pool.destroy().then(() => 'ended');
        return of(1);
      })
      .subscribe();
    expect(await ended).toBe('ended');

    const other = createPool({ connect, max: 1 });
    other.acquire().subscribe((lease) => {
      ended = other.destroy().then(() => 'ended');
      setTimeout(() => {
        lease.release();
      });
    });
    expect(await ended).toBe('ended');
  });

  it('work that destroys its pool with the timeout 0 waits for nothing', async () => {
    const pool = createPool({ connect, max: 1 });
    let ended: Promise<string> | undefined;
    pool
      .use(() => {
        ended = pool.destroy({ timeout: 0 }).then(() => 'ended');
        return NEVER;
      })
      .subscribe({ error: () => undefined });
    expect(await ended).toBe('ended');
  });
});
