import {
  concat,
  defer,
  EMPTY,
  finalize,
  from,
  map,
  NEVER,
  Observable,
  of,
  retry,
  Subscriber,
  take,
  tap,
  timeout,
} from 'rxjs';
import { InvalidConfigError } from '../../src/index';
import type { WorkContext } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { turns } from '../helpers/turns';
import { dead, expectNothingHeld, marbles, opensAtOnce, poolError } from '../helpers/marbles';
import type { Run } from '../helpers/marbles';

const onePool = (): ReturnType<typeof createPool<string>> => createPool({ connect: () => opensAtOnce('a'), max: 1 });

describe('pool.use(work)', () => {
  it('acquires, passes on the work, and releases', () => {
    marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
      const { connect, lives } = target('--a');
      const pool = createPool({ connect, max: 1 });
      const work = cold('     -x-y-|');
      const workSubs = '    --^----!';
      const life = '        ^       ';
      const expected = '    ---x-y-|';
      expectObservable(pool.use(() => work)).toBe(expected);
      expectSubscriptions(work.subscriptions).toBe(workSubs);
      expectSubscriptions(lives[0]!.subscriptions).toBe(life);
      flush();
      expect(pool.stats.successfulOperations).toBe(1);
      expectNothingHeld(pool);
    });
  });

  it('runs the work once for each subscription, and reports its outcome once', () => {
    const pool = onePool();
    let runs = 0;
    const told: string[] = [];
    const use = pool.use(() => defer(() => of(++runs)));
    const observer = { next: (n: number) => told.push(`next ${n}`), complete: () => told.push('complete') };
    use.subscribe(observer);
    use.subscribe(observer);
    expect(told).toEqual(['next 1', 'complete', 'next 2', 'complete']);
    expect(pool.stats.successfulOperations).toBe(2);
  });

  it('reports the first outcome of work that violates the Observable contract, and only that', () => {
    const pool = onePool();
    const told: string[] = [];
    const rude = {
      subscribe(observer: { next(n: number): void; error(e: unknown): void; complete(): void }) {
        observer.next(1);
        observer.complete();
        observer.next(2);
        observer.error(new Error('late'));
        observer.complete();
        return { unsubscribe: () => undefined };
      },
      [Symbol.observable ?? '@@observable']() {
        return this;
      },
    };
    pool
      .use(() => rude as unknown as Observable<number>)
      .subscribe({
        next: (n) => told.push(`next ${n}`),
        error: () => told.push('error'),
        complete: () => told.push('complete'),
      });
    expect(told).toEqual(['next 1', 'complete']);
    expect(pool.stats).toEqual(jasmine.objectContaining({ successfulOperations: 1, failedOperations: 0 }));
    expectNothingHeld(pool);
  });

  describe('at the end of the work', () => {
    for (const how of ['completes', 'errors'] as const) {
      it(`this is the order when it ${how}: its teardown, the end of the lease, the stats, the notification, the next waiter`, () => {
        const pool = onePool();
        const order: string[] = [];
        const own = new Error('own');
        let finish: () => void = () => undefined;
        const work = new Observable<never>((subscriber) => {
          finish = () => {
            if (how === 'completes') subscriber.complete();
            else subscriber.error(own);
          };
          return () => order.push('teardown');
        });
        pool
          .use(() => work)
          .subscribe({
            error: (error: unknown) =>
              order.push(error === own ? `told, ${pool.stats.activeLeases} lent` : 'wrong error'),
            complete: () => order.push(`told, ${pool.stats.activeLeases} lent`),
          });
        pool
          .use(() => {
            order.push('next in line');
            return NEVER;
          })
          .subscribe();
        pool.stats$.subscribe((stats) => {
          if (stats.successfulOperations + stats.failedOperations === 1 && stats.activeLeases === 0)
            order.push('stats');
        });
        finish();
        expect(order).toEqual(['teardown', 'stats', 'told, 0 lent', 'next in line']);
      });
    }

    it('this is also the order when synchronous work returns its teardown after its complete', () => {
      const pool = onePool();
      const order: string[] = [];
      const work = new Observable<string>((subscriber) => {
        subscriber.next('x');
        subscriber.complete();
        return () => order.push('teardown');
      });
      pool.use(() => work).subscribe({ next: () => order.push('next'), complete: () => order.push('complete') });
      expect(order).toEqual(['next', 'teardown', 'complete']);
    });

    it('lends a connection again only after the teardown of its last user has run', () => {
      const pool = onePool();
      const users: string[] = [];
      const work = (name: string): Observable<never> =>
        new Observable((subscriber) => {
          users.push(`${name} in`);
          subscriber.complete();
          return () => users.push(`${name} out`);
        });
      pool.use(() => work('first')).subscribe({ complete: () => pool.use(() => work('third')).subscribe() });
      pool.use(() => work('second')).subscribe();
      expect(users).toEqual(['first in', 'first out', 'third in', 'third out', 'second in', 'second out']);
    });

    for (const when of ['synchronously', 'later'] as const) {
      it(`fails when the teardown of work that completes ${when} throws, and the connection is released`, () => {
        const pool = onePool();
        const told: string[] = [];
        let finish: () => void = () => undefined;
        const work = new Observable<string>((subscriber) => {
          finish = () => {
            subscriber.next('x');
            subscriber.complete();
          };
          if (when === 'synchronously') finish();
          return () => {
            throw new Error('teardown');
          };
        });
        pool
          .use(() => work)
          .subscribe({
            next: (value) => told.push(value),
            error: () => told.push('error'),
            complete: () => told.push('complete'),
          });
        if (when === 'later') finish();
        expect(told).toEqual(['x', 'error']);
        expect(pool.stats).toEqual(jasmine.objectContaining({ failedOperations: 1, successfulOperations: 0 }));
        expectNothingHeld(pool);
      });
    }
  });

  describe('nothing leaks, however the work ends', () => {
    const ways: [string, (work: Observable<number>) => Observable<unknown>][] = [
      ['complete', (work) => work],
      ['take(1)', (work) => work.pipe(take(1))],
      ['take(0)', (work) => work.pipe(take(0))],
      ['an error in next', (work) => work.pipe(tap(() => failing()))],
      [
        'retry',
        (work) =>
          work.pipe(
            tap(() => failing()),
            retry(2),
          ),
      ],
      ['timeout', (work) => work.pipe(timeout(3))],
      ['switching away', (work) => concat(work, NEVER).pipe(timeout({ first: 2, with: () => EMPTY }))],
    ];
    for (const [how, pipeline] of ways) {
      for (const [when, work] of [
        ['synchronous', () => of(1, 2, 3)],
        ['asynchronous', ({ cold }) => cold('-a-b-c|', { a: 1, b: 2, c: 3 })],
        ['endless', () => NEVER],
      ] as [string, (run: Run) => Observable<number>][]) {
        it(`${how}, ${when} work`, () => {
          marbles((run) => {
            const { connect, lives } = run.target(opensAtOnce('a'));
            const pool = createPool({ connect, max: 1 });
            let torn = 0;
            let begun = 0;
            const made = work(run);
            const use = pool.use(() =>
              defer(() => {
                begun++;
                return made;
              }).pipe(finalize(() => torn++)),
            );
            const subscription = pipeline(use).subscribe({ error: () => undefined });
            run.at(20, () => {
              subscription.unsubscribe();
            });
            run.expectSubscriptions(lives[0]?.subscriptions ?? []).toBe(how === 'take(0)' ? [] : '^');
            run.flush();
            expect(torn).toBe(begun);
            expectNothingHeld(pool);
          });
        });
      }
    }

    it('work that throws', () => {
      const pool = onePool();
      let error: unknown;
      pool
        .use((): Observable<never> => {
          throw new RangeError('own');
        })
        .subscribe({ error: (e: unknown) => (error = e) });
      expect(error).toEqual(new RangeError('own'));
      expect(pool.stats.failedOperations).toBe(1);
      expectNothingHeld(pool);
    });

    it('work whose subscribe throws', () => {
      const pool = onePool();
      let error: unknown;
      pool
        .use(
          () =>
            new Observable<never>(() => {
              throw new RangeError('own');
            }),
        )
        .subscribe({ error: (e: unknown) => (error = e) });
      expect(error).toEqual(new RangeError('own'));
      expectNothingHeld(pool);
    });

    it('a subscriber that is closed already: the work is not run', () => {
      const pool = onePool();
      let runs = 0;
      const closed = new Subscriber<never>();
      closed.unsubscribe();
      pool
        .use(() => {
          runs++;
          return NEVER;
        })
        .subscribe(closed);
      expect(runs).toBe(0);
      expectNothingHeld(pool);
    });

    it('a subscriber that unsubscribes while work is being called: the result of work is not subscribed', () => {
      const pool = onePool();
      const subscriber = new Subscriber<number>();
      let begun = false;
      pool
        .use(() => {
          subscriber.unsubscribe();
          return defer(() => {
            begun = true;
            return NEVER;
          });
        })
        .subscribe(subscriber);
      expect(begun).toBe(false);
      expect(pool.stats.cancelledOperations).toBe(1);
      expectNothingHeld(pool);
    });

    it('a subscriber that unsubscribes while work emits synchronously: the work behind its operators ends there', () => {
      const pool = onePool();
      let drawn = 0;
      const numbers = function* (): Generator<number, void, undefined> {
        while (drawn < 1_000) yield drawn++;
      };
      const seen: number[] = [];
      pool
        .use(() => from(numbers()).pipe(map((n) => n)))
        .pipe(take(3))
        .subscribe((n) => seen.push(n));
      expect(seen).toEqual([0, 1, 2]);
      expect(drawn).toBe(3);
      expect(pool.stats.cancelledOperations).toBe(1);
      expectNothingHeld(pool);
    });

    it('a subscriber that unsubscribes while work that had to wait emits synchronously', () => {
      const pool = onePool();
      const other = pool.use(() => NEVER).subscribe();
      const log: string[] = [];
      pool
        .use(
          () =>
            new Observable<string>((subscriber) => {
              subscriber.add(() => log.push('torn down'));
              subscriber.next('value');
              log.push('goes on');
            }),
        )
        .pipe(take(1))
        .subscribe((value) => log.push(value));
      other.unsubscribe();
      expect(log).toEqual(['value', 'torn down', 'goes on']);
      expectNothingHeld(pool);
    });

    it('a teardown that throws when it is unsubscribed', () => {
      const pool = onePool();
      const subscription = pool
        .use(
          () =>
            new Observable<never>(() => () => {
              throw new Error('teardown');
            }),
        )
        .subscribe();
      expect(() => {
        subscription.unsubscribe();
      }).toThrow();
      expect(pool.stats.cancelledOperations).toBe(1);
      expectNothingHeld(pool);
    });
  });

  describe('accepts any input of from', () => {
    it('a promise: its value is emitted after the connection is released', async () => {
      const pool = onePool();
      const told: string[] = [];
      await new Promise<void>((resolve) => {
        pool
          .use(() => Promise.resolve('x'))
          .subscribe({
            next: (value) => told.push(`${value}, ${pool.stats.activeLeases} lent`),
            complete: () => {
              told.push('complete');
              resolve();
            },
          });
      });
      expect(told).toEqual(['x, 0 lent', 'complete']);
      expect(pool.stats.successfulOperations).toBe(1);
    });

    it('a promise that is rejected: the error unchanged', async () => {
      const pool = onePool();
      const own = new Error('own');
      const error = await new Promise((resolve) => {
        pool.use(() => Promise.reject(own)).subscribe({ error: resolve });
      });
      expect(error).toBe(own);
      expect(pool.stats.failedOperations).toBe(1);
      expectNothingHeld(pool);
    });

    it('a thenable that calls back synchronously', () => {
      const pool = onePool();
      const told: unknown[] = [];
      const thenable = {
        then(ok: (value: string) => void) {
          ok('x');
        },
      } as unknown as PromiseLike<string>;
      pool.use(() => thenable).subscribe({ next: (value) => told.push(value), complete: () => told.push('|') });
      expect(told).toEqual(['x', '|']);
      expectNothingHeld(pool);
    });

    it('a thenable that rejects synchronously', () => {
      const pool = onePool();
      const told: unknown[] = [];
      const thenable = {
        then(_ok: unknown, no: (error: unknown) => void) {
          no('why');
        },
      } as unknown as PromiseLike<string>;
      pool.use(() => thenable).subscribe({ error: (error: unknown) => told.push(error) });
      expect(told).toEqual(['why']);
      expect(pool.stats.failedOperations).toBe(1);
      expectNothingHeld(pool);
    });

    it('an array and any other iterable', () => {
      const pool = onePool();
      const told: unknown[] = [];
      pool.use(() => [1, 2]).subscribe((value) => told.push(value));
      pool.use(() => new Set([3, 4])).subscribe((value) => told.push(value));
      expect(told).toEqual([1, 2, 3, 4]);
      expectNothingHeld(pool);
    });

    it('an async iterable: its values while the connection is held', async () => {
      const pool = onePool();
      const told: string[] = [];
      async function* numbers(): AsyncGenerator<number> {
        yield 1;
        yield 2;
      }
      await new Promise<void>((resolve) => {
        pool.use(numbers).subscribe({
          next: (n) => told.push(`${n}, ${pool.stats.activeLeases} lent`),
          complete: () => {
            told.push(`complete, ${pool.stats.activeLeases} lent`);
            resolve();
          },
        });
      });
      expect(told).toEqual(['1, 1 lent', '2, 1 lent', 'complete, 0 lent']);
    });

    it('but no string, neither by its type nor at run time', () => {
      const pool = onePool();
      let error: unknown;
      // @ts-expect-error a string would be emitted letter by letter
      pool.use(() => 'abc').subscribe({ next: () => fail('a letter'), error: (e: unknown) => (error = e) });
      expect(error).toEqual(jasmine.any(TypeError));
      expectNothingHeld(pool);
    });

    it('but not undefined', () => {
      const pool = onePool();
      let error: unknown;
      pool.use((() => undefined) as never).subscribe({ error: (e: unknown) => (error = e) });
      expect(error).toEqual(jasmine.any(TypeError));
      expectNothingHeld(pool);
    });
  });

  describe('the context of the work', () => {
    it('has a signal that is not aborted when the work ends by itself', () => {
      const pool = onePool();
      let signal: AbortSignal | undefined;
      pool
        .use((_connection, context) => {
          ({ signal } = context);
          return of(1);
        })
        .subscribe();
      expect(signal!.aborted).toBe(false);
    });

    it('has a signal that is aborted when the work is cancelled, before or during its teardown', () => {
      const pool = onePool();
      const seen: string[] = [];
      pool
        .use((_connection, { signal }) => {
          signal.addEventListener('abort', () => seen.push('aborted'));
          return NEVER.pipe(finalize(() => seen.push('torn down')));
        })
        .subscribe()
        .unsubscribe();
      expect(seen.sort()).toEqual(['aborted', 'torn down']);
    });

    it('has a signal that is aborted already if it is first read after the cancellation', () => {
      const pool = onePool();
      let context: WorkContext | undefined;
      pool
        .use((_connection, given) => {
          context = given;
          return NEVER;
        })
        .subscribe()
        .unsubscribe();
      expect(context!.signal.aborted).toBe(true);
      expect(context!.signal).toBe(context!.signal);
    });

    it('is decided when its abort listeners have returned', () => {
      const pool = onePool();
      const order: string[] = [];
      const subscription = pool
        .use((_connection, { signal }) => {
          signal.addEventListener('abort', () => {
            order.push('listener begins');
            pool.use(() => of('x')).subscribe(() => order.push('served'));
            order.push('listener returns');
          });
          return NEVER;
        })
        .subscribe();
      subscription.unsubscribe();
      expect(order).toEqual(['listener begins', 'listener returns', 'served']);
    });
  });

  describe('a connection lost while work uses it', () => {
    it('aborts the signal, and work that has not ended a turn later fails with a ConnectionFailedError', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target('a---#');
        const pool = createPool({ connect, max: 1 });
        const work = cold('   -x----------|');
        const workSubs = '    ^---!        ';
        const expected = '    -x--#        ';
        let signal: AbortSignal | undefined;
        let abortedAt = -1;
        const result = pool.use((_connection, context) => {
          ({ signal } = context);
          signal.addEventListener('abort', () => (abortedAt = frame()));
          return work;
        });
        const frame = (): number => pool.stats.at;
        expectObservable(result).toBe(
          expected,
          undefined,
          poolError('CONNECTION_FAILED', { phase: 'use', cause: dead, pool: 'pool' }),
        );
        expectSubscriptions(work.subscriptions).toBe(workSubs);
        expectSubscriptions(lives[0]!.subscriptions).toBe('^---!');
        flush();
        expect(signal!.aborted).toBe(true);
        expect(abortedAt).toBe(4);
        expect(pool.stats).toEqual(
          jasmine.objectContaining({ failedOperations: 1, discarded: 1, closed: 1, totalConnections: 0 }),
        );
      });
    });

    it('leaves work that ends by itself in that turn its own outcome', () => {
      marbles(({ target, expectObservable, flush }) => {
        const pool = createPool({ connect: target('a---|').connect, max: 1 });
        const own = new Error('I saw it myself');
        const result = pool.use(
          (_connection, { signal }) =>
            new Observable<never>((subscriber) => {
              signal.addEventListener('abort', () => {
                subscriber.error(own);
              });
            }),
        );
        expectObservable(result).toBe('----#', undefined, own);
        flush();
        expect(pool.stats.failedOperations).toBe(1);
      });
    });

    it('does not affect other connections', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target('a---#', 'b');
        const pool = createPool({ connect, max: 2 });
        const onA = cold('    -------|');
        const onB = cold('    ----y--|');
        expectObservable(pool.use(() => onA)).toBe('----#', undefined, poolError('CONNECTION_FAILED'));
        expectObservable(pool.use(() => onB)).toBe('----y--|');
        expectSubscriptions(onB.subscriptions).toBe('^------!');
        expectSubscriptions(lives[1]!.subscriptions).toBe('^');
        flush();
        expectNothingHeld(pool);
      });
    });

    it('fails without a cause when the connection just ended', () => {
      marbles(({ target, expectObservable }) => {
        const pool = createPool({ connect: target('a---|').connect, max: 1 });
        expectObservable(pool.use(() => NEVER)).toBe(
          '----#',
          undefined,
          jasmine.objectContaining({
            code: 'CONNECTION_FAILED',
            phase: 'use',
            message: jasmine.stringContaining('lost'),
          }),
        );
      });
    });

    it('and then unsubscribed in the same turn, counts as cancelled, once', () => {
      marbles(({ target, at, flush, expectSubscriptions, cold }) => {
        const { connect } = target('a---#');
        const pool = createPool({ connect, max: 1 });
        const work = cold('-x-----');
        let errors = 0;
        const subscription = pool.use(() => work).subscribe({ error: () => errors++ });
        at(0, () => {
          // After the connection was opened; so it comes after the loss in the same frame.
          at(4, () => {
            subscription.unsubscribe();
          });
        });
        expectSubscriptions(work.subscriptions).toBe('^---!');
        flush();
        expect(errors).toBeLessThanOrEqual(1);
        expect(pool.stats.cancelledOperations + pool.stats.failedOperations).toBe(1);
        expectNothingHeld(pool);
      });
    });

    it('ends an async iterable: return() is called, and no more is pulled from it', async () => {
      let kill: () => void = () => undefined;
      const pool = createPool({
        connect: () =>
          new Observable<string>((subscriber) => {
            subscriber.next('a');
            kill = () => {
              subscriber.error(dead);
            };
          }),
        max: 1,
      });
      let drawn = 0;
      let returned = 0;
      const endless: AsyncIterable<number> = {
        [Symbol.asyncIterator]: () => ({
          next: async () => {
            await new Promise(setImmediate);
            return { done: false, value: ++drawn };
          },
          return: async () => {
            returned++;
            return { done: true, value: undefined };
          },
        }),
      };
      const error = await new Promise((resolve) => {
        pool
          .use(() => endless)
          .subscribe({
            next: (n) => {
              if (n === 2) kill();
            },
            error: resolve,
          });
      });
      expect(error).toEqual(poolError('CONNECTION_FAILED', { phase: 'use', cause: dead }));
      await turns(2);
      const then = drawn;
      await turns(10);
      expect(drawn).toBe(then);
      expect(returned).toBe(1);
    });

    it('pulls no more from an async iterable that was unsubscribed in the same turn', async () => {
      let kill: () => void = () => undefined;
      const pool = createPool({
        connect: () =>
          new Observable<string>((subscriber) => {
            subscriber.next('a');
            kill = () => {
              subscriber.error(dead);
            };
          }),
        max: 1,
      });
      let drawn = 0;
      let returned = 0;
      const endless: AsyncIterable<number> = {
        [Symbol.asyncIterator]: () => ({
          next: async () => {
            await new Promise(setImmediate);
            return { done: false, value: ++drawn };
          },
          return: async () => {
            returned++;
            return { done: true, value: undefined };
          },
        }),
      };
      const subscription = pool.use(() => endless).subscribe({ error: () => undefined });
      await turns(3);
      kill();
      subscription.unsubscribe();
      await turns(2);
      const then = drawn;
      await turns(10);
      expect(drawn).toBe(then);
      expect(returned).toBe(1);
    });
  });

  it('waits no longer than its own acquireTimeout', () => {
    marbles(({ target, expectObservable, expectSubscriptions }) => {
      const { connect, lives } = target('-------a');
      const pool = createPool({ connect, max: 1 });
      const expected = '---#';
      expectObservable(pool.use(() => of('x'), { acquireTimeout: 3 })).toBe(
        expected,
        undefined,
        poolError('CONNECTION_FAILED'),
      );
      expectSubscriptions(lives[0]!.subscriptions).toBe('^');
    });
  });

  it('rejects work that is no function, and unknown options, at once', () => {
    const pool = onePool();
    expect(() => pool.use('work' as never)).toThrowError(InvalidConfigError, /"work"/);
    expect(() => pool.use(() => of(1), { retries: 3 } as never)).toThrowError(InvalidConfigError, /retries/);
  });

  it('runs the works of many callers on one connection, one after the other', () => {
    const pool = createPool({ connect: () => opensAtOnce({ users: 0 }), max: 3 });
    let peak = 0;
    const works = from(Array.from({ length: 50 }, (_, i) => i)).pipe(
      map((i) =>
        pool.use((connection) =>
          defer(() => {
            peak = Math.max(peak, ++connection.users);
            return of(i);
          }).pipe(finalize(() => connection.users--)),
        ),
      ),
    );
    let done = 0;
    works.subscribe((use) => use.subscribe({ complete: () => done++ }));
    expect(done).toBe(50);
    expect(peak).toBe(1);
  });
});

function failing(): never {
  throw new Error('downstream');
}
