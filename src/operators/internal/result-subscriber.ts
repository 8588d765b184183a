import { Subscriber } from 'rxjs';
import type { BatchOutcome } from './batch-outcome';
import { ResultBuilder } from './batch-result';
import type { BatchResult } from './batch-result';

/** Collects outcomes until the source completes, and then emits the result. */
export class ResultSubscriber<R, T> extends Subscriber<BatchOutcome<R, T>> {
  readonly builder = new ResultBuilder<R>();

  constructor(private readonly out: Subscriber<BatchResult<R, T>>) {
    super(out);
  }

  protected override _next(outcome: BatchOutcome<R, T>): void {
    this.builder.add(outcome);
  }

  protected override _complete(): void {
    this.out.next(this.builder.result() as BatchResult<R, T>);
    // A `take(1)` downstream has unsubscribed by now.
    if (!this.closed) super._complete();
  }
}
