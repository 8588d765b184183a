import { Observable } from 'rxjs';
import type { ObservableInput, OperatorFunction } from 'rxjs';
import type { BatchOutcome } from './internal/batch-outcome';
import { resolveBatchOptions } from './internal/batch-options';
import type { BatchOptions } from './internal/batch-options';
import { OutcomePolicy } from './internal/outcome-policy';
import { PushBatch } from './internal/push-batch';
import type { ItemOf, LastValue } from './internal/task';

/**
 * Runs tasks in parallel and emits an outcome for each, as they end: an error of one is an outcome, not the end. What ends the
 * batch is an error of the source, or a pool that has been destroyed.
 *
 * ```
 * tasks              -A-B-C|
 * A                   ----a|
 * B                     -#
 * C                       --c|
 * batchOutcomes(2)   ----b-a-c|    b: failed, and C begins then
 * ```
 *
 * `index` and `item` are those of the task; of an inner that is no task, its place in the batch and the inner itself.
 *
 * ```ts
 * from(lines).pipe(withConnection(pool, send), batchOutcomes(8), trackProgress(bar), collectBatch())
 * ```
 */
export function batchOutcomes<I extends ObservableInput<unknown>>(
  concurrency?: number | BatchOptions,
): OperatorFunction<I, BatchOutcome<LastValue<I>, ItemOf<I>>> {
  type R = LastValue<I>;
  type Outcome = BatchOutcome<R, ItemOf<I>>;
  const options = resolveBatchOptions('batchOutcomes', concurrency);
  return (source) =>
    new Observable<Outcome>((out) => {
      const batch = new PushBatch<R, BatchOutcome<R>>('batchOutcomes', options, out, (outcome) => {
        out.next(outcome as Outcome);
      });
      batch.run(source, new OutcomePolicy<R>(batch, options));
    });
}
