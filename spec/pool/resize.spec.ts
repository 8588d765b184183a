import { asyncScheduler, map, NEVER, of, range, takeLast, timer, toArray } from 'rxjs';
import type { Observable, ObservableInput } from 'rxjs';
import { batchParallel, InvalidConfigError, InvalidPoolError, withConnection } from '../../src/index';
import type { ConnectionPool, Lease } from '../../src/index';
import * as pull from '../../src/ix/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { marbles, opensAtOnce, poolError } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';
import type { ScriptedConnection } from '../helpers/scripted-target';

type Batch = (pool: ConnectionPool<string>, work: () => Observable<unknown>) => Observable<unknown>;

const batches: readonly (readonly [name: string, run: Batch])[] = [
  ['a batch', (pool, work) => range(10).pipe(withConnection(pool, work), batchParallel(8))],
  [
    'a batch of tasks with operators on them',
    (pool, work) =>
      range(10).pipe(
        withConnection(pool, work),
        map((task) => task.pipe(takeLast(1))),
        batchParallel(8),
      ),
  ],
  [
    'a pulled batch',
    (pool, work) => pull.fromPull(pull.batchParallel(8)(pull.withConnection(pool, work)(Array(10).keys()))),
  ],
  [
    'a pulled batch of other tasks',
    (pool, work) => {
      let tasks: ObservableInput<unknown>[] = [];
      range(10)
        .pipe(withConnection(pool, work), toArray())
        .subscribe((all) => (tasks = all));
      return pull.fromPull(pull.batchParallel(8)(tasks));
    },
  ],
];

