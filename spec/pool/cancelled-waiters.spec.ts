import { firstValueFrom, from, NEVER, Observable, of, take, throwError, timer } from 'rxjs';
import { batchParallel, Histogram, withConnection } from '../../src';
import type { ConnectionPool, Lease, PoolEvent, PoolOptions, PoolTimings } from '../../src';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { marbles, opensAtOnce } from '../helpers/marbles';

const busy = (options: Partial<PoolOptions<string>> = {}): { pool: ConnectionPool<string>; events: PoolEvent[] } => {
  const pool = createPool<string>({ connect: () => opensAtOnce('a'), max: 1, name: 'db', ...options });
  const events: PoolEvent[] = [];
  pool.events$.subscribe((event) => events.push(event));
  pool.use(() => NEVER, { label: 'holder' }).subscribe({ error: () => undefined });
  return { pool, events };
};

describe('a cancelled waiter', () => {
  const ways: Record<string, (pool: ConnectionPool<string>) => { unsubscribe(): void }> = {
    acquire: (pool) => pool.acquire({ label: 'x' }).subscribe(),
    use: (pool) => pool.use(() => NEVER, { label: 'x' }).subscribe(),
    'a task': (pool) =>
      of(1)
        .pipe(
          withConnection(pool, () => NEVER, { label: 'x' }),
          batchParallel(),
        )
        .subscribe(),
  };
  for (const [what, ask] of Object.entries(ways)) {
    it(`(${what}) causes an event with its wait, and is counted`, () => {
      marbles(({ at, flush }) => {
        const { pool, events } = busy();
        at(10, () => {
          const waiting = ask(pool);
          at(25, () => {
            waiting.unsubscribe();
            waiting.unsubscribe();
          });
        });
        flush();
        const cancelled = events.filter(({ type }) => type === 'cancelled');
        expect(cancelled).toEqual([{ type: 'cancelled', label: 'x', waited: 25, pool: 'db', at: 35, elapsed: 35 }]);
        expect(pool.stats.cancelledAcquires).toBe(1);
        expect(pool.stats.cancelledOperations).toBe(0);
        expect(pool.timings().failedWait.count).toBe(0);
      });
    });
  }

  it('is not a caller that was served or rejected, nor a stream', () => {
    marbles(({ flush }) => {
      const { pool } = busy({ acquireTimeout: 5 });
      pool.acquire().subscribe({ error: () => undefined });
      pool.pipe(take(1)).subscribe().unsubscribe();
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ cancelledAcquires: 0, timeouts: 1 }));
    });
  });
});

describe('failed waits', () => {
  it('are recorded apart from those of served callers', () => {
    marbles(({ at, flush }) => {
      const { pool } = busy({ acquireTimeout: 50, maxPending: 1 });
      for (let i = 0; i < 2; i++) pool.acquire().subscribe({ error: () => undefined });
      at(100, () => {
        pool.acquire().subscribe({ error: () => undefined });
        at(20, () => void pool.destroy());
      });
      flush();
      const { wait, failedWait } = pool.timings();
      expect(wait.count).toBe(1);
      expect(wait.max).toBe(0);
      expect([failedWait.count, failedWait.min, failedWait.max]).toEqual([3, 0, 50]);
      expect(failedWait.mean).toBeCloseTo(70 / 3, 9);
    });
  });
});

describe('a window on timings', () => {
  it('contains the values since then only', () => {
    marbles(({ at, flush }) => {
      const pool = createPool<string>({ connect: () => opensAtOnce('a'), max: 1, acquireTimeout: 30 });
      const work = (ms: number): void => {
        pool.use(() => timer(ms)).subscribe({ error: () => undefined });
      };
      work(10);
      work(10);
      let since: PoolTimings | undefined;
      at(100, () => {
        since = pool.timings();
        work(40);
        work(5);
      });
      flush();
      const { wait, failedWait, use, open } = pool.timings({ since: since! });
      expect([wait.count, wait.max, failedWait.count, failedWait.max]).toEqual([1, 0, 1, 30]);
      expect([use.count, use.max, open.count]).toEqual([1, 40, 0]);
      expect(pool.timings({ since: pool.timings() }).use.count).toBe(0);
      expect(pool.timings({ since: undefined }).use.count).toBe(3);
    });
  });

  it('rejects a value that is no earlier timings of the pool', () => {
    const { pool } = busy();
    pool.acquire({ acquireTimeout: 0 }).subscribe({ error: () => undefined });
    const other = createPool<string>({ connect: () => opensAtOnce('a'), max: 9 });
    other.use(() => of(1)).subscribe();
    for (const since of [1, null, {}, 'yesterday', { wait: 1, failedWait: 1, use: 1, open: 1 }, other.timings()]) {
      expect(() => pool.timings({ since: since as never })).toThrow(
        jasmine.objectContaining({ code: 'INVALID_CONFIG' }),
      );
    }
    expect(() => pool.timings({ sinse: 1 } as never)).toThrowError(/Did you mean `since`\?/);
    expect(() => pool.timings(7 as never)).toThrowError(/options must be an object such as \{ since \}, but got 7/);
  });

  it('equals a histogram of the later values alone', () => {
    for (let seed = 1; seed < 40; seed++) {
      let state = seed;
      const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
      const all = new Histogram();
      const later = new Histogram();
      for (let i = 0; i < seed * 3; i++) all.record(random() ** 4 * 10_000);
      const before = all.clone();
      for (let i = 0; i < seed % 7; i++) {
        const value = random() ** 4 * 20_000;
        all.record(value);
        later.record(value);
      }
      const window = all.minus(before);
      expect(window.count).toBe(later.count);
      for (const part of ['min', 'max', 'mean', 'p50', 'p99'] as const) {
        expect(Math.abs(window[part] - later[part]))
          .withContext(part)
          .toBeLessThanOrEqual(later[part] * 0.033 + 0.001);
      }
      expect(Histogram.fromJSON(JSON.parse(JSON.stringify(window)) as never).count).toBe(later.count);
    }
    expect(() => new Histogram().minus(undefined as never)).toThrowError(
      /earlier must be a Histogram, but got nothing/,
    );
  });
});

