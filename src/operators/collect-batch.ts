import { Observable } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import type { BatchOutcome } from './internal/batch-outcome';
import type { BatchResult } from './internal/batch-result';
import { ResultSubscriber } from './internal/result-subscriber';

/**
 * Collects the outcomes of `batchOutcomes` into one result, in the order of the source.
 *
 * ```
 * outcomes   --a--b--c|      b: rejected
 * result     ---------(r|)   { successful: [a, c], failed: [b], unstarted: 0 }
 * ```
 *
 * To send the failed ones again:
 *
 * ```ts
 * from(result.failed.map((f) => f.item)).pipe(withConnection(pool, send), batchParallel(8))
 * ```
 */
export function collectBatch<R, T>(): OperatorFunction<BatchOutcome<R, T>, BatchResult<R, T>> {
  return (source) => new Observable((out) => source.subscribe(new ResultSubscriber<R, T>(out)));
}
