import { from as ixFrom } from 'ix/asynciterable/asynciterablex';
import { map as ixMap } from 'ix/asynciterable/operators/map';
import { finalize, firstValueFrom, map, NEVER, Observable, Subject } from 'rxjs';
import { createPool, isPoolError } from '../../src/index';
import type { BatchOutcome, ConnectionPool } from '../../src/index';
import { batchOutcomes, batchParallel, batchSequential, leases, withConnection } from '../../src/ix/index';
import { countingScheduler } from '../helpers/counting-scheduler';
import { expectNothingHeld, opensAtOnce } from '../helpers/marbles';
import { deferred, microtasks, turns } from '../helpers/turns';
import { openPool } from './open-pool';

const own = new Error('own');
const inTeardown = new Error('teardown');

type Work = Observable<string> | AsyncIterable<string> | string[];

type Ending = 'completes' | 'fails';

async function all<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of iterable) values.push(value);
  return values;
}

function throwing(): never {
  throw inTeardown;
}

/** Work that ends at once, or in a later turn, and whose teardown throws. */
const works: Record<string, (later: boolean, ending: Ending) => Work> = {
  'returned by subscribe': (later, ending) =>
    new Observable((subscriber) => {
      end(subscriber, later, ending);
      return throwing;
    }),
  'added to the subscriber': (later, ending) =>
    new Observable((subscriber) => {
      subscriber.add(throwing);
      end(subscriber, later, ending);
    }),
  'of finalize': (later, ending) =>
    new Observable<string>((subscriber) => {
      end(subscriber, later, ending);
    }).pipe(finalize(throwing)),
  'of an async generator': (_later, ending) =>
    (async function* (): AsyncGenerator<string> {
      try {
        yield 'value';
        if (ending === 'fails') await Promise.reject(own);
      } finally {
        if (ending === 'completes') throwing();
      }
    })(),
};

function end(
  subscriber: { next(value: string): void; complete(): void; error(error: unknown): void },
  later: boolean,
  ending: Ending,
): void {
  const ending1 = (): void => {
    subscriber.next('value');
    if (ending === 'completes') subscriber.complete();
    else subscriber.error(own);
  };
  if (later) setImmediate(ending1);
  else ending1();
}

type Inners = (pool: ConnectionPool<string>, work: (item: number) => Work) => AsyncIterable<Work>;

const inners: Record<string, Inners> = {
  tasks: (pool, work) => withConnection(pool, (_connection: string, item: number) => work(item))([0, 1, 2]),
  'tasks with operators on them': (pool, work) =>
    ixFrom(withConnection(pool, (_connection: string, item: number) => work(item))([0, 1, 2])).pipe(
      ixMap((task) => task.pipe(map((value) => value))),
    ),
  'inners that are no tasks': (_pool, work) => ixFrom([0, 1, 2]).pipe(ixMap(work)),
};

