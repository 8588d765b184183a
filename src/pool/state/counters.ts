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
