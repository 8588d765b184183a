import { asyncScheduler, EMPTY, firstValueFrom, map, NEVER, Observable, of, Subject, throwError, timer } from 'rxjs';
import type { ObservableInput } from 'rxjs';
import type { PoolEvent, PoolExhaustedError } from '../../src/index';
import { countingScheduler } from '../helpers/counting-scheduler';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { expectNothingHeld, marbles, opensAtOnce } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';
import type { ScriptedConnection } from '../helpers/scripted-target';
import { virtualPromise } from '../helpers/virtual-promise';

const broken = new Error('broken pipe');

/** The ways in which a check can fail, and the time in ms after which it has failed. */
const failures: [what: string, answer: () => ObservableInput<boolean>, after: number, error: unknown][] = [
  [
    'throws',
    () => {
      throw broken;
    },
    0,
    broken,
  ],
  ['errors', () => throwError(() => broken), 0, broken],
  [
    'errors later',
    () =>
      timer(3).pipe(
        map(() => {
          throw broken;
        }),
      ),
    3,
    broken,
  ],
  ['rejects', () => virtualPromise(3, { error: broken }) as unknown as Promise<boolean>, 3, broken],
  ['never answers', () => NEVER, 20, jasmine.anything()],
  ['is a promise that never settles', () => virtualPromise(Infinity, { value: true }), 20, jasmine.anything()],
];

