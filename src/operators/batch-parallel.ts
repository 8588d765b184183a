import { Observable } from 'rxjs';
import type { ObservableInput, OperatorFunction } from 'rxjs';
import type { BatchOutcome } from './internal/batch-outcome';
import { resolveBatchOptions } from './internal/batch-options';
import type { BatchOptions } from './internal/batch-options';
import type { BatchResult, ResultBuilder } from './internal/batch-result';
import type { Member } from './internal/member';
import { OutcomePolicy } from './internal/outcome-policy';
import type { BatchHost } from './internal/outcome-policy';
import { PushBatch } from './internal/push-batch';
import { ResultSubscriber } from './internal/result-subscriber';
import type { ItemOf, LastValue } from './internal/task';

/**
 * Runs up to `concurrency` tasks in parallel, and emits one result when all have ended: what succeeded and what failed, in the
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
export function batchParallel<I extends ObservableInput<unknown>>(
  concurrency?: number | BatchOptions,
): OperatorFunction<I, BatchResult<LastValue<I>, ItemOf<I>>> {
  type R = LastValue<I>;
  const options = resolveBatchOptions('batchParallel', concurrency);
  return (source) =>
    new Observable<BatchResult<R, ItemOf<I>>>((out) => {
      const subscriber = new ResultSubscriber<R, ItemOf<I>>(out);
      const { builder } = subscriber;
      const batch = new PushBatch<R, BatchOutcome<R>>('batchParallel', options, subscriber, (outcome) => {
        builder.add(outcome);
      });
      batch.run(source, new ResultPolicy<R>(batch, options.stopOnError, builder));
    });
}

/** The outcomes of successes are not made, since only the result is emitted. The builder sorts, so they need no order. */
class ResultPolicy<R> extends OutcomePolicy<R> {
  constructor(
    host: BatchHost<BatchOutcome<R>>,
    stopOnError: boolean,
    private readonly builder: ResultBuilder<R>,
  ) {
    super(host, { ordered: false, stopOnError });
  }

  override completed({ index, last }: Member<R>): void {
    this.builder.addValue(index, last as R);
  }
}
