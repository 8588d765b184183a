import { config, EMPTY, finalize, from, map, mergeMap, Observable, of, Subject, Subscriber, take, timer } from 'rxjs';
import { batchOutcomes, withConnection } from '../../src/index';
import type { ConnectionPool, Lease } from '../../src/index';
import { createLastingPool } from '../helpers/lasting-pool';
import { expectNothingHeld, marbles, opensAtOnce } from '../helpers/marbles';
import type { Run } from '../helpers/marbles';

const own = new Error('thrown by a caller');

function throwing(): never {
  throw own;
}

type Pool = ConnectionPool<string>;

/**
 * Callers that wait, and throw when they are served, or rejected, or both. `dropped`: RxJS itself drops the error when they are served,
 * because an operator that has just completed catches it first.
 */
const callers: Record<string, { on: ('served' | 'refused')[]; dropped?: true; wait(pool: Pool): void }> = {
  'next of acquire': {
    on: ['served'],
    wait: (pool) => {
      pool.acquire().subscribe((lease) => {
        lease.release();
        throwing();
      });
    },
  },
  'complete of acquire': {
    on: ['served'],
    wait: (pool) => {
      pool.acquire().subscribe({ next: release, complete: throwing, error: ignore });
    },
  },
  'error of acquire': {
    on: ['refused'],
    wait: (pool) => {
      pool.acquire().subscribe({ next: release, error: throwing });
    },
  },
  'a teardown added to acquire': {
    on: ['served', 'refused'],
    wait: (pool) => {
      pool.acquire().subscribe({ next: release, error: ignore }).add(throwing);
    },
  },
  'finalize behind acquire': {
    on: ['served', 'refused'],
    wait: (pool) => {
      pool.acquire().pipe(finalize(throwing)).subscribe({ next: release, error: ignore });
    },
  },
  'finalize behind an operator behind acquire': {
    on: ['served', 'refused'],
    wait: (pool) => {
      pool
        .acquire()
        .pipe(
          map((lease) => lease),
          finalize(throwing),
          map((lease) => lease),
        )
        .subscribe({ next: release, error: ignore });
    },
  },
  'next of use': {
    on: ['served'],
    wait: (pool) => {
      pool.use(() => of(1)).subscribe({ next: throwing, error: ignore });
    },
  },
  'complete of use': {
    on: ['served'],
    wait: (pool) => {
      pool.use(() => of(1)).subscribe({ complete: throwing, error: ignore });
    },
  },
  'error of use, of work that fails': {
    on: ['served', 'refused'],
    wait: (pool) => {
      pool
        .use((): Observable<never> => {
          throw new Error('of the work');
        })
        .subscribe({ error: throwing });
    },
  },
  'a teardown added to use': {
    on: ['served', 'refused'],
    wait: (pool) => {
      pool
        .use(() => of(1))
        .subscribe({ error: ignore })
        .add(throwing);
    },
  },
  'finalize behind use': {
    on: ['served', 'refused'],
    wait: (pool) => {
      pool
        .use(() => of(1))
        .pipe(finalize(throwing))
        .subscribe({ error: ignore });
    },
  },
  'finalize behind use, of work that ends later': {
    on: ['served', 'refused'],
    wait: (pool) => {
      pool
        .use(() => timer(1))
        .pipe(finalize(throwing))
        .subscribe({ error: ignore });
    },
  },
  'finalize behind use, left at the first value': {
    on: ['served', 'refused'],
    dropped: true,
    wait: (pool) => {
      pool
        .use(() => of(1, 2))
        .pipe(take(1), finalize(throwing))
        .subscribe({ error: ignore });
    },
  },
  'finalize behind a task': {
    on: ['served'],
    dropped: true,
    wait: (pool) => {
      of(1)
        .pipe(
          withConnection(pool, (_connection, item) => of(item)),
          mergeMap((task) => task),
          finalize(throwing),
        )
        .subscribe({ error: ignore });
    },
  },
  'finalize behind a batch': {
    on: ['served', 'refused'],
    wait: (pool) => {
      of(1)
        .pipe(
          withConnection(pool, (_connection, item) => of(item)),
          batchOutcomes(1),
          finalize(throwing),
        )
        .subscribe({ error: ignore });
    },
  },
  'next of the stream': {
    on: ['served'],
    wait: (pool) => {
      pool.pipe(take(1)).subscribe((lease) => {
        lease.release();
        throwing();
      });
    },
  },
  'finalize behind the stream': {
    on: ['served', 'refused'],
    dropped: true,
    wait: (pool) => {
      pool.pipe(take(1), finalize(throwing)).subscribe(release);
    },
  },
  'complete of the stream': {
    on: ['refused'],
    wait: (pool) => {
      pool.subscribe({ next: release, complete: throwing });
    },
  },
};