describe('validate', () => {
  const options = { max: 2, validateAfter: 100, connectTimeout: 20 } as const;

  it('runs before a lease of a connection that was unused for validateAfter, and only then', () => {
    const scripted = scriptedTarget();
    marbles(({ at, flush }) => {
      const asked: [number, number][] = [];
      const pool = createPool({
        connect: scripted.connect,
        ...options,
        validate: (c) => {
          asked.push([asyncScheduler.now(), c.id]);
          return of(true);
        },
      });
      for (const frame of [0, 50, 149, 249, 300, 500]) {
        at(frame, () => {
          pool.use(() => of(1)).subscribe();
        });
      }
      flush();
      expect(asked).toEqual([
        [249, 0],
        [500, 0],
      ]);
      expect(pool.stats).toEqual(jasmine.objectContaining({ successfulOperations: 6, opened: 1 }));
    });
  });

  it('of 0 runs before every lease, including the first of a new connection', () => {
    const scripted = scriptedTarget();
    let asked = 0;
    const pool = createPool({
      connect: scripted.connect,
      max: 1,
      validateAfter: 0,
      validate: () => {
        asked++;
        return of(true);
      },
    });
    for (let i = 0; i < 3; i++) pool.use(() => of(1)).subscribe();
    expect(asked).toBe(3);
  });

  it('of a new connection that fails at once is a failed connect: its caller gets an error in the end, and nothing loops', () => {
    const scripted = scriptedTarget({ openAfter: 1 });
    marbles(({ flush }) => {
      const pool = createPool({
        connect: scripted.connect,
        max: 2,
        validateAfter: 0,
        validate: () => of(false),
        acquireTimeout: 5_000,
      });
      const errors: unknown[] = [];
      pool.use(() => of(1)).subscribe({ error: (error: unknown) => errors.push(error) });
      flush();
      expect(errors).toEqual([jasmine.objectContaining({ code: 'CONNECTION_FAILED', phase: 'validate' })]);
      expect(scripted.live).toBe(0);
    });
    expect(scripted.dials).toBeLessThan(20);
  });

  it('counts the connection as in use meanwhile, without a lease', () => {
    const scripted = scriptedTarget();
    marbles(({ at, flush }) => {
      const pool = createPool({
        connect: scripted.connect,
        ...options,
        validate: () => timer(10).pipe(map(() => true)),
      });
      pool.use(() => of(1)).subscribe();
      const served: number[] = [];
      at(200, () => {
        pool.use(() => of(1)).subscribe(() => served.push(asyncScheduler.now()));
        expect(pool.stats).toEqual(
          jasmine.objectContaining({
            inUseConnections: 1,
            availableConnections: 0,
            activeLeases: 0,
            pendingAcquires: 1,
          }),
        );
      });
      flush();
      expect(served).toEqual([210]);
    });
  });

  for (const answer of [
    () => of(false),
    () => of(undefined as unknown as boolean),
    () => EMPTY,
    () => [] as boolean[],
  ]) {
    it(`that answers ${answer.toString().slice(6)} closes the connection, and its waiter gets another`, () => {
      const scripted = scriptedTarget();
      marbles(({ at, flush }) => {
        const pool = createPool({ connect: scripted.connect, ...options, validate: answer });
        const ids: number[] = [];
        const use = () => pool.use((c) => of(c.id)).subscribe((id) => ids.push(id));
        at(0, use);
        at(200, use);
        flush();
        expect(ids).toEqual([0, 1]);
        expect(pool.stats).toEqual(jasmine.objectContaining({ opened: 2, closed: 1, totalConnections: 1 }));
      });
    });
  }

  it('rejects no caller: with maxPending 0 its waiter waits for it, and the next caller is rejected', () => {
    const scripted = scriptedTarget();
    marbles(({ at, flush }) => {
      const pool = createPool({
        connect: scripted.connect,
        ...options,
        max: 1,
        maxPending: 0,
        validate: () => timer(10).pipe(map(() => true)),
      });
      const ended: [number, string][] = [];
      const use = (name: string) =>
        pool
          .use(() => of(name))
          .subscribe({
            next: () => ended.push([asyncScheduler.now(), name]),
            error: (error: unknown) => ended.push([asyncScheduler.now(), (error as PoolExhaustedError).reason]),
          });
      at(0, () => use('a'));
      at(200, () => {
        use('b');
        use('c');
      });
      flush();
      expect(ended).toEqual([
        [0, 'a'],
        [200, 'queue-full'],
        [210, 'b'],
      ]);
    });
  });

  it('uses only its first value', () => {
    const scripted = scriptedTarget();
    marbles(({ cold, at, expectSubscriptions, flush }) => {
      const answer = cold('--t-f', { t: true, f: false });
      const pool = createPool({ connect: scripted.connect, ...options, validate: () => answer });
      const ids: number[] = [];
      const use = () => pool.use((c) => of(c.id)).subscribe((id) => ids.push(id));
      at(0, use);
      at(200, use);
      expectSubscriptions(answer.subscriptions).toBe('200ms ^-!');
      flush();
      expect(ids).toEqual([0, 0]);
    });
  });

  for (const [what, answer, after, error] of failures) {
    it(`that ${what} closes the connection, and its waiter gets another after ${after} ms`, () => {
      const scripted = scriptedTarget();
      marbles(({ at, flush }) => {
        const pool = createPool({ connect: scripted.connect, ...options, validate: answer });
        const events: PoolEvent[] = [];
        pool.events$.subscribe((event) => events.push(event));
        const served: [number, number][] = [];
        const use = () => pool.use((c) => of(c.id)).subscribe((id) => served.push([asyncScheduler.now(), id]));
        at(0, use);
        at(200, use);
        flush();
        expect(served).toEqual([
          [0, 0],
          [200 + after, 1],
        ]);
        expect(events.filter(({ type }) => type === 'evicted')).toEqual([
          jasmine.objectContaining({ reason: 'validate', connection: 1, error }),
        ]);
        expect(scripted.live).toBe(1);
        expectNothingHeld(pool);
      });
    });
  }

  it('continues after its only waiter has left, and the connection is kept', () => {
    const scripted = scriptedTarget();
    marbles(({ at, flush }) => {
      const pool = createPool({
        connect: scripted.connect,
        ...options,
        validate: () => timer(10).pipe(map(() => true)),
      });
      pool.use(() => of(1)).subscribe();
      at(200, () => {
        const waiter = pool.use(() => of(1)).subscribe();
        asyncScheduler.schedule(() => {
          waiter.unsubscribe();
        }, 5);
      });
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ availableConnections: 1, totalConnections: 1, closed: 0 }));
    });
  });

  it('runs on at most one connection for each waiter at a time', () => {
    const scripted = scriptedTarget();
    marbles(({ at, flush }) => {
      let now = 0;
      let most = 0;
      const pool = createPool({
        connect: scripted.connect,
        ...options,
        max: 5,
        validate: () =>
          new Observable<boolean>((subscriber) => {
            most = Math.max(most, ++now);
            timer(5)
              .pipe(map(() => true))
              .subscribe(subscriber)
              .add(() => now--);
          }),
      });
      for (let i = 0; i < 5; i++) pool.use(() => timer(1)).subscribe();
      at(200, () => {
        for (let i = 0; i < 2; i++) pool.use(() => timer(1)).subscribe();
      });
      flush();
      expect(most).toBe(2);
      expect(pool.stats.successfulOperations).toBe(7);
    });
  });

  it('does not keep a waiter from an available connection that needs no validation', () => {
    marbles(({ at, flush }) => {
      const asked: number[] = [];
      const pool = createPool({
        connect: scriptedTarget().connect,
        max: 3,
        capacity: 2,
        validateAfter: 5,
        validate: ({ id }: ScriptedConnection) => {
          asked.push(id);
          return timer(3).pipe(map(() => true));
        },
      });
      void pool.warmUp(3);
      const lent: string[] = [];
      // The first connection is lent, and one of the two idle ones is in validation.
      pool.use(() => NEVER).subscribe();
      at(10, () => pool.use((c) => of(c.id)).subscribe((id) => lent.push(`${id} at ${asyncScheduler.now()}`)));
      flush();
      expect(lent).toEqual(['2 at 10']);
      expect(asked).toEqual([1]);
    });
  });

  it('runs on only the number of connections that can serve all waiters, with capacity', () => {
    marbles(({ at, flush }) => {
      let asked = 0;
      const pool = createPool({
        connect: scriptedTarget().connect,
        max: 2,
        capacity: 2,
        validate: () => {
          asked++;
          return timer(5).pipe(map(() => true));
        },
        validateAfter: 100,
      });
      void pool.warmUp(2);
      at(200, () => {
        for (let i = 0; i < 2; i++) pool.acquire().subscribe();
      });
      at(203, () => {
        expect([asked, pool.stats.pendingAcquires]).toEqual([1, 2]);
      });
      flush();
    });
  });

  it('leaves the waiter a connection that needs no validation and has been idle longest, with the order fifo', () => {
    marbles(({ at, flush }) => {
      const pool = createPool({
        connect: scriptedTarget().connect,
        max: 4,
        order: 'fifo',
        validate: () => NEVER,
        validateAfter: 100,
      });
      // Two were unused for long, two were not.
      for (const end of [0, 0, 150, 160]) pool.use(() => timer(end)).subscribe();
      let lent: number | undefined;
      at(200, () => {
        pool.acquire().subscribe(({ connection }) => (lent = connection.id));
        expect(lent).toBe(2);
        void pool.destroy({ timeout: 0 });
      });
      flush();
    });
  });

  it('with the order fifo does not run on a second connection when the first has passed', () => {
    marbles(({ at, flush }) => {
      const asked: number[] = [];
      const pool = createPool({
        connect: scriptedTarget().connect,
        max: 2,
        order: 'fifo',
        validateAfter: 5,
        validate: ({ id }: ScriptedConnection) => {
          asked.push(id);
          return timer(2).pipe(map(() => true));
        },
      });
      void pool.warmUp(2);
      const lent: number[] = [];
      at(10, () => pool.use((c) => of(c.id)).subscribe((id) => lent.push(id)));
      flush();
      expect(asked).toEqual([0]);
      expect(lent).toEqual([0]);
    });
  });

  it('does not keep a waiter from a connection that is released meanwhile', () => {
    const scripted = scriptedTarget();
    marbles(({ at, flush }) => {
      const pool = createPool({
        connect: scripted.connect,
        ...options,
        validate: () => timer(15).pipe(map(() => true)),
      });
      pool.use(() => timer(1)).subscribe();
      pool.use(() => timer(203)).subscribe();
      const served: [number, number][] = [];
      at(200, () => {
        pool.use((c) => of(c.id)).subscribe((id) => served.push([asyncScheduler.now(), id]));
      });
      flush();
      expect(served).toEqual([[203, 1]]);
    });
  });

  it('is stopped by the loss of the connection', () => {
    const scripted = scriptedTarget();
    marbles(({ at, flush }) => {
      let stopped = -1;
      const pool = createPool({
        connect: scripted.connect,
        ...options,
        validate: () => new Observable<boolean>(() => () => (stopped = asyncScheduler.now())),
      });
      const ids: number[] = [];
      const use = () => pool.use((c) => of(c.id)).subscribe((id) => ids.push(id));
      at(0, use);
      at(200, use);
      at(205, () => {
        scripted.connections[0]!.lose();
      });
      flush();
      expect(stopped).toBe(205);
      expect(ids).toEqual([0, 1]);
    });
  });

  it('works in real time, on a connection that was lost unnoticed', async () => {
    const scripted = scriptedTarget();
    const alive = new Set<ScriptedConnection>();
    const pool = createPool({
      connect: scripted.connect,
      max: 1,
      validateAfter: 5,
      validate: async (c) => Promise.resolve(alive.has(c)),
    });
    const first = await firstValueFrom(pool.use((c) => of(c)));
    alive.add(first);
    await new Promise((resolve) => setTimeout(resolve, 15));
    expect(await firstValueFrom(pool.use((c) => of(c)))).toBe(first);
    alive.delete(first);
    await new Promise((resolve) => setTimeout(resolve, 15));
    expect(await firstValueFrom(pool.use((c) => of(c)))).not.toBe(first);
    await pool.destroy();
  });
});

