import {
  asyncScheduler,
  concat,
  delay,
  filter,
  from,
  map,
  mergeMap,
  NEVER,
  Observable,
  of,
  range,
  retry,
  startWith,
  Subject,
  take,
  takeUntil,
  tap,
  throwError,
  timeout,
  timer,
  toArray,
} from 'rxjs';
import {
  batchOutcomes,
  batchParallel,
  batchSequential,
  collectBatch,
  isPoolError,
  trackProgress,
  withConnection,
} from '../../src/index';
import type { BatchOptions, BatchProgress, BatchResult, ConnectionPool, ConnectionTask } from '../../src/index';
import * as ix from '../../src/ix/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { expectNothingHeld, marbles, poolError } from '../helpers/marbles';

const refused = new Error('connection refused');

/** A target that can go away and come back. Each connect takes 5 ms. */
class Target {
  up = true;
  dials = 0;
  private readonly lives = new Set<(error: Error) => void>();

  readonly connect = (): Observable<number> =>
    new Observable((subscriber) => {
      const dial = this.dials++;
      const end = (error: Error): void => subscriber.error(error);
      const answer = asyncScheduler.schedule(() => {
        if (!this.up) {
          end(refused);
          return;
        }
        this.lives.add(end);
        subscriber.next(dial);
      }, 5);
      return () => {
        answer.unsubscribe();
        this.lives.delete(end);
      };
    });

  stop(): void {
    this.up = false;
    for (const end of [...this.lives]) end(new Error('connection reset'));
  }

  start(): void {
    this.up = true;
  }

  /** Away from then, for so long. */
  outage(at: number, ms: number): void {
    asyncScheduler.schedule(() => this.stop(), at);
    asyncScheduler.schedule(() => this.start(), at + ms);
  }
}

const work = (_connection: number, item: number): Observable<number> => of(item).pipe(delay(20));

/** How many failed in which way. */
function failures({ failed }: BatchResult<unknown>): Record<string, number> {
  const ways: Record<string, number> = {};
  for (const { error } of failed) {
    const way = isPoolError(error, 'CONNECTION_FAILED') ? error.phase : (error as Error).name;
    ways[way] = (ways[way] ?? 0) + 1;
  }
  return ways;
}

type Tasks = Observable<ConnectionTask<number, number>>;
type Batch = (
  pool: ConnectionPool<number>,
  items: number,
  options: BatchOptions,
) => Observable<BatchResult<number | undefined>>;

const pushed =
  (shape: (tasks: Tasks) => Observable<Observable<number>>): Batch =>
  (pool, items, options) =>
    shape(range(0, items).pipe(withConnection(pool, work))).pipe(batchParallel(options));

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Every way to put items through a batch. */
const batches: Record<string, Batch> = {
  'batchParallel right behind withConnection': pushed((tasks) => tasks),
  'tasks that an operator has passed on': pushed((tasks) => tasks.pipe(filter(() => true))),
  'tasks with operators on them': pushed((tasks) => tasks.pipe(map((task) => task.pipe(timeout(1_000), retry(0))))),
  'batchOutcomes in order': (pool, items, options) =>
    range(0, items).pipe(withConnection(pool, work), batchOutcomes({ ...options, ordered: true }), collectBatch()),
  'batchParallel of ./ix': (pool, items, options) =>
    ix.fromPull(ix.batchParallel(options)(ix.withConnection(pool, work)(numbers(items)))),
  'batchOutcomes of ./ix, in order': (pool, items, options) =>
    ix.fromPull(
      ix.collectBatch()(ix.batchOutcomes({ ...options, ordered: true })(ix.withConnection(pool, work)(numbers(items)))),
    ),
};

/** Runs a batch of a number of items, at 8 at a time, with the target away from 500 ms on. */
function runThrough(
  batch: Batch,
  {
    items = 400,
    away = 2_000,
    options = {},
    ...pool
  }: Record<string, unknown> & {
    items?: number;
    away?: number;
    options?: BatchOptions;
  } = {},
): { result: BatchResult<number | undefined>; at: number; target: Target } {
  const target = new Target();
  let result: BatchResult<number | undefined> | undefined;
  let at = -1;
  marbles(({ flush }) => {
    target.outage(500, away);
    const db = createPool({ connect: target.connect, max: 8, random: () => 0.5, ...pool });
    batch(db, items, { concurrency: 8, ...options }).subscribe((value) => {
      result = value;
      at = asyncScheduler.now();
      expectNothingHeld(db);
    });
    flush();
  });
  return { result: result!, at, target };
}

