import { Observable } from 'rxjs';
import type { ObservableInput, OperatorFunction } from 'rxjs';
import { resolveBatchOptions } from './internal/batch-options';
import type { BatchOptions } from './internal/batch-options';
import { runToOutcomes } from './batch-outcomes';
import { ResultSubscriber } from './collect-batch';
import type { BatchResult } from './internal/batch-result';

/**
 * Runs tasks in parallel, so many at a time, and emits one result when all have ended: what succeeded and what failed, in the
 * order of the source. Short for `batchOutcomes(concurrency)` and `collectBatch()`.
 *
 * ```
 * tasks              -A-B-C|
 * A                   ----a|
 * B                     -#
 * C                       --c|
 * batchParallel(2)   --------(r|)   { successful: [a, c], failed: [{ index: 1, item, error }], unstarted: 0 }
 * ```
 *
 * ```ts
 * const result = await lastValueFrom(from(lines).pipe(withConnection(pool, send), batchParallel(8)));
 * ```
 */
export function batchParallel<R>(
  concurrency?: number | BatchOptions,
): OperatorFunction<ObservableInput<R>, BatchResult<R>> {
  const options = resolveBatchOptions('batchParallel', concurrency);
  return (source) =>
    new Observable<BatchResult<R>>((out) => {
      const collector = new ResultSubscriber<R>(out);
      const { builder } = collector;
      runToOutcomes<R>('batchParallel', source, options, collector, {
        fulfilled: ({ index, last }) => {
          builder.fulfilled(index, last as R);
        },
        rejected: ({ index, item }, error, unstarted) => {
          builder.rejected(index, item, error);
          builder.unstarted += unstarted ?? 0;
        },
      });
    });
}
