import type { Context } from '../rx/context';

/** What a batch with more items than it may start wants of its pool. */
export interface BatchDemand {
  /** Items that the batch knows of and has not started. */
  readonly heldBack: number;
  /** Tasks that have started and not ended, in line or at work. */
  readonly started: number;
  /** The pool has been made larger: more may be started. */
  resume(): void;
}

/** What a batch needs of the pool of its tasks. */
export interface BatchPool {
  /** How many leases the pool can have lent at once. */
  readonly leaseCapacity: number;
  /** A batch has more items than it may start, until `batchEnded`. */
  batchWaits(batch: BatchDemand): void;
  batchEnded(batch: BatchDemand): void;
  /** The context of now; null where none is carried. */
  captureContext(): Context | null;
}
