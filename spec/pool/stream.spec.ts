import { asyncScheduler, filter, map, Subject, Subscriber, take, takeUntil, tap } from 'rxjs';
import type { Observable } from 'rxjs';
import type { ConnectionPool, Lease } from '../../src/index';
import { Claim } from '../../src/pool/state/claim-and-slot';
import type { HeldLease } from '../../src/pool/rx/lease';
import { countingScheduler } from '../helpers/counting-scheduler';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { dead, expectNothingHeld, marbles, opensAtOnce } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';
import type { ScriptedConnection } from '../helpers/scripted-target';

describe('the stream of a pool', () => {
  it('emits a lease of every available connection, and then of each when it is released', () => {
    marbles(({ target, expectObservable, expectSubscriptions }) => {
      const { connect, lives } = target('--a', '---b');
      const pool = createPool({ connect, max: 2 });
      const unsub = '    ^-------------!';
      const lifeOfA = '  ^              ';
      const lifeOfB = '  --^            ';
      const expected = ' --a--b-a--b-a--';

      // Each is held for five frames.
      expectObservable(held(pool, 5), unsub).toBe(expected);
      expectSubscriptions(lives[0]!.subscriptions).toBe(lifeOfA);
      expectSubscriptions(lives[1]!.subscriptions).toBe(lifeOfB);
    });
  });

  it('acquires nothing before it is subscribed', () => {
    marbles(({ target, flush }) => {
      const scripted = target('a');
      createPool({ connect: scripted.connect, max: 1 });
      flush();
      expect(scripted.dials).toBe(0);
    });
  });

  it('acquires for take(n) no more than n leases', () => {
    marbles(({ target, expectObservable, flush }) => {
      const pool = createPool({ connect: target('a', 'b').connect, max: 9 });
      const leases: Lease<string>[] = [];
      const expected = '(a|)';
      expectObservable(
        pool.pipe(
          take(1),
          tap((lease) => leases.push(lease)),
          map((lease) => lease.connection),
        ),
      ).toBe(expected);
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ acquired: 1, activeLeases: 1, opened: 1 }));
      expect(leases[0]!.connection).toBe('a');
    });
  });

  it('leaves an emitted lease with its receiver when it is unsubscribed', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    const leases: Lease<string>[] = [];
    pool.subscribe((lease) => leases.push(lease)).unsubscribe();
    expect(leases.map((lease) => lease.connection)).toEqual(['a']);
    expect(pool.stats.activeLeases).toBe(1);
    leases[0]!.release();
    expectNothingHeld(pool);
  });

  it('leaves the queue when it is unsubscribed', () => {
    marbles(({ target, expectObservable, expectSubscriptions, flush }) => {
      const { connect, lives } = target('-----a');
      const pool = createPool({ connect, max: 1 });
      expectObservable(held(pool, 1), '^--!').toBe('---');
      expectObservable(heldOnce(pool, 1), '----^').toBe('-----(a|)');
      expectSubscriptions(lives[0]!.subscriptions).toBe('^');
      flush();
      expect(pool.stats.acquired).toBe(1);
      expectNothingHeld(pool);
    });
  });

  it('is served in turn with other callers', () => {
    marbles(({ target, expectObservable }) => {
      const pool = createPool({ connect: target('a').connect, max: 1 });
      const unsub = '                        ^-------------------!';
      // It is in the queue again as soon as it has been served.
      expectObservable(held(pool, 3), unsub).toBe('a--a--------a-------');
      expectObservable(heldOnce(pool, 3), '-^').toBe('------(a|)');
      expectObservable(heldOnce(pool, 3), '--^').toBe('---------(a|)');
      expectObservable(heldOnce(pool, 3), '----------^').toBe('---------------(a|)');
      expectObservable(heldOnce(pool, 3), '-----------^').toBe('------------------(a|)');
    });
  });

  it('alternates with a second stream', () => {
    marbles(({ target, expectObservable }) => {
      const pool = createPool({ connect: target('a').connect, max: 1 });
      const unsub = '                        ^-----------!';
      expectObservable(held(pool, 2), unsub).toBe('a---a---a---');
      expectObservable(held(pool, 2), unsub).toBe('--a---a---a-');
    });
  });

  it('is no pending acquire: no timeout, no limit, not in the stats', () => {
    marbles(({ target, at, expectObservable, flush }) => {
      const pool = createPool({ connect: target('20ms a').connect, max: 1, maxPending: 0, acquireTimeout: 5 });
      const pending: number[] = [];
      at(10, () => pending.push(pool.stats.pendingAcquires));
      for (let i = 0; i < 3; i++) {
        expectObservable(held(pool, 3), '^ 30ms !').toBe(
          `${20 + 3 * i}ms a ${i < 2 ? '8' : '2'}ms ${i < 1 ? 'a' : ''}`,
        );
      }
      flush();
      expect(pending).toEqual([0]);
      expect(pool.stats).toEqual(jasmine.objectContaining({ timeouts: 0, rejected: 0 }));
    });
  });

  it('outlives an outage of the target: it waits until a connect succeeds', () => {
    marbles(({ target, expectObservable, expectSubscriptions }) => {
      const { connect, lives } = target('-#', '-#', '-a');
      const pool = createPool({
        connect,
        max: 1,
        retryDelay: 4,
        breaker: { failures: 2, probeAfter: 10 },
        random: () => 0.5,
      });
      //                                         1 + 2, + 1 + 10, + 1
      expectObservable(held(pool, 5), '^ 16ms !').toBe('---------------a-');
      expectSubscriptions(lives[0]!.subscriptions).toBe('^!');
      expectSubscriptions(lives[1]!.subscriptions).toBe('---^!');
      expectSubscriptions(lives[2]!.subscriptions).toBe('--------------^');
    });
  });

  it('completes when the pool is destroyed, while it waits', () => {
    marbles(({ target, at, expectObservable, expectSubscriptions }) => {
      const { connect, lives } = target('-----a');
      const pool = createPool({ connect, max: 1 });
      at(2, () => void pool.destroy());
      expectObservable(held(pool, 1)).toBe('--|');
      expectSubscriptions(lives[0]!.subscriptions).toBe('^-!');
    });
  });

  it('completes at once when the pool has been destroyed', () => {
    marbles(({ target, expectObservable }) => {
      const pool = createPool({ connect: target().connect, max: 1 });
      void pool.destroy();
      expectObservable(held(pool, 1)).toBe('|');
    });
  });

  it('emits another lease after the loss of an emitted one', () => {
    marbles(({ target, expectObservable, expectSubscriptions, flush }) => {
      const { connect, lives } = target('-a--#', '-b');
      const pool = createPool({ connect, max: 1 });
      expectObservable(held(pool, 20), '^------!').toBe('-a---b--');
      expectSubscriptions(lives[0]!.subscriptions).toBe('^---!');
      expectSubscriptions(lives[1]!.subscriptions).toBe('----^');
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ discarded: 1, released: 1 }));
    });
  });

  it('is served at once by a connection that another caller releases inside its next', () => {
    marbles(({ target, at, flush }) => {
      const pool = createPool({ connect: target('a', 'b').connect, max: 2 });
      const others: Lease<string>[] = [];
      for (let i = 0; i < 2; i++) pool.acquire().subscribe((lease) => others.push(lease));
      const seen: [string, number][] = [];
      pool.pipe(take(2)).subscribe((lease) => {
        seen.push([lease.connection, asyncScheduler.now()]);
        others.pop()?.release();
      });
      at(10, () => others.shift()!.release());
      at(20, () => void pool.destroy({ timeout: 0 }));
      flush();
      expect(seen).toEqual([
        ['a', 10],
        ['b', 10],
      ]);
    });
  });

  it('does not block the thread: a connection that is released inside its own next is lent again in a later task', () => {
    marbles(({ target, at, flush }) => {
      const pool = createPool({ connect: target(opensAtOnce('a')).connect, max: 1 });
      let served = 0;
      const subscription = pool.subscribe((lease) => {
        served++;
        lease.release();
      });
      expect(served).toBe(1);
      at(10, () => {
        subscription.unsubscribe();
      });
      flush();
      // Again and again, but at most once a millisecond.
      expect(served).toBeGreaterThan(2);
      expect(served).toBeLessThanOrEqual(11);
      expectNothingHeld(pool);
    });
  });

  it('leaves the connection to other callers until that later task', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    const subscription = pool.subscribe((lease) => {
      lease.release();
    });
    let other = '';
    pool.acquire().subscribe((lease) => (other = lease.connection));
    expect(other).toBe('a');
    subscription.unsubscribe();
  });

  it('leaves nothing when it is unsubscribed before that later task: no timer, and no claim in the queue', () => {
    marbles(({ at, flush }) => {
      const counting = countingScheduler();
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1, scheduler: counting.scheduler });
      const served = [0, 0];
      const [first, second] = served.map((_none, which) =>
        pool.subscribe((lease) => {
          served[which]!++;
          lease.release();
        }),
      );
      expect(served).toEqual([1, 1]);
      expect(counting.live).toBe(1);
      first!.unsubscribe();
      expect(counting.live).withContext('the other still waits').toBe(1);
      at(1, () => {
        expect(served).toEqual([1, 2]);
        second!.unsubscribe();
        expect(counting.live).toBe(0);
      });
      flush();
      expect(served).toEqual([1, 2]);
      expectNothingHeld(pool);
    });
  });

  it('gets another connection when the one that was lent to it is lost before it is notified', () => {
    marbles(({ at, flush }) => {
      const target = scriptedTarget();
      const pool = createPool({ connect: target.connect, max: 1, random: () => 0 });
      const leases: Lease<ScriptedConnection>[] = [];
      // A subscriber of the stats sees a lease before its receiver does.
      pool.stats$.subscribe(({ acquired, activeLeases }) => {
        if (acquired === 1 && activeLeases === 1) target.connections[0]!.lose();
      });
      pool.subscribe((lease) => leases.push(lease));
      at(100, () => {
        expect(leases.map(({ connection }) => connection.id)).toEqual([1]);
        expect(pool.stats).toEqual(jasmine.objectContaining({ acquired: 2, discarded: 1, activeLeases: 1 }));
        void pool.destroy({ timeout: 0 });
      });
      flush();
    });
  });

  it('releases a connection that was lent to it when it is unsubscribed before it is notified', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    let told = 0;
    const stop = new Subject<void>();
    pool.stats$.subscribe(({ activeLeases }) => {
      if (activeLeases > 0) stop.next();
    });
    pool.pipe(takeUntil(stop)).subscribe(() => told++);
    expect(told).toBe(0);
    expect(pool.stats.acquired).toBe(1);
    expectNothingHeld(pool);
  });

  for (const [name, operator] of [
    ['directly', null],
    ['by an operator', map((lease: Lease<string>) => lease)],
  ] as const) {
    it(`takes no lease for a subscriber, subscribed ${name}, that is being unsubscribed`, () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      const leases: Lease<string>[] = [];
      const subscriber = new Subscriber<Lease<string>>({
        next: (lease) => leases.push(lease),
        error: () => undefined,
        complete: () => undefined,
      });
      // Before the stream, so that it is released first: the stream still waits.
      subscriber.add(() => {
        leases[0]!.release();
      });
      (operator === null ? pool : pool.pipe(operator)).subscribe(subscriber);
      expect(leases.length).toBe(1);
      subscriber.unsubscribe();
      expect(pool.stats).toEqual(jasmine.objectContaining({ acquired: 1, released: 1, activeLeases: 0 }));
    });
  }

  it('stops for a subscriber that unsubscribes inside next', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 3 });
    const leases: Lease<string>[] = [];
    const subscriber = new Subscriber<Lease<string>>();
    const next = (lease: Lease<string>): void => {
      leases.push(lease);
      if (leases.length === 2) subscriber.unsubscribe();
    };
    subscriber.add(pool.subscribe(next));
    // The first subscribe was synchronous: its leases were emitted before it could be unsubscribed.
    expect(leases.length).toBe(3);
    for (const lease of leases) lease.release();
    const some: Lease<string>[] = [];
    pool
      .pipe(
        filter(() => true),
        take(2),
      )
      .subscribe((lease) => some.push(lease));
    expect(some.length).toBe(2);
    expect(pool.stats.activeLeases).toBe(2);
  });

  it('acquires nothing for a subscriber that is closed already', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    const closed = new Subscriber<Lease<string>>();
    closed.unsubscribe();
    pool.subscribe(closed);
    expect(pool.stats.acquired).toBe(0);
  });

  it('lets its subscriber acquire inside next, behind earlier waiters', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 2 });
    const order: string[] = [];
    const subscription = pool.subscribe(() => {
      order.push('stream');
      if (order.length === 1) pool.acquire().subscribe(() => order.push('acquire'));
    });
    expect(order).toEqual(['stream', 'acquire']);
    subscription.unsubscribe();
  });

  it('retains nothing of ended leases, however long it lasts, nor does a caller that acquires inside next', () => {
    const ways: ((pool: ConnectionPool<string>, next: (lease: Lease<string>) => void) => void)[] = [
      (pool, next) => pool.subscribe(next),
      (pool, next) => {
        const again = (): unknown =>
          pool.acquire().subscribe({
            next: (lease) => {
              again();
              next(lease);
            },
            // The pool ends.
            error: () => undefined,
          });
        again();
      },
    ];
    for (const start of ways) {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      let last: HeldLease<string> | undefined;
      start(pool, (lease) => (last = lease as HeldLease<string>));
      for (let i = 0; i < 100; i++) last!.release();
      expect(pool.stats.acquired).toBe(101);
      expect(claimsBehind(last!)).toBeLessThan(10);
      void pool.destroy({ timeout: 0 });
    }
  });

  it('reports no failed connects to its subscriber', () => {
    marbles(({ target, expectObservable }) => {
      const pool = createPool({ connect: target('-#', '-a').connect, max: 1, retryDelay: 2, random: () => 0.5 });
      expectObservable(held(pool, 10), '^----!').toBe('---a--');
      expect(dead.message).toBe('the target is down');
    });
  });
});

/** The number of claims that can be reached from the claim of a lease. */
function claimsBehind(lease: HeldLease<string>): number {
  const seen = new Set<unknown>([lease.claim]);
  for (const claim of seen) {
    for (const other of Object.values(claim as object)) if (other instanceof Claim) seen.add(other);
  }
  return seen.size;
}

/** Records the connections, and releases each after this number of frames. */
function held(pool: ConnectionPool<string>, frames: number): Observable<string> {
  return pool.pipe(releasedAfter(frames));
}

function heldOnce(pool: ConnectionPool<string>, frames: number): Observable<string> {
  return pool.acquire().pipe(releasedAfter(frames));
}

function releasedAfter(frames: number): (leases: Observable<Lease<string>>) => Observable<string> {
  return (leases) =>
    leases.pipe(
      tap((lease) => {
        asyncScheduler.schedule(() => {
          lease.release();
        }, frames);
      }),
      map((lease) => lease.connection),
    );
}
