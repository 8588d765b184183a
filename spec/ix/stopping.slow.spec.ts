import { from as ixFrom } from 'ix/asynciterable/asynciterablex';
import { map as ixMap } from 'ix/asynciterable/operators/map';
import { Observable } from 'rxjs';
import type { ConnectionPool } from '../../src/index';
import {
  batchOutcomes,
  batchParallel,
  batchSequential,
  collectBatch,
  fromPull,
  trackProgress,
  withConnection,
} from '../../src/ix/index';
import { effort } from '../helpers/effort';
import { expectNothingHeld } from '../helpers/marbles';
import { deferred, microtasks } from '../helpers/turns';
import { CountedSource, settle } from './counted-source';
import type { CountedOptions } from './counted-source';
import { CountedWork } from './counted-work';
import type { Work } from './counted-work';
import { openPool } from './open-pool';

type Pool = ConnectionPool<number>;

/** What stands between the source and the consumer. */
const pipelines: Readonly<Record<string, (pool: Pool, work: Work, source: CountedSource) => AsyncIterable<unknown>>> = {
  'withConnection alone': (pool, work, source) => withConnection(pool, work)(source),
  batchSequential: (pool, work, source) => batchSequential()(withConnection(pool, work)(source)),
  batchOutcomes: (pool, work, source) => batchOutcomes(3)(withConnection(pool, work)(source)),
  'batchOutcomes, ordered': (pool, work, source) =>
    batchOutcomes({ concurrency: 3, ordered: true })(withConnection(pool, work)(source)),
  batchParallel: (pool, work, source) => batchParallel(3)(withConnection(pool, work)(source)),
  'all of them in the pipe of IxJS': (pool, work, source) =>
    ixFrom(source).pipe(
      withConnection(pool, work),
      batchOutcomes(3),
      trackProgress(() => undefined),
      collectBatch(),
    ),
  'with operators of IxJS in between': (pool, work, source) =>
    ixFrom(source).pipe(
      ixMap((item) => item),
      withConnection(pool, work),
      ixMap((task) => task),
      batchOutcomes(3),
    ),
};

const works = {
  'at once': (work: CountedWork): Work => work.atOnce,
  'that can be stopped': (work: CountedWork): Work => work.stoppable,
  'that is deaf, for longer than it takes to stop': (work: CountedWork): Work => work.slow,
};

const sources: Readonly<Record<string, CountedOptions>> = {
  'that answers at once': { count: 12 },
  'that takes its time': { count: 12, before: (n) => microtasks(1 + (n % 5)) },
  'whose return() takes its time': { count: 12, returning: () => microtasks(7) },
};

/** Consumers with one result, which comes at the end: their receiver has nothing left to stop. */
const collecting = ['batchParallel', 'all of them in the pipe of IxJS'];

/** How many microtasks after the beginning it is stopped: the batches are over by the last of them. */
const moments = effort([0, 3, 7, 12, 31, 500], [...Array(32).keys(), 40, 60, 100, 250, 500]);

interface Trial {
  readonly pool: Pool;
  readonly source: CountedSource;
  readonly work: CountedWork;
  readonly results: AsyncIterable<unknown>;
}

/** The consumer goes on: nothing may run any more, and what was drawn from must have been told once. */
function expectAllBack({ pool, source, work }: Trial, told: string): void {
  expect(work.inside).withContext(`${told}: work that runs`).toBe(0);
  const { activeLeases, pendingAcquires } = pool.stats;
  expect([activeLeases, pendingAcquires]).withContext(`${told}: leases held and waited for`).toEqual([0, 0]);
  const iterated = source.iterations > 0;
  expect(source.returns)
    .withContext(`${told}: calls of return()`)
    .toBe(source.ended || !iterated ? 0 : 1);
}

