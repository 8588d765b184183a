import type { BatchOutcome } from './batch-outcomes';
import { hasStopped, unstartedAt } from './unstarted';

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

/** Puts outcomes, which come in any order, into the order of the source. */
export class Collection<R> {
  private readonly successful: R[] = [];
  private readonly places: number[] = [];
  private readonly failed: BatchFailure[] = [];
  /** Outcomes that stopped their batches. */
  private readonly stops: BatchOutcome<R>[] = [];
  private sorted = true;

  add(outcome: BatchOutcome<R>): void {
    if (outcome.status === 'fulfilled') {
      const { places } = this;
      if (places.length > 0 && places[places.length - 1]! > outcome.index) this.sorted = false;
      places.push(outcome.index);
      this.successful.push(outcome.value);
    } else {
      const { index, item, reason } = outcome;
      this.failed.push({ index, item, error: reason });
      if (hasStopped(outcome)) this.stops.push(outcome);
    }
  }

  result(): BatchResult<R> {
    const { places, failed, stops } = this;
    failed.sort((a, b) => a.index - b.index);
    const successful = this.sorted
      ? this.successful
      : places
          .map((_, i) => i)
          .sort((a, b) => places[a]! - places[b]!)
          .map((i) => this.successful[i] as R);
    return { successful, failed, unstarted: stops.reduce((sum, outcome) => sum + unstartedAt(outcome), 0) };
  }
}
