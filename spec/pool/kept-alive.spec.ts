import { NEVER, Observable, of, Subject } from 'rxjs';
import { createPool, withConnection } from '../../src/index';
import type { ConnectionPool, Lease, PoolOptions } from '../../src/index';
import { holdingScheduler } from '../helpers/holding-scheduler';
import { opensAtOnce } from '../helpers/marbles';

// Timers are set in real time and inspected; none of them is awaited.

describe('timers that keep a process alive', () => {
  /** The pool, and the timers that it has set. */
  function create(options: Partial<PoolOptions<string>>) {
    const timers = holdingScheduler();
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1, scheduler: timers.scheduler, ...options });
    return { pool, timers };
  }
  type Case = [string, Partial<PoolOptions<string>>, (pool: ConnectionPool<string>) => void, number[]];
  const failing = (): Observable<string> =>
    new Observable((subscriber) => {
      subscriber.error(new Error('refused'));
    });
  const acquire = (pool: ConnectionPool<string>) => pool.acquire().subscribe({ error: () => undefined });
  const cancelled = (pool: ConnectionPool<string>, work: () => Observable<never> | Promise<never>) => {
    pool.use(work).subscribe().unsubscribe();
  };

  const free: Case[] = [
    ['an idle connection', { idleTimeout: 60_000, maxLifetime: Infinity }, (pool) => void pool.warmUp(), [60_000]],
    [
      'a connection with a lifetime',
      { idleTimeout: Infinity, maxLifetime: 70_000, lifetimeJitter: 0 },
      (pool) => void pool.warmUp(),
      [70_000],
    ],
    ['a connect of min', { min: 1, connect: () => NEVER, connectTimeout: 9_000 }, () => undefined, [9_000]],
    [
      'the pause before a connect of min',
      { min: 1, connect: failing, retryDelay: 10_000, random: () => 0.5 },
      () => undefined,
      [10_000],
    ],
    [
      'a lease that is watched for a leak',
      { leakThreshold: 12_000, idleTimeout: Infinity, maxLifetime: Infinity },
      (pool) => void acquire(pool),
      [12_000],
    ],
    [
      'cancelled work that cannot be stopped',
      { cancelTimeout: 13_000, idleTimeout: Infinity, maxLifetime: Infinity },
      (pool) => {
        cancelled(pool, () => new Promise<never>(() => undefined));
      },
      [13_000],
    ],
    [
      'an onCancel that does not end',
      { cancelTimeout: 14_000, onCancel: () => NEVER, idleTimeout: Infinity, maxLifetime: Infinity },
      (pool) => {
        cancelled(pool, () => NEVER);
      },
      [14_000],
    ],
    [
      'a reset that does not end',
      { cancelTimeout: 15_000, reset: () => NEVER, idleTimeout: Infinity, maxLifetime: Infinity },
      (pool) => pool.use(() => of(1)).subscribe(),
      [15_000],
    ],
    [
      'a close that does not end',
      { closeTimeout: 16_000, close: () => NEVER, idleTimeout: Infinity, maxLifetime: Infinity },
      (pool) => {
        void pool.warmUp();
        pool.refresh();
      },
      [16_000],
    ],
    [
      'a promised connection that was abandoned',
      { min: 1, closeTimeout: 17_000, connectTimeout: Infinity, connect: () => new Promise<string>(() => undefined) },
      (pool) => {
        pool.refresh();
      },
      [17_000],
    ],
  ];
  for (const [what, options, begin, set] of free) {
    it(`is not kept alive by ${what}`, () => {
      const { pool, timers } = create(options);
      begin(pool);
      expect(timers.holding).toEqual([]);
      expect(timers.others).toEqual(jasmine.arrayContaining(set));
      void pool.destroy({ timeout: 0 });
    });
  }

  it('is not kept alive by the end of the turn, of a pool that is used often in it', () => {
    const { pool, timers } = create({ idleTimeout: Infinity, maxLifetime: Infinity });
    for (let i = 0; i < 100; i++) {
      pool.acquire().subscribe((lease) => {
        lease.release();
      });
    }
    expect(timers.holding).toEqual([]);
    expect(timers.others).toContain(0);
    void pool.destroy({ timeout: 0 });
  });

  it('has no timer of a destroyed pool, not even one for the end of the turn', () => {
    const { pool, timers } = create({ idleTimeout: 60_000, leakThreshold: 10_000 });
    for (let i = 0; i < 100; i++) {
      pool.acquire().subscribe((lease) => {
        lease.release();
      });
    }
    pool.acquire().subscribe();
    acquire(pool);
    expect([...timers.holding, ...timers.others].length).toBeGreaterThan(3);
    void pool.destroy({ timeout: 0 });
    expect(pool.stats.state).toBe('destroyed');
    expect(timers.holding).toEqual([]);
    expect(timers.others).toEqual([]);
  });

  it('is not kept alive by leases whose tasks were never run', () => {
    const { pool, timers } = create({ idleTimeout: Infinity, maxLifetime: Infinity });
    const leases = new Subject<Lease<string>>();
    leases.pipe(withConnection(() => of(1))).subscribe();
    pool.acquire().subscribe((lease) => {
      leases.next(lease);
    });
    leases.complete();
    expect(pool.stats.activeLeases).toBe(1);
    expect(timers.holding).toEqual([]);
    expect(timers.others).toContain(0);
    void pool.destroy({ timeout: 0 });
  });

  describe('is kept alive by the pause before a connect', () => {
    const options: Partial<PoolOptions<string>> = {
      connect: failing,
      retryDelay: 10_000,
      random: () => 0.5,
      acquireTimeout: Infinity,
    };

    it('while a caller waits for it', () => {
      const { pool, timers } = create(options);
      const waiter = acquire(pool);
      expect(timers.holding).toEqual([5_000]);
      waiter.unsubscribe();
      expect(timers.holding).toEqual([]);
      void pool.destroy({ timeout: 0 });
    });

    it('that was set for min alone, once a caller waits for it, and no longer when that caller has left', () => {
      const { pool, timers } = create({ ...options, random: () => 1 - Number.EPSILON, min: 1 });
      expect(timers.holding).toEqual([]);
      const waiter = acquire(pool);
      expect(timers.holding.map(Math.round)).toEqual([10_000]);
      waiter.unsubscribe();
      expect(timers.holding).toEqual([]);
      expect(timers.others).toContain(10_000);
      void pool.destroy({ timeout: 0 });
    });
  });

  it('is kept alive by a wait with a timeout', () => {
    const { pool, timers } = create({ connect: () => NEVER, acquireTimeout: 8_000 });
    const waiter = acquire(pool);
    expect(timers.holding).toEqual([8_000]);
    waiter.unsubscribe();
    void pool.destroy({ timeout: 0 });
  });
});
