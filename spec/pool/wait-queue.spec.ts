import { asyncScheduler, map, NEVER, of, tap } from 'rxjs';
import type { Observable } from 'rxjs';
import type { AcquireOptions, ConnectionPool, Lease } from '../../src';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { dead, expectNothingHeld, marbles, opensAtOnce, poolError } from '../helpers/marbles';
import { countingScheduler } from '../helpers/counting-scheduler';
import { collectGarbage } from '../helpers/garbage';
import { turns } from '../helpers/turns';

describe('the wait queue', () => {
  it('is served in order of arrival', () => {
    marbles(({ target, expectObservable, flush }) => {
      const pool = createPool({ connect: target('a').connect, max: 1 });
      expectObservable(held(pool, 4), '^  ').toBe('(a|)            ');
      expectObservable(held(pool, 4), '-^ ').toBe('----(a|)        ');
      expectObservable(held(pool, 4), '--^').toBe('--------(a|)    ');
      expectObservable(held(pool, 4), '---^').toBe('------------(a|)');
      flush();
      expectNothingHeld(pool);
    });
  });

  it('is not overtaken by a caller that acquires at the moment of a release', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    const order: string[] = [];
    const leases: Lease<string>[] = [];
    const acquire = (name: string): void => {
      pool.acquire().subscribe((lease) => {
        order.push(name);
        leases.push(lease);
      });
    };
    acquire('first');
    acquire('second');
    let released = 0;
    pool.stats$.subscribe((stats) => {
      if (stats.released > released) {
        released = stats.released;
        if (released === 1) acquire('third');
      }
    });
    leases[0]!.release();
    leases[1]!.release();
    expect(order).toEqual(['first', 'second', 'third']);
  });

  it('closes the gap behind a caller that leaves from the middle', () => {
    marbles(({ target, expectObservable, flush }) => {
      const pool = createPool({ connect: target('a').connect, max: 1 });
      expectObservable(held(pool, 6)).toBe('             (a|)           ');
      expectObservable(held(pool, 6), '-^').toBe('       ------(a|)           ');
      expectObservable(held(pool, 6), '--^-!').toBe('    -----');
      expectObservable(held(pool, 6), '---^').toBe('     ------------(a|)     ');
      flush();
      expect(pool.stats.acquired).toBe(3);
      expectNothingHeld(pool);
    });
  });

  it('serves works, leases and streams in one order', () => {
    marbles(({ cold, target, expectObservable }) => {
      const pool = createPool({ connect: target('a').connect, max: 1 });
      const first = '      ---|            ';
      const lease = '      ---(a|)         ';
      const stream = '     ------a-        ';
      const second = '     ---------x|     ';
      expectObservable(pool.use(() => cold('---|'))).toBe(first);
      expectObservable(held(pool, 3), '-^').toBe(lease);
      expectObservable(
        pool.pipe(
          tap((given) => {
            asyncScheduler.schedule(() => {
              given.release();
            }, 2);
          }),
          map((given) => given.connection),
        ),
        '--^----!',
      ).toBe(stream);
      expectObservable(
        pool.use(() => cold('-x|')),
        '---^',
      ).toBe(second);
    });
  });

  describe('acquireTimeout', () => {
    it('ends a wait for a busy pool with a PoolExhaustedError that describes its state', () => {
      marbles(({ target, expectObservable, flush }) => {
        const pool = createPool({ connect: target('a').connect, max: 1, acquireTimeout: 5, name: 'db' });
        expectObservable(held(pool, 20)).toBe('(a|)');
        expectObservable(held(pool, 1), '--^').toBe(
          '-------#',
          undefined,
          poolError('POOL_EXHAUSTED', {
            reason: 'timeout',
            pool: 'db',
            message: jasmine.stringMatching(/'db'.*1\/1.*5 ms/),
          }),
        );
        flush();
        expect(pool.stats.timeouts).toBe(1);
        expectNothingHeld(pool);
      });
    });

    it('covers the whole wait, including failed connects', () => {
      marbles(({ target, expectObservable, expectSubscriptions }) => {
        const { connect, lives } = target('--#', '--#', '--a');
        const pool = createPool({ connect, max: 1, acquireTimeout: 9, retryDelay: 4, random: () => 0.5 });
        //                                       2 + 2, 2 + 4
        const expected = '  ---------#';
        expectObservable(held(pool, 1)).toBe(
          expected,
          undefined,
          poolError('CONNECTION_FAILED', { phase: 'open', attempts: 2, cause: dead }),
        );
        expectSubscriptions(lives[0]!.subscriptions).toBe('^-!');
        expectSubscriptions(lives[1]!.subscriptions).toBe('----^-!');
        expectSubscriptions(lives[2]!.subscriptions).toBe([]);
      });
    });

    it('causes a ConnectionFailedError when no connection is open, even if none has failed yet', () => {
      marbles(({ target, expectObservable, expectSubscriptions }) => {
        const { connect, lives } = target('-');
        const pool = createPool({ connect, max: 1, acquireTimeout: 4, connectTimeout: 20 });
        expectObservable(held(pool, 1)).toBe(
          '----#',
          undefined,
          poolError('CONNECTION_FAILED', { phase: 'open', attempts: 0 }),
        );
        expectSubscriptions(lives[0]!.subscriptions).toBe('^ 19ms !');
      });
    });

    it('reports when every slot is occupied by a connection that is still closing', () => {
      marbles(({ target, expectObservable }) => {
        const pool = createPool({
          connect: target('a').connect,
          max: 1,
          close: () => NEVER,
          closeTimeout: Infinity,
          acquireTimeout: 5,
        });
        pool.acquire().subscribe((lease) => {
          lease.discard();
        });
        expectObservable(pool.acquire(), '-^').toBe(
          '------#',
          undefined,
          poolError('CONNECTION_FAILED', {
            attempts: 0,
            message: jasmine.stringContaining('1 of 1 slots are occupied by connections that are still closing'),
          }),
        );
      });
    });

    it('keeps the last connect failure as the cause of a PoolExhaustedError', () => {
      marbles(({ target, expectObservable }) => {
        const pool = createPool({
          connect: target('a', '--#').connect,
          max: 2,
          acquireTimeout: 6,
          retryDelay: 100,
          random: () => 0.5,
        });
        expectObservable(held(pool, 20)).toBe('(a|)');
        expectObservable(held(pool, 1), '-^').toBe(
          '-------#',
          undefined,
          poolError('POOL_EXHAUSTED', { reason: 'timeout', cause: dead }),
        );
      });
    });

    it('has no cause when no connect has failed', () => {
      marbles(({ target, at, expectObservable, flush }) => {
        const pool = createPool({ connect: target('a').connect, max: 1, acquireTimeout: 6 });
        let error: Error | undefined;
        expectObservable(held(pool, 20)).toBe('(a|)');
        at(1, () => {
          pool.acquire().subscribe({ error: (e: unknown) => (error = e as Error) });
        });
        flush();
        expect(error!.name).toBe('PoolExhaustedError');
        expect(error!.cause).toBeUndefined();
      });
    });

    it('is 30 s by default', () => {
      marbles(({ target, expectObservable }) => {
        const pool = createPool({ connect: target('a').connect, max: 1 });
        expectObservable(
          pool.use(() => NEVER),
          '^ 40s !',
        ).toBe('-');
        expectObservable(held(pool, 1)).toBe('30s #', undefined, poolError('POOL_EXHAUSTED'));
      });
    });

    it('0 takes an available connection, and does not wait', () => {
      marbles(({ target, expectObservable }) => {
        const pool = createPool({ connect: target(opensAtOnce('a')).connect, max: 1, acquireTimeout: 0 });
        expectObservable(held(pool, 5)).toBe('(a|)');
        expectObservable(held(pool, 5), '--^').toBe('--#', undefined, poolError('POOL_EXHAUSTED'));
        expectObservable(held(pool, 5), '------^').toBe('------(a|)');
      });
    });

    it('Infinity waits without an end', () => {
      marbles(({ cold, target, expectObservable }) => {
        const pool = createPool({ connect: target('a').connect, max: 1, acquireTimeout: Infinity });
        expectObservable(pool.use(() => cold('60m |'))).toBe('60m |');
        expectObservable(held(pool, 1)).toBe('60m (a|)');
      });
    });

    it('can be set for one caller, shorter or longer, without changing the order of the queue', () => {
      marbles(({ target, expectObservable }) => {
        const pool = createPool({ connect: target('a').connect, max: 1, acquireTimeout: 6 });
        const exhausted = poolError('POOL_EXHAUSTED');
        expectObservable(held(pool, 9)).toBe('                              (a|)');
        expectObservable(held(pool, 3, { acquireTimeout: 20 })).toBe('      ---------(a|)');
        expectObservable(held(pool, 3)).toBe('                              ------#', undefined, exhausted);
        expectObservable(held(pool, 3, { acquireTimeout: 2 })).toBe('       --#', undefined, exhausted);
        expectObservable(held(pool, 3, { acquireTimeout: 20 })).toBe('      ------------(a|)');
      });
    });

    it('ends every wait at its own time, after any callers have left from any position', () => {
      marbles(({ target, at, flush }) => {
        const pool = createPool({ connect: target(opensAtOnce('a')).connect, max: 1, maxPending: 1_000 });
        pool.acquire().subscribe();
        const ends: number[][] = [];
        const expected: number[][] = [];
        for (let i = 0; i < 200; i++) {
          const asked = i % 7;
          const acquireTimeout = [30, 50, 50, 80][i % 4]!;
          const leaves = (i * 37) % 5 < 3;
          at(asked, () => {
            const error = () => ends.push([i, asyncScheduler.now()]);
            const waiting = pool.acquire({ acquireTimeout }).subscribe({ error });
            if (leaves) at(asked + 1 + ((i * 53) % 25), () => waiting.unsubscribe());
          });
          if (!leaves) expected.push([i, asked + acquireTimeout]);
        }
        flush();
        const inOrder = ([a]: number[], [b]: number[]) => a! - b!;
        expect(ends.sort(inOrder)).toEqual(expected);
        expect(pool.stats.pendingAcquires).toBe(0);
      });
    });

    it('ends many waits at their own times, with one timer in use for the queue', () => {
      marbles(({ target, at, flush }) => {
        const counting = countingScheduler();
        const pool = createPool({
          connect: target(opensAtOnce('a')).connect,
          max: 1,
          acquireTimeout: 50,
          scheduler: counting.scheduler,
        });
        pool.acquire().subscribe();
        const times: number[] = [];
        for (let frame = 0; frame < 20; frame++) {
          at(frame, () => {
            pool.acquire().subscribe({ error: () => times.push(asyncScheduler.now()) });
            expect(counting.live).toBe(1);
          });
        }
        flush();
        expect(times).toEqual(Array.from({ length: 20 }, (_, frame) => frame + 50));
        expect(counting.peak).toBe(1);
        expect(counting.live).toBe(0);
      });
    });

    it('uses no more timers for a thousand callers that come and leave, in any order: leaving only changes links', () => {
      for (const order of ['first to come', 'last to come', 'from the middle'] as const) {
        const counting = countingScheduler();
        const pool = createPool({ connect: () => opensAtOnce('a'), max: 1, scheduler: counting.scheduler });
        pool.acquire().subscribe();
        const before = counting.total;
        const waiting = Array.from({ length: 1_000 }, () => pool.acquire().subscribe());
        while (waiting.length > 0) {
          const at = { 'first to come': 0, 'last to come': waiting.length - 1, 'from the middle': waiting.length >> 1 }[
            order
          ];
          waiting.splice(at, 1)[0]!.unsubscribe();
          expect(counting.live).toBe(waiting.length > 0 ? 1 : 0);
        }
        expect(counting.total - before).toBe(1);
        expect(pool.stats.pendingAcquires).toBe(0);
      }
    });

    it('uses a handful of timers for a thousand short waits, leaves none after them, and is on time afterwards', () => {
      marbles(({ at, flush }) => {
        const counting = countingScheduler();
        const pool = createPool({
          connect: () => opensAtOnce('a'),
          max: 1,
          acquireTimeout: 50,
          scheduler: counting.scheduler,
        });
        let lease: Lease<string>;
        const take = (taken: Lease<string>): void => {
          lease = taken;
        };
        pool.acquire().subscribe(take);
        at(3, () => {
          const before = counting.total;
          for (let i = 0; i < 1_000; i++) {
            const held = lease;
            pool.acquire().subscribe(take);
            expect(pool.stats.pendingAcquires).toBe(1);
            held.release();
          }
          expect(pool.stats.acquired).toBe(1_001);
          expect(counting.total - before).toBeLessThan(10);
        });
        at(4, () => {
          expect(counting.live).toBe(0);
        });
        let told = 0;
        at(5, () => {
          pool.acquire().subscribe({ error: () => (told = asyncScheduler.now()) });
        });
        flush();
        expect(told).toBe(55);
      });
    });

    it('leaves no timer when the queue is empty', () => {
      const counting = countingScheduler();
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1, scheduler: counting.scheduler });
      const leases: Lease<string>[] = [];
      pool.acquire().subscribe((lease) => leases.push(lease));
      const leaving = pool.acquire().subscribe();
      pool.acquire().subscribe((lease) => leases.push(lease));
      expect(counting.live).toBe(1);
      leaving.unsubscribe();
      expect(counting.live).toBe(1);
      leases[0]!.release();
      expect(leases.length).toBe(2);
      expect(counting.live).toBe(0);
    });

    it('lets a caller acquire again inside the error of its timeout, and does not serve it early or twice', () => {
      marbles(({ target, expectObservable, flush }) => {
        const pool = createPool({ connect: target(opensAtOnce('a')).connect, max: 1, acquireTimeout: 3 });
        const times: string[] = [];
        expectObservable(held(pool, 8)).toBe('(a|)');
        const ask = (): void => {
          pool.acquire().subscribe({
            next: (lease) => {
              times.push(`served at ${asyncScheduler.now()}`);
              lease.release();
            },
            error: () => {
              times.push(`told at ${asyncScheduler.now()}`);
              ask();
            },
          });
        };
        asyncScheduler.schedule(ask, 1);
        flush();
        expect(times).toEqual(['told at 4', 'told at 7', 'served at 8']);
      });
    });
  });

  describe('maxPending', () => {
    it('rejects the last caller when the queue is full, and no other', () => {
      marbles(({ target, expectObservable, flush }) => {
        const pool = createPool({ connect: target('a').connect, max: 1, maxPending: 2, name: 'db' });
        const refused = poolError('POOL_EXHAUSTED', {
          reason: 'queue-full',
          pool: 'db',
          message: jasmine.stringMatching(/maxPending 2/),
        });
        expectObservable(held(pool, 6)).toBe('       (a|)            ');
        expectObservable(held(pool, 2), '-^').toBe(' ------(a|)      ');
        expectObservable(held(pool, 2), '-^').toBe(' --------(a|)    ');
        expectObservable(held(pool, 2), '--^').toBe('--#             ', undefined, refused);
        expectObservable(held(pool, 2), '-------^').toBe('----------(a|)');
        flush();
        expect(pool.stats.rejected).toBe(1);
        expectNothingHeld(pool);
      });
    });

    it('does not count callers that connections still to be opened will serve', () => {
      marbles(({ target, at, flush }) => {
        const pool = createPool({ connect: target('5ms a', '5ms b').connect, max: 2, maxPending: 1 });
        const told: string[] = [];
        at(0, () => {
          for (const name of ['first', 'second', 'third', 'fourth']) {
            pool.acquire().subscribe({
              next: () => told.push(`${name} at ${asyncScheduler.now()}`),
              error: (error: unknown) =>
                told.push(`${name} ${(error as { reason?: string }).reason} at ${asyncScheduler.now()}`),
            });
          }
        });
        at(9, () => void pool.destroy({ timeout: 0 }));
        flush();
        expect(told).toEqual(['fourth queue-full at 0', 'first at 5', 'second at 5', 'third undefined at 9']);
      });
    });

    it('0 rejects at once when no connection is available and no more can be opened', () => {
      marbles(({ target, expectObservable }) => {
        const pool = createPool({ connect: target('--a').connect, max: 1, maxPending: 0 });
        const refused = poolError('POOL_EXHAUSTED', { reason: 'queue-full' });
        expectObservable(held(pool, 3)).toBe('        --(a|)');
        expectObservable(held(pool, 3), '-^').toBe('  -#', undefined, refused);
        expectObservable(held(pool, 3), '---^').toBe('---#', undefined, refused);
        expectObservable(held(pool, 3), '------^').toBe('------(a|)');
      });
    });

    it('includes the capacity of connections still to be opened', () => {
      marbles(({ target, at, flush }) => {
        const pool = createPool({ connect: target('5ms a').connect, max: 1, capacity: 3, maxPending: 0 });
        let served = 0;
        let refused = 0;
        at(0, () => {
          for (let i = 0; i < 5; i++) pool.acquire().subscribe({ next: () => served++, error: () => refused++ });
        });
        flush();
        expect([served, refused]).toEqual([3, 2]);
      });
    });

    it('keeps callers in the queue whose connection is lost meanwhile', () => {
      marbles(({ target, expectObservable }) => {
        const pool = createPool({ connect: target('a---#', '--b').connect, max: 1, maxPending: 1 });
        expectObservable(pool.use(() => NEVER)).toBe('----#', undefined, poolError('CONNECTION_FAILED'));
        expectObservable(held(pool, 2), '-^').toBe('------(b|)');
      });
    });

    it('is 10,000 by default', () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1, acquireTimeout: Infinity });
      let refused = 0;
      pool.use(() => NEVER).subscribe();
      for (let i = 0; i < 10_003; i++) pool.acquire().subscribe({ error: () => refused++ });
      expect(refused).toBe(3);
      expect(pool.stats.pendingAcquires).toBe(10_000);
    });

    it('Infinity is no limit', () => {
      const pool = createPool({
        connect: () => opensAtOnce('a'),
        max: 1,
        maxPending: Infinity,
        acquireTimeout: Infinity,
      });
      pool.use(() => NEVER).subscribe();
      for (let i = 0; i < 20_000; i++) pool.acquire().subscribe({ error: () => fail('refused') });
      expect(pool.stats.pendingAcquires).toBe(20_000);
    });
  });

  describe('retains nothing', () => {
    const pool = () => createPool({ connect: () => opensAtOnce('a'), max: 1, acquireTimeout: 60_000 });

    /** The number of these that are still in memory a turn later. */
    async function kept(owners: readonly WeakRef<object>[]): Promise<number> {
      await turns(2);
      collectGarbage();
      return owners.filter((owner) => owner.deref() !== undefined).length;
    }

    it('of callers that have left, although an earlier one still waits', async () => {
      const busy = pool();
      busy.acquire().subscribe();
      busy.use(() => of(1)).subscribe({ error: () => undefined });
      const owners = Array.from({ length: 100 }, () => {
        const owner = {};
        busy
          .use(() => of(owner))
          .subscribe()
          .unsubscribe();
        return new WeakRef(owner);
      });
      expect(busy.stats.pendingAcquires).toBe(1);
      expect(await kept(owners)).toBeLessThan(3);
      await busy.destroy({ timeout: 0 });
    });

    it('of callers that acquired inside their own work, nor of that work', async () => {
      const nested = pool();
      const owners = Array.from({ length: 10 }, () => {
        const owner = {};
        nested
          .use(() => {
            nested.acquire().subscribe((lease) => {
              lease.release();
            });
            return of(owner);
          })
          .subscribe();
        return new WeakRef(owner);
      });
      expect(nested.stats.acquired).toBe(20);
      expect(await kept(owners)).toBeLessThan(3);
      await nested.destroy({ timeout: 0 });
    });
  });

  it('is counted in the stats', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    const leases: Lease<string>[] = [];
    pool.acquire().subscribe((lease) => leases.push(lease));
    pool.acquire().subscribe();
    const leaving = pool.use(() => of(1)).subscribe();
    expect(pool.stats.pendingAcquires).toBe(2);
    leaving.unsubscribe();
    expect(pool.stats.pendingAcquires).toBe(1);
    leases[0]!.release();
    expect(pool.stats.pendingAcquires).toBe(0);
  });
});

/** Acquires, records the connection, and releases it after this number of frames. */
function held(pool: ConnectionPool<string>, frames: number, options?: AcquireOptions): Observable<string> {
  return pool.acquire(options).pipe(
    tap((lease) => {
      asyncScheduler.schedule(() => {
        lease.release();
      }, frames);
    }),
    map((lease) => lease.connection),
  );
}
