import { Observable, Subscriber } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import type { BatchOutcome } from './batch-outcomes';
import { Collection } from './internal/collection';
import type { BatchResult } from './internal/collection';

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
  return (source) => new Observable((out) => source.subscribe(new Collector<R>(out)));
}

/** Collects until it completes, and then says what has come together. */
export class Collector<R> extends Subscriber<BatchOutcome<R>> {
  readonly collection = new Collection<R>();

  constructor(private readonly out: Subscriber<BatchResult<R>>) {
    super(out);
  }

  protected override _next(outcome: BatchOutcome<R>): void {
    this.collection.add(outcome);
  }

  protected override _complete(): void {
    this.out.next(this.collection.result());
    // Whoever has enough of one result has unsubscribed by now.
    if (!this.closed) super._complete();
  }
}