/** Other code that makes a waiting caller be served or rejected: it must not throw. Returns a check of the result. */
const others: Record<
  string,
  { with: 'served' | 'refused'; run(run: Run, pool: Pool, lease: Lease<string>): () => void }
> = {
  'a release': {
    with: 'served',
    run: ({ at }, _pool, lease) => {
      at(5, () => {
        quietly(() => {
          lease.release();
        });
      });
      return ignore;
    },
  },
  'a discard': {
    with: 'served',
    run: ({ at }, _pool, lease) => {
      at(5, () => {
        quietly(() => {
          lease.discard();
        });
      });
      return ignore;
    },
  },
  'a resize': {
    with: 'served',
    run: ({ at }, pool, lease) => {
      at(5, () => {
        quietly(() => {
          pool.resize(2);
        });
      });
      at(30, () => {
        lease.release();
      });
      return ignore;
    },
  },
  'work that emits, and whose subscriber releases a lease': {
    with: 'served',
    run: ({ at }, pool, lease) => {
      const connection = new Subject<string>();
      const told: unknown[] = [];
      at(1, () => {
        pool.resize(2);
        pool
          .use(() => connection)
          .subscribe({
            next: (value) => {
              told.push(value);
              lease.release();
            },
            error: (error: unknown) => told.push(error),
            complete: () => told.push('complete'),
          });
      });
      at(5, () => {
        quietly(() => {
          connection.next('value');
        });
      });
      at(30, () => {
        connection.complete();
      });
      return () => {
        expect(told).toEqual(['value', 'complete']);
      };
    },
  },
  'work that ends, and whose subscriber releases a lease': {
    with: 'served',
    run: ({ at }, pool, lease) => {
      const connection = new Subject<string>();
      const told: unknown[] = [];
      at(1, () => {
        pool.resize(2);
        pool
          .use(() => connection)
          .subscribe({
            error: (error: unknown) => told.push(error),
            complete: () => {
              told.push('complete');
              lease.release();
            },
          });
      });
      at(5, () => {
        quietly(() => {
          connection.complete();
        });
      });
      return () => {
        expect(told).toEqual(['complete']);
      };
    },
  },
  'work that releases a lease': {
    with: 'served',
    run: ({ at }, pool, lease) => {
      const told: unknown[] = [];
      at(5, () => {
        pool.resize(2);
        pool
          .use(() => {
            lease.release();
            return of('value');
          })
          .subscribe({
            next: (value) => told.push(value),
            error: (error: unknown) => told.push(error),
            complete: () => told.push('complete'),
          });
      });
      return () => {
        expect(told).toEqual(['value', 'complete']);
      };
    },
  },
  'a stream that is subscribed': {
    with: 'served',
    run: ({ at }, pool, lease) => {
      const told: unknown[] = [];
      at(5, () => {
        // Inside a snapshot nothing is decided: the subscribe decides first.
        const watching = pool.stats$.subscribe();
        watching.unsubscribe();
        lease.release();
        pool.pipe(take(2)).subscribe({
          next: (got) => {
            told.push('lease');
            got.release();
          },
          error: (error: unknown) => told.push(error),
        });
      });
      return () => {
        expect(told).toEqual(['lease', 'lease']);
      };
    },
  },
  'a caller that leaves': {
    with: 'served',
    run: ({ at }, pool) => {
      // Holds the connection instead.
      let leaving = EMPTY.subscribe();
      at(3, () => {
        leaving = pool.use(() => new Observable<never>()).subscribe();
        pool.resize(2);
      });
      at(5, () => {
        quietly(() => {
          leaving.unsubscribe();
        });
      });
      return ignore;
    },
  },
  'a timer of the pool': { with: 'refused', run: () => ignore },
  'a destroy': {
    with: 'refused',
    run: ({ at }, pool, lease) => {
      at(5, () => {
        quietly(() => void pool.destroy());
      });
      at(30, () => {
        lease.release();
      });
      return () => {
        expect(pool.stats.state).toBe('destroyed');
      };
    },
  },
};

