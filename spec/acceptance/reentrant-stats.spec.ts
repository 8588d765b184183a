import { BehaviorSubject, of, range } from 'rxjs';
import { batchSequential, withConnection } from '../../src/index';
import type { Lease, PoolStats } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { expectNothingHeld, marbles, opensAtOnce } from '../helpers/marbles';

describe('stats$ whose subscribers use the pool inside next', () => {
  it('emits the same snapshots to all of them in the same order, and keeps its sums', () => {
    const pool = createPool({ connect: () => opensAtOnce({}), max: 3, capacity: 2, acquireTimeout: Infinity });
    const seen: PoolStats[][] = [[], [], []];
    const leases: Lease<object>[] = [];
    let asked = 0;

    pool.stats$.subscribe((stats) => seen[0]!.push(stats));
    pool.stats$.subscribe((stats) => {
      if (stats.activeLeases < 6 && asked < 200) {
        asked++;
        pool.acquire().subscribe((lease) => leases.push(lease));
      }
    });
    pool.stats$.subscribe((stats) => seen[1]!.push(stats));
    pool.stats$.subscribe((stats) => {
      if (stats.activeLeases === 6) leases.shift()?.release();
    });
    pool.stats$.subscribe((stats) => {
      if (stats.activeLeases > 3 && stats.seq % 7 === 0) leases.pop()?.discard();
    });
    pool.stats$.subscribe((stats) => seen[2]!.push(stats));

    expect(asked).toBe(200);
    const [first, second, third] = seen.map((snapshots) => snapshots.map(({ seq }) => seq));
    expect(first!.length).toBeGreaterThan(200);
    expect(second).toEqual(first!.slice(-second!.length));
    expect(third).toEqual(first!.slice(-third!.length));
    for (let i = 1; i < first!.length; i++) expect(first![i]).toBeGreaterThan(first![i - 1]!);
    for (const s of seen[0]!) {
      expect(s.availableConnections + s.inUseConnections).toBe(s.totalConnections);
      expect(s.totalConnections + s.openingConnections + s.closingConnections).toBeLessThanOrEqual(3);
      expect(s.activeLeases).toBeLessThanOrEqual(6);
      expect(s.acquired).toBe(s.released + s.discarded + s.activeLeases);
    }
    expect(seen.map((snapshots) => snapshots.at(-1))).toEqual([pool.stats, pool.stats, pool.stats]);

    for (const lease of leases) lease.release();
    expectNothingHeld(pool);
  });

  it('follows a long synchronous batch to the end without recursion', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 2 });
    let snapshots = 0;
    let extra = 0;
    pool.stats$.subscribe((stats) => {
      snapshots++;
      if (
        stats.successfulOperations % 10 === 5 &&
        stats.activeLeases === 0 &&
        extra < stats.successfulOperations / 10
      ) {
        extra++;
        pool.acquire().subscribe((lease) => {
          lease.release();
        });
      }
    });
    let done = 0;
    range(0, 50_000)
      .pipe(
        withConnection(pool, (_connection, item) => of(item)),
        batchSequential(),
      )
      .subscribe(() => done++);
    expect(done).toBe(50_000);
    expect(extra).toBeGreaterThan(1_000);
    expect(snapshots).toBeGreaterThan(100_000);
    expect(pool.stats).toEqual(jasmine.objectContaining({ successfulOperations: 50_000, acquired: 50_000 + extra }));
    expectNothingHeld(pool);
  });

  it('continues when one of them throws', () => {
    marbles(({ flush }) => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      let thrown = 0;
      let last: PoolStats | undefined;
      pool.stats$.subscribe((stats) => {
        if (stats.activeLeases === 1) {
          thrown++;
          throw new Error('a subscriber of the stats');
        }
      });
      pool.stats$.subscribe((stats) => (last = stats));
      const told: string[] = [];
      pool.use(() => of('x')).subscribe((value) => told.push(value));
      expect(told).toEqual(['x']);
      expect(thrown).toBeGreaterThan(0);
      expect(last).toBe(pool.stats);
      // RxJS reports what an observer throws in a task of its own.
      expect(flush).toThrowError('a subscriber of the stats');
    });
  });

  it('belongs to the pool: a BehaviorSubject that no other code can write to, end or close', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    const outsider = pool.stats$ as BehaviorSubject<PoolStats>;
    expect(pool.stats$).toBeInstanceOf(BehaviorSubject);
    const seen: PoolStats[] = [];
    pool.stats$.subscribe((stats) => seen.push(stats));
    expect(() => {
      outsider.next(pool.stats);
    }).toThrowError(TypeError);
    expect(() => {
      outsider.error(new Error('x'));
    }).toThrowError(TypeError);
    expect(() => {
      outsider.complete();
    }).toThrowError(TypeError);
    expect(() => {
      // eslint-disable-next-line rxjs-x/no-subject-unsubscribe -- that it throws is what is told here
      outsider.unsubscribe();
    }).toThrowError(TypeError);
    expect(seen.length).toBe(1);
    pool.use(() => of(1)).subscribe();
    expect(seen.at(-1)).toBe(pool.stats);
    expect(pool.stats.successfulOperations).toBe(1);
  });
});