/** What the work takes when nothing is in the way, and what slow start and the last probe may add to it. */
const workTime = (items: number): number => (items / 8) * 20;
const probe = 1_000 + 200;

describe('a batch and an outage of two seconds', () => {
  for (const [name, batch] of Object.entries(batches)) {
    it(`loses nothing but what was at work: ${name}`, () => {
      const { result, at } = runThrough(batch);
      expect(failures(result)).toEqual({ use: 8 });
      expect(result.successful.length).toBe(392);
      const lost = new Set(result.failed.map(({ index }) => index));
      expect(result.successful).toEqual(numbers(400).filter((item) => !lost.has(item)));
      expect(result.unstarted).toBe(0);
      expect(at).toBeLessThan(2_000 + workTime(400) + probe);
    });

    it(`fails its items at once with patience: 0, ${name}`, () => {
      const { result } = runThrough(batch, { options: { patience: 0 } });
      expect(failures(result)).toEqual({ use: 8, open: 200 });
    });

    it(`fails what is held when the time limit is over, and what follows at once: ${name}`, () => {
      const { result, at, target } = runThrough(batch, { away: 1e6, options: { patience: 700 } });
      const { use, open } = failures(result) as { use: number; open: number };
      expect(use).toBe(8);
      expect(result.successful.length + use + open).toBe(400);
      expect(result.failed.every(({ error }) => (error as Error).cause !== undefined)).toBe(true);
      // Five connects have to fail before the breaker opens.
      expect(at).toBeGreaterThan(500 + 700);
      expect(at).toBeLessThan(500 + 700 + 1_000);
      // No waiter is left that would make the pool try again.
      expect(target.dials).toBeLessThan(40);
    });
  }

  it('holds what waited for acquireTimeout in vain, where no breaker tells', () => {
    const { result } = runThrough(batches['batchParallel right behind withConnection']!, {
      breaker: false,
      acquireTimeout: 300,
      options: { patience: 10_000 },
    });
    expect(failures(result)).toEqual({ use: 8 });
  });

  it('holds what load shedding rejects while there is no connection at all', () => {
    const { result } = runThrough(batches['batchParallel right behind withConnection']!, { overload: {} });
    expect(failures(result)).toEqual({ use: 8 });
  });

  it('holds nothing while a connection is open, though the last connect has failed: all are busy', () => {
    let error: unknown;
    let failedAt = 0;
    marbles(({ at, flush }) => {
      const target = new Target();
      const pool = createPool({ connect: target.connect, max: 2, breaker: false, acquireTimeout: 300 });
      pool.use(() => timer(5_000)).subscribe();
      at(100, () => {
        target.up = false;
        of(1)
          .pipe(withConnection(pool, work), batchParallel({ patience: 10_000 }))
          .subscribe(({ failed }) => {
            failedAt = asyncScheduler.now();
            ({ error } = failed[0]!);
          });
      });
      flush();
      expect(target.dials).toBeGreaterThan(1);
    });
    expect(error).toEqual(poolError('POOL_EXHAUSTED'));
    expect(failedAt).toBe(400);
  });

  it('has the acquireTimeout of the pool as default of `patience`', () => {
    const { at } = runThrough(batches['batchParallel right behind withConnection']!, {
      away: 1e6,
      acquireTimeout: 4_000,
    });
    expect(at).toBeGreaterThan(4_500);
    expect(at).toBeLessThan(5_500);
  });

  it('holds as long in the second outage as in the first', () => {
    const target = new Target();
    let result: BatchResult<number | undefined> | undefined;
    marbles(({ flush }) => {
      target.outage(300, 1_500);
      target.outage(3_007, 1_500);
      const pool = createPool({ connect: target.connect, max: 8, random: () => 0.5 });
      range(0, 1_000)
        .pipe(withConnection(pool, work), batchParallel({ concurrency: 8, patience: 3_000 }))
        .subscribe((value) => (result = value));
      flush();
    });
    expect(failures(result!)).toEqual({ use: 16 });
  });

  it('waits for a target that is not there yet, one after the other too', () => {
    for (const sequential of [
      (tasks: Tasks) => tasks.pipe(batchSequential()),
      (tasks: Tasks) =>
        tasks.pipe(
          map((task) => task),
          batchSequential(),
        ),
    ]) {
      const target = new Target();
      target.up = false;
      const got: number[] = [];
      marbles(({ at, flush }) => {
        at(3_000, () => target.start());
        const pool = createPool({ connect: target.connect, max: 2, random: () => 0.5 });
        sequential(range(0, 3).pipe(withConnection(pool, work))).subscribe((value) => got.push(value));
        flush();
      });
      expect(got).toEqual([0, 1, 2]);
    }
  });

  it('waits so where it is pulled one after the other', () => {
    const target = new Target();
    target.up = false;
    const got: unknown[] = [];
    marbles(({ at, flush }) => {
      at(3_000, () => target.start());
      const pool = createPool({ connect: target.connect, max: 2, random: () => 0.5 });
      ix.fromPull(ix.batchSequential({ patience: 5_000 })(ix.withConnection(pool, work)([0, 1, 2]))).subscribe(
        (value) => got.push(value),
      );
      flush();
    });
    expect(got).toEqual([0, 1, 2]);
  });

  it('ends one that runs one after the other with the error of the pool, when its `patience` is over', () => {
    const target = new Target();
    target.up = false;
    marbles(({ expectObservable }) => {
      const pool = createPool({ connect: target.connect, max: 2, random: () => 0.5, breaker: { failures: 1 } });
      const result$ = range(0, 3).pipe(withConnection(pool, work), batchSequential({ patience: 100 }));
      expectObservable(result$).toBe('105ms #', undefined, poolError('CONNECTION_FAILED', { cause: refused }));
    });
  });

  it('connects no more often than a pool with a waiter: one probe a second', () => {
    const { target } = runThrough(batches['batchParallel right behind withConnection']!, { away: 10_000 });
    expect(target.dials).toBeLessThanOrEqual(8 + 8 + 10 + 8);
  });

  it('lets others fail fast meanwhile, and keeps its items in order', () => {
    const target = new Target();
    target.up = false;
    const began: number[] = [];
    const others: number[] = [];
    marbles(({ at, flush }) => {
      at(5_000, () => target.start());
      const pool = createPool({ connect: target.connect, max: 3, random: () => 0.5 });
      range(0, 9)
        .pipe(
          withConnection(pool, (_, item) => {
            began.push(item);
            return timer(10);
          }),
          batchParallel(3),
        )
        .subscribe();
      at(2_500, () => pool.acquire().subscribe({ error: () => others.push(asyncScheduler.now()) }));
      flush();
    });
    expect(began).toEqual(numbers(9));
    expect(others).toEqual([2_500]);
  });

  it('holds no task that has begun, whatever its error is', () => {
    const target = new Target();
    let result: BatchResult<unknown> | undefined;
    let calls = 0;
    marbles(({ flush }) => {
      const pool = createPool({ connect: target.connect, max: 2, random: () => 0.5 });
      const away = createPool({ connect: () => throwError(() => refused), max: 1, random: () => 0.5, name: 'away' });
      const call = (): Observable<number> => {
        calls++;
        return timer(5);
      };
      const nested = (task: ConnectionTask<number, number>) => task.pipe(mergeMap(() => away.use(call)));
      range(0, 4)
        .pipe(withConnection(pool, call), map(nested), batchParallel(2))
        .subscribe((value) => (result = value));
      flush();
    });
    expect(failures(result!)).toEqual({ open: 4 });
    expect(calls).toBe(4);
  });

  it('holds no task of which something was seen already', () => {
    const target = new Target();
    target.up = false;
    const seen: unknown[] = [];
    marbles(({ at, flush }) => {
      at(3_000, () => target.start());
      const pool = createPool({ connect: target.connect, max: 1, random: () => 0.5 });
      const loud = (task: ConnectionTask<number, number>) => task.pipe(startWith(-1));
      range(0, 1)
        .pipe(withConnection(pool, work), map(loud), batchSequential())
        .subscribe({ next: (value) => seen.push(value), error: () => seen.push('error') });
      flush();
    });
    expect(seen).toEqual([-1, 'error']);
  });
});

