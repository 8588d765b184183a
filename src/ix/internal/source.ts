import type { BatchPool } from '../../pool/state/batch-demand';
import type { ItemWork } from '../../operators/internal/task';
import type { CancelledRuns } from '../../operators/internal/cancelled-runs';
import type { BatchWait } from '../../operators/internal/batch-wait';

/** What pulls from a {@link Source}. Each `pull` is answered by one of these calls: during the pull, or later. */
export interface Receiver<T> {
  next(value: T): void;
  /** There is no more. */
  complete(): void;
  /** There is no more, because of this. */
  error(error: unknown): void;
  /** Beside the answers: nothing comes for now, because of this; or (null) what comes next may come. */
  waiting?(wait: BatchWait | null): void;
}

/** A receiver of tasks that would rather have their parts: it makes something of its own of them, which costs less. */
export interface WorkReceiver {
  nextWork(each: ItemWork<unknown, unknown>, item: unknown, index: number, cancelledRuns: CancelledRuns): void;
}

/**
 * How the operators here speak to each other: an AsyncIterator without the promises. A pipeline of them makes one promise
 * for a value, at its end, whatever is in between.
 */
export interface Source {
  /** Asks for the next one. Not before the last pull was answered, and not after the end. */
  pull(): void;
  /**
   * Ends it: nothing is answered any more, and what it draws from is told, unless that has ended by itself. Resolves when
   * all that it had is back, with how many values came too late to be answers; rejects with what the ending failed with.
   */
  stop(): Promise<number>;
  /** The pool for what comes from here, where that is known before anything has come. */
  readonly pool?: BatchPool | undefined;
}

/** The sources that these operators accept: their own results, those of IxJS, generators, Node and web streams, arrays. */
export type PullSource<T> = AsyncIterable<T> | Iterable<T>;
