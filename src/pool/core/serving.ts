import type { PoolError, PoolExhaustedError } from '../errors';
import { acquireTimedOut } from '../reports/error-texts';
import type { Claim, Slot } from '../state/claim-and-slot';
import type { RejectReason } from '../state/counters';
import { Leases } from './leases';

/** How a wait ends: served, rejected, timed out or cancelled. */
export abstract class Serving<C> extends Leases<C> {
  /** A caller was not rejected since the budget of this turn is spent: the next one is rejected in a later turn. */
  protected rejectsLater = false;

  // ---------------------------------------------------------------- served

  /** Whether a lease of this slot can begin now, without a check or a close. */
  protected isReadyToLend(slot: Slot<C>): boolean {
    return !slot.expired && this.evictions.overdue(slot, this.clock.now()) === null && !this.checks.mustValidate(slot);
  }

  nextToLend(): Slot<C> | null {
    return (this.checks.isQuiescent ? null : this.checks.nextValidated()) ?? this.connections.next();
  }

  /** Serves the first waiter from this slot, or prepares the slot for it; false if neither is possible now. */
  serve(first: Claim<C>, slot: Slot<C>): boolean {
    if (!this.isReadyToLend(slot) || (first.isStream && (first.takesNoLease || this.mustDefer(first, slot)))) {
      return this.prepareSlot(first, slot);
    }
    this.unqueue(first);
    this.lendFromQueue(first, slot);
    return true;
  }

  private prepareSlot(first: Claim<C>, slot: Slot<C>): boolean {
    const { queue, connections, checks } = this;
    const overdue = slot.expired ? 'lifetime' : this.evictions.overdue(slot, this.clock.now());
    // While the breaker is open, a connection that may still work is better than none: its validation is the probe.
    if (overdue !== null && (this.breaker === 'closed' || !checks.mustValidate(slot))) {
      connections.markForClose(slot, overdue);
      this.changed();
    } else if (first.takesNoLease && !checks.mustValidate(slot)) {
      this.notifyRecovered(first, slot);
    } else if (first.isStream && this.mustDefer(first, slot)) {
      queue.defer(first);
    } else if (connections.validating * connections.capacity < queue.size) {
      connections.beginValidation(slot);
      this.changed();
      this.outside(() => {
        slot.check('validate');
      });
    } else {
      // Enough validations are under way. Another slot may need none.
      const other = connections.nextFresh((one) => !checks.mustValidate(one));
      return other !== null && this.serve(first, other);
    }
    return true;
  }

  /** The callers that wait for the recovery enqueue themselves now, so the queue does not count as emptied. */
  private notifyRecovered(first: Claim<C>, slot: Slot<C>): void {
    this.queue.remove(first);
    first.state = 'ended';
    this.grantInContext(first, slot);
  }

  /** Whether a stream must be served in a later turn. */
  private mustDefer(claim: Claim<C>, slot: Slot<C>): boolean {
    return this.streamBudget.isSpent || this.wouldRepeatInPass(claim, slot);
  }

  /** Whether a stream that was served in this pass, in which a lease ended, would get the same connection again, or a new one in its place. */
  private wouldRepeatInPass(claim: Claim<C>, slot: Slot<C>): boolean {
    const { passes } = this;
    if (claim.servedInPass !== passes || this.returnedInPass !== passes) return false;
    return slot.openedInPass === passes || (slot.streamedInPass === passes && slot.returnedInPass === passes);
  }

  // ---------------------------------------------------------------- cancelled

  /** The caller leaves the queue. */
  withdraw(claim: Claim<C>): void {
    if (claim.state !== 'waiting' && claim.state !== 'deferred') return;
    this.unqueue(claim);
    claim.state = 'ended';
    if (!claim.isStream) {
      this.counters.cancelledAcquires++;
      if (this.hasLeaseObservers) this.reports.cancelled(claim, this.waitOf(claim));
    }
    this.changed();
    this.drain();
  }

  private unqueue(claim: Claim<C>): void {
    this.queue.remove(claim);
    if (this.queue.size === 0) this.connectPolicy.queueEmptied();
  }

  // ---------------------------------------------------------------- rejected, timed out

  reject(claim: Claim<C>, error: PoolError): void {
    this.unqueue(claim);
    claim.state = 'ended';
    if (!claim.isStream) {
      this.counters.rejected++;
      this.reasons.rejected[rejectReasonOf(error)]++;
      this.timings.recordFailedWait(this.waitOf(claim));
      this.reports.rejected(claim, error);
    }
    this.changed();
    this.notify(claim, () => {
      claim.failed(error);
    });
  }

  /**
   * A caller that acquires again as soon as it is rejected would be rejected without an end: when the budget of a turn is spent, the next caller
   * is rejected in a later turn. With a full queue, the first caller of each pass is rejected at once.
   */
  canReject(): boolean {
    if (this.rejectBudget.isSpent) {
      this.rejectsLater = true;
      this.saturated = false;
      return false;
    }
    this.rejectBudget.spend(1);
    return true;
  }

  protected onAcquireTimeout(claim: Claim<C>, waited: number): void {
    const error = acquireTimedOut(this.diagnostics.diagnose(claim), waited);
    this.unqueue(claim);
    claim.state = 'ended';
    this.counters.timeouts++;
    this.timings.recordFailedWait(waited);
    this.reports.timedOut(claim, waited, error);
    this.run(() => {
      this.changed();
      this.notify(claim, () => {
        claim.failed(error);
      });
    });
  }
}

function rejectReasonOf(error: PoolError): RejectReason {
  if (error.code === 'POOL_EXHAUSTED')
    return (error as PoolExhaustedError).reason === 'overload' ? 'overload' : 'queue-full';
  return error.code === 'CONNECTION_FAILED' ? 'target-down' : 'destroyed';
}
