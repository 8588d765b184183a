import { Observable, Subscriber } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import type { BatchOutcome } from './batch-outcomes';
import { ResultBuilder } from './internal/batch-result';
import type { BatchResult } from './internal/batch-result';

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
export function collectBatch<R>(): OperatorFunction<BatchOutcome<R>, BatchResult<R>> {
  return (source) => new Observable((out) => source.subscribe(new ResultSubscriber<R>(out)));
}

/** Collects until it completes, and then says what has come together. */
export class ResultSubscriber<R> extends Subscriber<BatchOutcome<R>> {
  readonly builder = new ResultBuilder<R>();

  constructor(private readonly out: Subscriber<BatchResult<R>>) {
    super(out);
  }

  protected override _next(outcome: BatchOutcome<R>): void {
    this.builder.add(outcome);
  }

  protected override _complete(): void {
    this.out.next(this.builder.result());
    // Whoever has enough of one result has unsubscribed by now.
    if (!this.closed) super._complete();
  }
}