describe('An error that a caller throws is reported once, and does not affect others:', () => {
  let reported: unknown[];

  beforeEach(() => {
    reported = [];
    config.onUnhandledError = (error: unknown) => reported.push(error);
  });

  afterEach(() => {
    config.onUnhandledError = null;
  });

  for (const [what, other] of Object.entries(others)) {
    for (const [name, caller] of Object.entries(callers)) {
      if (!caller.on.includes(other.with)) continue;
      // It waits without an end.
      if (what === 'a timer of the pool' && name.includes('the stream')) continue;
      it(`${name}, and ${what}`, () => {
        marbles((run) => {
          const pool = createLastingPool({ connect: () => opensAtOnce('a'), max: 1, acquireTimeout: 10 });
          let held: Lease<string> | undefined;
          pool.acquire().subscribe((lease) => (held = lease));
          run.at(2, () => {
            caller.wait(pool);
          });
          const check = other.run(run, pool, held!);
          run.at(50, () => {
            held!.release();
          });
          run.flush();
          expect(reported.map(causeOf)).toEqual(caller.dropped && other.with === 'served' ? [] : [own]);
          check();
          expectNothingHeld(pool);
          if (pool.stats.state === 'destroyed') return;
          const told: unknown[] = [];
          pool.use(() => of('still serves')).subscribe((value) => told.push(value));
          expect(told).toEqual(['still serves']);
        });
      });
    }
  }

  const listeners: Record<string, (pool: Pool) => Observable<unknown>> = {
    stats$: (pool) => pool.stats$,
    events$: (pool) => pool.events$,
  };
  const ways: Record<string, (source: Observable<unknown>) => void> = {
    'a next of': (source) => {
      let throws = true;
      source.subscribe(() => {
        if (!throws) return;
        throws = false;
        throwing();
      });
    },
    'a take and a finalize on': (source) => {
      source.pipe(take(2), finalize(throwing)).subscribe();
    },
    'an added teardown of': (source) => {
      source.subscribe().add(throwing);
    },
    'the complete of': (source) => {
      source.subscribe({ complete: throwing });
    },
  };
  for (const [stream, of$] of Object.entries(listeners)) {
    for (const [way, listen] of Object.entries(ways)) {
      it(`${way} ${stream}: the other subscribers are notified, and the pool is destroyed`, () => {
        marbles(({ at, flush }) => {
          const pool = createLastingPool({ connect: () => opensAtOnce('a'), max: 2 });
          const before: unknown[] = [];
          const after: unknown[] = [];
          of$(pool).subscribe({ next: (value) => before.push(value), complete: () => before.push('complete') });
          listen(of$(pool));
          of$(pool).subscribe({ next: (value) => after.push(value), complete: () => after.push('complete') });
          const told: unknown[] = [];
          pool.use(() => of('value')).subscribe((value) => told.push(value));
          pool.use(() => timer(3)).subscribe((value) => told.push(value));
          at(1, () => {
            quietly(() => {
              pool.acquire().subscribe(release);
            });
          });
          at(5, () => {
            quietly(() => void pool.destroy());
          });
          flush();
          expect(told).toEqual(['value', 0]);
          expect(reported.map(causeOf)).toEqual(way === 'a take and a finalize on' ? [] : [own]);
          expect(before.length).toBeGreaterThan(5);
          expect(after).toEqual(before);
          expect(after[after.length - 1]).toBe('complete');
          expect(pool.stats.state).toBe('destroyed');
        });
      });
    }
  }

  it('the works of a lost connection: each is notified, whatever one of them throws', () => {
    marbles(({ at, flush, target }) => {
      const { connect } = target('a----#');
      const pool = createLastingPool({ connect, max: 1, capacity: 3, retryDelay: 100 });
      const told: unknown[] = [];
      at(1, () => {
        for (const n of [1, 2, 3]) {
          pool
            .use(() => new Observable<never>())
            .pipe(finalize(throwing))
            .subscribe({ error: () => told.push(n) });
        }
      });
      flush();
      expect(told).toEqual([1, 2, 3]);
      expect(reported.map(causeOf)).toEqual([own, own, own]);
      expectNothingHeld(pool);
    });
  });

  it('the waiters of a pool whose target is down: each is notified, whatever one of them throws', () => {
    marbles(({ flush, cold }) => {
      const pool = createLastingPool({ connect: () => cold('-#'), max: 1, breaker: { failures: 1 } });
      const told: unknown[] = [];
      for (const n of [1, 2, 3]) {
        pool
          .acquire()
          .pipe(finalize(throwing))
          .subscribe({ error: () => told.push(n) });
      }
      flush();
      expect(told).toEqual([1, 2, 3]);
      expect(reported.map(causeOf)).toEqual([own, own, own]);
      expectNothingHeld(pool);
    });
  });

  it('a caller that unsubscribes receives what its own teardown throws, as in RxJS, and no other error', () => {
    marbles(({ flush }) => {
      const pool = createLastingPool({ connect: () => opensAtOnce('a'), max: 1 });
      const told: unknown[] = [];
      const leaving = pool.use(() => new Observable<never>(() => throwing)).subscribe();
      const ofTheNext = new Error('of the next waiter');
      pool
        .use(() => of(1))
        .pipe(
          finalize(() => {
            throw ofTheNext;
          }),
        )
        .subscribe((value) => told.push(value));
      let thrown: unknown;
      try {
        leaving.unsubscribe();
      } catch (error) {
        thrown = error;
      }
      flush();
      expect(causeOf(thrown)).toBe(own);
      expect(told).toEqual([1]);
      expect(reported.map(causeOf)).toEqual([ofTheNext]);
      expectNothingHeld(pool);
    });
  });

  it('a connector whose teardown throws when the connection is lost does not affect the work that closed it', () => {
    const pool = createLastingPool({
      connect: () =>
        new Observable<{ close(): void }>((subscriber) => {
          subscriber.next({
            close: () => {
              subscriber.complete();
            },
          });
          return throwing;
        }),
      max: 1,
    });
    const told: unknown[] = [];
    pool
      .use((connection) => {
        connection.close();
        return of('value');
      })
      .subscribe({ next: (value) => told.push(value), error: (error: unknown) => told.push(error) });
    expect(told).toContain('value');
    expectNothingHeld(pool);
  });

  it('the source of a batch whose teardown throws when stopOnError stops it: the outcome is emitted', () => {
    marbles(({ flush }) => {
      const pool = createLastingPool({ connect: () => opensAtOnce('a'), max: 1 });
      const items = new Observable<number>((subscriber) => {
        subscriber.next(0);
        subscriber.next(1);
        return throwing;
      });
      const told: unknown[] = [];
      items
        .pipe(
          withConnection(pool, () => timer(1).pipe(map(throwing))),
          batchOutcomes({ stopOnError: true }),
        )
        .subscribe({ next: ({ index, status }) => told.push(index, status), complete: () => told.push('complete') });
      flush();
      expect(told).toEqual([0, 'failed', 'complete']);
      expect(reported.map(causeOf)).toEqual([own]);
    });
  });

  it('every task of a batch runs, and the batch ends, whatever the subscriber to its outcomes throws', () => {
    marbles(({ flush }) => {
      const pool = createLastingPool({ connect: () => opensAtOnce('a'), max: 2 });
      let done = 0;
      let ended = false;
      from([0, 1, 2, 3])
        .pipe(
          withConnection(pool, () => timer(1)),
          batchOutcomes(2),
        )
        .subscribe({
          next: () => {
            done++;
            throwing();
          },
          complete: () => (ended = true),
        });
      flush();
      expect(done).toBe(4);
      expect(ended).toBeTrue();
      expect(reported).toEqual([own, own, own, own]);
    });
  });
});

