import { Observable } from 'rxjs';
import type { ObservableInput, OperatorFunction } from 'rxjs';
import type { BatchOutcome } from './internal/batch-outcome';
import { resolveBatchOptions } from './internal/batch-options';
import type { BatchOptions } from './internal/batch-options';
import { OutcomePolicy } from './internal/outcome-policy';
import { PushBatch } from './internal/push-batch';

/**
 * Runs tasks in parallel and emits an outcome for each, as they end: an error of one is an outcome, not the end. What ends the
 * batch is an error of the source, or a pool that has been destroyed.
 *
 * ```
 * tasks              -A-B-C|
 * A                   ----a|
 * B                     -#
 * C                       --c|
 * batchOutcomes(2)   ----b-a-c|    b: rejected, and C begins then
 * ```
 *
 * `index` and `item` are those of the task; of an inner that is no task, its place in the batch and the inner itself.
 *
 * ```ts
 * from(lines).pipe(withConnection(pool, send), batchOutcomes(8), trackProgress(bar), collectBatch())
 * ```
 */
export function batchOutcomes<R>(
  concurrency?: number | BatchOptions,
): OperatorFunction<ObservableInput<R>, BatchOutcome<R>> {
  const options = resolveBatchOptions('batchOutcomes', concurrency);
  return (source) =>
    new Observable<BatchOutcome<R>>((out) => {
      const batch = new PushBatch<R, BatchOutcome<R>>('batchOutcomes', options, out, (outcome) => {
        out.next(outcome);
      });
      batch.run(source, new OutcomePolicy<R>(batch, options));
    });
}
