import { asyncScheduler, filter, NEVER, Observable, takeUntil, timer } from 'rxjs';
import type { ConnectionPool } from '../pool/connection-pool';
import { isPoolError } from '../pool/errors';
import type { PoolEvent } from '../pool/reports/events';
import { callSite } from './call-site';
import { currentRun } from './current-run';
import { planOf } from './replay-plan';
import type { ReplayedRequest, SavedRecording } from './replay-plan';
import { show } from './show';

/** The load and the target of a recording, in virtual time. */
export interface Replay {
  /** The option `connect` of the pool: connects take as long, and fail as often, as in the recording. Connections are numbered from 1. */
  readonly connect: () => Observable<number>;
  /** The index of each request, when it was made. */
  readonly requests$: Observable<number>;
  /** The work of the request with that index: it holds the connection for as long as in the recording, and completes. */
  readonly work: (connection: unknown, index: number) => Observable<never>;
  /** Makes each request at the pool. At the end of the test each one that failed fails it. */
  run(pool: ConnectionPool<unknown>): void;
}

/**
 * Repeats in virtual time, inside `poolTest`, what a pool went through in production: the recording that `recordLoad()` makes, as it is or as its
 * JSON, or an array of the events of the pool. Where callers timed out in production, the same pool options fail the test with the same error,
 * and a change of the options shows whether it helps.
 *
 * ```ts
 * poolTest(({ pool }) => {
 *   const friday = replay(JSON.parse(readFileSync('friday.json', 'utf8')));
 *   friday.run(pool({ max: 4, acquireTimeout: 500, connect: friday.connect }));
 * });
 * ```
 *
 * An array of events is repeated exactly: each lease is held for as long, and each connect takes as long or fails, as then. A recording has
 * distributions instead: the durations are the same all together, in an order that depends on the `seed` of `poolTest`. So it does not know that
 * the target was slow between two and three o'clock.
 */
export function replay(recording: SavedRecording | readonly PoolEvent[]): Replay {
  const run = currentRun();
  if (run === null)
    throw new Error('replay was called outside poolTest: it needs the virtual time of poolTest(() => …)');
  const plan = planOf(recording, run.random);
  const site = callSite();
  let connects = 0;
  const requests$ = requestsOf(plan.requests);
  const work = (_connection: unknown, index: number): Observable<never> => {
    const { holds } = plan.requests[index]!;
    return new Observable((subscriber) =>
      asyncScheduler.schedule(() => {
        subscriber.complete();
      }, holds),
    );
  };
  return {
    connect: () =>
      new Observable((subscriber) => {
        const index = connects++;
        const { takes, error, livesFor } = plan.connect(index);
        subscriber.add(
          asyncScheduler.schedule(() => {
            if (error === undefined) subscriber.next(index + 1);
            else subscriber.error(error);
          }, takes),
        );
        if (livesFor === Infinity) return;
        subscriber.add(
          asyncScheduler.schedule(() => {
            subscriber.error(new Error('the connection is lost, as in the recording'));
          }, takes + livesFor),
        );
      }),
    requests$,
    work,
    run(pool) {
      run.assertPool(pool, 'run of replay()');
      run.lengthen(plan.duration);
      const failures: { readonly index: number; readonly frame: number; readonly error: unknown }[] = [];
      run.expectations.subscriptions.add(
        requests$.subscribe((index) => {
          const { leavesAfter } = plan.requests[index]!;
          let isServed = false;
          const request = pool.use(
            (connection) => {
              isServed = true;
              return work(connection, index);
            },
            { label: `request ${index + 1}` },
          );
          const leaves = leavesAfter === Infinity ? NEVER : timer(leavesAfter).pipe(filter(() => !isServed));
          const error = (reason: unknown): void => {
            failures.push({ index, frame: run.scheduler.frame, error: reason });
          };
          run.expectations.subscriptions.add(request.pipe(takeUntil(leaves)).subscribe({ error }));
        }),
      );
      run.addEndCheck(() => {
        if (failures.length === 0) return;
        const { index, frame, error } = failures[0]!;
        run.expectations.fail(
          `replay: ${failures.length} of ${plan.requests.length} requests failed: ${kindsOf(failures.map((one) => one.error))}\n\n` +
            `The first one, request ${index + 1}, at frame ${Math.round(frame)}: ${show(error)}`,
          site,
        );
      });
    },
  };
}

function requestsOf(requests: readonly ReplayedRequest[]): Observable<number> {
  return new Observable((subscriber) => {
    // One timer at a time: the cost of virtual time grows with the number of timers.
    const next = (index: number, before: number): void => {
      const request = requests[index];
      if (request === undefined) {
        subscriber.complete();
        return;
      }
      subscriber.add(
        asyncScheduler.schedule(() => {
          subscriber.next(index);
          next(index + 1, request.at);
        }, request.at - before),
      );
    };
    next(0, 0);
  });
}

/** The errors by their kinds, the most frequent first: `12 × POOL_EXHAUSTED (timeout)`. */
function kindsOf(errors: readonly unknown[]): string {
  const counts = new Map<string, number>();
  for (const error of errors) {
    const { reason, phase } = error as { reason?: string; phase?: string };
    const detail = reason ?? phase;
    const kind = isPoolError(error) ? `${error.code}${detail === undefined ? '' : ` (${detail})`}` : show(error);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([kind, count]) => `${count} × ${kind}`)
    .join(', ');
}