function release(lease: Lease<string>): void {
  lease.release();
}

function ignore(): void {
  // Nothing to do.
}

/** Code that causes a callback must not receive its error. */
function quietly(action: () => void): void {
  expect(action).not.toThrow();
}

/** The error that a caller throws itself, also in the list that RxJS makes of the errors of teardowns. */
function causeOf(error: unknown): unknown {
  const { errors } = error as { errors?: unknown[] };
  return errors?.length === 1 ? errors[0] : error;
}

describe('a subscriber of its own kind that throws while it is served', () => {
  /** Its `next` throws to the code that calls it, which no subscriber of RxJS does. */
  class Throwing extends Subscriber<Lease<string>> {
    constructor(private readonly thrown: Error) {
      super();
    }

    override next(): void {
      throw this.thrown;
    }
  }

  for (const [when, warm, context] of [
    ['at once', true, undefined],
    ['after a wait', false, undefined],
    ['after a wait, in its own context', false, () => (run: () => void) => run()],
  ] as const) {
    it(`${when}: what other callers ask for afterwards is not taken for its own`, () => {
      const outer = config.onUnhandledError;
      const reported: unknown[] = [];
      config.onUnhandledError = (error) => reported.push(error);
      let refused: Error | undefined;
      marbles(({ at, target, flush }) => {
        const pool = createLastingPool({ connect: target('--a').connect, max: 1, acquireTimeout: 20, context });
        if (warm) void pool.warmUp();
        at(warm ? 5 : 0, () => pool.acquire().subscribe(new Throwing(own)));
        at(30, () => pool.acquire().subscribe({ error: (error: unknown) => (refused = error as Error) }));
        flush();
      });
      config.onUnhandledError = outer;
      expect(reported).toEqual([own]);
      expect(refused?.message).toContain('exhausted');
      expect(refused?.message).not.toContain('inside work');
    });
  }
});

