import { asyncScheduler, map, NEVER, Observable, of, take, tap, throwError, timer } from 'rxjs';
import type { Subscriber } from 'rxjs';
import type { ConnectionPool, Connector, PoolOptions } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { countingScheduler } from '../helpers/counting-scheduler';
import { dead, expectNothingHeld, marbles, opensAtOnce } from '../helpers/marbles';
import { deferred, turns } from '../helpers/turns';
import { virtualPromise } from '../helpers/virtual-promise';

describe('cancelled work', () => {
  describe('and is an Observable', () => {
    it('releases its connection by default, which is the onCancel release', () => {
      for (const options of [{}, { onCancel: 'release' as const }]) {
        marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
          const { connect, lives } = target('a');
          const pool = createPool({ connect, max: 1, ...options });
          const work = cold('   -x---|');
          const workSubs = '    ^--!   ';
          expectObservable(
            pool.use(() => work),
            '^--!',
          ).toBe('-x-');
          expectObservable(held(pool, 1), '-^').toBe('---(a|)');
          expectSubscriptions(work.subscriptions).toBe(workSubs);
          expectSubscriptions(lives[0]!.subscriptions).toBe('^');
          flush();
          expect(pool.stats).toEqual(jasmine.objectContaining({ cancelledOperations: 1, released: 2, discarded: 0 }));
        });
      }
    });

    it('is cancelled, whatever it says when its signal is aborted', () => {
      for (const say of [
        (subscriber: Subscriber<number>) => {
          subscriber.error(dead);
        },
        (subscriber: Subscriber<number>) => {
          subscriber.next(1);
          subscriber.complete();
        },
      ]) {
        marbles(({ at, flush }) => {
          const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
          const told: unknown[] = [];
          const caller = pool
            .use(
              (_, { signal }) =>
                new Observable<number>((subscriber) => {
                  signal.addEventListener('abort', () => {
                    say(subscriber);
                  });
                }),
            )
            .subscribe({ next: (n) => told.push(n), error: (error: unknown) => told.push(error) });
          at(1, () => {
            caller.unsubscribe();
          });
          flush();
          expect(told).toEqual([]);
          expect(pool.stats).toEqual(
            jasmine.objectContaining({
              cancelledOperations: 1,
              failedOperations: 0,
              successfulOperations: 0,
              released: 1,
            }),
          );
          expectNothingHeld(pool);
        });
      }
    });

    it('ignores emissions and teardowns that it adds while its connection is cleaned', () => {
      marbles(({ at, flush }) => {
        const pool = createPool({ connect: () => opensAtOnce('a'), max: 1, onCancel: () => timer(10) });
        let inside: Subscriber<number> | undefined;
        const told: number[] = [];
        const caller = pool
          .use(() => new Observable<number>((subscriber) => void (inside = subscriber)))
          .subscribe((n) => told.push(n));
        at(1, () => {
          caller.unsubscribe();
        });
        let torn = 0;
        at(2, () => {
          expect(inside!.closed).toBe(true);
          inside!.next(1);
          inside!.add(() => torn++);
          expect(torn).toBe(1);
        });
        flush();
        expect(told).toEqual([]);
        expectNothingHeld(pool);
      });
    });

    it('closes its connection with the onCancel discard', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target('a', 'b');
        const pool = createPool({ connect, max: 1, onCancel: 'discard' });
        const work = cold('   -x---|');
        expectObservable(
          pool.use(() => work),
          '^--!',
        ).toBe('-x-');
        expectObservable(held(pool, 1), '-^').toBe('---(b|)');
        expectSubscriptions(work.subscriptions).toBe('^--!');
        expectSubscriptions(lives[0]!.subscriptions).toBe('^--!');
        expectSubscriptions(lives[1]!.subscriptions).toBe('---^');
        flush();
        expect(pool.stats).toEqual(jasmine.objectContaining({ cancelledOperations: 1, discarded: 1 }));
      });
    });

    it('cleans its connection with an onCancel function, and releases it when that has ended', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target('a');
        const clean = cold('   --x-|     ');
        const cleanSubs = '    ---^---! ';
        const cleaned: string[] = [];
        const pool = createPool({
          connect,
          max: 1,
          onCancel: (connection) => {
            cleaned.push(connection);
            return clean;
          },
        });
        const work = cold('    -x---|    ');
        const workSubs = '     ^--!      ';
        expectObservable(
          pool.use(() => work),
          '            ^--!      ',
        ).toBe('               -x-       ');
        expectObservable(held(pool, 1), '-^').toBe('-------(a|)');
        expectSubscriptions(work.subscriptions).toBe(workSubs);
        expectSubscriptions(clean.subscriptions).toBe(cleanSubs);
        expectSubscriptions(lives[0]!.subscriptions).toBe('^');
        flush();
        expect(cleaned).toEqual(['a']);
        expect(pool.stats).toEqual(jasmine.objectContaining({ cancelledOperations: 1, released: 2, discarded: 0 }));
      });
    });

    const failures: [string, () => Observable<unknown>][] = [
      ['throws', () => failing()],
      ['fails', () => throwError(() => dead)],
      ['returns a value that from does not accept', () => 42 as never],
      ['does not end within cancelTimeout', () => NEVER],
    ];
    for (const [how, onCancel] of failures) {
      it(`closes its connection when the onCancel function ${how}`, () => {
        marbles(({ target, expectObservable, expectSubscriptions, flush }) => {
          const { connect, lives } = target('a', 'b');
          const pool = createPool({ connect, max: 1, onCancel, cancelTimeout: 4 });
          const at = how.startsWith('does not') ? 7 : 3;
          expectObservable(
            pool.use(() => NEVER),
            '^--!',
          ).toBe('---');
          expectObservable(held(pool, 1), '-^').toBe(`${at}ms (b|)`);
          expectSubscriptions(lives[0]!.subscriptions).toBe(`^ ${at - 1}ms !`);
          flush();
          expect(pool.stats).toEqual(jasmine.objectContaining({ discarded: 1, cancelledOperations: 1 }));
          expectNothingHeld(pool);
        });
      });
    }

    it('is torn down before onCancel begins', () => {
      const order: string[] = [];
      const pool = createPool({
        connect: () => opensAtOnce('a'),
        max: 1,
        onCancel: () => {
          order.push('clean');
          return of(1);
        },
      });
      pool
        .use(() => new Observable<never>(() => () => order.push('teardown')))
        .subscribe()
        .unsubscribe();
      expect(order).toEqual(['teardown', 'clean']);
      expectNothingHeld(pool);
    });

    it('does not call onCancel when its connection is lost first', () => {
      const cleaned: string[] = [];
      let lose: () => void = () => undefined;
      const pool = createPool({
        connect: () =>
          new Observable<string>((life) => {
            life.next('a');
            lose = () => {
              life.complete();
            };
          }),
        max: 1,
        onCancel: (connection) => {
          cleaned.push(connection);
          return of(1);
        },
      });
      const running = pool.use(() => NEVER).subscribe();
      pool.stats$.subscribe(({ cancelledOperations, totalConnections }) => {
        if (cancelledOperations > 0 && totalConnections > 0) lose();
      });
      running.unsubscribe();
      expect(cleaned).toEqual([]);
      expectNothingHeld(pool);
    });

    it('does not call onCancel when it has ended by itself, or has not begun', () => {
      marbles(({ target, expectObservable, flush }) => {
        let cleaned = 0;
        const pool = createPool({
          connect: target('--a').connect,
          max: 1,
          onCancel: () => {
            cleaned++;
            return of(1);
          },
        });
        expectObservable(
          pool.use(() => of('x')),
          '^---!',
        ).toBe('--(x|)');
        expectObservable(
          pool.use(() => of('y')),
          '^!',
        ).toBe('-');
        expectObservable(
          pool.use(() => throwError(() => dead)),
          '---^',
        ).toBe('---#', undefined, dead);
        flush();
        expect(cleaned).toBe(0);
      });
    });

    it('uses the onCancel of its connector, unless the pool has its own', () => {
      const connector = (): Connector<string> =>
        Object.assign(() => opensAtOnce('a'), { onCancel: 'discard' as const });
      const discardedBy = (options: Partial<PoolOptions<string>>): number => {
        const pool = createPool({ connect: connector(), max: 1, ...options });
        pool
          .use(() => NEVER)
          .subscribe()
          .unsubscribe();
        return pool.stats.discarded;
      };
      expect(discardedBy({})).toBe(1);
      expect(discardedBy({ onCancel: 'release' })).toBe(0);
    });

    it('counts as in use in the stats while its connection is cleaned', () => {
      marbles(({ cold, target, at, expectObservable, flush }) => {
        const pool = createPool({ connect: target('a').connect, max: 1, onCancel: () => cold('----|') });
        const shown: number[][] = [];
        for (const frame of [3, 7]) {
          at(frame, () => shown.push([pool.stats.inUseConnections, pool.stats.activeLeases]));
        }
        expectObservable(
          pool.use(() => NEVER),
          '^-!',
        ).toBe('--');
        flush();
        expect(shown).toEqual([
          [1, 1],
          [0, 0],
        ]);
      });
    });

    it('whose connection is lost while it is cleaned releases nothing twice, and leaves no timer', () => {
      marbles(({ cold, target, at, expectObservable, expectSubscriptions, flush }) => {
        const counting = countingScheduler();
        const clean = cold('---------|');
        const pool = createPool({
          connect: target('a----#').connect,
          max: 1,
          onCancel: () => clean,
          scheduler: counting.scheduler,
        });
        let live = -1;
        at(6, () => (live = counting.live));
        expectObservable(
          pool.use(() => NEVER),
          '^-!',
        ).toBe('--');
        expectSubscriptions(clean.subscriptions).toBe('--^--!');
        flush();
        expect(live).toBe(0);
        expect(pool.stats).toEqual(jasmine.objectContaining({ discarded: 1, released: 0, closed: 1 }));
        expectNothingHeld(pool);
      });
    });

    it('is decided after onCancel has returned', () => {
      const order: string[] = [];
      const pool: ConnectionPool<string> = createPool({
        connect: () => opensAtOnce('a'),
        max: 2,
        onCancel: () => {
          order.push('onCancel begins');
          pool.acquire().subscribe(() => order.push('served'));
          order.push('onCancel returns');
          return of(1);
        },
      });
      pool
        .use(() => NEVER)
        .subscribe()
        .unsubscribe();
      expect(order).toEqual(['onCancel begins', 'onCancel returns', 'served']);
    });
  });

  describe('and is a promise, which cannot be cancelled', () => {
    it('keeps its lease until it has settled, however it was unsubscribed', () => {
      for (const outcome of [{ value: 'x' }, { error: dead }]) {
        marbles(({ target, expectObservable, expectSubscriptions, flush }) => {
          const { connect, lives } = target('a');
          const pool = createPool({ connect, max: 1 });
          expectObservable(
            pool.use(() => virtualPromise(8, outcome)),
            '^--!',
          ).toBe('---');
          expectObservable(held(pool, 1), '-^').toBe('--------(a|)');
          expectSubscriptions(lives[0]!.subscriptions).toBe('^');
          flush();
          // It is counted with the outcome for its caller.
          expect(pool.stats).toEqual(
            jasmine.objectContaining({ cancelledOperations: 1, successfulOperations: 0, failedOperations: 0 }),
          );
          expectNothingHeld(pool);
        });
      }
    });

    it('discards its connection when it has not settled within cancelTimeout', () => {
      marbles(({ target, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target('a', 'b');
        const pool = createPool({ connect, max: 1, cancelTimeout: 4 });
        expectObservable(
          pool.use(() => virtualPromise(20, { value: 'x' })),
          '^--!',
        ).toBe('---');
        expectObservable(held(pool, 20), '-^').toBe('-------(b|)');
        expectSubscriptions(lives[0]!.subscriptions).toBe('^------!');
        expectSubscriptions(lives[1]!.subscriptions).toBe('-------^');
        flush();
        expect(pool.stats).toEqual(jasmine.objectContaining({ discarded: 1, released: 1, cancelledOperations: 1 }));
        expectNothingHeld(pool);
      });
    });

    it('has a cancelTimeout of 5 s by default', () => {
      marbles(({ target, expectObservable }) => {
        const pool = createPool({ connect: target('a', 'b').connect, max: 1 });
        expectObservable(
          pool.use(() => virtualPromise(Infinity, { value: 'x' })),
          '^--!',
        ).toBe('---');
        expectObservable(held(pool, 1), '-^').toBe('5003ms (b|)');
      });
    });

    it('may run without an end with the cancelTimeout Infinity, and for no time with 0', () => {
      marbles(({ target, expectObservable }) => {
        const patient = createPool({ connect: target('a').connect, max: 1, cancelTimeout: Infinity });
        expectObservable(
          patient.use(() => virtualPromise(20_000, { value: 'x' })),
          '^--!',
        ).toBe('---');
        expectObservable(held(patient, 1), '-^').toBe('20s (a|)');

        const hasty = createPool({ connect: target('a', 'b').connect, max: 1, cancelTimeout: 0 });
        expectObservable(
          hasty.use(() => virtualPromise(20, { value: 'x' })),
          '^--!',
        ).toBe('---');
        expectObservable(held(hasty, 1), '-^').toBe('---(b|)');
      });
    });

    it('is not affected by onCancel: there is nothing to cancel', () => {
      marbles(({ target, expectObservable, flush }) => {
        let cleaned = 0;
        const pool = createPool({
          connect: target('a').connect,
          max: 1,
          onCancel: () => {
            cleaned++;
            return of(1);
          },
        });
        expectObservable(
          pool.use(() => virtualPromise(6, { value: 'x' })),
          '^--!',
        ).toBe('---');
        expectObservable(held(pool, 1), '-^').toBe('------(a|)');
        flush();
        expect(cleaned).toBe(0);
      });
    });

    it('is notified by its signal, so that it can end early', () => {
      marbles(({ target, expectObservable }) => {
        const pool = createPool({ connect: target('a').connect, max: 1 });
        const work = (signal: AbortSignal): PromiseLike<string> =>
          ({
            then: (_ok: unknown, no: (error: unknown) => void) => {
              signal.addEventListener('abort', () => {
                asyncScheduler.schedule(() => {
                  no(signal.reason);
                }, 1);
              });
            },
          }) as unknown as PromiseLike<string>;
        expectObservable(
          pool.use((_connection, { signal }) => work(signal)),
          '^--!',
        ).toBe('---');
        expectObservable(held(pool, 1), '-^').toBe('----(a|)');
      });
    });

    it('leaves no timer once it has settled', () => {
      marbles(({ target, at, flush }) => {
        const counting = countingScheduler();
        const pool = createPool({ connect: target('a').connect, max: 1, scheduler: counting.scheduler });
        const running = pool.use(() => virtualPromise(4, { value: 'x' })).subscribe();
        const live: number[] = [];
        at(1, () => {
          running.unsubscribe();
        });
        at(2, () => live.push(counting.live));
        at(5, () => live.push(counting.live));
        flush();
        expect(live).toEqual([1, 0]);
      });
    });

    it('that finally fails with a fatal error closes its connection at once, and leaves no timer', () => {
      marbles(({ at, flush }) => {
        const counting = countingScheduler();
        const pool = createPool({
          connect: () => opensAtOnce('a'),
          max: 1,
          isFatal: () => true,
          scheduler: counting.scheduler,
        });
        pool
          .use(() => virtualPromise<never>(10, { error: new Error('broken') }))
          .subscribe()
          .unsubscribe();
        at(11, () => {
          expect(pool.stats).toEqual(jasmine.objectContaining({ discarded: 1, closed: 1, cancelledOperations: 1 }));
          expect(counting.live).toBe(0);
        });
        flush();
      });
    });

    it('causes no unhandled rejection', async () => {
      const unhandled: unknown[] = [];
      const listener = (reason: unknown): void => void unhandled.push(reason);
      process.on('unhandledRejection', listener);
      try {
        const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
        const work = deferred<string>();
        pool
          .use(() => work.promise)
          .subscribe()
          .unsubscribe();
        work.reject(dead);
        await turns(3);
        expect(unhandled).toEqual([]);
        expectNothingHeld(pool);
      } finally {
        process.off('unhandledRejection', listener);
      }
    });

    it('whose connection is lost while it is still held releases nothing twice', () => {
      marbles(({ target, expectObservable, flush }) => {
        const pool = createPool({ connect: target('a----#', '-b').connect, max: 1 });
        expectObservable(
          pool.use(() => virtualPromise(9, { value: 'x' })),
          '^--!',
        ).toBe('---');
        expectObservable(held(pool, 6), '-^').toBe('------(b|)');
        flush();
        expect(pool.stats).toEqual(jasmine.objectContaining({ discarded: 1, released: 1, closed: 1 }));
        expectNothingHeld(pool);
      });
    });
  });

  describe('and is an async iterable', () => {
    it('calls return() at once, and keeps its lease until that has settled', async () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      const returned = deferred<void>();
      const log: string[] = [];
      const iterable: AsyncIterable<number> = {
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise(() => undefined),
          return: async () => {
            log.push('return');
            await returned.promise;
            return { done: true, value: undefined };
          },
        }),
      };
      const running = pool.use(() => iterable).subscribe();
      running.unsubscribe();
      expect(log).toEqual(['return']);
      let next = '';
      pool.acquire().subscribe((lease) => (next = lease.connection));
      await turns(2);
      expect(next).toBe('');
      returned.resolve();
      await turns(1);
      expect(next).toBe('a');
      expect(pool.stats.cancelledOperations).toBe(1);
    });

    it('runs the finally of a generator before its connection is lent again', async () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      const log: string[] = [];
      async function* numbers(): AsyncGenerator<number> {
        try {
          for (let i = 0; ; i++) yield i;
        } finally {
          await turns(1);
          log.push('finally');
        }
      }
      const running = pool.use(numbers).subscribe((n) => {
        if (n === 2) {
          running.unsubscribe();
          pool.acquire().subscribe(() => log.push('lent'));
        }
      });
      await turns(4);
      expect(log).toEqual(['finally', 'lent']);
    });

    it('without a return method ends with the value that is being pulled', async () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      const value = deferred<IteratorResult<number>>();
      let drawn = 0;
      const running = pool
        .use(() => ({
          [Symbol.asyncIterator]: () => ({
            next: () => {
              drawn++;
              return value.promise;
            },
          }),
        }))
        .subscribe(() => fail('a value after the end'));
      running.unsubscribe();
      await turns(1);
      expect(pool.stats.activeLeases).toBe(1);
      value.resolve({ done: false, value: 1 });
      await turns(1);
      expect(drawn).toBe(1);
      expectNothingHeld(pool);
    });

    it('without a return method, cancelled inside one of its values, pulls no more and releases its connection', async () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1, cancelTimeout: Infinity });
      let drawn = 0;
      const seen: number[] = [];
      pool
        .use(() => ({
          [Symbol.asyncIterator]: () => ({
            next: () => Promise.resolve({ done: false as const, value: ++drawn }),
          }),
        }))
        .pipe(take(2))
        .subscribe((value) => seen.push(value));
      await turns(2);
      expect([seen, drawn]).toEqual([[1, 2], 2]);
      expectNothingHeld(pool);
    });

    it('whose return() rejects or throws releases its connection', async () => {
      for (const end of [() => Promise.reject(dead), () => failing()]) {
        const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
        pool
          .use(() => ({
            [Symbol.asyncIterator]: () => ({
              next: () => new Promise<IteratorResult<number>>(() => undefined),
              return: end as () => Promise<IteratorResult<number>>,
            }),
          }))
          .subscribe()
          .unsubscribe();
        await turns(1);
        expectNothingHeld(pool);
      }
    });

    it('discards its connection when its return() does not settle within cancelTimeout', () => {
      marbles(({ target, expectObservable, expectSubscriptions }) => {
        const { connect, lives } = target('a', 'b');
        const pool = createPool({ connect, max: 1, cancelTimeout: 4 });
        const endless: AsyncIterable<string> = {
          [Symbol.asyncIterator]: () => ({
            next: () => new Promise(() => undefined),
            return: () => new Promise(() => undefined),
          }),
        };
        expectObservable(
          pool.use(() => endless),
          '^--!',
        ).toBe('---');
        expectObservable(held(pool, 1), '-^').toBe('-------(b|)');
        expectSubscriptions(lives[0]!.subscriptions).toBe('^------!');
      });
    });

    it('whose next() throws fails', async () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      const unhandled: unknown[] = [];
      const listener = (reason: unknown): void => void unhandled.push(reason);
      process.on('unhandledRejection', listener);
      try {
        for (const failsAt of [0, 1]) {
          let drawn = 0;
          const told: unknown[] = [];
          pool
            .use(() => ({
              [Symbol.asyncIterator]: () => ({
                next: () => (drawn++ === failsAt ? failing() : Promise.resolve({ done: false as const, value: drawn })),
              }),
            }))
            .subscribe({ next: (n) => told.push(n), error: (e: unknown) => told.push(e) });
          await turns(2);
          expect(told.at(-1)).toBe(dead);
          expect(told.length).toBe(failsAt + 1);
        }
        expect(unhandled).toEqual([]);
        expectNothingHeld(pool);
      } finally {
        process.off('unhandledRejection', listener);
      }
    });
  });

  it('keeps its lease when the pool is destroyed, until it has settled or its time has expired', () => {
    marbles(({ target, at, expectSubscriptions, flush }) => {
      const { connect, lives } = target('a');
      const pool = createPool({ connect, max: 1, cancelTimeout: 10 });
      const running = pool.use(() => virtualPromise(6, { value: 'x' })).subscribe();
      at(1, () => {
        running.unsubscribe();
      });
      at(2, () => void pool.destroy());
      expectSubscriptions(lives[0]!.subscriptions).toBe('^-----!');
      flush();
      expect(pool.stats.state).toBe('destroyed');
    });
  });

  it('that waits until its connection is cleaned is not overtaken by other work on that connection with capacity', () => {
    marbles(({ cold, target, expectObservable, flush }) => {
      const pool = createPool({ connect: target('a').connect, max: 1, capacity: 2, onCancel: () => timer(5) });
      const other = cold('-------y|');
      expectObservable(
        pool.use(() => NEVER),
        '^--!',
      ).toBe('---');
      expectObservable(pool.use(() => other)).toBe('-------y|');
      // Two leases are active: the one whose connection is being cleaned counts.
      expectObservable(held(pool, 1), '-^').toBe('--------(a|)');
      flush();
      expectNothingHeld(pool);
    });
  });
});

function failing(): never {
  throw dead;
}

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