describe('a batch that waits for its target', () => {
  /** A batch of 20 at 4 at a time, whose target is away from the beginning. */
  function waiting(
    then: (run: { pool: ConnectionPool<number>; target: Target; at: (ms: number, action: () => void) => void }) => void,
    options: Partial<Parameters<typeof createPool<number>>[0]> = {},
  ): void {
    const target = new Target();
    target.up = false;
    marbles(({ at, flush }) => {
      then({ target, at, pool: createPool({ connect: target.connect, max: 4, random: () => 0.5, ...options }) });
      flush();
    });
  }

  it('starts nothing before all that it held of one pool, although another pool recovers meanwhile', () => {
    const log: string[] = [];
    marbles(({ flush }) => {
      const gate = new Subject<string>();
      const breaker = { failures: 1, probeAfter: 10 };
      const refuses = timer(5).pipe(mergeMap(() => throwError(() => refused)));
      const down = createPool({ connect: () => refuses, max: 4, breaker, retryDelay: 1 });
      let dials = 0;
      const back = createPool({
        connect: () => (dials++ === 0 ? refuses : concat(gate.pipe(take(1)), NEVER)),
        max: 4,
        capacity: 4,
        breaker,
        retryDelay: 1,
        connectTimeout: Infinity,
      });
      const tasksOf = (pool: ConnectionPool<string>, ...names: string[]) =>
        from(names).pipe(
          withConnection(pool, (_, name) => {
            log.push(name);
            return NEVER;
          }),
        );
      const batch = concat(tasksOf(down as ConnectionPool<string>, 'a', 'b'), tasksOf(back, 'c', 'd'))
        .pipe(batchOutcomes({ concurrency: 3, patience: 100 }))
        .subscribe(({ item, status }) => {
          log.push(`${item} ${status}`);
          gate.next('connection');
        });
      asyncScheduler.schedule(() => {
        batch.unsubscribe();
        void down.destroy();
        void back.destroy();
      }, 200);
      flush();
    });
    expect(log).toEqual(['a failed', 'c', 'b failed', 'd']);
  });

  it('is unsubscribed, and leaves nothing behind', () => {
    let dialled = -1;
    const seen: string[] = [];
    waiting(({ pool, target, at }) => {
      const subscription = range(0, 20)
        .pipe(withConnection(pool, work), batchParallel())
        .subscribe({
          next: () => seen.push('next'),
          error: () => seen.push('error'),
          complete: () => seen.push('end'),
        });
      at(2_000, () => {
        expect(pool.stats.breaker).not.toBe('closed');
        subscription.unsubscribe();
        dialled = target.dials;
        expectNothingHeld(pool);
      });
      at(60_000, () => expect(target.dials).toBeLessThanOrEqual(dialled + 1));
    });
    expect(seen).toEqual([]);
    expect(dialled).toBeGreaterThan(4);
  });

  it('ends at once when its pool is destroyed', () => {
    const errors: unknown[] = [];
    waiting(({ pool, at }) => {
      range(0, 20)
        .pipe(withConnection(pool, work), batchParallel())
        .subscribe({ error: (error: unknown) => errors.push(error, asyncScheduler.now()) });
      ix.fromPull(ix.batchParallel()(ix.withConnection(pool, work)(numbers(20)))).subscribe({
        error: (error: unknown) => errors.push(error),
      });
      at(2_000, () => void pool.destroy());
    });
    expect(errors.slice(0, 2)).toEqual([poolError('INVALID_POOL'), 2_000]);
  });

  it('is stopped by the first failure of another pool: what is held fails then', () => {
    const out: string[] = [];
    let stoppedAt = -1;
    waiting(({ pool }) => {
      const other = createPool({
        connect: () => of(1).pipe(mergeMap((c) => new Observable<number>((s) => s.next(c)))),
        max: 4,
      });
      const slow = withConnection(other, () => timer(3_000).pipe(mergeMap(() => throwError(() => new Error('no')))));
      const tasks = [0, 1];
      from(tasks)
        .pipe(
          mergeMap((i) => (i === 0 ? of(i).pipe(slow) : range(1, 10).pipe(withConnection(pool, work)))),
          batchOutcomes({ concurrency: 4, stopOnError: true, ordered: true }),
        )
        .subscribe({
          next: ({ status }) => out.push(status),
          complete: () => (stoppedAt = asyncScheduler.now()),
        });
    });
    expect(out).toEqual(['failed', 'failed', 'failed', 'failed']);
    expect(stoppedAt).toBe(3_000);
  });

  it('is stopped so where it is pulled, too', () => {
    const out: string[] = [];
    waiting(({ pool }) => {
      const other = createPool({ connect: () => new Observable<number>((s) => s.next(1)), max: 4 });
      const slow = timer(3_000).pipe(mergeMap(() => throwError(() => new Error('no'))));
      const failing = of(0).pipe(withConnection(other, () => slow));
      concat(failing, range(1, 10).pipe(withConnection(pool, work)))
        .pipe(toArray())
        .subscribe((tasks) => {
          ix.fromPull(
            ix.batchOutcomes({ concurrency: 4, stopOnError: true, ordered: true })(tasks as Observable<unknown>[]),
          ).subscribe(({ status, index }) => out.push(`${index} ${status} at ${asyncScheduler.now()}`));
        });
    });
    expect(out).toEqual(['0', '0', '1', '2'].map((index) => `${index} failed at 3000`));
  });

  it('draws no more than it had drawn', () => {
    let drawn = 0;
    function* items(): Generator<number> {
      for (; drawn < 20; drawn++) yield drawn;
    }
    waiting(({ pool, target, at }) => {
      ix.fromPull(ix.batchParallel(4)(ix.withConnection(pool, work)(items()))).subscribe();
      at(2_000, () => expect(drawn).toBe(3));
      at(2_500, () => target.start());
    });
    expect(drawn).toBe(20);
  });

  it('has another pool as well: it begins nothing there, and what runs there goes on', () => {
    const ended: string[] = [];
    waiting(({ pool, target, at }) => {
      at(5_000, () => target.start());
      const other = createPool({ connect: () => new Observable<number>((s) => s.next(1)), max: 4 });
      const there = range(0, 4).pipe(withConnection(other, () => timer(2_000)));
      const here = range(0, 4).pipe(withConnection(pool, () => timer(10)));
      from([there, here, there])
        .pipe(
          mergeMap((tasks, which) =>
            tasks.pipe(map((task) => task.pipe(tap(() => ended.push(`${which} at ${asyncScheduler.now()}`))))),
          ),
        )
        .pipe(batchParallel(6))
        .subscribe();
    });
    expect(ended.filter((text) => text === '0 at 2000').length).toBe(4);
    expect(ended.filter((text) => text.startsWith('1')).length).toBe(4);
    const third = ended.filter((text) => text.startsWith('2')).map((text) => Number(text.slice(5)));
    expect(third.length).toBe(4);
    expect(Math.min(...third)).toBeGreaterThan(7_000);
  });

  it('is aborted by its signal', async () => {
    const controller = new AbortController();
    const errors: unknown[] = [];
    waiting(({ pool, at }) => {
      ix.fromPull(
        ix.batchParallel({ signal: controller.signal })(ix.withConnection(pool, work)(numbers(20))),
      ).subscribe({
        error: (error: unknown) => errors.push(error),
      });
      at(2_000, () => {
        controller.abort(new Error('enough'));
        expectNothingHeld(pool);
      });
    });
    await new Promise(setImmediate);
    expect(errors).toEqual([new Error('enough')]);
  });

  it('says that it waits, since when and why, and when it waits no more', () => {
    const told = (progress: BatchProgress): string =>
      `${asyncScheduler.now()}: ${progress.succeeded}` +
      (progress.waiting === undefined
        ? ''
        : `, waits since ${progress.waiting.since} for ${((progress.waiting.error as Error).cause as Error).message}`);
    for (const batch of [
      (pool: ConnectionPool<number>, observer: (progress: BatchProgress) => void) =>
        range(0, 2).pipe(withConnection(pool, work), batchOutcomes(), tap(), trackProgress(observer)),
      (pool: ConnectionPool<number>, observer: (progress: BatchProgress) => void) =>
        ix.fromPull(ix.trackProgress(observer)(ix.batchOutcomes()(ix.withConnection(pool, work)([0, 1])))),
      (pool: ConnectionPool<number>, observer: (progress: BatchProgress) => void) =>
        ix.fromPull(ix.batchOutcomes()(ix.withConnection(pool, work)([0, 1]))).pipe(trackProgress(observer)),
    ]) {
      const seen: string[] = [];
      waiting(
        ({ pool, target, at }) => {
          at(2_500, () => target.start());
          batch(pool, (progress) => seen.push(told(progress))).subscribe();
        },
        { breaker: { failures: 1 } },
      );
      expect(seen).toEqual([
        '0: 0',
        '5: 0, waits since 5 for connection refused',
        '3020: 0',
        jasmine.stringMatching(/^30\d\d: 1$/),
        jasmine.stringMatching(/^30\d\d: 2$/),
      ]);
    }
  });

  it('waits on, and says nothing, while new connections do not pass their validation', () => {
    const waits: string[] = [];
    let dials = 0;
    let result: BatchResult<number | undefined> | undefined;
    marbles(({ flush }) => {
      const pool = createPool<number>({
        connect: () => (dials++ === 0 ? throwError(() => refused) : concat(of(dials), NEVER)),
        max: 2,
        breaker: { failures: 1, probeAfter: 100 },
        validate: () => timer(5).pipe(map(() => asyncScheduler.now() > 1_000)),
        validateAfter: 0,
      });
      range(0, 2)
        .pipe(
          withConnection(pool, work),
          batchOutcomes({ patience: Infinity }),
          trackProgress(({ waiting }) => waits.push(`${asyncScheduler.now()}: ${waiting?.since}`)),
          collectBatch(),
        )
        .subscribe((got) => {
          result = got;
          void pool.destroy();
        });
      flush();
    });
    expect(result?.successful).toEqual([0, 1]);
    expect(dials).toBeGreaterThan(5);
    expect(waits.slice(0, 2)).toEqual(['0: undefined', '0: 0']);
    expect(waits[2]).toMatch(/^1\d{3}: undefined$/);
    expect(waits.length).toBe(5);
  });

  it('holds a task that an earlier batch has run, with operators on it and without', () => {
    for (const shape of [
      (task: ConnectionTask<number, number>): Observable<number> => task,
      (task: ConnectionTask<number, number>): Observable<number> => task.pipe(map((value) => value)),
    ]) {
      const results: BatchResult<number | undefined>[] = [];
      marbles(({ at, flush }) => {
        const target = new Target();
        const pool = createPool<number>({ connect: target.connect, max: 2, breaker: { failures: 1, probeAfter: 100 } });
        const tasks: Observable<number>[] = [];
        range(0, 2)
          .pipe(withConnection(pool, work))
          .subscribe((task) => tasks.push(shape(task)));
        const runBatch = (): void => {
          from(tasks)
            .pipe(batchParallel({ concurrency: 2, patience: 5_000 }))
            .subscribe((result) => results.push(result));
        };
        runBatch();
        target.outage(100, 1_000);
        at(200, runBatch);
        at(3_000, () => void pool.destroy());
        flush();
      });
      expect(results.map(({ successful, failed }) => [successful.length, failed.length])).toEqual([
        [2, 0],
        [2, 0],
      ]);
    }
  });

  it('tells no observer behind the one that has ended it', () => {
    const told: boolean[] = [];
    waiting(({ pool }) => {
      const stop$ = new Subject<void>();
      range(0, 2)
        .pipe(
          withConnection(pool, work),
          batchOutcomes(),
          trackProgress(({ waiting: wait }) => {
            if (wait !== undefined) stop$.next();
          }),
          trackProgress(({ waiting: wait }) => told.push(wait !== undefined)),
          takeUntil(stop$),
        )
        .subscribe();
    });
    expect(told).toEqual([false]);
  });

  it('is unsubscribed by the observer that it tells', () => {
    let dialled = -1;
    waiting(({ pool, target }) => {
      const stop$ = new Subject<void>();
      range(0, 20)
        .pipe(
          withConnection(pool, work),
          batchOutcomes(),
          trackProgress(({ waiting }) => {
            if (waiting === undefined) return;
            dialled = target.dials;
            stop$.next();
          }),
          takeUntil(stop$),
        )
        .subscribe();
    });
    expect(dialled).toBeGreaterThan(0);
  });

  it('refuses an invalid `patience`', () => {
    const message = jasmine.stringContaining(
      'patience must be milliseconds, 0 or more, or Infinity for none, but got -1',
    );
    for (const make of [
      () => batchParallel({ concurrency: 1, patience: -1 }),
      () => batchOutcomes({ patience: -1 }),
      () => batchSequential({ patience: -1 }),
      () => ix.batchParallel({ patience: -1 }),
      () => ix.batchOutcomes({ patience: -1 }),
      () => ix.batchSequential({ patience: -1 }),
    ]) {
      expect(make).toThrow(poolError('INVALID_CONFIG', { message }));
    }
    expect(() => batchSequential({ ordered: true } as object)).toThrow(
      poolError('INVALID_CONFIG', {
        message: jasmine.stringContaining('ordered is not an option; the options are patience'),
      }),
    );
  });
});
