import type { ObservableInput } from 'rxjs';
import type { BatchResult } from '../operators/collection';
import { batchOutcomes } from './batch-outcomes';
import { resolvePullOptions } from './batch-options';
import type { PullBatchOptions } from './batch-options';
import { collectBatch } from './collect-batch';
import { checkSource } from './open';
import type { PullOperator } from './pulled';

/**
 * Runs tasks in parallel, so many at a time, and gives one result when all have ended: what succeeded and what failed, in the
 * order of the source. Short for `batchOutcomes(concurrency)` and `collectBatch()`. The tasks are drawn as slots come free; the
 * result holds what came of all of them.
 *
 * ```ts
 * const result = await lastValueFrom(fromPull(from(lines).pipe(withConnection(pool, send), batchParallel(8))));
 * ```
 */
export function batchParallel<R>(
  concurrency?: number | PullBatchOptions,
): PullOperator<ObservableInput<R>, BatchResult<R>> {
  const options = resolvePullOptions('batchParallel', concurrency);
  return (source) => {
    checkSource('batchParallel', source);
    return collectBatch<R>()(batchOutcomes<R>(options)(source));
  };
}
