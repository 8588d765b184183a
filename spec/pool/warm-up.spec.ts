import { asyncScheduler, NEVER, of } from 'rxjs';
import { InvalidConfigError, InvalidPoolError } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { countingScheduler } from '../helpers/counting-scheduler';
import { marbles, opensAtOnce, poolError } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';
import { turns } from '../helpers/turns';

/** The outcome of a promise, once it has settled. */
async function outcomeOf(promise: Promise<unknown> | undefined): Promise<unknown> {
  return Promise.race([
    (promise ?? Promise.reject(new Error('there is no promise'))).then(
      (value) => value ?? 'done',
      (error: unknown) => error,
    ),
    turns(3).then(() => 'pending'),
  ]);
}

describe('pool.warmUp()', () => {
  it('opens one connection, which is available then', async () => {
    const scripted = scriptedTarget();
    const pool = createPool({ connect: scripted.connect, max: 5 });
    await pool.warmUp();
    expect(scripted.dials).toBe(1);
    expect(pool.stats).toEqual(
      jasmine.objectContaining({ totalConnections: 1, availableConnections: 1, acquired: 0, pendingAcquires: 0 }),
    );
  });

  it('opens the given number of connections, all at once up to maxOpening', async () => {
    const scripted = scriptedTarget({ openAfter: 10 });
    let warm: Promise<void> | undefined;
    let settledAt = -1;
    marbles(({ flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 30, maxOpening: 8 });
      warm = pool.warmUp(20);
      pool.stats$.subscribe((stats) => {
        if (stats.totalConnections === 20) settledAt = asyncScheduler.now();
      });
      flush();
    });
    expect(scripted.dialTimes).toEqual([...Array<number>(8).fill(0), ...Array<number>(8).fill(10), 20, 20, 20, 20]);
    expect(settledAt).toBe(30);
    expect(await outcomeOf(warm)).toBe('done');
  });

  it('counts connections that are open already, in use or not', async () => {
    const scripted = scriptedTarget();
    const pool = createPool({ connect: scripted.connect, max: 5 });
    pool.use(() => NEVER).subscribe();
    await pool.warmUp(1);
    expect(scripted.dials).toBe(1);
    await pool.warmUp(3);
    expect(scripted.dials).toBe(3);
    await pool.warmUp(2);
    expect(scripted.dials).toBe(3);
  });

  it('without a count opens min, or at most max after a resize', async () => {
    const scripted = scriptedTarget({ openAfter: 1 });
    const pool = createPool({ connect: scripted.connect, max: 4, min: 3 });
    await pool.warmUp();
    expect(pool.stats.totalConnections).toBe(3);
    pool.resize(2);
    await pool.warmUp();
    expect(pool.stats.totalConnections).toBe(2);
    await pool.destroy();
  });

  it('of 0 resolves at once, and opens nothing', async () => {
    const scripted = scriptedTarget();
    const pool = createPool({ connect: scripted.connect, max: 5 });
    await pool.warmUp(0);
    expect(scripted.dials).toBe(0);
  });

  it('serves a caller that arrives meanwhile with the first connection that opens', () => {
    marbles(({ target, expectObservable }) => {
      const { connect } = target('---a', '-----b');
      const pool = createPool({ connect, max: 2 });
      void pool.warmUp(2);
      expectObservable(pool.use((c) => of(c))).toBe('---(a|)');
    });
  });

  it('lends a connection that it keeps open past idleTimeout, and opens no other in its place', () => {
    marbles(({ target, expectObservable, expectSubscriptions }) => {
      const { connect, lives } = target('-a', '30ms b');
      const pool = createPool({ connect, max: 2, idleTimeout: 5 });
      void pool.warmUp(2);
      expectObservable(
        pool.use((c) => of(c)),
        '20ms ^',
      ).toBe('20ms (a|)');
      expectSubscriptions(lives[0]!.subscriptions).toBe('^ 29ms !');
    });
  });

  it('waits for the own count of each of several calls', async () => {
    const seen: string[] = [];
    let calls: Promise<unknown>[] = [];
    marbles(({ target, flush }) => {
      const pool = createPool({ connect: target('-a', '---b', '-----c').connect, max: 3 });
      calls = [3, 1, 2].map((count) => pool.warmUp(count).then(() => seen.push(`${count}`)));
      flush();
    });
    await Promise.all(calls);
    expect(seen).toEqual(['1', '2', '3']);
  });

  it('tries again after a failed connect', async () => {
    let warm: Promise<void> | undefined;
    marbles(({ target, flush, expectSubscriptions }) => {
      const { connect, lives } = target('-#', '-a');
      const pool = createPool({ connect, max: 1, retryDelay: 4, random: () => 0.5 });
      warm = pool.warmUp();
      expectSubscriptions(lives[1]!.subscriptions).toBe('---^');
      flush();
    });
    expect(await outcomeOf(warm)).toBe('done');
  });

  it('rejects with a ConnectionFailedError when the target is down, after a bounded number of connects', async () => {
    const refused = new Error('refused');
    const scripted = scriptedTarget({ step: () => 'fail', error: refused });
    let warm: Promise<void> | undefined;
    marbles(({ flush }) => {
      warm = createPool({ connect: scripted.connect, max: 4 }).warmUp(4);
      warm.catch(() => undefined);
      flush();
    });
    expect(await outcomeOf(warm)).toEqual(poolError('CONNECTION_FAILED', { phase: 'open', cause: refused }));
    expect(scripted.dials).toBeLessThanOrEqual(9);
  });

  it('rejects with a ConnectionFailedError when acquireTimeout expires, and names the number of open connections', async () => {
    let warm: Promise<void> | undefined;
    const counting = countingScheduler();
    marbles(({ target, at, flush }) => {
      const pool = createPool({
        connect: target('-a', '-').connect,
        max: 2,
        acquireTimeout: 9,
        connectTimeout: 20,
        scheduler: counting.scheduler,
      });
      warm = pool.warmUp(2);
      warm.catch(() => undefined);
      at(30, () => {
        expect(counting.live).toBe(0);
      });
      flush();
    });
    expect(await outcomeOf(warm)).toEqual(
      poolError('CONNECTION_FAILED', { phase: 'open', message: jasmine.stringMatching(/1 of 2.*9 ms/) }),
    );
  });

  it('rejects with an InvalidPoolError when the pool is destroyed, before or meanwhile', async () => {
    const pool = createPool({ connect: () => NEVER, max: 1 });
    const meanwhile = pool.warmUp();
    meanwhile.catch(() => undefined);
    await pool.destroy();
    expect(await outcomeOf(meanwhile)).toBeInstanceOf(InvalidPoolError);
    expect(await outcomeOf(pool.warmUp())).toBeInstanceOf(InvalidPoolError);
    expect(await outcomeOf(pool.warmUp(0))).toBeInstanceOf(InvalidPoolError);
  });

  for (const wrong of [-1, 1.5, NaN, Infinity, '2', 4, null]) {
    it(`rejects with an InvalidConfigError that names ${typeof wrong} ${wrong}, of a pool of three`, async () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 3, name: 'db' });
      const error = await outcomeOf(pool.warmUp(wrong as number));
      expect(error).toBeInstanceOf(InvalidConfigError);
      expect((error as Error).message).toContain(String(wrong));
      expect((error as InvalidConfigError).pool).toBe('db');
    });
  }
});
