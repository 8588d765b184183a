import type { EvictReason } from './claim-and-slot';

/** Counts events since the pool was created. The fields have the names of `PoolStats`. */
export class Counters {
  successfulOperations = 0;
  failedOperations = 0;
  cancelledOperations = 0;
  acquired = 0;
  released = 0;
  discarded = 0;
  opened = 0;
  closed = 0;
  openFailures = 0;
  timeouts = 0;
  rejected = 0;
  cancelledAcquires = 0;

  // By name: a computed key costs as much as everything else at the end of a run.
  ended(outcome: OperationOutcome): void {
    if (outcome === 'successfulOperations') this.successfulOperations++;
    else if (outcome === 'failedOperations') this.failedOperations++;
    else this.cancelledOperations++;
  }
}

/** How a run of `work` can end. */
export type OperationOutcome = 'successfulOperations' | 'failedOperations' | 'cancelledOperations';

/** Why an acquire is rejected: the wait queue is full, the load is shed, the target is down, or the pool is destroyed. */
export type RejectReason = 'queue-full' | 'overload' | 'target-down' | 'destroyed';

/** Counts by reason what `Counters` counts as one number. Not part of the stats: metrics alone need it. */
export class ReasonCounters {
  readonly rejected: Record<RejectReason, number> = { 'queue-full': 0, overload: 0, 'target-down': 0, destroyed: 0 };
  /** Connections that were open: counted when their close begins. */
  readonly evicted: Record<EvictReason, number> = {
    idle: 0,
    lifetime: 0,
    uses: 0,
    lost: 0,
    discarded: 0,
    validate: 0,
    reset: 0,
    outlier: 0,
    resize: 0,
    refresh: 0,
    destroy: 0,
  };
}
