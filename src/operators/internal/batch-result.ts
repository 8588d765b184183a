import type { BatchOutcome } from './batch-outcome';
import { inspectSymbol } from '../../pool/values/inspect-symbol';
import { ChunkedList } from './chunked-list';
import { stoppedBatch, unstartedOf } from './unstarted';

/** An item whose task failed. */
export interface BatchFailure<T = unknown> {
  /** The item's place in the batch, from 0. */
  readonly index: number;
  /** The item, to send it again. */
  readonly item: T;
  /** The error of its task, unchanged. */
  readonly error: unknown;
}

/** The result of a batch. Both lists are in the order of the source. */
export interface BatchResult<R, T = unknown> {
  /** The last value of each task that completed. */
  readonly successful: R[];
  /** The failed items, with their errors. */
  readonly failed: BatchFailure<T>[];
  /** With `stopOnError`: the number of items that had been drawn from the source when the batch stopped, and were not started. Otherwise 0. */
  readonly unstarted: number;
}

/** Puts outcomes, which come in any order, into the order of the source. */
export class ResultBuilder<R> {
  private readonly successful = new ChunkedList<R>();
  /** The index of each value, from the first value on that does not come in the order of the source; null before. */
  private places: number[] | null = null;
  private readonly failed: BatchFailure[] = [];
  /** Outcomes that stopped their batches. */
  private readonly stops: BatchOutcome<R>[] = [];
  private sorted = true;

  add(outcome: BatchOutcome<R>): void {
    const { index } = outcome;
    if (outcome.status === 'succeeded') {
      this.addValue(index, outcome.value);
    } else {
      this.addFailure(index, outcome.item, outcome.error);
      if (stoppedBatch(outcome)) this.stops.push(outcome);
    }
  }

  addValue(index: number, value: R): void {
    const { successful } = this;
    if (this.places !== null || index !== successful.size) this.place(index);
    successful.push(value);
  }

  addFailure(index: number, item: unknown, error: unknown): void {
    this.failed.push({ index, item, error });
  }

  private place(index: number): void {
    this.places ??= Array.from({ length: this.successful.size }, (_, i) => i);
    if (this.places.length > 0 && this.places[this.places.length - 1]! > index) this.sorted = false;
    this.places.push(index);
  }

  result(): BatchResult<R> {
    const { places, failed, stops } = this;
    const asTheyCame = this.successful.toArray();
    failed.sort((a, b) => a.index - b.index);
    const successful =
      places === null || this.sorted
        ? asTheyCame
        : places
            .map((_, i) => i)
            .sort((a, b) => places[a]! - places[b]!)
            .map((i) => asTheyCame[i] as R);
    const unstarted = stops.reduce((sum, outcome) => sum + unstartedOf(outcome), 0);
    return Object.defineProperty({ successful, failed, unstarted }, inspectSymbol, { value: inspectResult });
  }
}

/** In a list in a result `util.inspect` would show an error by the name of its class alone. */
function inspectResult(
  this: object,
  depth: number | null,
  options: object,
  inspect: (value: unknown, options: object) => string,
): unknown {
  return depth === null || depth < 1 || depth > 2 ? this : inspect({ ...this }, { ...options, depth: 3 });
}
