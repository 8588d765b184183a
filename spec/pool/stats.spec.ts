import { BehaviorSubject, distinctUntilChanged, map, NEVER, of, Subject, take, throwError } from 'rxjs';
import { InvalidPoolError } from '../../src/index';
import type { Lease, PoolStats } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { marbles, opensAtOnce } from '../helpers/marbles';

const onePool = (): ReturnType<typeof createPool<string>> =>
  createPool({ connect: () => opensAtOnce('a'), max: 1, acquireTimeout: Infinity });

/** The sums that hold in every snapshot. */
function expectSums(stats: PoolStats): void {
  expect(stats.totalConnections).toBe(stats.availableConnections + stats.inUseConnections);
  expect(stats.totalConnections + stats.openingConnections + stats.closingConnections).toBeLessThanOrEqual(
    stats.maxConnections,
  );
  expect(stats.activeLeases).toBeLessThanOrEqual(stats.leaseCapacity);
  expect(stats.acquired).toBe(stats.released + stats.discarded + stats.activeLeases);
}

describe('pool.stats$', () => {
  it('is a BehaviorSubject, whose value is also pool.stats', () => {
    const pool = onePool();
    expect(pool.stats$ as unknown).toBeInstanceOf(BehaviorSubject);
    expect(pool.stats$).toBeInstanceOf(Subject);
    expect(pool.stats$.getValue()).toBe(pool.stats$.value);
    expect(pool.stats).toBe(pool.stats$.value);
    pool.use(() => of(1)).subscribe();
    expect(pool.stats.successfulOperations).toBe(1);
    expect(pool.stats).toBe(pool.stats$.value);
  });

  for (const method of ['next', 'error', 'complete', 'unsubscribe'] as const) {
    it(`belongs to the pool: ${method}() from outside throws, and changes nothing`, () => {
      const pool = onePool();
      const outsider = pool.stats$ as BehaviorSubject<PoolStats>;
      const seen: unknown[] = [];
      pool.stats$.subscribe({ next: (stats) => seen.push(stats), complete: () => seen.push('complete') });
      expect(() => {
        outsider[method]({} as never);
      }).toThrowError(TypeError, new RegExp(`${method}\\(\\)`));
      expect(seen.length).toBe(1);
      pool.use(() => NEVER).subscribe();
      expect(seen.length).toBeGreaterThan(1);
    });
  }

  it('begins with zero counts', () => {
    marbles(({ at, flush }) => {
      let stats: PoolStats | undefined;
      at(7, () => {
        stats = createPool({ connect: () => NEVER, max: 3, capacity: 2, name: 'db' }).stats;
      });
      flush();
      expect(stats).toEqual({
        name: 'db',
        seq: 0,
        at: 7,
        state: 'open',
        breaker: 'closed',
        maxConnections: 3,
        totalConnections: 0,
        availableConnections: 0,
        inUseConnections: 0,
        openingConnections: 0,
        closingConnections: 0,
        leaseCapacity: 6,
        activeLeases: 0,
        pendingAcquires: 0,
        successfulOperations: 0,
        failedOperations: 0,
        cancelledOperations: 0,
        acquired: 0,
        released: 0,
        discarded: 0,
        opened: 0,
        closed: 0,
        openFailures: 0,
        timeouts: 0,
        rejected: 0,
        cancelledAcquires: 0,
      });
    });
  });

  it('is made of frozen plain objects, safe to send', () => {
    const pool = onePool();
    expect(Object.isFrozen(pool.stats)).toBe(true);
    expect(Object.getPrototypeOf(pool.stats)).toBe(Object.prototype);
    expect(JSON.parse(JSON.stringify(pool.stats))).toEqual({ ...pool.stats });
    expect(structuredClone(pool.stats)).toEqual({ ...pool.stats });
  });

  it('shows the states of a connection: opening, in use, available, closing, gone', () => {
    marbles(({ cold, target, at, expectObservable }) => {
      const pool = createPool({ connect: target('--a').connect, close: () => cold('---|'), max: 1 });
      at(11, () => void pool.destroy());
      expectObservable(
        pool.use(() => cold('------|')),
        '-^',
      ).toBe('---------|');
      const shown = pool.stats$.pipe(
        map((s) => `${s.openingConnections}${s.inUseConnections}${s.availableConnections}${s.closingConnections}`),
        distinctUntilChanged(),
      );
      expectObservable(shown).toBe('no-(xu)--a-c--(z|)', {
        n: '0000',
        o: '1000',
        x: '0010',
        u: '0100',
        a: '0010',
        c: '0001',
        z: '0000',
      });
    });
  });

  it('counts operations by their outcome, and raw leases as none', () => {
    const pool = onePool();
    pool.use(() => of(1)).subscribe();
    pool.use(() => throwError(() => new Error('own'))).subscribe({ error: () => undefined });
    pool
      .use(() => NEVER)
      .subscribe()
      .unsubscribe();
    pool.acquire().subscribe((lease) => {
      lease.release();
    });
    pool.acquire().subscribe((lease) => {
      lease.discard();
    });
    expect(pool.stats).toEqual(
      jasmine.objectContaining({
        successfulOperations: 1,
        failedOperations: 1,
        cancelledOperations: 1,
        acquired: 5,
        released: 4,
        discarded: 1,
        opened: 1,
        closed: 1,
      }),
    );
  });

  it('counts failed connects, timeouts and rejections', () => {
    marbles(({ target, at, flush }) => {
      const pool = createPool({
        connect: target('-#', '-a').connect,
        max: 1,
        maxPending: 1,
        acquireTimeout: 10,
        retryDelay: 2,
        random: () => 0.5,
      });
      const quiet = { error: () => undefined };
      pool.acquire().subscribe(quiet);
      at(5, () => {
        pool.acquire().subscribe(quiet);
        pool.acquire().subscribe(quiet);
      });
      at(20, () => {
        pool.acquire().subscribe(quiet);
        void pool.destroy();
      });
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ openFailures: 1, timeouts: 1, rejected: 2 }));
    });
  });

  it('counts no cancelled wait', () => {
    marbles(({ target, at, flush }) => {
      const pool = createPool({ connect: target('---a').connect, max: 1, acquireTimeout: 10 });
      const waiting = pool.acquire().subscribe();
      at(1, () => {
        waiting.unsubscribe();
      });
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ timeouts: 0, rejected: 0, acquired: 0 }));
    });
  });

  it('keeps its sums in every visible snapshot, and never decreases seq', () => {
    marbles(({ cold, target, at, expectObservable, flush }) => {
      const { connect } = target('-a---#', '--#', '-b', '-c', '-d', '-e', '-f');
      const pool = createPool({
        connect,
        close: () => cold('--|'),
        max: 3,
        retryDelay: 2,
        random: () => 0.5,
        acquireTimeout: 12,
      });
      let seen = 0;
      let last = -1;
      pool.stats$.subscribe((stats) => {
        seen++;
        expectSums(stats);
        expect(stats.seq).toBeGreaterThan(last);
        expect(stats).toBe(pool.stats);
        last = stats.seq;
      });
      for (let i = 0; i < 8; i++) {
        at(i, () => {
          pool.use(() => cold(i % 3 === 0 ? '---#' : '----|')).subscribe({ error: () => undefined });
        });
      }
      at(6, () => {
        pool.acquire().subscribe((lease) => {
          lease.discard();
        });
      });
      at(9, () => {
        pool
          .use(() => NEVER)
          .subscribe()
          .unsubscribe();
      });
      at(14, () => void pool.destroy({ timeout: 3 }));
      expectObservable(
        pool.stats$.pipe(
          map(() => 'x'),
          take(1),
        ),
      ).toBe('(x|)');
      flush();
      expect(seen).toBeGreaterThan(40);
      expect(pool.stats.state).toBe('destroyed');
    });
  });

  describe('with a subscriber that acquires or releases inside next', () => {
    it('emits the same order to every subscriber, to the end', () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 2 });
      const early: number[] = [];
      const late: number[] = [];
      const leases: Lease<string>[] = [];
      pool.stats$.subscribe(({ seq }) => early.push(seq));
      pool.stats$.subscribe((stats) => {
        expectSums(stats);
        if (stats.acquired < 5 && stats.pendingAcquires === 0) pool.acquire().subscribe((lease) => leases.push(lease));
        if (stats.pendingAcquires > 0 && stats.activeLeases === 2) leases.shift()!.release();
      });
      pool.stats$.subscribe(({ seq }) => late.push(seq));
      expect(pool.stats.acquired).toBe(5);
      expect(pool.stats.released).toBe(3);
      expect(early.length).toBeGreaterThan(6);
      expect(late).toEqual(early.slice(-late.length));
      expect([...early].sort((a, b) => a - b)).toEqual(early);
      expect(new Set(early).size).toBe(early.length);
      expect(early.at(-1)).toBe(pool.stats.seq);
    });

    it('leaves no subscriber with a stale value', () => {
      const pool = onePool();
      const lastOf: PoolStats[] = [];
      let lease: Lease<string> | undefined;
      pool.stats$.subscribe((stats) => (lastOf[0] = stats));
      pool.stats$.subscribe((stats) => {
        if (stats.activeLeases === 1) lease?.release();
      });
      pool.stats$.subscribe((stats) => (lastOf[1] = stats));
      pool.acquire().subscribe((given) => (lease = given));
      pool.use(() => of(1)).subscribe();
      expect(lastOf[0]).toBe(pool.stats);
      expect(lastOf[1]).toBe(pool.stats);
    });

    it('emits its changes to all, even if value was read meanwhile', () => {
      const pool = onePool();
      const shown: number[] = [];
      pool.stats$.subscribe(({ seq, maxConnections }) => {
        shown.push(seq);
        if (maxConnections !== 2) return;
        pool.resize(3);
        expect(pool.stats.maxConnections).toBe(3);
      });
      pool.resize(2);
      expect(shown.at(-1)).toBe(pool.stats.seq);
    });

    it('emits the same to a subscriber that subscribes inside next, from there on', () => {
      const pool = onePool();
      const outer: number[] = [];
      let inner: number[] | undefined;
      pool.stats$.subscribe(({ seq }) => {
        outer.push(seq);
        if (inner === undefined && seq > 0) {
          const seen: number[] = (inner = []);
          pool.stats$.subscribe((stats) => seen.push(stats.seq));
        }
      });
      pool.use(() => of(1)).subscribe();
      expect(inner!.length).toBeGreaterThan(2);
      expect(inner).toEqual(outer.slice(-inner!.length));
    });

    for (const [which, when] of [
      ['the first next, which comes with the subscribe', 0],
      ['a later next', 1],
    ] as const) {
      it(`defers what is requested inside ${which} until that next has returned`, () => {
        const pool = onePool();
        const order: string[] = [];
        let told = 0;
        pool.stats$.subscribe(() => {
          if (told++ !== when) return;
          order.push('next begins');
          pool.acquire().subscribe(() => order.push('served'));
          order.push('next returns');
        });
        pool.use(() => of(1)).subscribe();
        expect(order).toEqual(['next begins', 'next returns', 'served']);
      });
    }

    it('survives a subscriber that destroys the pool inside next', async () => {
      const pool = onePool();
      let destroyed: Promise<void> | undefined;
      pool.stats$.subscribe((stats) => {
        if (stats.activeLeases === 1) destroyed ??= pool.destroy({ timeout: 0 });
      });
      let error: unknown;
      pool.use(() => NEVER).subscribe({ error: (e: unknown) => (error = e) });
      await destroyed;
      expect(error).toBeInstanceOf(InvalidPoolError);
      expect(pool.stats.state).toBe('destroyed');
    });
  });

  it('emits the current snapshot to a new subscriber, even if none was subscribed for long', () => {
    const pool = onePool();
    pool.use(() => of(1)).subscribe();
    pool.use(() => of(2)).subscribe();
    let first: PoolStats | undefined;
    pool.stats$.pipe(take(1)).subscribe((stats) => (first = stats));
    expect(first!.successfulOperations).toBe(2);
    expect(first).toBe(pool.stats);
  });

  it('returns the same snapshot while nothing changes, with its time', () => {
    marbles(({ at, flush }) => {
      const pool = onePool();
      const taken: PoolStats[] = [];
      at(5, () => {
        pool.use(() => NEVER).subscribe();
        taken.push(pool.stats);
      });
      at(9, () => taken.push(pool.stats));
      flush();
      expect(taken[0]!.at).toBe(5);
      expect(taken[1]).toBe(taken[0]);
    });
  });

  it('emits the last snapshot and completes when the pool is destroyed', () => {
    marbles(({ target, at, expectObservable }) => {
      const pool = createPool({ connect: target('a').connect, max: 1 });
      void pool.warmUp();
      at(3, () => void pool.destroy());
      const shown = pool.stats$.pipe(
        map((s) => `${s.state} ${s.totalConnections}+${s.closingConnections}`),
        distinctUntilChanged(),
      );
      expectObservable(shown, '-^').toBe('-o-(abcd|)', {
        o: 'open 1+0',
        a: 'draining 1+0',
        b: 'draining 0+1',
        c: 'draining 0+0',
        d: 'destroyed 0+0',
      });
    });
  });

  it('has every outcome in its last snapshot, including that of work which destroy has ended', () => {
    marbles(({ target, at, flush }) => {
      const pool = createPool({ connect: target(opensAtOnce('a')).connect, max: 1 });
      let last: PoolStats | undefined;
      pool.stats$.subscribe((stats) => (last = stats));
      pool.use(() => NEVER).subscribe({ error: () => undefined });
      at(2, () => void pool.destroy({ timeout: 3 }));
      flush();
      expect(last).toEqual(jasmine.objectContaining({ state: 'destroyed', failedOperations: 1 }));
      expect(last).toBe(pool.stats);
    });
  });

  it('only completes for a subscriber that subscribes after the end, and keeps its value', () => {
    marbles(({ at, expectObservable, flush }) => {
      const pool = onePool();
      at(1, () => void pool.destroy());
      expectObservable(pool.stats$, '--^').toBe('--|');
      flush();
      expect(pool.stats.state).toBe('destroyed');
    });
  });

  it('keeps the value of the end, and its time, even without a subscriber at that time', () => {
    marbles(({ at, flush }) => {
      const pool = onePool();
      pool.use(() => of(1)).subscribe();
      at(5, () => void pool.destroy());
      at(100, () => {
        const { value } = pool.stats$;
        expect(value).toEqual(jasmine.objectContaining({ state: 'destroyed', at: 5, closed: 1, rejected: 0 }));
        pool.acquire().subscribe({ error: () => undefined });
        expect(pool.stats$.value).toBe(value);
        const seen: unknown[] = [];
        pool.stats$.subscribe({ next: (stats) => seen.push(stats), complete: () => seen.push('complete') });
        expect(seen).toEqual(['complete']);
        expect(pool.stats$.getValue()).toBe(value);
      });
      flush();
    });
  });

  it('is not disturbed by a subscriber that unsubscribes inside next', () => {
    const pool = onePool();
    const seen: number[] = [];
    pool.stats$.pipe(take(2)).subscribe();
    pool.stats$.subscribe(({ seq }) => seen.push(seq));
    pool.use(() => of(1)).subscribe();
    expect(seen.at(-1)).toBe(pool.stats.seq);
    expect(seen.length).toBeGreaterThan(3);
  });
});
