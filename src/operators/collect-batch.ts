import { Observable, Subscriber } from 'rxjs';
import type { OperatorFunction } from 'rxjs';
import type { BatchOutcome } from './batch-outcomes';
import { unstartedAt } from './unstarted';

/** What one failed with. */
export interface BatchFailure {
  readonly index: number;
  /** The item, to send it again. */
  readonly item: unknown;
  readonly error: unknown;
}

/** How a batch went, both lists in the order of the source. */
export interface BatchResult<R> {
  /** The last value of each that completed. */
  readonly successful: R[];
  readonly failed: BatchFailure[];
  /** With `stopOnError`: how many had been drawn from the source when it stopped, and were not started. Otherwise 0. */
  readonly unstarted: number;
}

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

class Collector<R> extends Subscriber<BatchOutcome<R>> {
  private readonly successful: R[] = [];
  private readonly places: number[] = [];
  private readonly failed: BatchFailure[] = [];
  private unstarted = 0;
  private sorted = true;

  constructor(private readonly out: Subscriber<BatchResult<R>>) {
    super(out);
  }

  protected override _next(outcome: BatchOutcome<R>): void {
    if (outcome.status === 'fulfilled') {
      const { places } = this;
      if (places.length > 0 && places[places.length - 1]! > outcome.index) this.sorted = false;
      places.push(outcome.index);
      this.successful.push(outcome.value);
    } else {
      const { index, item, reason } = outcome;
      this.failed.push({ index, item, error: reason });
      this.unstarted += unstartedAt(outcome);
    }
  }

  protected override _complete(): void {
    const { places, failed, unstarted } = this;
    failed.sort((a, b) => a.index - b.index);
    const successful = this.sorted
      ? this.successful
      : places
          .map((_, i) => i)
          .sort((a, b) => places[a]! - places[b]!)
          .map((i) => this.successful[i] as R);
    this.out.next({ successful, failed, unstarted });
    // Whoever has enough of one result has unsubscribed by now.
    if (!this.closed) super._complete();
  }
}