for (const [made, innersOf] of Object.entries(inners)) {
  describe(`In a pulled batch of ${made}, a teardown that throws,`, () => {
    for (const [given, workOf] of Object.entries(works)) {
      for (const ending of ['completes', 'fails'] as const) {
        for (const later of [false, true]) {
          const reason = ending === 'completes' ? inTeardown : own;
          const begin = () => {
            const asked: unknown[] = [];
            const pool = createPool({
              connect: () => opensAtOnce('a'),
              max: 1,
              isFatal: (error) => {
                asked.push(error);
                return false;
              },
            });
            const tasks = innersOf(pool, (item) => (item === 1 ? workOf(later, ending) : ['value']));
            return { pool, tasks, asked };
          };

          describe(`${given}, of one that ${ending} ${later ? 'later' : 'at once'},`, () => {
            for (const ordered of [false, true]) {
              it(`is one outcome${ordered ? ', in its turn' : ''}`, async () => {
                const { pool, tasks, asked } = begin();
                const told: BatchOutcome<string | undefined>[] = [];
                for await (const outcome of batchOutcomes({ concurrency: 1, ordered })(tasks)) told.push(outcome);
                expect(told.map(({ index, status }) => `${index} ${status}`)).toEqual([
                  '0 succeeded',
                  '1 failed',
                  '2 succeeded',
                ]);
                expect((told[1] as BatchOutcome<string | undefined> & { error: unknown }).error).toBe(reason);
                if (made !== 'inners that are no tasks') expect(asked).toEqual([reason]);
                expectNothingHeld(pool);
                await pool.destroy();
              });
            }

            it('stops a batch with stopOnError, which ends', async () => {
              const { pool, tasks } = begin();
              const [result] = await all(batchParallel({ concurrency: 1, stopOnError: true })(tasks));
              expect(result?.failed.map(({ index, error }) => [index, error])).toEqual([[1, reason]]);
              expect(result?.successful).toEqual(['value']);
              await pool.destroy();
            });

            it('ends batchSequential', async () => {
              const { pool, tasks } = begin();
              await expectAsync(all(batchSequential()(tasks))).toBeRejectedWith(reason);
              await pool.destroy();
            });
          });
        }
      }
    }
  });
}

describe('A pulled batch that is stopped while one of its works, which has ended, is still inside its subscribe', () => {
  for (const [made, innersOf] of Object.entries(inners)) {
    for (const ending of ['completes', 'fails'] as const) {
      for (const waits of [false, true]) {
        it(`by its own teardown, ${made}, one that ${ending}${waits ? ', after a wait' : ''}: nothing is thrown, and what is held comes back`, async () => {
          const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
          let release: () => void = () => undefined;
          if (waits) {
            pool.acquire().subscribe((lease) => {
              release = () => {
                lease.release();
              };
            });
          }
          let stopped: Promise<unknown> | undefined;
          const iterator = batchOutcomes(1)(
            innersOf(
              pool,
              () =>
                new Observable((subscriber) => {
                  subscriber.add(() => {
                    stopped ??= iterator.return?.();
                  });
                  end(subscriber, false, ending);
                }),
            ),
          )[Symbol.asyncIterator]();
          const pulled = iterator.next();
          await turns(2);
          expect(() => {
            release();
          }).not.toThrow();
          await turns(2);
          expect(stopped).toBeDefined();
          await expectAsync(stopped!).toBeResolved();
          expect((await pulled).done).toBeTrue();
          expectNothingHeld(pool);
          await pool.destroy();
        });
      }
    }
  }

  for (const [made, innersOf] of Object.entries(inners)) {
    for (const ending of ['completes', 'fails'] as const) {
      it(`by its own teardown, ${made}, one that ${ending} in a later turn: return() settles, and so does the pull`, async () => {
        const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
        const settled: string[] = [];
        const iterator = batchOutcomes(1)(
          innersOf(
            pool,
            () =>
              new Observable((subscriber) => {
                subscriber.add(() => {
                  void iterator.return?.().then(() => settled.push('return'));
                });
                end(subscriber, true, ending);
              }),
          ),
        )[Symbol.asyncIterator]();
        void iterator.next().then(({ done }) => settled.push(done === true ? 'done' : 'an outcome'));
        await turns(5);
        expect(settled.sort()).toEqual(['done', 'return']);
        expectNothingHeld(pool);
        await pool.destroy();
      });

      it(`by a signal that its own teardown aborts, ${made}, one that ${ending} in a later turn: the pull fails`, async () => {
        const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
        const abortion = new AbortController();
        const settled: unknown[] = [];
        const outcomes = batchOutcomes({ concurrency: 1, signal: abortion.signal })(
          innersOf(
            pool,
            () =>
              new Observable((subscriber) => {
                subscriber.add(() => {
                  abortion.abort(own);
                });
                end(subscriber, true, ending);
              }),
          ),
        );
        void all(outcomes).then(
          () => settled.push('the end'),
          (error: unknown) => settled.push(error),
        );
        await turns(5);
        expect(settled).toEqual([own]);
        expectNothingHeld(pool);
        await pool.destroy();
      });
    }
  }

  it('by the cancelling of another, which makes it end', async () => {
    const other = new Subject<string>();
    const iterator = batchOutcomes(2)(
      ixFrom([
        new Observable<string>(() => () => {
          other.error(own);
        }),
        other,
      ]),
    )[Symbol.asyncIterator]();
    const pulled = iterator.next();
    await turns(2);
    await expectAsync(iterator.return!()).toBeResolved();
    expect((await pulled).done).toBeTrue();
  });

  it('by the pool, which is destroyed: it fails with what the pool says', async () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    const told: unknown[] = [];
    const outcomes = batchOutcomes(1)(
      withConnection(
        pool,
        () =>
          new Observable<string>((subscriber) => {
            void pool.destroy();
            subscriber.complete();
          }),
      )([0, 1]),
    );
    try {
      for await (const { index } of outcomes) told.push(index);
    } catch (error) {
      told.push(isPoolError(error, 'INVALID_POOL'));
    }
    expect(told).toEqual([0, true]);
  });
});

