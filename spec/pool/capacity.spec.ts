import { asyncScheduler, map, NEVER, tap } from 'rxjs';
import type { Observable } from 'rxjs';
import { InvalidLeaseError } from '../../src/index';
import type { ConnectionPool, Lease } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { dead, expectNothingHeld, marbles, opensAtOnce, poolError } from '../helpers/marbles';

/** Holds this number of leases at once, on connections that open synchronously. */
function leasesOf<C>(pool: ConnectionPool<C>, count: number): Lease<C>[] {
  const leases: Lease<C>[] = [];
  for (let i = 0; i < count; i++) pool.acquire().subscribe((lease) => leases.push(lease));
  return leases;
}

describe('the option capacity', () => {
  it('is 1 by default: a connection has one holder', () => {
    const names = ['a', 'b', 'c'];
    const pool = createPool({ connect: () => opensAtOnce(names.shift()), max: 2, acquireTimeout: Infinity });
    expect(leasesOf(pool, 3).map((lease) => lease.connection)).toEqual(['a', 'b']);
    expect(pool.stats).toEqual(jasmine.objectContaining({ leaseCapacity: 2, activeLeases: 2, pendingAcquires: 1 }));
  });

  it('limits the number of concurrent leases of a connection', () => {
    marbles(({ target, expectObservable, expectSubscriptions, flush }) => {
      const { connect, lives } = target('a');
      const pool = createPool({ connect, max: 1, capacity: 3 });
      expectObservable(held(pool, 4)).toBe('       (a|)    ');
      expectObservable(held(pool, 6)).toBe('       (a|)    ');
      expectObservable(held(pool, 8)).toBe('       (a|)    ');
      expectObservable(held(pool, 1), '-^').toBe(' ----(a|)');
      expectObservable(held(pool, 1), '-^').toBe(' -----(a|)');
      expectSubscriptions(lives[0]!.subscriptions).toBe('^');
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ leaseCapacity: 3, opened: 1, acquired: 5 }));
      expectNothingHeld(pool);
    });
  });

  it('opens only the number of connections that the waiters need', () => {
    marbles(({ target, flush }) => {
      const scripted = target('--a', '--b');
      const pool = createPool({ connect: scripted.connect, max: 9, capacity: 3 });
      for (let i = 0; i < 5; i++) pool.acquire().subscribe();
      flush();
      expect(scripted.dials).toBe(2);
      expect(pool.stats).toEqual(jasmine.objectContaining({ activeLeases: 5, totalConnections: 2 }));
    });
  });

  it('fills the least loaded connection first', () => {
    const names = ['a', 'b'];
    const pool = createPool({ connect: () => opensAtOnce(names.shift()!), max: 2, capacity: 3 });
    void pool.warmUp(2);
    const leases = leasesOf(pool, 4);
    const loads = { a: 0, b: 0 };
    for (const { connection } of leases) loads[connection as 'a' | 'b']++;
    expect(loads).toEqual({ a: 2, b: 2 });
    const [ofA] = leases.filter((lease) => lease.connection === 'a');
    ofA!.release();
    expect(leasesOf(pool, 1)[0]!.connection).toBe('a');
  });

  it('counts a connection as in use while it has a lease, and as available when it has none', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1, capacity: 2 });
    const [first, second] = leasesOf(pool, 2);
    const shown = (): number[] => [
      pool.stats.inUseConnections,
      pool.stats.availableConnections,
      pool.stats.activeLeases,
    ];
    expect(shown()).toEqual([1, 0, 2]);
    first!.release();
    expect(shown()).toEqual([1, 0, 1]);
    second!.release();
    expect(shown()).toEqual([0, 1, 0]);
  });

  it('frees one lease by one release, and none by a second release of the same lease', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1, capacity: 2, acquireTimeout: Infinity });
    const [first] = leasesOf(pool, 2);
    const waiting = leasesOf(pool, 2);
    expect(waiting.length).toBe(0);
    first!.release();
    first!.release();
    expect(waiting.length).toBe(1);
  });

  it('keeps the other leases of a discarded connection, lends it no more, and closes it after the last', () => {
    marbles(({ target, at, expectSubscriptions, flush }) => {
      const { connect, lives } = target(opensAtOnce('a'), opensAtOnce('b'));
      const pool = createPool({ connect, max: 1, capacity: 2 });
      const [first, second] = leasesOf(pool, 2);
      const next: string[] = [];
      at(2, () => {
        first!.discard();
        pool.acquire().subscribe((lease) => next.push(`${lease.connection} at ${asyncScheduler.now()}`));
        expect(second!.connection).toBe('a');
      });
      at(5, () => {
        second!.release();
      });
      expectSubscriptions(lives[0]!.subscriptions).toBe('^----!');
      flush();
      expect(next).toEqual(['b at 5']);
      expect(pool.stats).toEqual(jasmine.objectContaining({ discarded: 1, released: 1, closed: 1 }));
    });
  });

  it('ends every lease of a lost connection', () => {
    marbles(({ target, expectObservable, flush }) => {
      const pool = createPool({ connect: target('a---#').connect, max: 1, capacity: 2 });
      const failed = poolError('CONNECTION_FAILED', { phase: 'use', cause: dead });
      expectObservable(pool.use(() => NEVER)).toBe('----#', undefined, failed);
      let lease: Lease<string> | undefined;
      pool.acquire().subscribe((given) => (lease = given));
      flush();
      expect(() => lease!.connection).toThrowError(InvalidLeaseError);
      expect(pool.stats.discarded).toBe(2);
      expectNothingHeld(pool);
    });
  });

  it('fills a connection that has a holder before another is opened', () => {
    marbles(({ target, expectObservable, flush }) => {
      const scripted = target('--a');
      const pool = createPool({ connect: scripted.connect, max: 3, capacity: 4 });
      expectObservable(held(pool, 9)).toBe('--(a|)');
      expectObservable(held(pool, 9), '---^').toBe('---(a|)');
      expectObservable(held(pool, 9), '----^').toBe('----(a|)');
      flush();
      expect(scripted.dials).toBe(1);
    });
  });
});