describe('work that throws a value that cannot be read', () => {
  const revoked = (): unknown => {
    const { proxy, revoke } = Proxy.revocable(new Error('work'), {});
    revoke();
    return proxy;
  };
  const list = (): unknown => {
    const error = new Error('work');
    error.name = 'UnsubscriptionError';
    Object.defineProperty(error, 'errors', {
      get: () => {
        throw own;
      },
    });
    return error;
  };
  const thrown: Record<string, unknown> = { 'a revoked proxy': revoked(), 'an error whose parts throw': list() };
  const works: Record<string, (value: unknown) => Observable<string>> = {
    'in the call': (value) => {
      throw value;
    },
    'in its subscribe': (value) =>
      new Observable(() => {
        throw value;
      }),
    'in its teardown, at once': (value) =>
      new Observable((subscriber) => {
        subscriber.complete();
        return () => {
          throw value;
        };
      }),
    'in its teardown, later': (value) =>
      timer(1).pipe(
        map(() => 'value'),
        finalize(() => {
          throw value;
        }),
      ),
  };
  for (const [what, value] of Object.entries(thrown)) {
    for (const [where, work] of Object.entries(works)) {
      it(`${what}, ${where}: has one outcome, and its lease is released`, () => {
        marbles(({ flush }) => {
          const pool = createLastingPool({ connect: () => opensAtOnce('a'), max: 1 });
          const told: string[] = [];
          pool.use(() => work(value)).subscribe({ error: () => told.push('use') });
          of(0, 1)
            .pipe(
              withConnection(pool, () => work(value)),
              batchOutcomes(1),
            )
            .subscribe({
              next: (outcome) => told.push(`${outcome.index} ${outcome.status}`),
              complete: () => told.push('complete'),
            });
          flush();
          expect(told).toEqual(['use', '0 failed', '1 failed', 'complete']);
          expectNothingHeld(pool);
        });
      });
    }
  }
});