describe('reset', () => {
  it('runs when a connection has been released, before it is lent again', () => {
    const scripted = scriptedTarget();
    marbles(({ flush }) => {
      const reset: [number, number][] = [];
      const pool = createPool({
        connect: scripted.connect,
        max: 1,
        reset: (c) => {
          reset.push([asyncScheduler.now(), c.id]);
          return timer(10);
        },
      });
      const served: number[] = [];
      for (let i = 0; i < 3; i++) {
        pool
          .use(() => {
            served.push(asyncScheduler.now());
            return timer(5);
          })
          .subscribe();
      }
      flush();
      expect(served).toEqual([0, 15, 30]);
      expect(reset.map(([at]) => at)).toEqual([5, 20, 35]);
    });
  });

  it('does not delay the end of the work', () => {
    const scripted = scriptedTarget();
    marbles(({ expectObservable }) => {
      const pool = createPool({ connect: scripted.connect, max: 1, reset: () => timer(10) });
      expectObservable(pool.use(() => timer(5).pipe(map(() => 'x')))).toBe('5ms (x|)');
    });
  });

  it('runs after every end of a lease, but not for a connection that is marked for close', () => {
    const scripted = scriptedTarget();
    const reset: number[] = [];
    const pool = createPool({
      connect: scripted.connect,
      max: 1,
      reset: (c) => {
        reset.push(c.id);
        return of(1);
      },
    });
    pool.use(() => throwError(() => new Error('x'))).subscribe({ error: () => undefined });
    pool
      .use(() => NEVER)
      .subscribe()
      .unsubscribe();
    pool.acquire().subscribe((lease) => {
      lease.release();
    });
    expect(reset).toEqual([0, 0, 0]);
    pool.acquire().subscribe((lease) => {
      lease.discard();
    });
    expect(reset).toEqual([0, 0, 0]);
  });

  for (const [what, answer, after, error] of failures) {
    it(`that ${what} closes the connection, and the next caller gets another after ${after} ms`, () => {
      const scripted = scriptedTarget();
      marbles(({ flush }) => {
        const pool = createPool({ connect: scripted.connect, max: 1, cancelTimeout: 20, reset: answer });
        const events: PoolEvent[] = [];
        pool.events$.subscribe((event) => events.push(event));
        const served: [number, number][] = [];
        for (let i = 0; i < 2; i++) {
          pool
            .use((c) => {
              served.push([asyncScheduler.now(), c.id]);
              return timer(5);
            })
            .subscribe();
        }
        flush();
        expect(served).toEqual([
          [0, 0],
          [5 + after, 1],
        ]);
        const evicted = events.filter(({ type }) => type === 'evicted');
        expect(evicted[0]).toEqual(jasmine.objectContaining({ reason: 'reset', connection: 1, error }));
        expect(pool.stats).toEqual(jasmine.objectContaining({ successfulOperations: 2, failedOperations: 0 }));
        expect(scripted.live).toBe(0);
      });
    });
  }

  it('does not begin when the pool is destroyed inside the work', () => {
    let resets = 0;
    const pool = createPool({
      connect: scriptedTarget().connect,
      max: 1,
      reset: () => {
        resets++;
        return NEVER;
      },
    });
    pool
      .use(() => {
        void pool.destroy();
        return of(1);
      })
      .subscribe();
    expect(resets).toBe(0);
    expect(pool.stats).toEqual(jasmine.objectContaining({ state: 'destroyed', released: 1, closed: 1 }));
  });

  it('does not begin when the connection is replaced inside the end of the work', () => {
    const scripted = scriptedTarget();
    const reset: number[] = [];
    const pool = createPool({
      connect: scripted.connect,
      max: 1,
      reset: (connection) => {
        reset.push(connection.id);
        return EMPTY;
      },
    });
    pool
      .use(() => of(1))
      .subscribe({
        complete: () => {
          pool.refresh();
        },
      });
    expect(reset).toEqual([]);
    expect(scripted.closed).toBe(1);
    expectNothingHeld(pool);
  });

  it('of a shared connection runs after its last lease has ended', () => {
    const scripted = scriptedTarget();
    marbles(({ flush }) => {
      const reset: number[] = [];
      const pool = createPool({
        connect: scripted.connect,
        max: 1,
        capacity: 3,
        reset: () => {
          reset.push(asyncScheduler.now());
          return of(1);
        },
      });
      for (const ms of [5, 10, 15]) pool.use(() => timer(ms)).subscribe();
      flush();
      expect(reset).toEqual([15]);
    });
  });

  it('works in real time', async () => {
    const scripted = scriptedTarget();
    let resets = 0;
    const pool = createPool({
      connect: scripted.connect,
      max: 1,
      reset: async () => {
        await new Promise((resolve) => setTimeout(resolve, 2));
        resets++;
      },
    });
    for (let i = 0; i < 3; i++) await firstValueFrom(pool.use(() => of(1)));
    expect(resets).toBeGreaterThanOrEqual(2);
    await pool.destroy();
    expect(resets).toBeLessThanOrEqual(3);
    expect(scripted.live).toBe(0);
  });
});

