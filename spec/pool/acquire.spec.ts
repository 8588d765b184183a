import { asyncScheduler, defer, firstValueFrom, map, NEVER, Subscriber, take, tap, timeout } from 'rxjs';
import type { Observable } from 'rxjs';
import { InvalidConfigError, InvalidLeaseError } from '../../src/index';
import type { ConnectionPool, Lease } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { dead, expectNothingHeld, marbles, opensAtOnce, poolError } from '../helpers/marbles';

describe('pool.acquire()', () => {
  it('opens a connection, emits one lease and completes', () => {
    marbles(({ target, expectObservable, expectSubscriptions, flush }) => {
      const { connect, lives } = target('--a');
      const pool = createPool({ connect, max: 1 });
      const life = '    ^   ';
      const expected = '--(a|)';

      expectObservable(pool.acquire().pipe(map((lease) => lease.connection))).toBe(expected);
      expectSubscriptions(lives[0]!.subscriptions).toBe(life);
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ activeLeases: 1, inUseConnections: 1, acquired: 1 }));
    });
  });

  it('opens nothing before it is subscribed', () => {
    marbles(({ target, expectObservable }) => {
      const scripted = target('a');
      const pool = createPool({ connect: scripted.connect, max: 1 });
      pool.acquire();
      expectObservable(NEVER, '^!').toBe('-');
      expect(scripted.dials).toBe(0);
    });
  });

  it('emits an idle connection synchronously in subscribe', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    const seen: string[] = [];
    pool.acquire().subscribe({ next: (lease) => seen.push(lease.connection), complete: () => seen.push('|') });
    expect(seen).toEqual(['a', '|']);
  });

  it('takes an idle connection before it opens another', () => {
    marbles(({ target, expectObservable, expectSubscriptions }) => {
      const { connect, lives } = target('--a', '--b');
      const pool = createPool({ connect, max: 2 });
      expectObservable(held(pool, 3), '      ^').toBe('      --(a|)   ');
      expectObservable(held(pool, 3), '      ------^').toBe('------(a|)   ');
      expectObservable(held(pool, 3), '      -------^').toBe('---------(a|)');
      // The third caller acquired while the second held the only connection: one more connect began for it, and the connection is kept.
      expectSubscriptions(lives[0]!.subscriptions).toBe('^');
      expectSubscriptions(lives[1]!.subscriptions).toBe('-------^');
    });
  });

  it('is cold: each subscription acquires its own lease', () => {
    const pool = createPool({ connect: () => opensAtOnce({}), max: 2 });
    const acquire = pool.acquire();
    const seen: object[] = [];
    acquire.subscribe((lease) => seen.push(lease.connection));
    acquire.subscribe((lease) => seen.push(lease.connection));
    expect(seen.length).toBe(2);
    expect(seen[0]).not.toBe(seen[1]);
  });

  describe('unsubscribed', () => {
    it('before its connection is open, loses nothing: the connection becomes idle and serves the next caller', () => {
      marbles(({ target, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target('----a');
        const pool = createPool({ connect, max: 1 });
        expectObservable(held(pool, 1), '^-!     ').toBe('---   ');
        expectObservable(held(pool, 1), '------^').toBe('------(a|)');
        expectSubscriptions(lives[0]!.subscriptions).toBe('^');
        flush();
        expect(pool.stats).toEqual(jasmine.objectContaining({ opened: 1, acquired: 1, availableConnections: 1 }));
        expectNothingHeld(pool);
      });
    });

    it('in the queue, leaves the queue', () => {
      marbles(({ target, at, expectObservable, flush }) => {
        const pool = createPool({ connect: target('a').connect, max: 1 });
        const pending: number[] = [];
        at(3, () => pending.push(pool.stats.pendingAcquires));
        at(5, () => pending.push(pool.stats.pendingAcquires));
        expectObservable(held(pool, 6)).toBe('          (a|)     ');
        expectObservable(held(pool, 6), '-^--!').toBe('---------       ');
        expectObservable(held(pool, 6), '--^').toBe('  ------(a|)       ');
        flush();
        expect(pending).toEqual([2, 1]);
        expectNothingHeld(pool);
      });
    });

    it('at the moment at which its lease arrives, passes the lease to the next caller', () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      const leases: Lease<string>[] = [];
      pool.acquire().subscribe((lease) => leases.push(lease));
      const second = pool.acquire().subscribe(() => fail('had left'));
      let third = '';
      pool.acquire().subscribe((lease) => (third = lease.connection));
      // The first subscriber that sees the change unsubscribes the second caller while the lease is being delivered to it.
      const watch = pool.stats$.subscribe(({ acquired }) => {
        if (acquired === 2) second.unsubscribe();
      });
      leases[0]!.release();
      expect(third).toBe('a');
      watch.unsubscribe();
      expect(pool.stats).toEqual(jasmine.objectContaining({ activeLeases: 1, pendingAcquires: 0 }));
    });

    it('after the lease has been delivered, leaves the lease with its receiver', () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      const leases: Lease<string>[] = [];
      pool
        .acquire()
        .pipe(take(1))
        .subscribe((lease) => leases.push(lease))
        .unsubscribe();
      expect(leases[0]!.connection).toBe('a');
      expect(pool.stats.activeLeases).toBe(1);
    });

    it('before it is subscribed, acquires nothing', () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      const closed = new Subscriber<Lease<string>>();
      closed.unsubscribe();
      pool.acquire().subscribe(closed);
      const ended = new Subscriber<Lease<string>>();
      defer(() => {
        ended.unsubscribe();
        return pool.acquire();
      }).subscribe(ended);
      expect(pool.stats.acquired).toBe(0);
      expectNothingHeld(pool);
    });

    it('by a timeout above it, leaks nothing', () => {
      marbles(({ target, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target('-----a');
        const pool = createPool({ connect, max: 1 });
        const expected = '--#';
        expectObservable(pool.acquire().pipe(timeout(2))).toBe(
          expected,
          undefined,
          jasmine.objectContaining({ name: 'TimeoutError' }),
        );
        expectSubscriptions(lives[0]!.subscriptions).toBe('^');
        flush();
        expectNothingHeld(pool);
      });
    });
  });

  describe('a lease', () => {
    it('releases its connection by release() once: a second and a stale release do nothing', () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      const leases: Lease<string>[] = [];
      const acquire = (): void => void pool.acquire().subscribe((lease) => leases.push(lease));
      acquire();
      acquire();
      acquire();
      expect(leases.length).toBe(1);
      leases[0]!.release();
      expect(leases.length).toBe(2);
      leases[0]!.release();
      leases[0]!.discard();
      leases[0]![Symbol.dispose]();
      expect(leases.length).toBe(2);
      expect(pool.stats).toEqual(
        jasmine.objectContaining({ activeLeases: 1, pendingAcquires: 1, released: 1, discarded: 0 }),
      );
      leases[1]!.release();
      leases[2]!.release();
      expectNothingHeld(pool);
    });

    it('no longer returns its connection once it has ended', () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1, name: 'db' });
      let lease: Lease<string> | undefined;
      pool.acquire().subscribe((given) => (lease = given));
      expect(lease!.connection).toBe('a');
      lease!.release();
      expect(() => lease!.connection).toThrowMatching(
        (error) => error instanceof InvalidLeaseError && error.pool === 'db' && error.message.includes("'db'"),
      );
    });

    it('closes its connection by discard(), and another is opened for a waiting caller', () => {
      marbles(({ target, at, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target('a', '--b');
        const pool = createPool({ connect, max: 1 });
        const lifeOfA = '                                 ^--!    ';
        const lifeOfB = '                                 ---^    ';
        let first: Lease<string> | undefined;
        pool.acquire().subscribe((lease) => (first = lease));
        at(3, () => {
          first!.discard(new Error('broken'));
        });
        expectObservable(held(pool, 1), '-^').toBe('     -----(b|)');
        expectSubscriptions(lives[0]!.subscriptions).toBe(lifeOfA);
        expectSubscriptions(lives[1]!.subscriptions).toBe(lifeOfB);
        flush();
        expect(pool.stats).toEqual(jasmine.objectContaining({ discarded: 1, released: 1, closed: 1, opened: 2 }));
        expectNothingHeld(pool);
      });
    });

    it('ignores release() after discard(), and a second discard()', () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      let lease: Lease<string> | undefined;
      pool.acquire().subscribe((given) => (lease = given));
      lease!.discard();
      lease!.release();
      lease!.discard();
      expect(pool.stats).toEqual(
        jasmine.objectContaining({ discarded: 1, released: 0, closed: 1, totalConnections: 0 }),
      );
    });

    it('is released at the end of the block that declares it by using', async () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      {
        using lease = await firstValueFrom(pool.acquire());
        expect(lease.connection).toBe('a');
        expect(pool.stats.activeLeases).toBe(1);
      }
      expectNothingHeld(pool);
    });

    it('ends when its connection is lost, and the pool opens another for a waiting caller', () => {
      marbles(({ target, at, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target('a--#', 'b');
        const pool = createPool({ connect, max: 1 });
        let first: Lease<string> | undefined;
        pool.acquire().subscribe((lease) => (first = lease));
        expectObservable(held(pool, 1), '-^').toBe('---(b|)');
        at(4, () => {
          expect(() => first!.connection).toThrowError(InvalidLeaseError);
          first!.release();
        });
        expectSubscriptions(lives[0]!.subscriptions).toBe('^--!');
        expectSubscriptions(lives[1]!.subscriptions).toBe('---^');
        flush();
        expect(pool.stats).toEqual(jasmine.objectContaining({ discarded: 1, released: 1, openFailures: 0 }));
        expectNothingHeld(pool);
      });
    });
  });

  it('lets a caller acquire again inside next, and decides after next has returned', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 2 });
    const order: string[] = [];
    pool.acquire().subscribe(() => {
      order.push('first begins');
      pool.acquire().subscribe(() => order.push('second'));
      order.push('first returns');
    });
    expect(order).toEqual(['first begins', 'first returns', 'second']);
  });

  it('lets a caller release inside next, and serves the next waiter after next has returned', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    const order: string[] = [];
    const leases: Lease<string>[] = [];
    pool.acquire().subscribe((lease) => leases.push(lease));
    for (const name of ['first', 'second']) {
      pool.acquire().subscribe((lease) => {
        order.push(`${name} begins`);
        lease.release();
        order.push(`${name} returns`);
      });
    }
    leases[0]!.release();
    expect(order).toEqual(['first begins', 'first returns', 'second begins', 'second returns']);
  });

  it('serves a hundred thousand waiters that release inside next, without recursion', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1, maxPending: Infinity });
    let served = 0;
    let first: Lease<string> | undefined;
    pool.acquire().subscribe((lease) => (first = lease));
    for (let i = 0; i < 100_000; i++) {
      pool.acquire().subscribe((lease) => {
        served++;
        lease.release();
      });
    }
    first!.release();
    expect(served).toBe(100_000);
    expectNothingHeld(pool);
  });

  it('reports the cause of the failed connects to a caller whose wait times out', () => {
    marbles(({ target, expectObservable }) => {
      const pool = createPool({
        connect: target('-#', '-#').connect,
        max: 1,
        acquireTimeout: 20,
        retryDelay: 10,
        random: () => 0.9,
      });
      expectObservable(pool.acquire()).toBe('20ms #', undefined, poolError('CONNECTION_FAILED', { cause: dead }));
    });
  });

  describe('with invalid options', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1, name: 'db' });

    for (const acquireTimeout of [-1, NaN, '5', null]) {
      it(`rejects the acquireTimeout ${typeof acquireTimeout} ${acquireTimeout} at once, and names it`, () => {
        expect(() => pool.acquire({ acquireTimeout: acquireTimeout as number })).toThrowMatching(
          (error) =>
            error instanceof InvalidConfigError &&
            error.pool === 'db' &&
            error.message.includes(typeof acquireTimeout === 'string' ? '"5"' : String(acquireTimeout)),
        );
      });
    }

    it('lists every problem', () => {
      expect(() => pool.acquire({ acquireTimeout: -1, label: 3, wait: true } as never)).toThrowMatching(
        (error) => error instanceof InvalidConfigError && error.issues.length === 3,
      );
    });

    it('rejects options that are no object', () => {
      expect(() => pool.acquire(500 as never)).toThrowMatching(
        (error) => error instanceof InvalidConfigError && error.message.includes('500'),
      );
    });
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
