import { finalize, from, map, Observable, share, Subject, Subscription, takeUntil } from 'rxjs';
import type { ObservableInput, OperatorFunction } from 'rxjs';
import {
  batchOutcomes,
  batchParallel,
  batchSequential,
  createPool,
  InvalidPoolError,
  withConnection,
} from '../../src/index';
import type { BatchOutcome, BatchResult, ConnectionPool } from '../../src/index';
import { expectNothingHeld, opensAtOnce } from '../helpers/marbles';

const own = new Error('own');
const inTeardown = new Error('teardown');

type Ending = 'completes' | 'fails';

/** Work that ends when `end` is called with its item, or inside its subscribe, and whose teardown throws. */
const works: Record<string, (until: (end: () => void) => void, ending: Ending) => Observable<string>> = {
  'returned by subscribe': (until, ending) =>
    new Observable((subscriber) => {
      until(() => {
        subscriber.next('value');
        if (ending === 'completes') subscriber.complete();
        else subscriber.error(own);
      });
      return () => {
        throw inTeardown;
      };
    }),
  'added to the subscriber': (until, ending) =>
    new Observable((subscriber) => {
      subscriber.add(() => {
        throw inTeardown;
      });
      until(() => {
        subscriber.next('value');
        if (ending === 'completes') subscriber.complete();
        else subscriber.error(own);
      });
    }),
  'of a source under an operator': (until, ending) =>
    works['returned by subscribe']!(until, ending).pipe(map((value) => value)),
  'of finalize': (until, ending) => ends(until, ending).pipe(finalize(throwing)),
  'of finalize under an operator': (until, ending) =>
    ends(until, ending).pipe(
      finalize(throwing),
      map((value) => value),
    ),
  'of an inner Subscription': (until, ending) =>
    new Observable((subscriber) => {
      const inner = new Subscription();
      inner.add(throwing);
      subscriber.add(inner);
      return ends(until, ending).subscribe(subscriber);
    }),
};

function ends(until: (end: () => void) => void, ending: Ending): Observable<string> {
  return new Observable((subscriber) => {
    until(() => {
      subscriber.next('value');
      if (ending === 'completes') subscriber.complete();
      else subscriber.error(own);
    });
  });
}

function throwing(): never {
  throw inTeardown;
}

/** What the batch of three is made of: the middle one's teardown throws. */
const inners: Record<
  string,
  (pool: ConnectionPool<string>, work: (item: number) => Observable<string>) => Observable<ObservableInput<string>>
> = {
  tasks: (pool, work) => from([0, 1, 2]).pipe(withConnection(pool, (_connection, item) => work(item))),
  'tasks with operators on them': (pool, work) =>
    from([0, 1, 2]).pipe(
      withConnection(pool, (_connection, item) => (item === 1 ? work(item) : ['value'])),
      map((task) => task.pipe(map((value) => value))),
    ),
  'inners that are no tasks': (_pool, work) => from([0, 1, 2]).pipe(map(work)),
};

for (const [made, innersOf] of Object.entries(inners)) {
  describe(`In a batch of ${made}, a teardown that throws,`, () => {
    for (const [given, workOf] of Object.entries(works)) {
      for (const ending of ['completes', 'fails'] as const) {
        for (const when of ['at once', 'later', 'at once, after a wait'] as const) {
          // RxJS drops what a finalize throws behind a synchronous source, when another operator stands between it and the subscriber.
          if (given === 'of finalize under an operator' && ending === 'completes' && when !== 'later') continue;
          const reason = ending === 'completes' ? inTeardown : own;

          /** Runs a batch of three, of which that in the middle ends so. */
          const run = <V>(batch: OperatorFunction<ObservableInput<string>, V>) => {
            const asked: unknown[] = [];
            const pool = createPool({
              connect: () => opensAtOnce('a'),
              max: 1,
              isFatal: (error) => {
                asked.push(error);
                return false;
              },
            });
            let end: () => void = () => undefined;
            const until = (ready: () => void): void => {
              if (when === 'later') end = ready;
              else ready();
            };
            const work = (item: number): Observable<string> =>
              item === 1 ? workOf(until, ending) : new Observable((s) => s.complete());
            const told: V[] = [];
            let how: unknown = 'still running';
            let release: () => void = () => undefined;
            if (when === 'at once, after a wait') {
              pool.acquire().subscribe((lease) => {
                release = () => {
                  lease.release();
                };
              });
            }
            innersOf(pool, work)
              .pipe(batch)
              .subscribe({
                next: (value) => told.push(value),
                error: (error: unknown) => (how = error),
                complete: () => (how = 'complete'),
              });
            release();
            end();
            expectNothingHeld(pool);
            return { told, how, asked };
          };

          describe(`${given}, of one that ${ending} ${when},`, () => {
            for (const ordered of [false, true]) {
              it(`is one outcome${ordered ? ', in its turn' : ''}`, () => {
                const { told, how, asked } = run(batchOutcomes({ concurrency: 1, ordered }));
                expect(told.map(({ index, status }) => `${index} ${status}`)).toEqual([
                  '0 succeeded',
                  '1 failed',
                  '2 succeeded',
                ]);
                expect((told[1] as BatchOutcome<string | undefined> & { error: unknown }).error).toBe(reason);
                expect(how).toBe('complete');
                if (made !== 'inners that are no tasks') expect(asked).toEqual([reason]);
              });
            }

            it('stops a batch with stopOnError, which ends', () => {
              const { told, how } = run(batchParallel({ concurrency: 1, stopOnError: true }));
              const [{ failed, successful }] = told as [BatchResult<string | undefined>];
              expect(failed.map(({ index, error }) => [index, error])).toEqual([[1, reason]]);
              expect(successful.length).toBe(1);
              expect(how).toBe('complete');
            });

            it('ends batchSequential', () => {
              const { how } = run(batchSequential<string>());
              expect(how).toBe(reason);
            });
          });
        }
      }
    }
  });
}