describe('a callback on a connection', () => {
  for (const option of ['validate', 'reset', 'onCancel'] as const) {
    it(`is stopped, and leaves no timer, when its own call loses the connection: ${option}`, () => {
      const counting = countingScheduler();
      let running = 0;
      const runs = (connection: ScriptedConnection): Observable<never> => {
        connection.lose();
        return new Observable(() => {
          running++;
          return () => running--;
        });
      };
      const pool = createPool({
        connect: scriptedTarget().connect,
        max: 1,
        validateAfter: 0,
        scheduler: counting.scheduler,
        [option]: runs,
      });
      pool
        .use(() => NEVER)
        .subscribe()
        .unsubscribe();
      expect(pool.stats.totalConnections).toBe(0);
      expect(running).toBe(0);
      expect(counting.live).toBe(0);
    });
  }
});

describe('isFatal', () => {
  const fatal = (error: unknown): boolean => (error as Error).message === 'fatal';
  const failing = (message: string) => () => throwError(() => new Error(message));

  it('decides which errors of work close the connection', () => {
    const scripted = scriptedTarget();
    const pool = createPool({ connect: scripted.connect, max: 1, isFatal: fatal });
    const ignore = { error: () => undefined };
    pool.use(failing('harmless')).subscribe(ignore);
    expect(pool.stats).toEqual(jasmine.objectContaining({ failedOperations: 1, released: 1, closed: 0 }));
    pool.use(failing('fatal')).subscribe(ignore);
    expect(pool.stats).toEqual(jasmine.objectContaining({ failedOperations: 2, discarded: 1, closed: 1 }));
  });

  it('receives the connection, whose own state may say that it is broken', () => {
    const scripted = scriptedTarget();
    const pool = createPool({
      connect: scripted.connect,
      max: 1,
      isFatal: (_, connection) => connection === scripted.connections[0],
    });
    const used: unknown[] = [];
    for (let run = 0; run < 3; run++) {
      pool
        .use((connection) => {
          used.push(connection);
          return throwError(() => new Error('harmless'));
        })
        .subscribe({ error: () => undefined });
    }
    const [first, second] = scripted.connections;
    expect(used).toEqual([first, second, second]);
    expect(pool.stats).toEqual(jasmine.objectContaining({ failedOperations: 3, discarded: 1, closed: 1 }));
  });

  it('is not asked about a connection that is lost already', () => {
    const asked: unknown[] = [];
    const gone = new Subject<void>();
    const pool = createPool({
      connect: scriptedTarget().connect,
      max: 1,
      lost: () => gone,
      isFatal: (error) => {
        asked.push(error);
        return true;
      },
    });
    const errors: unknown[] = [];
    pool
      .use(
        (_, { signal }) =>
          new Observable((subscriber) => {
            signal.addEventListener('abort', () => subscriber.error(new Error('harmless')));
            gone.next();
          }),
      )
      .subscribe({ error: (error: unknown) => errors.push((error as Error).message) });
    expect(errors).toEqual(['harmless']);
    expect(asked).toEqual([]);
    expect(pool.stats).toEqual(jasmine.objectContaining({ discarded: 1, closed: 1 }));
  });

  it('receives what work throws, and what its promise rejects with', async () => {
    const asked: string[] = [];
    const pool = createPool({
      connect: scriptedTarget().connect,
      max: 1,
      isFatal: (error) => {
        asked.push((error as Error).message);
        return true;
      },
    });
    const ignore = { error: () => undefined };
    pool
      .use(() => {
        throw new Error('thrown');
      })
      .subscribe(ignore);
    await new Promise<void>((resolve) => {
      pool
        .use(() => Promise.reject(new Error('rejected')))
        .subscribe({
          error: () => {
            resolve();
          },
        });
    });
    expect(asked).toEqual(['thrown', 'rejected']);
    expect(pool.stats.discarded).toBe(2);
  });

  it('receives the error of cancelled promise work, too: its connection is also broken', async () => {
    const scripted = scriptedTarget();
    const pool = createPool({ connect: scripted.connect, max: 1, isFatal: fatal });
    for (const message of ['harmless', 'fatal']) {
      let reject: (error: Error) => void = () => undefined;
      const work = new Promise<never>((_, no) => (reject = no));
      pool
        .use(() => work)
        .subscribe()
        .unsubscribe();
      reject(new Error(message));
      await Promise.allSettled([work]);
    }
    expect(pool.stats).toEqual(
      jasmine.objectContaining({ cancelledOperations: 2, released: 1, discarded: 1, closed: 1 }),
    );
  });

  it('that throws itself means yes: the caller gets the error of its work nevertheless', () => {
    const pool = createPool({
      connect: scriptedTarget().connect,
      max: 1,
      isFatal: () => {
        throw new Error('cannot tell');
      },
    });
    const errors: string[] = [];
    pool.use(failing('of the work')).subscribe({ error: (error: unknown) => errors.push((error as Error).message) });
    expect(errors).toEqual(['of the work']);
    expect(pool.stats.discarded).toBe(1);
  });

  it('with capacity lets the other holders of the connection finish', () => {
    const scripted = scriptedTarget();
    marbles(({ flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 1, capacity: 2, isFatal: fatal });
      pool.use(() => timer(10)).subscribe();
      pool.use(failing('fatal')).subscribe({ error: () => undefined });
      const ids: number[] = [];
      pool.use((c) => of(c.id)).subscribe((id) => ids.push(id));
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ successfulOperations: 2, failedOperations: 1, closed: 1 }));
      expect(ids).toEqual([1]);
    });
  });

  it('passes the error on as the reason of the discard', () => {
    const pool = createPool({ connect: scriptedTarget().connect, max: 1, isFatal: fatal });
    const events: PoolEvent[] = [];
    pool.events$.subscribe((event) => events.push(event));
    pool.use(failing('fatal')).subscribe({ error: () => undefined });
    expect(events.find(({ type }) => type === 'discarded')).toEqual(
      jasmine.objectContaining({ reason: new Error('fatal') }),
    );
  });
});

describe('a validation whose waiter has left meanwhile', () => {
  it('does not count for a caller that comes later', () => {
    let validations = 0;
    const served: number[] = [];
    marbles(({ at, flush }) => {
      const pool = createPool<string>({
        connect: () => opensAtOnce('a'),
        max: 1,
        min: 1,
        validateAfter: 50,
        validate: () => {
          validations++;
          return timer(5).pipe(map(() => true));
        },
      });
      at(100, () => {
        const caller = pool.acquire().subscribe();
        at(2, () => {
          caller.unsubscribe();
        });
      });
      // After 45 ms it is fresh, and after 100 it is not.
      for (const frame of [150, 250]) {
        at(frame, () => {
          pool.use(() => of(1)).subscribe(() => served.push(asyncScheduler.now()));
        });
      }
      at(400, () => void pool.destroy());
      flush();
    });
    expect(served).toEqual([150, 255]);
    expect(validations).toBe(2);
  });
});