describe('a close that fails', () => {
  const refused = new Error('refused');
  const cases: Record<string, [Partial<PoolOptions<string>>, unknown]> = {
    'with an error': [{ close: () => throwError(() => refused) }, refused],
    'by throwing': [
      {
        close: () => {
          throw refused;
        },
      },
      refused,
    ],
    'in the teardown of its Observable': [
      {
        connect: () =>
          new Observable<string>((subscriber) => {
            subscriber.next('a');
            return () => {
              throw refused;
            };
          }),
      },
      refused,
    ],
    'by taking too long': [
      { close: () => NEVER, closeTimeout: 70 },
      jasmine.objectContaining({ message: 'it did not end within 70 ms' }),
    ],
  };
  for (const [how, [options, error]] of Object.entries(cases)) {
    it(`${how} is reported by its event`, () => {
      marbles(({ flush }) => {
        const { pool, events } = busy(options);
        void pool.destroy({ timeout: 0 });
        flush();
        expect(events.find(({ type }) => type === 'closed')).toEqual(
          jasmine.objectContaining({ connection: 1, error }),
        );
      });
    });
  }

  it('has no error in its event if the close has not failed', () => {
    marbles(({ flush }) => {
      const { pool, events } = busy({ close: () => timer(5) });
      void pool.destroy({ timeout: 0 });
      flush();
      const closed = events.find(({ type }) => type === 'closed')!;
      expect(Object.keys(closed)).not.toContain('error');
    });
  });
});

describe('a lease whose connection is lost', () => {
  const lost = new Error('reset by peer');
  const losing = async (before: (lease: Lease<string>) => void): Promise<Lease<string>> => {
    let end = (): void => undefined;
    const connect = (): Observable<string> =>
      new Observable<string>((subscriber) => {
        subscriber.next('a');
        end = () => {
          subscriber.error(lost);
        };
      });
    const lease = await firstValueFrom(createPool<string>({ connect, max: 1 }).acquire());
    before(lease);
    end();
    return lease;
  };

  it('has the loss as the cause of its InvalidLeaseError', async () => {
    const lease = await losing(() => undefined);
    let told: Error | undefined;
    try {
      fail(lease.connection);
    } catch (error) {
      told = error as Error;
    }
    expect(told).toEqual(jasmine.objectContaining({ code: 'INVALID_LEASE' }));
    expect(told!.cause).toEqual(jasmine.objectContaining({ code: 'CONNECTION_FAILED', phase: 'use', cause: lost }));
  });

  it('notifies its holder by its signal, whether first read before or after', async () => {
    const told: unknown[] = [];
    const early = await losing((lease) => {
      expect(lease.signal).toBe(lease.signal);
      lease.signal.addEventListener('abort', () => told.push(lease.signal.reason));
    });
    expect(told).toEqual([jasmine.objectContaining({ code: 'CONNECTION_FAILED', cause: lost })]);
    expect(early.signal.aborted).toBe(true);
    const late = await losing(() => undefined);
    expect(late.signal.aborted).toBe(true);
    expect(late.signal.reason).toEqual(jasmine.objectContaining({ code: 'CONNECTION_FAILED' }));
  });

  it('and one that is closed by destroy abort their signals, and one that was released does not', async () => {
    const pool = createPool<string>({ connect: () => opensAtOnce('a'), max: 2 });
    const [held, released] = [await firstValueFrom(pool.acquire()), await firstValueFrom(pool.acquire())];
    const { signal } = released;
    released.release();
    await pool.destroy({ timeout: 0 });
    expect(held.signal.reason).toEqual(jasmine.objectContaining({ code: 'INVALID_POOL' }));
    expect(signal.aborted).toBe(false);
  });

  it('of the pool as a stream notifies its holder, too', async () => {
    const pool = createPool<string>({ connect: () => opensAtOnce('a'), max: 1 });
    const lease = await firstValueFrom(from(pool));
    await pool.destroy({ timeout: 0 });
    expect(lease.signal.aborted).toBe(true);
  });
});