describe('A pulled batch that is stopped', () => {
  it('begins no work with the connection that another of its works has just released', async () => {
    const pool = openPool(2);
    const begun: number[] = [];
    const lease = await firstValueFrom(pool.acquire());
    const tasks = withConnection(pool, (_, item: number) => {
      begun.push(item);
      return NEVER;
    })([1, 2, 3]);
    const iterator = batchOutcomes(2)(tasks)[Symbol.asyncIterator]();
    void iterator.next();
    await microtasks(10);
    expect([begun, pool.stats.pendingAcquires]).toEqual([[1], 1]);
    await iterator.return!();
    expect(begun).toEqual([1]);
    // The one that waited was not lent it either.
    expect([pool.stats.acquired, pool.stats.cancelledAcquires]).toEqual([2, 1]);
    lease.release();
    expectNothingHeld(pool);
    await pool.destroy();
  });

  it('waits for a promise that works on a lease of the pool', async () => {
    const pool = openPool(1);
    const gate = deferred<number>();
    const tasks = withConnection(() => gate.promise)(leases(pool));
    const iterator = batchOutcomes(1)(tasks)[Symbol.asyncIterator]();
    void iterator.next();
    await microtasks(20);
    expect(pool.stats.activeLeases).toBe(1);
    let ended = false;
    void iterator.return!().then(() => (ended = true));
    await microtasks(50);
    expect(ended).toBeFalse();
    gate.resolve(1);
    await microtasks(50);
    expect(ended).toBeTrue();
    expectNothingHeld(pool);
    await pool.destroy();
  });
});

describe('a pulled batch that is ended while promises still work', () => {
  it('has left no timer of cancelTimeout when they have settled', async () => {
    const timers = countingScheduler();
    const pool = createPool({
      connect: () => opensAtOnce('c'),
      max: 3,
      idleTimeout: Infinity,
      scheduler: timers.scheduler,
    });
    const settle: (() => void)[] = [];
    const work = (): Promise<void> => new Promise((resolve) => settle.push(resolve));
    const iterator = batchOutcomes(3)(withConnection(pool, work)([1, 2, 3]))[Symbol.asyncIterator]();
    const next = iterator.next();
    await turns(3);
    expect(settle.length).toBe(3);
    const before = timers.live;
    const returned = iterator.return!();
    await turns(3);
    expect(timers.live).toBe(before + 3);
    // Not over before all are.
    let over = false;
    void returned.then(() => (over = true));
    for (const end of settle) {
      expect(over).toBeFalse();
      end();
      await turns(2);
    }
    await Promise.all([next, returned]);
    await turns(1);
    expect(timers.live).toBe(before);
    expect(pool.stats).toEqual(jasmine.objectContaining({ activeLeases: 0, availableConnections: 3 }));
    await pool.destroy();
  });
});
