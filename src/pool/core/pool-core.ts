import type { PoolError } from '../errors';
import type { Outliers } from '../policies/outliers';
import { connectionLost, warmUpTimedOut } from '../reports/error-texts';
import type { PoolDetails } from '../reports/pool-details';
import type { Holder } from '../reports/holders';
import type { BatchDemand } from '../state/batch-demand';
import type { Claim, Slot } from '../state/claim-and-slot';
import type { OperationOutcome } from '../state/counters';
import { Decisions } from './decisions';

/** The core of a pool: what callers request, and what connections report. */
export class PoolCore<C> extends Decisions<C> {
  /** Opens the connections of `min`. */
  begin(): void {
    this.drain();
  }

  // ---------------------------------------------------------------- leases

  /** Requests a lease: calls `granted` or `failed` of the claim, perhaps before this returns. */
  acquire(claim: Claim<C>): void {
    if (this.hasLeaseObservers || this.channels.tracesAcquires) this.requested(claim);
    const slot = this.quiescent && !this.busy && !claim.isStream ? this.connections.next() : null;
    if (slot !== null && this.isReadyToLend(slot)) this.lendImmediately(claim, slot);
    else this.enqueue(claim);
  }

  /** An acquire has an observer. */
  private requested(claim: Claim<C>): void {
    this.reports.requested(claim);
    if (!claim.isStream && this.tracing.tracesAcquires) this.beginTrace(claim);
  }

  private beginTrace(claim: Claim<C>): void {
    this.trace(claim, () => {
      this.tracing.acquireBegins(claim);
    });
    this.updateObservers();
  }

  private enqueue(claim: Claim<C>): void {
    if (claim.isStream) this.hasStreams = true;
    else if (this.channels.tracesWaits && !this.channels.traces(claim)) this.beginTrace(claim);
    this.queue.push(claim, this.slotBeingGranted === null ? null : this.slotBeingGranted.holders.newest);
    this.changed();
    this.decide();
    this.keepContext(claim);
    if (this.hasLeaseObservers) this.waits(claim);
  }

  private waits(claim: Claim<C>): void {
    if (claim.state !== 'waiting' || claim.isStream) return;
    this.trace(claim, () => {
      this.tracing.acquireWaits(claim);
    });
  }

  /** A caller that was not served at once is served later from another context: its own is kept. */
  private keepContext(claim: Claim<C>): void {
    if (claim.state !== 'waiting' && claim.state !== 'deferred') return;
    const { contexts } = this.host;
    if (contexts !== null) claim.context ??= claim.capture(contexts);
  }

  release(claim: Claim<C>): void {
    if (claim.state !== 'held') return;
    this.releaseLease(claim);
    this.changed();
    this.decide();
  }

  /** The connection takes no new lease. It is closed at once, or when the other leases that share it have ended. */
  discard(claim: Claim<C>, reason?: unknown): void {
    if (claim.state !== 'held') return;
    this.discardLease(claim, reason);
    this.changed();
    this.drain();
  }

  /** A lease moves from one claim to another, without a release in between. */
  handOver(from: Claim<C>, to: Claim<C>): void {
    if (from.slot === null) return;
    to.heldSince = from.heldSince;
    if (this.isBeingGranted(from, from.slot)) this.slotBeingGranted = null;
    this.connections.handOver(from.slot, from, to);
    this.reports.handedOver(from, to);
    this.handedOver.push(to);
    // The new holder is told later, from another context.
    if (this.busy) to.context ??= this.captureContext();
    this.drain();
  }

  /** The connector has told something about a connection. */
  noticed(slot: Slot<C>, notice: unknown): void {
    if (slot.state !== 'open') return;
    this.reports.noticed(slot, notice);
    this.deliverEvents();
  }

  /** A lease was garbage-collected without having been released: its connection may still be in use. */
  leaseCollected(claim: Claim<C>): void {
    if (claim.state !== 'held') return;
    this.diagnostics.leaseCollected(claim);
    this.reports.leaked(claim, true);
    this.deliverEvents();
    this.discard(claim, new Error('the lease was collected as garbage without having been released'));
  }

  /** The current holders, the longest first. */
  holders(): Holder[] {
    return this.diagnostics.holders();
  }

  /** Each connection, the first waiter, and the next connect. */
  details(): PoolDetails {
    return this.diagnostics.details();
  }

  // ---------------------------------------------------------------- runs of work

  /** A run of work has ended, and with it its lease, unless that is `kept`. Called inside user code. */
  operationEnded(
    claim: Claim<C>,
    outcome: OperationOutcome,
    lease: 'released' | 'discarded' | 'kept',
    reason?: unknown,
  ): void {
    this.counters.ended(outcome);
    const { slot } = claim;
    if (slot !== null && slot.failures !== 0 && outcome === 'successfulOperations') this.outliers!.runSucceeded(slot);
    // Most runs of synchronous work end here: lent and released while the pool is quiescent.
    if (lease !== 'released' || claim.state !== 'held' || !this.releaseLease(claim)) this.quiescent = false;
    if (lease === 'discarded' && claim.state === 'held') this.discardLease(claim, reason);
    this.changed();
  }

  /** A run of work has failed. A `fatal` error ends its connection too. */
  operationFailed(claim: Claim<C>, error: unknown, fatal: boolean): void {
    if (fatal) {
      this.operationEnded(claim, 'failedOperations', 'discarded', error);
      return;
    }
    const { outliers } = this;
    const { slot } = claim;
    if (outliers !== null && slot !== null && outliers.runFailed(slot)) this.eject(outliers, slot, error);
    this.operationEnded(claim, 'failedOperations', 'released');
  }