describe('pool.resize()', () => {
  it('serves waiting callers at once when max grows', () => {
    const scripted = scriptedTarget({ openAfter: 10 });
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 1 });
      const served: number[] = [];
      for (let i = 0; i < 3; i++) pool.acquire().subscribe(() => served.push(asyncScheduler.now()));
      at(50, () => {
        pool.resize(3);
        expect(pool.stats).toEqual(jasmine.objectContaining({ maxConnections: 3, leaseCapacity: 3 }));
      });
      flush();
      expect(served).toEqual([10, 60, 60]);
    });
    expect(scripted.dialTimes).toEqual([0, 50, 50]);
  });

  it('closes idle connections at once when max shrinks, the one idle longest first', () => {
    const scripted = scriptedTarget();
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 4 });
      for (let i = 0; i < 4; i++) pool.use(() => timer(10 * (i + 1))).subscribe();
      at(50, () => {
        const gone: number[] = [];
        pool.events$.subscribe((event) => {
          if (event.type === 'evicted') gone.push(event.connection);
          if (event.type === 'evicted') expect(event.reason).toBe('resize');
        });
        pool.resize(2);
        expect(gone).toEqual([1, 2]);
        expect(pool.stats).toEqual(jasmine.objectContaining({ maxConnections: 2, totalConnections: 2, closed: 2 }));
      });
      flush();
    });
  });

  it('closes lent connections when they are released', () => {
    const scripted = scriptedTarget();
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 3 });
      for (let i = 0; i < 3; i++) pool.use(() => timer(10 * (i + 1))).subscribe();
      at(5, () => {
        pool.resize(1);
        expect(pool.stats).toEqual(jasmine.objectContaining({ totalConnections: 3, activeLeases: 3, closed: 0 }));
      });
      at(15, () => {
        expect(pool.stats.totalConnections).toBe(2);
      });
      flush();
      expect(pool.stats).toEqual(
        jasmine.objectContaining({ totalConnections: 1, successfulOperations: 3, failedOperations: 0, closed: 2 }),
      );
    });
  });

  it('opens nothing for waiting callers while there are surplus connections', () => {
    const scripted = scriptedTarget();
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 3 });
      for (let i = 0; i < 9; i++) pool.use(() => timer(10)).subscribe();
      at(5, () => {
        pool.resize(1);
      });
      at(11, () => {
        expect(pool.stats).toEqual(jasmine.objectContaining({ totalConnections: 1, activeLeases: 1 }));
      });
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ successfulOperations: 9, opened: 3, totalConnections: 1 }));
    });
  });

  it('abandons surplus connects in progress before it closes an open connection', () => {
    const scripted = scriptedTarget({ openAfter: 10 });
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 3 });
      pool.use(() => timer(100)).subscribe();
      at(20, () => {
        for (let i = 0; i < 2; i++) pool.use(() => timer(1)).subscribe();
        expect(pool.stats.openingConnections).toBe(1);
        pool.resize(1);
        expect(pool.stats).toEqual(jasmine.objectContaining({ totalConnections: 1, openingConnections: 0 }));
      });
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ successfulOperations: 3, opened: 1 }));
    });
    expect(scripted.live).toBe(1);
  });

  it('is final: a lent connection that is marked for close is closed, and replaced on demand after max has grown again', () => {
    const scripted = scriptedTarget();
    const pool = createPool({ connect: scripted.connect, max: 2 });
    const leases: Lease<ScriptedConnection>[] = [];
    for (let i = 0; i < 2; i++) pool.acquire().subscribe((lease) => leases.push(lease));
    pool.resize(1);
    pool.resize(2);
    for (const lease of leases) lease.release();
    // One was marked for close.
    expect(pool.stats.totalConnections).toBe(1);
    pool.use(() => NEVER).subscribe();
    pool.use(() => NEVER).subscribe();
    expect(pool.stats).toEqual(jasmine.objectContaining({ activeLeases: 2, totalConnections: 2, opened: 3 }));
  });

  it('closes an idle connection although a lent one will be closed anyway: the number in use never exceeds max', () => {
    const scripted = scriptedTarget();
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 2, maxLifetime: 15, lifetimeJitter: 0 });
      pool.use(() => timer(40)).subscribe();
      at(20, () => {
        pool.use(() => of(1)).subscribe();
        pool.resize(1);
        expect(pool.stats).toEqual(jasmine.objectContaining({ totalConnections: 1, availableConnections: 0 }));
        pool.use(() => timer(5)).subscribe();
        expect(pool.stats.activeLeases).toBe(1);
      });
      flush();
      expect(pool.stats.successfulOperations).toBe(3);
    });
  });

  it('keeps no more than max connections of min', () => {
    const scripted = scriptedTarget();
    const pool = createPool({ connect: scripted.connect, max: 4, min: 3 });
    expect(pool.stats.totalConnections).toBe(3);
    pool.resize(2);
    expect(pool.stats).toEqual(jasmine.objectContaining({ totalConnections: 2, openingConnections: 0 }));
    pool.resize(4);
    expect(pool.stats.totalConnections).toBe(3);
  });

  it('ends a warm-up with a larger goal when max connections are open', async () => {
    const scripted = scriptedTarget({ openAfter: 5 });
    const pool = createPool({ connect: scripted.connect, max: 4 });
    const warm = pool.warmUp(4);
    pool.resize(2);
    await warm;
    expect(pool.stats.totalConnections).toBe(2);
    await pool.destroy();
  });

  it('is an event', () => {
    const pool = createPool({ connect: scriptedTarget().connect, max: 4 });
    const events: unknown[] = [];
    pool.events$.subscribe((event) => events.push(event));
    pool.resize(7);
    expect(events).toEqual([jasmine.objectContaining({ type: 'resized', pool: 'pool', from: 4, to: 7 })]);
  });

  for (const [name, run] of batches) {
    it(`lets ${name} start deferred tasks at once, and no more than the pool can lend`, () => {
      marbles(({ at, flush }) => {
        const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
        let done = -1;
        run(pool, () => timer(100)).subscribe({ complete: () => (done = asyncScheduler.now()) });
        const leasesAt = (frame: number, leases: number): void => {
          at(frame, () => {
            expect(pool.stats.activeLeases).withContext(`at ${frame}`).toBe(leases);
          });
        };
        leasesAt(9, 1);
        at(10, () => {
          pool.resize(4);
          expect(pool.stats.activeLeases).toBe(4);
        });
        at(20, () => {
          pool.resize(2);
        });
        at(30, () => {
          pool.resize(3);
        });
        leasesAt(99, 4);
        leasesAt(101, 3);
        flush();
        // Ten items: one at 0, three at 10, then three at a time.
        expect(done).toBe(310);
        expect(pool.stats).toEqual(jasmine.objectContaining({ activeLeases: 0, successfulOperations: 10 }));
      });
    });
  }

  it('applies to batches from then on', () => {
    const pool = createPool({ connect: scriptedTarget().connect, max: 4, capacity: 3 });
    expect(pool.stats.leaseCapacity).toBe(12);
    pool.resize(2);
    expect(pool.stats.leaseCapacity).toBe(6);
  });

  for (const wrong of [0, -1, 1.5, NaN, Infinity, '3', null, undefined]) {
    it(`rejects ${String(wrong)}`, () => {
      const pool = createPool({ connect: scriptedTarget().connect, max: 4 });
      expect(() => {
        pool.resize(wrong as number);
      }).toThrowMatching((error: InvalidConfigError) => {
        return error instanceof InvalidConfigError && error.message.includes('max must be a positive integer');
      });
      expect(pool.stats.maxConnections).toBe(4);
    });
  }

  it('rejects for a destroyed pool', async () => {
    const pool = createPool({ connect: scriptedTarget().connect, max: 4 });
    const destroyed = pool.destroy();
    expect(() => {
      pool.resize(2);
    }).toThrowError(InvalidPoolError);
    await destroyed;
    expect(() => {
      pool.resize(2);
    }).toThrow(poolError('INVALID_POOL'));
  });

  it('with capacity closes the least loaded connection first', () => {
    const scripted = scriptedTarget();
    const pool = createPool({ connect: scripted.connect, max: 2, capacity: 4 });
    const leases: Lease<ScriptedConnection>[] = [];
    for (let i = 0; i < 5; i++) pool.acquire().subscribe((lease) => leases.push(lease));
    expect(leases.map(({ connection }) => connection.id)).toEqual([0, 0, 0, 0, 1]);
    pool.resize(1);
    leases.pop()!.release();
    expect(pool.stats).toEqual(jasmine.objectContaining({ totalConnections: 1, closed: 1, activeLeases: 4 }));
    leases.pop()!.release();
    const ids: number[] = [];
    pool.use((c) => of(c.id)).subscribe((id) => ids.push(id));
    expect(ids).toEqual([0]);
  });
});