describe('A batch that is unsubscribed while one of its works, which has ended, is still inside its subscribe', () => {
  for (const [made, innersOf] of Object.entries(inners)) {
    for (const ending of ['completes', 'fails'] as const) {
      for (const waits of [false, true]) {
        it(`by its own teardown, ${made}, one that ${ending}${waits ? ', after a wait' : ''}: nothing is thrown, and what is held comes back`, () => {
          const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
          const stop$ = new Subject<void>();
          const holder = waits ? hold(pool) : null;
          const told: unknown[] = [];
          const work = (item: number): Observable<string> =>
            new Observable((subscriber) => {
              subscriber.add(() => {
                if (item === 1) stop$.next();
              });
              if (item === 1 && ending === 'fails') subscriber.error(own);
              else subscriber.complete();
            });
          innersOf(pool, work)
            .pipe(batchOutcomes(1), takeUntil(stop$))
            .subscribe({ next: ({ index }) => told.push(index), complete: () => told.push('complete') });
          expect(() => {
            holder?.release();
          }).not.toThrow();
          expect(told).toEqual([0, 'complete']);
          expectNothingHeld(pool);
          expect(hold(pool).connection).toBe('a');
        });
      }
    }
  }

  it('of inners that share a source, by the error of that source', () => {
    const source = new Subject<string>();
    const stop$ = new Subject<void>();
    // Its first end stops the batch.
    const shared = source.pipe(
      finalize(() => {
        stop$.next();
      }),
      share(),
    );
    const told: unknown[] = [];
    from([shared, shared, shared])
      .pipe(batchOutcomes(3), takeUntil(stop$))
      .subscribe({ next: ({ index }) => told.push(index), complete: () => told.push('complete') });
    expect(() => {
      source.error(own);
    }).not.toThrow();
    expect(told[told.length - 1]).toBe('complete');
  });

  it('of inners of which one, when it is cancelled, makes another fail', () => {
    const other = new Subject<string>();
    const first = new Observable<string>(() => () => {
      other.error(own);
    });
    const told: unknown[] = [];
    const subscription = from([first, other])
      .pipe(batchOutcomes(2))
      .subscribe({ next: ({ index }) => told.push(index) });
    expect(() => {
      subscription.unsubscribe();
    }).not.toThrow();
    expect(told).toEqual([]);
  });

  it('of tasks of which one, when it is cancelled, makes another end', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 2 });
    for (const ending of ['completes', 'fails'] as const) {
      let end: () => void = () => undefined;
      const subscription = from([0, 1])
        .pipe(
          withConnection(pool, (_connection, item) =>
            item === 0
              ? new Observable<string>(() => () => {
                  end();
                })
              : ends((ready) => (end = ready), ending),
          ),
          batchOutcomes(2),
        )
        .subscribe();
      expect(() => {
        subscription.unsubscribe();
      }).not.toThrow();
      expectNothingHeld(pool);
    }
  });

  it('by the pool, which is destroyed while a batch runs: it fails once, with what the pool says', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    const told: unknown[] = [];
    from([0, 1])
      .pipe(
        withConnection(pool, () =>
          ends((end) => {
            void pool.destroy();
            end();
          }, 'completes'),
        ),
        batchOutcomes(1),
      )
      .subscribe({ next: ({ index }) => told.push(index), error: (error: unknown) => told.push(error) });
    expect(told).toEqual([0, jasmine.any(InvalidPoolError)]);
  });
});

function hold(pool: ConnectionPool<string>): { readonly connection: string; release(): void } {
  let held: { readonly connection: string; release(): void } | undefined;
  pool.acquire().subscribe((lease) => (held = lease));
  return held ?? { connection: 'none', release: () => undefined };
}
