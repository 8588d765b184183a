import type { AsyncIterableX } from 'ix/asynciterable/asynciterablex';
import type { ObservableInput } from 'rxjs';
import type { BatchResult } from '../operators/internal/batch-result';
import type { ItemOf, LastValue } from '../operators/internal/task';
import { outcomesOf } from './batch-outcomes';
import { resolvePullOptions } from './internal/batch-options';
import type { PullBatchOptions } from './internal/batch-options';
import { collectBatch } from './collect-batch';
import type { PullOperator } from './internal/pull-iterable';
import type { PullSource } from './internal/source';

/**
 * Runs up to `concurrency` tasks in parallel, and gives one result when all have ended: what succeeded and what failed, in the
 * order of the source. Short for `batchOutcomes(concurrency)` and `collectBatch()`. The tasks are drawn as slots come free; the
 * result holds what came of all of them.
 *
 * ```ts
 * const result = await lastValueFrom(fromPull(from(lines).pipe(withConnection(pool, send), batchParallel(8))));
 * ```
 */
export function batchParallel(
  concurrency?: number | PullBatchOptions,
): <I extends ObservableInput<unknown>>(source: PullSource<I>) => AsyncIterableX<BatchResult<LastValue<I>, ItemOf<I>>>;
export function batchParallel<I extends ObservableInput<unknown>>(
  concurrency?: number | PullBatchOptions,
): PullOperator<I, BatchResult<LastValue<I>, ItemOf<I>>>;
export function batchParallel(
  concurrency?: number | PullBatchOptions,
): <I extends ObservableInput<unknown>>(source: PullSource<I>) => AsyncIterableX<BatchResult<LastValue<I>, ItemOf<I>>> {
  const options = resolvePullOptions('batchParallel', concurrency);
  return (source) => collectBatch()(outcomesOf('batchParallel', options, source));
}
