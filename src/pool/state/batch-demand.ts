import type { Context } from './context';

/** The demand of a batch that has more items than it may start. */
export interface BatchDemand {
  /** The number of items that the batch has received and not started. */
  readonly heldBack: number;
  /** The number of tasks that have started and not ended, waiting or working. */
  readonly started: number;
  /** The pool has been made larger: the batch may start more tasks. */
  resume(): void;
}

/** What a batch uses of the pool of its tasks. */
export interface BatchPool {
  /** The maximum number of concurrent leases. */
  readonly leaseCapacity: number;
  /** Registers a batch that has more items than it may start, until `batchEnded`. */
  batchWaits(batch: BatchDemand): void;
  batchEnded(batch: BatchDemand): void;
  /** The current async context; null if the pool carries none. */
  captureContext(): Context | null;
}
