import fc from 'fast-check';
import { asyncScheduler, map, Observable, range, tap, timer } from 'rxjs';
import { batchOutcomes, isPoolError, trackProgress, withConnection } from '../../src/index';
import type { BatchOptions, BatchOutcome, BatchProgress, ConnectionPool } from '../../src/index';
import * as ix from '../../src/ix/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { expectNothingHeld, marbles } from '../helpers/marbles';

/** The target is up for so long (ms), and then away for so long. */
interface Outage {
  readonly up: number;
  readonly away: number;
}

interface Plan {
  readonly items: number;
  readonly concurrency: number;
  readonly max: number;
  readonly capacity: number;
  /** In ms: what the work and a connect take. */
  readonly work: number;
  readonly connect: number;
  readonly outages: readonly Outage[];
  readonly ordered: boolean;
  readonly batch: keyof typeof batches;
}

type Work = () => Observable<number>;
type Batch = (
  pool: ConnectionPool<object>,
  work: Work,
  plan: Plan,
  observer: (progress: BatchProgress) => void,
) => Observable<BatchOutcome<number | undefined>>;

const options = ({ concurrency, ordered }: Plan): BatchOptions => ({ concurrency, ordered, patience: 1e6 });

const batches = {
  pushed: ((pool, work, plan, observer) =>
    range(0, plan.items).pipe(
      withConnection(pool, work),
      batchOutcomes(options(plan)),
      trackProgress(observer),
    )) as Batch,
  piped: ((pool, work, plan, observer) =>
    range(0, plan.items).pipe(
      withConnection(pool, work),
      map((task) => task.pipe(tap())),
      batchOutcomes(options(plan)),
      trackProgress(observer),
    )) as Batch,
  pulled: ((pool, work, plan, observer) =>
    ix.fromPull(
      ix.trackProgress(observer)(
        ix.batchOutcomes(options(plan))(ix.withConnection(pool, work)(Array.from({ length: plan.items }, (_, i) => i))),
      ),
    )) as Batch,
};

interface Run {
  readonly outcomes: readonly BatchOutcome<number | undefined>[];
  /** How much was at work, whenever the target went away. */
  readonly atWork: number;
  /** When the last outcome came; -1 when the batch has not ended. */
  readonly at: number;
  /** How often it said that it waits, and whether it said so last. */
  readonly waits: number;
  readonly waiting: boolean;
}

function run(plan: Plan): Run {
  const outcomes: BatchOutcome<number | undefined>[] = [];
  const lives = new Set<() => void>();
  let up = true;
  let running = 0;
  let atWork = 0;
  let at = -1;
  let waiting = false;
  let waits = 0;
  marbles(({ flush }) => {
    let time = 0;
    for (const outage of plan.outages) {
      time += outage.up;
      asyncScheduler.schedule(() => {
        up = false;
        atWork += running;
        for (const lose of [...lives]) lose();
      }, time);
      time += outage.away;
      asyncScheduler.schedule(() => (up = true), time);
    }
    const pool = createPool<object>({
      max: plan.max,
      capacity: plan.capacity,
      random: () => 0.5,
      connect: () =>
        new Observable((subscriber) => {
          const lose = (): void => subscriber.error(new Error('reset'));
          const answer = asyncScheduler.schedule(() => {
            if (!up) {
              subscriber.error(new Error('refused'));
              return;
            }
            lives.add(lose);
            subscriber.next({});
          }, plan.connect);
          return () => {
            answer.unsubscribe();
            lives.delete(lose);
          };
        }),
    });
    const work: Work = () =>
      new Observable<number>((subscriber) => {
        running++;
        subscriber.add(() => running--);
        subscriber.add(
          timer(plan.work).subscribe(() => {
            subscriber.next(1);
            subscriber.complete();
          }),
        );
      });
    const observer = (progress: BatchProgress): void => {
      if (!waiting && progress.waiting !== undefined) waits++;
      waiting = progress.waiting !== undefined;
    };
    batches[plan.batch](pool, work, plan, observer).subscribe({
      next: (outcome) => outcomes.push(outcome),
      complete: () => (at = asyncScheduler.now()),
    });
    flush();
    expectNothingHeld(pool);
  });
  return { outcomes, atWork, at, waiting, waits };
}

/** What is wrong with a run, if anything is. */
function wrong(plan: Plan, onWait: () => void): string | null {
  const { outcomes, atWork, at, waiting, waits } = run(plan);
  if (waits > 0) onWait();
  if (at < 0) return 'the batch has not ended';
  const indexes = outcomes.map(({ index }) => index);
  const all = Array.from({ length: plan.items }, (_, i) => i);
  const got = plan.ordered ? indexes : [...indexes].sort((a, b) => a - b);
  if (String(got) !== String(all)) return `the outcomes are those of ${String(indexes)}`;
  const failed = outcomes.flatMap((outcome) => (outcome.status === 'failed' ? [outcome.error] : []));
  if (failed.length > atWork) return `${failed.length} failed, and ${atWork} were at work`;
  const other = failed.find((error) => !isPoolError(error, 'CONNECTION_FAILED') || error.phase !== 'use');
  if (other !== undefined) return `one failed with ${(other as Error).message}`;
  if (waiting) return 'it still says that it waits';

  // What it takes without, what each outage takes away, and until it is noticed that it is over: a probe, and slow start anew.
  const without = run({ ...plan, outages: [] }).at;
  let begun = 0;
  let bound = without;
  for (const { up, away } of plan.outages) {
    if ((begun += up) <= at) bound += away + 1_000 + 8 * (plan.connect + plan.work);
    begun += away;
  }
  return at <= bound ? null : `it took ${at} ms, and ${without} without an outage: more than ${bound}`;
}

const plans: fc.Arbitrary<Plan> = fc.record({
  items: fc.integer({ min: 1, max: 60 }),
  concurrency: fc.integer({ min: 1, max: 8 }),
  max: fc.integer({ min: 1, max: 6 }),
  capacity: fc.constantFrom(1, 1, 3),
  work: fc.integer({ min: 1, max: 60 }),
  connect: fc.integer({ min: 1, max: 4 }),
  outages: fc.array(fc.record({ up: fc.integer({ min: 0, max: 300 }), away: fc.integer({ min: 1, max: 3_000 }) }), {
    maxLength: 4,
  }),
  ordered: fc.boolean(),
  batch: fc.constantFrom('pushed' as const, 'piped' as const, 'pulled' as const),
});

const seed = Number(process.env['FC_SEED'] ?? 1);
const runs = Number(process.env['OUTAGE_RUNS'] ?? 150);

describe('a batch over a target that goes away at random', () => {
  it('has one outcome for every item, loses no more than what was at work, and takes no longer than it must', () => {
    let waited = 0;
    const property = fc.property(plans, (plan) => {
      const what = wrong(plan, () => waited++);
      if (what !== null) throw new Error(what);
    });
    expect(() => fc.assert(property, { seed, numRuns: runs })).not.toThrow();
    expect(waited).toBeGreaterThan(runs / 4);
  });
});