  /** Closes a connection whose last runs have all failed. The only open connection is validated instead, if the pool has `validate`. */
  private eject(outliers: Outliers, slot: Slot<C>, error: unknown): void {
    if (this.options.validates && this.connections.total === 1 && slot.holders.size === 1) {
      outliers.kept(slot);
    } else {
      outliers.ejected(slot);
      this.connections.markForClose(slot, 'outlier', error);
    }
  }

  /** The work that is being started: calls of the pool come from it. */
  workBeingStarted(): Claim<C> | null {
    const claim = this.slotBeingGranted?.holders.newest;
    return claim?.isWork === true ? claim : null;
  }

  // ---------------------------------------------------------------- the pool

  /** Waits until `goal` connections are open, at most `timeout` ms. */
  warmUp(goal: number, timeout: number, done: (error?: PoolError) => void): void {
    const onTimeout = (): void => {
      this.run(() => {
        done(warmUpTimedOut(this.diagnostics.diagnose(), goal, timeout));
      });
    };
    this.warmUps.add(goal, timeout, onTimeout, done);
    this.drain();
  }

  /** Changes the maximum. Surplus connections are closed; lent ones when they are released. */
  resize(max: number): void {
    const from = this.connections.max;
    this.connections.max = max;
    this.reports.resized(from, max);
    this.changed();
    this.saturated = false;
    this.run(() => {
      if (max > from) for (const batch of this.batches) batch.resume();
    });
  }

  /** Replaces every connection: idle ones now, lent ones when they are released, connects under way by new ones. */
  refresh(): void {
    const slots = this.connections.all().filter(({ state, markedForClose }) => state !== 'closing' && !markedForClose);
    for (const slot of slots) {
      if (slot.state === 'opening') this.connections.abandonConnect(slot);
      else this.connections.markForClose(slot, 'refresh');
    }
    this.reports.refreshed(slots.length);
    this.changed();
    this.drain();
  }

  /** Lends no connection any more and closes all of them; active leases have `timeout` ms to be released. */
  destroy(timeout: number): void {
    this.state = 'draining';
    this.shutdown.begin(timeout);
    this.changed();
    this.drain();
  }

  /** A batch has more items than it may start, until `batchEnded`. */
  batchWaits(batch: BatchDemand): void {
    this.batches.add(batch);
  }

  batchEnded(batch: BatchDemand): void {
    this.batches.delete(batch);
  }

  // ---------------------------------------------------------------- observers

  /** The events have their first listener, or have lost their last one. */
  listen(listening: boolean): void {
    this.reports.listen(listening);
    this.updateObservers();
  }

  /** The stats have their first subscriber, or have lost their last one. */
  watch(watched: boolean): void {
    this.hasStatsObservers = watched;
    this.updateObservers();
  }

  // ---------------------------------------------------------------- what connections report

  opened(slot: Slot<C>, connection: C): void {
    const now = this.clock.now();
    this.connections.opened(slot, connection);
    slot.openedInPass = this.passes;
    // At least 0, even when the clock has been set back.
    slot.openedAt = Math.max(0, now);
    slot.idleSince = now;
    this.timings.recordConnect(now - slot.connectingSince);
    this.reports.opened(slot, now - slot.connectingSince);
    this.evictions.opened(slot);
    if (this.connections.total === 1) this.connectPolicy.queueRestarts();
    // A connection that must still be validated does not show that the target works.
    if (!this.checks.mustValidate(slot)) this.connectPolicy.connected(this.queue.size);
    this.changed();
    this.drain();
  }

  /** The connect has failed. If the connection may still arrive, it is closed then. */
  openFailed(slot: Slot<C>, error: unknown, mayArrive: boolean): void {
    if (mayArrive) slot.closingSince = this.clock.now();
    this.connections.connectFailed(slot, mayArrive);
    this.recordOpenFailure(slot, error, 'open');
    this.changed();
    this.drain();
  }

  /** The check of an open connection has ended. A failed one closes the connection. */
  checked(slot: Slot<C>, failure: { readonly error: unknown } | undefined): void {
    const { checking } = slot;
    if (checking === null) return;
    if (failure !== undefined) {
      if (!slot.everLent && this.connectPolicy.isFailedConnect(this.ageOf(slot))) {
        this.recordOpenFailure(slot, failure.error, 'validate');
      }
      this.connections.markForClose(slot, checking, failure.error);
    } else {
      slot.idleSince = this.clock.now();
      this.connections.endCheck(slot);
      if (checking === 'validate') {
        this.checks.passed(slot);
        if (!slot.everLent) this.connectPolicy.connected(this.queue.size);
      }
    }
    this.changed();
    this.drain();
  }

  /** The target has ended an open connection. */
  lost(slot: Slot<C>, cause: unknown): void {
    if (slot.state !== 'open') return;
    const age = this.ageOf(slot);
    if (!slot.everLent) {
      if (this.connectPolicy.isFailedConnect(age)) {
        this.recordOpenFailure(slot, cause ?? new Error(endedBeforeUse), 'open');
      }
    } else if (!slot.everReturned) {
      this.connectPolicy.lostEarly(age);
    }
    this.run(() => {
      this.revoke(slot, 'lost', connectionLost(this.diagnostics.diagnose(), cause), cause);
    });
  }

  closed(slot: Slot<C>, error?: unknown): void {
    this.connections.closed(slot);
    if (slot.wasOpen) this.reports.closed(slot, this.clock.now() - slot.closingSince, error);
    this.changed();
    if (!slot.wasOpen) {
      this.run(() => {
        this.tracing.connectAbandoned(slot);
      });
    }
    this.drain();
  }
}

const endedBeforeUse = 'the connection ended before its first lease';
