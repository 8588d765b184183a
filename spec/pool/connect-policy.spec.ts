import { asyncScheduler, concat, EMPTY, map, mergeMap, NEVER, Observable, of, range, tap, timer } from 'rxjs';
import type { ConnectionPool, Lease } from '../../src';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { dead, expectNothingHeld, marbles, opensAtOnce, poolError } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';

describe('opening connections', () => {
  it('begins no connect before the first acquire', () => {
    marbles(({ target, flush }) => {
      const scripted = target();
      createPool({ connect: scripted.connect, max: 5 });
      flush();
      expect(scripted.dials).toBe(0);
    });
  });

  it('begins one connect for one waiter, whatever max is', () => {
    marbles(({ target, expectObservable, expectSubscriptions }) => {
      const { connect, lives } = target('---a');
      const pool = createPool({ connect, max: 9 });
      expectObservable(held(pool, 9)).toBe('---(a|)');
      expectSubscriptions(lives[0]!.subscriptions).toBe('^');
    });
  });

  it('never exceeds max with open, opening and closing connections', () => {
    const scripted = scriptedTarget({ openAfter: 3 });
    marbles(({ cold, at, flush }) => {
      const pool = createPool({ connect: scripted.connect, close: () => cold('----|'), max: 3 });
      let most = 0;
      pool.stats$.subscribe((s) => {
        most = Math.max(most, s.totalConnections + s.openingConnections + s.closingConnections);
      });
      for (let frame = 0; frame < 40; frame++) {
        at(frame, () => {
          pool.acquire().subscribe((lease) => {
            asyncScheduler.schedule(() => {
              if (frame % 2 === 0) lease.discard();
              else lease.release();
            }, 2);
          });
        });
      }
      flush();
      expect(most).toBe(3);
      expect(scripted.peak).toBe(3);
      expect(pool.stats.acquired).toBe(40);
      expectNothingHeld(pool);
    });
  });

  describe('by slow start', () => {
    it('begins with four connects, and doubles when they arrive while several callers wait', () => {
      const scripted = scriptedTarget({ openAfter: 10 });
      marbles(({ flush }) => {
        const pool = createPool({ connect: scripted.connect, max: 50 });
        for (let i = 0; i < 50; i++) pool.acquire().subscribe();
        flush();
        expect(pool.stats.acquired).toBe(50);
      });
      const begunAt = (time: number): number => scripted.dialTimes.filter((t) => t === time).length;
      expect([0, 10, 20, 30, 40].map(begunAt)).toEqual([4, 16, 16, 14, 0]);
    });

    it('begins no more than maxOpening connects', () => {
      const scripted = scriptedTarget({ openAfter: 10 });
      marbles(({ flush }) => {
        const pool = createPool({ connect: scripted.connect, max: 10, maxOpening: 3 });
        for (let i = 0; i < 9; i++) pool.acquire().subscribe();
        flush();
      });
      expect(scripted.dialTimes).toEqual([0, 0, 0, 10, 10, 10, 20, 20, 20]);
      expect(scripted.peakOpening).toBe(3);
    });

    it('does not open connections that would come too late: fifty callers of short work are served by few connections', () => {
      const scripted = scriptedTarget({ openAfter: 150 });
      marbles(({ target, at, flush }) => {
        const warm = target(...['a', 'b', 'c', 'd', 'e'].map((c) => opensAtOnce(c)));
        let dials = 0;
        const pool = createPool<unknown>({
          connect: () => (dials++ < 5 ? warm.connect() : scripted.connect()),
          max: 50,
        });
        void pool.warmUp(5);
        const ended: number[] = [];
        at(1, () => {
          range(0, 50)
            .pipe(mergeMap(() => pool.use(() => timer(2))))
            .subscribe({ complete: () => ended.push(asyncScheduler.now()) });
        });
        flush();
        expect(ended).toEqual([21]);
        expect(scripted.dials).toBeLessThanOrEqual(1);
      });
    });

    it('falls back when a connect fails: no other begins while some are in progress', () => {
      const scripted = scriptedTarget({ openAfter: 20 });
      marbles(({ cold, flush }) => {
        let dials = 0;
        const pool = createPool<unknown>({
          connect: () => (dials++ === 0 ? cold('-#', undefined, dead) : scripted.connect()),
          max: 12,
          retryDelay: 4,
          random: () => 0.5,
        });
        for (let i = 0; i < 12; i++) pool.acquire().subscribe();
        flush();
        expect(pool.stats.acquired).toBe(12);
      });
      expect(scripted.dialTimes.slice(0, 3)).toEqual([0, 0, 0]);
      expect(scripted.dialTimes[3]).toBe(20);
    });
  });

  it('keeps a connection that arrives after its waiter has been served by another', () => {
    marbles(({ target, expectObservable, expectSubscriptions, flush }) => {
      const { connect, lives } = target('a', '-----b');
      const pool = createPool({ connect, max: 2 });
      expectObservable(held(pool, 3)).toBe('(a|)');
      expectObservable(held(pool, 9), '-^').toBe('---(a|)');
      expectSubscriptions(lives[1]!.subscriptions).toBe('-^');
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ opened: 2, availableConnections: 2 }));
      expectNothingHeld(pool);
    });
  });

  it('uses the first emission of the connector as the connection', () => {
    marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
      const { connect, lives } = target(cold('-a-b-c'));
      const pool = createPool({ connect, max: 2 });
      expectObservable(held(pool, 9)).toBe('-(a|)');
      expectSubscriptions(lives[0]!.subscriptions).toBe('^');
      flush();
      expect(pool.stats.opened).toBe(1);
    });
  });

  it('uses the value of a promise as the connection', async () => {
    let dials = 0;
    const pool = createPool({
      connect: async () => {
        dials++;
        return 'a';
      },
      max: 1,
    });
    const seen: string[] = [];
    for (let i = 0; i < 2; i++) {
      await new Promise<void>((complete) => {
        pool.use((c) => of(c)).subscribe({ next: (c) => seen.push(c), complete });
      });
    }
    expect(seen).toEqual(['a', 'a']);
    expect(dials).toBe(1);
  });

  it('aborts the signal of a connector when the connection is no longer wanted', () => {
    marbles(({ at, flush }) => {
      const aborted: string[] = [];
      const pool = createPool<string>({
        connect: ({ signal }) => {
          const began = asyncScheduler.now();
          signal.addEventListener('abort', () => aborted.push(`${began} at ${asyncScheduler.now()}`));
          return NEVER;
        },
        max: 1,
        connectTimeout: 5,
        retryDelay: 4,
        random: () => 0.5,
      });
      pool.acquire().subscribe({ error: () => undefined });
      // The second connect begins at 5 + 2.
      at(9, () => void pool.destroy());
      flush();
      expect(aborted).toEqual(['0 at 5', '7 at 9']);
    });
  });

  it('has aborted that signal when a connector reads it only afterwards', () => {
    const late: boolean[] = [];
    marbles(({ at, flush }) => {
      const pool = createPool<string>({
        connect: (context) => {
          asyncScheduler.schedule(() => late.push(context.signal.aborted), 8);
          return NEVER;
        },
        max: 1,
        connectTimeout: 5,
        breaker: false,
        retryDelay: 100,
        random: () => 0.5,
      });
      pool.acquire().subscribe({ error: () => undefined });
      at(9, () => void pool.destroy());
      flush();
    });
    expect(late).toEqual([true]);
  });

  it('does not abort that signal while the connection is open', () => {
    let signal: AbortSignal | undefined;
    const pool = createPool<string>({
      connect: (context) => {
        ({ signal } = context);
        return opensAtOnce('a');
      },
      max: 1,
    });
    pool.use(() => of(1)).subscribe();
    expect(signal!.aborted).toBe(false);
  });

  describe('a failed connect', () => {
    const failing: [string, () => Observable<string>][] = [
      ['errors', () => timer(1).pipe(mergeMap(() => never()))],
      ['completes without a connection', () => EMPTY],
      ['opens and completes before its first lease, synchronously', () => of('x')],
      [
        'throws',
        () => {
          throw dead;
        },
      ],
      [
        'is a promise that rejects',
        // The type of the list is that of Observables.
        () => ({ then: (_ok: unknown, failed: (error: unknown) => void) => failed(dead) }) as never,
      ],
    ];
    for (const [how, connect] of failing) {
      it(`because it ${how}, is tried again after a pause, and serves the waiting caller`, () => {
        marbles(({ expectObservable, flush }) => {
          let dials = 0;
          const pool = createPool<string>({
            connect: () => (dials++ === 0 ? connect() : opensAtOnce('a')),
            max: 1,
            retryDelay: 8,
            random: () => 0.5,
          });
          const begins = how === 'errors' ? 1 : 0;
          expectObservable(held(pool, 1)).toBe(`${begins + 4}ms (a|)`);
          flush();
          expect(dials).toBe(2);
          expect(pool.stats.openFailures).toBe(1);
          expectNothingHeld(pool);
        });
      });
    }

    it('rejects no caller that an open connection can still serve', () => {
      marbles(({ target, expectObservable }) => {
        const pool = createPool({
          connect: target('a', '-#', '-#', '-#').connect,
          max: 2,
          retryDelay: 2,
          random: () => 0.5,
          breaker: { failures: 2, probeAfter: 3 },
        });
        //          a is held from 0 to 9; connects fail at 2, 4 and 8
        expectObservable(held(pool, 9)).toBe('(a|)');
        expectObservable(held(pool, 9), '-^').toBe('---------(a|)');
      });
    });

    it('is counted once, and so is a connection that is lost before its first lease', () => {
      marbles(({ target, expectObservable, flush }) => {
        const pool = createPool({
          connect: target(concat(of('x'), EMPTY), opensAtOnce('a')).connect,
          max: 1,
          retryDelay: 2,
          random: () => 0.5,
        });
        expectObservable(held(pool, 1)).toBe('-(a|)');
        flush();
        expect(pool.stats.openFailures).toBe(1);
        expect(pool.stats.acquired).toBe(1);
      });
    });
  });

  it('defers what is requested inside connect until connect has returned', () => {
    const order: string[] = [];
    const pool: ConnectionPool<string> = createPool({
      connect: () => {
        order.push('connect begins');
        if (order.length === 1) pool.acquire().subscribe(() => order.push('second served'));
        order.push('connect returns');
        return opensAtOnce('a');
      },
      max: 2,
    });
    pool.acquire().subscribe(() => order.push('first served'));
    expect(order).toEqual([
      'connect begins',
      'connect returns',
      'first served',
      'connect begins',
      'connect returns',
      'second served',
    ]);
  });

  it('names the number of failed connects in the error of a wait', () => {
    marbles(({ target, expectObservable }) => {
      const pool = createPool({
        connect: target('#', '#', '#').connect,
        max: 1,
        acquireTimeout: 10,
        retryDelay: 4,
        random: () => 0.5,
        name: 'db',
      });
      // 0, + 2, + 4, and the next would be at 14
      expectObservable(held(pool, 1)).toBe(
        '----------#',
        undefined,
        poolError('CONNECTION_FAILED', {
          attempts: 3,
          cause: dead,
          message: jasmine.stringMatching(/'db'.*3 connects.*the target is down/),
        }),
      );
    });
  });
});

function never(): Observable<never> {
  return new Observable((subscriber) => {
    subscriber.error(dead);
  });
}

/** Acquires, records the connection, and releases it after this number of frames. */
function held(pool: ConnectionPool<string>, frames: number): Observable<string> {
  return pool.acquire().pipe(
    tap((lease: Lease<string>) => {
      asyncScheduler.schedule(() => {
        lease.release();
      }, frames);
    }),
    map((lease) => lease.connection),
  );
}
