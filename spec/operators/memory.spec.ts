import { concat, filter, from, lastValueFrom, NEVER, Subject, takeUntil, throwError, timer } from 'rxjs';
import type { Observable } from 'rxjs';
import { batchOutcomes, batchParallel, batchSequential, createPool, withConnection } from '../../src/index';
import type { ConnectionPool, ConnectionTask } from '../../src/index';
import * as ix from '../../src/ix/index';
import { collectGarbage } from '../helpers/garbage';
import { turns } from '../helpers/turns';

type Work = (connection: string, item: number) => Observable<unknown>;
type Tasks = Observable<ConnectionTask<number, unknown>>;
type PulledTasks = AsyncIterable<ConnectionTask<number, unknown>>;
/** Runs a batch of three items until it ends, or until `stop$` emits. */
type Run = (pool: ConnectionPool<string>, work: Work, stop$: Observable<unknown>) => Promise<unknown>;

const pushed =
  (batch: (tasks: Tasks) => Observable<unknown>): Run =>
  (pool, work, stop$) => {
    const outcomes$ = batch(from([1, 2, 3]).pipe(withConnection(pool, work)));
    return lastValueFrom(outcomes$.pipe(takeUntil(stop$)), { defaultValue: undefined }).catch(() => undefined);
  };

const pulled =
  (batch: (tasks: PulledTasks) => AsyncIterable<unknown>): Run =>
  async (pool, work, stop$) => {
    const iterator = batch(ix.withConnection(pool, work)([1, 2, 3]))[Symbol.asyncIterator]();
    const stopping = stop$.subscribe(() => void iterator.return?.());
    try {
      while ((await iterator.next()).done !== true);
    } catch {
      // Some end by an error.
    }
    stopping.unsubscribe();
  };

const failing = (): Iterable<never> => ({
  [Symbol.iterator]: () => ({
    next: () => {
      throw new Error('the source fails');
    },
  }),
});

/** The pool has one connection, so that a batch holds items back. */
const ways: Record<string, Run> = {
  batchParallel: pushed((tasks) => tasks.pipe(batchParallel({ concurrency: 3, patience: 60_000 }))),
  'batchOutcomes, ordered': pushed((tasks) => tasks.pipe(batchOutcomes({ ordered: true, patience: 60_000 }))),
  batchSequential: pushed((tasks) => tasks.pipe(batchSequential())),
  'batchParallel of tasks that an operator has passed on': pushed((tasks) =>
    tasks.pipe(
      filter(() => true),
      batchParallel({ patience: 60_000 }),
    ),
  ),
  'batchParallel whose source fails': pushed((tasks) =>
    concat(
      tasks,
      throwError(() => new Error('the source fails')),
    ).pipe(batchParallel({ patience: 60_000 })),
  ),
  'a pulled batchOutcomes': pulled((tasks) => ix.batchOutcomes({ concurrency: 3, patience: 60_000 })(tasks)),
  'a pulled batchSequential': pulled((tasks) => ix.batchSequential()(tasks)),
  'a pulled batch whose signal is aborted': (pool, work, stop$) => {
    const controller = new AbortController();
    const options = { patience: 60_000, signal: controller.signal };
    return pulled((tasks) => {
      stop$.subscribe(() => {
        controller.abort();
      });
      return ix.batchOutcomes(options)(tasks);
    })(pool, work, NEVER);
  },
  'a pulled batch whose source fails': pulled((tasks) =>
    ix.batchOutcomes({ patience: 60_000 })(
      (async function* () {
        yield* tasks;
        yield* failing();
      })(),
    ),
  ),
};

const opens = (): Observable<string> => concat(from(['c']), NEVER);
const refuses = (): Observable<never> => throwError(() => new Error('refused'));

describe('A pool holds nothing of a batch', () => {
  const ends: [how: string, work: Work, connect: () => Observable<string>, stops: boolean][] = [
    ['has ended', () => timer(1), opens, false],
    ['was stopped while it held items back', () => NEVER, opens, true],
    ['was stopped while its target was away', () => NEVER, refuses, true],
  ];
  for (const [how, work, connect, stops] of ends) {
    for (const [name, run] of Object.entries(ways)) {
      it(`that ${how}: ${name}`, async () => {
        const pool = createPool<string>({ connect, max: 1, breaker: { failures: 1, probeAfter: 60_000 } });
        const stop$ = new Subject<void>();
        /** In a function of its own, so that nothing on the stack keeps the owner. */
        const begin = async (): Promise<WeakRef<object>> => {
          const owner = { work };
          const ended = run(pool, (connection, item) => owner.work(connection, item), stop$);
          await turns(3);
          if (stops) stop$.next();
          stop$.complete();
          await ended;
          return new WeakRef(owner);
        };
        const owner = await begin();
        for (let round = 0; round < 50 && owner.deref() !== undefined; round++) {
          await turns(2);
          collectGarbage();
        }
        expect(owner.deref()).toBeUndefined();
        expect(pool.stats.activeLeases).toBe(0);
        await pool.destroy();
      });
    }
  }
});