describe('the option order', () => {
  /** The order in which connections are lent when a, b and c were released in this order. */
  function lentFrom(order: 'lifo' | 'fifo' | undefined): string[] {
    const names = ['a', 'b', 'c'];
    const pool = createPool({ connect: () => opensAtOnce(names.shift()!), max: 3, order });
    for (const lease of leasesOf(pool, 3)) lease.release();
    const seen: string[] = [];
    for (let i = 0; i < 3; i++) {
      pool.acquire().subscribe((lease) => {
        seen.push(lease.connection);
        lease.release();
      });
    }
    return seen;
  }

  it('is lifo by default: the connection that was used last is lent first', () => {
    expect(lentFrom(undefined)).toEqual(['c', 'c', 'c']);
    expect(lentFrom('lifo')).toEqual(['c', 'c', 'c']);
  });

  it('fifo lends the connection first that has been idle longest', () => {
    expect(lentFrom('fifo')).toEqual(['a', 'b', 'c']);
  });

  it('orders connections: the wait queue is first in, first out with both', () => {
    for (const order of ['lifo', 'fifo'] as const) {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1, order });
      const [first] = leasesOf(pool, 1);
      const served: number[] = [];
      for (let i = 0; i < 3; i++) {
        pool.acquire().subscribe((lease) => {
          served.push(i);
          lease.release();
        });
      }
      first!.release();
      expect(served).toEqual([0, 1, 2]);
    }
  });
});

/** Acquires, records the connection, and releases it after this number of frames. */
function held(pool: ConnectionPool<string>, frames: number): Observable<string> {
  return pool.acquire().pipe(
    tap((lease) => {
      asyncScheduler.schedule(() => {
        lease.release();
      }, frames);
    }),
    map((lease) => lease.connection),
  );
}
