import { NEVER, Observable, of } from 'rxjs';
import {
  ConnectionFailedError,
  InvalidConfigError,
  InvalidLeaseError,
  InvalidPoolError,
  isPoolError,
  PoolError,
  PoolExhaustedError,
} from '../../src/index';
import type { Lease, PoolErrorCode } from '../../src/index';
import type * as first from '../../src/pool/errors';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { marbles, opensAtOnce } from '../helpers/marbles';

/** One of each, caused as in use. */
function errors(): { code: PoolErrorCode; type: abstract new (...args: never[]) => PoolError; error: unknown }[] {
  const found: unknown[] = [];
  const take = (error: unknown): void => void found.push(error);
  marbles(({ target, flush }) => {
    const busy = createPool({ connect: target(opensAtOnce('a')).connect, max: 1, maxPending: 0, name: 'db' });
    busy.use(() => NEVER).subscribe({ error: () => undefined });
    busy.acquire().subscribe({ error: take });

    const dead = createPool({ connect: target('#').connect, max: 1, breaker: { failures: 1 }, name: 'db' });
    dead.acquire().subscribe({ error: take });
    flush();

    const ended = createPool({ connect: target(opensAtOnce('a')).connect, max: 1, name: 'db' });
    let lease: Lease<string> | undefined;
    ended.acquire().subscribe((given) => (lease = given));
    lease!.release();
    try {
      take(lease!.connection);
    } catch (error) {
      take(error);
    }
    void ended.destroy();
    ended.acquire().subscribe({ error: take });

    try {
      createPool({ connect: target().connect, max: 0, name: 'db' });
    } catch (error) {
      take(error);
    }
  });
  const [exhausted, failed, lease, destroyed, config] = found;
  return [
    { code: 'POOL_EXHAUSTED', type: PoolExhaustedError, error: exhausted },
    { code: 'CONNECTION_FAILED', type: ConnectionFailedError, error: failed },
    { code: 'INVALID_LEASE', type: InvalidLeaseError, error: lease },
    { code: 'INVALID_POOL', type: InvalidPoolError, error: destroyed },
    { code: 'INVALID_CONFIG', type: InvalidConfigError, error: config },
  ];
}

describe('the errors of a pool', () => {
  it('have a class, a code and a name each, and name the pool', () => {
    for (const { code, type, error } of errors()) {
      expect(error).withContext(code).toBeInstanceOf(type);
      expect(error).withContext(code).toBeInstanceOf(PoolError);
      expect(error).withContext(code).toBeInstanceOf(Error);
      const { name, code: has, pool, message, stack } = error as PoolError;
      expect({ name, code: has, pool }).toEqual({ name: type.name, code, pool: 'db' });
      expect(message).withContext(code).toContain("'db'");
      expect(stack).withContext(code).toContain(type.name);
    }
  });

  it('name the next step in their message', () => {
    for (const { code, error } of errors()) {
      // More than one sentence: the problem and the next step. The message of invalid options is the list of problems.
      if (code !== 'INVALID_CONFIG')
        expect((error as Error).message)
          .withContext(code)
          .toMatch(/[.:;] .*\.$/s);
    }
  });

  it('are distinguished by isPoolError, with and without a code', () => {
    const all = errors();
    for (const { code, error } of all) {
      expect(isPoolError(error)).withContext(code).toBe(true);
      for (const other of all) {
        expect(isPoolError(error, other.code))
          .withContext(`${code} as ${other.code}`)
          .toBe(code === other.code);
      }
    }
  });

  it('are the only values that isPoolError accepts', () => {
    const lookalike = Object.assign(new Error('x'), { code: 'POOL_EXHAUSTED', pool: 'db', name: 'PoolExhaustedError' });
    for (const other of [undefined, null, 'POOL_EXHAUSTED', 42, {}, { code: 'POOL_EXHAUSTED' }, lookalike]) {
      expect(isPoolError(other)).toBe(false);
      expect(isPoolError(other, 'POOL_EXHAUSTED')).toBe(false);
    }
  });

  it('are recognised by isPoolError across two copies of the package', async () => {
    // A second copy: the same module under another address.
    const copy = (await import(`../../src/pool/errors?copy=${Date.now()}`)) as typeof first;
    expect(copy.PoolExhaustedError).not.toBe(PoolExhaustedError);
    for (const { code, error } of errors()) {
      expect(error).not.toBeInstanceOf(copy.PoolError);
      expect(copy.isPoolError(error, code)).withContext(code).toBe(true);
    }
    const exhausted = errors()[0]!.error as PoolExhaustedError;
    const foreign = new copy.PoolExhaustedError('db', 'timeout', 'from the other copy', exhausted.numbers);
    expect(foreign).not.toBeInstanceOf(PoolExhaustedError);
    expect(isPoolError(foreign, 'POOL_EXHAUSTED')).toBe(true);
    expect(isPoolError(foreign, 'INVALID_POOL')).toBe(false);
  });

  it('have types that isPoolError narrows to', () => {
    const [exhausted] = errors();
    const error = exhausted!.error;
    expect(isPoolError(error, 'POOL_EXHAUSTED') ? error.reason : 'not narrowed').toBe('queue-full');
  });

  it('count and list all problems of invalid options', () => {
    try {
      createPool({ connect: 1, max: 'many', name: '' } as never);
      fail('created');
    } catch (error) {
      expect((error as InvalidConfigError).issues.length).toBe(3);
      for (const issue of (error as InvalidConfigError).issues) expect((error as Error).message).toContain(issue);
    }
  });

  it('never wrap the errors of the work', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    for (const own of [new Error('own'), 'a string', undefined, { code: 'POOL_EXHAUSTED' }]) {
      let seen: unknown = 'nothing';
      pool
        .use(
          () =>
            new Observable<never>((subscriber) => {
              subscriber.error(own);
            }),
        )
        .subscribe({ error: (error: unknown) => (seen = error) });
      expect(seen).toBe(own);
    }
    expect(pool.stats.failedOperations).toBe(4);
    pool.use(() => of(1)).subscribe();
    expect(pool.stats.successfulOperations).toBe(1);
  });
});
