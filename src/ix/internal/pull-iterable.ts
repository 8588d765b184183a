import { AsyncIterableX } from 'ix/asynciterable/asynciterablex';
import { PendingPulls, PullIterator } from './pull-iterator';
import type { PullSource, Receiver, Source } from './source';

/**
 * An operator on AsyncIterables. Fits into the `pipe` of IxJS, and is a plain function of an AsyncIterable (or of an
 * Iterable) beside it, as in `batchOutcomes(8)(tasks)`.
 */
export type PullOperator<T, R> = (source: PullSource<T>) => AsyncIterableX<R>;

// Not instanceof, which for a class derived from AsyncIterableX says yes to every AsyncIterableX. A second copy of the package may
// speak to its operators in another way, so the mark is of this copy.
const brand = Symbol('rxjs-connection-pool.pulled');

export function isPullIterable<T>(source: unknown): source is PullIterable<T> {
  return (source as { [brand]?: true })[brand] === true;
}

/** What the operators return: an AsyncIterableX, and a Source for other operators of this package. */
export abstract class PullIterable<T> extends AsyncIterableX<T> {
  get [brand](): true {
    return true;
  }

  /** Begins an iteration. Nothing is drawn before the first pull. */
  abstract open(receiver: Receiver<T>, signal: AbortSignal | undefined): Source;

  [Symbol.asyncIterator](signal?: AbortSignal): AsyncIterator<T, undefined> {
    return new PullIterator(new PendingPulls<T>((receiver) => this.open(receiver, signal), signal));
  }
}

/** The one kind there is: what differs is how it is opened. */
export class PullIterableOf<T> extends PullIterable<T> {
  constructor(readonly open: PullIterable<T>['open']) {
    super();
  }
}