for (const [pipeline, build] of Object.entries(pipelines)) {
  describe(`stopping ${pipeline}`, () => {
    /** Stops at every moment, with every kind of work and of source; `stop` resolves when the code that stops the batch continues. */
    async function atEveryMoment(
      stop: (results: AsyncIterable<unknown>, moment: number) => Promise<void>,
      stopsEarly = true,
    ): Promise<void> {
      let early = 0;
      for (const [kind, workOf] of Object.entries(works)) {
        for (const [nature, options] of Object.entries(sources)) {
          for (const opening of [0, 4]) {
            for (const moment of moments) {
              const pool = openPool(2, { after: opening });
              const source = new CountedSource(options);
              const work = new CountedWork();
              const trial: Trial = { pool, source, work, results: build(pool, workOf(work), source) };
              const told = `work ${kind}, a source ${nature}, opening takes ${opening}, after ${moment} microtasks`;
              await stop(trial.results, moment);
              expectAllBack(trial, told);
              if (!source.ended) early++;
              const { drawn, asked } = source;
              const { begun } = work;
              await settle();
              expect([source.drawn, source.asked, work.begun])
                .withContext(`${told}: what was drawn, asked and begun afterwards`)
                .toEqual([drawn, asked, begun]);
              expect(source.returns).withContext(`${told}: calls of return() in the end`).toBeLessThanOrEqual(1);
              expect(source.mostAsked).withContext(`${told}: pulls at a time`).toBeLessThanOrEqual(1);
              expectNothingHeld(pool);
              await pool.destroy({ timeout: 0 });
            }
          }
        }
      }
      if (stopsEarly)
        expect(early)
          .withContext('trials that were stopped before the end')
          .toBeGreaterThan(2 * moments.length);
      else expect(early).withContext('trials that were stopped before the end').toBe(0);
    }

    it('by return(), at each possible moment, while the consumer waits', async () => {
      await atEveryMoment(async (results, moment) => {
        const iterator = results[Symbol.asyncIterator]();
        void pullAll(iterator);
        await microtasks(moment);
        await iterator.return?.();
      });
    });

    it('by a break, after each possible number of results and of microtasks', async () => {
      await atEveryMoment(async (results, moment) => {
        let seen = 0;
        for await (const _ of results) {
          await microtasks(moment % 7);
          if (++seen > moment / 7) break;
        }
      }, !collecting.includes(pipeline));
    });

    it('by an error of the consumer', async () => {
      await atEveryMoment(async (results, moment) => {
        let seen = 0;
        try {
          for await (const _ of results) {
            if (++seen > moment / 4) throw new Error('the consumer has had enough');
          }
        } catch (error) {
          expect((error as Error).message).toBe('the consumer has had enough');
        }
      }, !collecting.includes(pipeline));
    });

    it('by the AbortSignal of the iteration', async () => {
      await atEveryMoment(async (results, moment) => {
        const controller = new AbortController();
        const iterate = results[Symbol.asyncIterator] as (signal: AbortSignal) => AsyncIterator<unknown>;
        const iterator = iterate.call(results, controller.signal);
        const pulling = pullAll(iterator);
        await microtasks(moment);
        controller.abort(new Error('stop'));
        const error = await pulling;
        if (error !== undefined) expect((error as Error).message).toBe('stop');
      });
    });

    it('by unsubscribing from fromPull: everything is released, though no caller can wait for it', async () => {
      await atEveryMoment(async (results, moment) => {
        const subscription = fromPull(results).subscribe();
        await microtasks(moment);
        subscription.unsubscribe();
        await settle();
      });
    });
  });
}

describe('work that stops its own iteration, while it is just being started', () => {
  interface Stopped {
    readonly pool: Pool;
    readonly iterator: AsyncIterator<unknown>;
    /** Of the `return()` that the work has called. */
    returned: boolean;
    returning?: Promise<unknown>;
  }

  /** Of the third item; the others are promises of three microtasks. */
  function stoppedBy(work: (stop: () => void) => Observable<number> | Promise<number>): Stopped {
    const pool = openPool(4);
    const counted = new CountedWork();
    const outcomes = batchOutcomes(4)(
      withConnection(pool, (connection, item: number) => {
        if (item !== 2) return counted.deaf(connection, item);
        return work(() => {
          trial.returning = trial.iterator.return!().finally(() => (trial.returned = true));
        });
      })(new CountedSource()),
    );
    const trial: Stopped = { pool, iterator: outcomes[Symbol.asyncIterator](), returned: false };
    return trial;
  }

  it('is waited for, if it cannot be stopped', async () => {
    const slow = deferred<number>();
    const trial = stoppedBy((stop) => {
      stop();
      return slow.promise;
    });
    const pulling = pullAll(trial.iterator);
    await settle();
    expect([trial.returned, trial.pool.stats.activeLeases]).toEqual([false, 1]);
    slow.resolve(1);
    await trial.returning;
    expectNothingHeld(trial.pool);
    expect(await pulling).toBeUndefined();
  });

  it('is cancelled, if it can', async () => {
    let cancelled = 0;
    const trial = stoppedBy(
      (stop) =>
        new Observable(() => {
          stop();
          return () => cancelled++;
        }),
    );
    const pulling = pullAll(trial.iterator);
    await settle();
    expect([trial.returned, cancelled]).toEqual([true, 1]);
    expectNothingHeld(trial.pool);
    expect(await pulling).toBeUndefined();
  });

  it('rejects that return(), if its teardown throws', async () => {
    const trial = stoppedBy(
      (stop) =>
        new Observable(() => {
          stop();
          return () => {
            throw new Error('the teardown has failed');
          };
        }),
    );
    const pulling = pullAll(trial.iterator);
    while (trial.returning === undefined) await microtasks(1);
    await expectAsync(trial.returning).toBeRejectedWithError(/the teardown has failed/);
    expectNothingHeld(trial.pool);
    expect(await pulling).toBeUndefined();
  });
});

/** Pulls until the end; resolves with what that failed with. */
async function pullAll(iterator: AsyncIterator<unknown>): Promise<unknown> {
  try {
    while ((await iterator.next()).done !== true);
    return undefined;
  } catch (error) {
    return error;
  }
}
