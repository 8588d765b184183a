import type { PoolError } from '../errors';
import { closedByDestroy, connectionLost } from '../reports/error-texts';
import type { Claim, EvictReason, Slot } from '../state/claim-and-slot';
import { expensive } from '../time/turn-budget';
import { PoolState } from './pool-state';

/** How leases begin and end: lend, grant, release, discard, revoke. */
export abstract class Leases<C> extends PoolState<C> {
  /** The pass in which a lease ended last. */
  protected returnedInPass = -1;

  // ---------------------------------------------------------------- begin

  /** Lends a connection without the loop: no caller waits, and nothing is due. */
  protected lendImmediately(claim: Claim<C>, slot: Slot<C>): void {
    this.busy = true;
    try {
      this.lend(claim, slot, this.clock.now(), 0);
    } catch (error) {
      // Only assignments at first: the stack may be full.
      this.quiescent = false;
      this.interrupted = claim;
      this.overflow = error as RangeError;
      if (error instanceof RangeError) {
        this.scheduleRecovery();
      } else {
        this.interrupted = this.overflow = null;
        this.reportUnhandled(error);
      }
    } finally {
      this.slotBeingGranted = null;
      this.busy = false;
      if (!this.quiescent) this.drain();
    }
  }

  protected lendFromQueue(claim: Claim<C>, slot: Slot<C>): void {
    const now = this.clock.now();
    const waited = claim.waitingSince < 0 ? 0 : now - claim.waitingSince;
    slot.validated = false;
    if (claim.isStream) this.lendToStream(slot);
    else this.timings.recordWait(waited);
    this.lend(claim, slot, now, waited);
  }

  private lend(claim: Claim<C>, slot: Slot<C>, now: number, waited: number): void {
    this.connections.lend(slot, claim);
    claim.heldSince = now;
    if (!slot.everLent) this.firstLease(slot);
    if (this.hasLeaseObservers) this.reports.lent(claim, slot, waited);
    this.changed();
    // A subscriber of the stats may have cancelled it in `changed`.
    if (claim.state === 'held') this.grant(claim, slot);
  }

  private lendToStream(slot: Slot<C>): void {
    slot.streamedInPass = this.passes;
    this.streamBudget.spend(slot.everLent ? 1 : expensive);
    this.timings.streamed++;
  }

  private firstLease(slot: Slot<C>): void {
    slot.everLent = true;
    this.connectPolicy.firstLent();
  }

  protected grant(claim: Claim<C>, slot: Slot<C>): void {
    this.slotBeingGranted = slot;
    if (claim.context === null) claim.granted(slot.connection as C);
    else this.grantInContext(claim, slot);
    this.slotBeingGranted = null;
  }

  /** Apart from `grant`: the closure would make every grant slower. */
  protected grantInContext(claim: Claim<C>, slot: Slot<C>): void {
    this.notify(claim, () => {
      claim.granted(slot.connection as C);
    });
  }

  // ---------------------------------------------------------------- end

  /** Returns whether its connection is idle again, ready for the next lease. */
  protected releaseLease(claim: Claim<C>): boolean {
    const slot = claim.slot!;
    if (!slot.everReturned) this.firstReturn(slot);
    const leavesGrant = this.isBeingGranted(claim, slot);
    const held = this.recordReturn(slot, claim.heldSince);
    if (this.hasLeaseObservers || this.channels.publishesReleases) this.reports.released(claim, slot, held);
    const isIdle = this.connections.release(claim, slot);
    if (leavesGrant) this.slotBeingGranted = null;
    return isIdle;
  }

  protected discardLease(claim: Claim<C>, reason: unknown): void {
    const slot = claim.slot!;
    const leavesGrant = this.isBeingGranted(claim, slot);
    const held = this.recordReturn(slot, claim.heldSince);
    this.reports.discarded(claim, slot, held, reason);
    slot.evictError ??= reason;
    this.connections.discard(claim, slot);
    if (leavesGrant) this.slotBeingGranted = null;
  }

  /** Returns the duration of the lease, in ms. */
  private recordReturn(slot: Slot<C>, heldSince: number): number {
    const now = this.clock.now();
    const held = now - heldSince;
    if (this.hasStreams) slot.returnedInPass = this.returnedInPass = this.passes;
    slot.idleSince = now;
    this.timings.recordHold(held);
    return held;
  }

  /**
   * Whether the lease ends inside the call that tells its holder of it: what the pool is asked for after that is not requested by this holder.
   * `slotBeingGranted` is cleared only when the lease has ended: if a stack overflow interrupts the release, `recover` finds the claim by it.
   */
  protected isBeingGranted(claim: Claim<C>, slot: Slot<C>): boolean {
    return slot === this.slotBeingGranted && slot.holders.newest === claim;
  }

  private firstReturn(slot: Slot<C>): void {
    slot.everReturned = true;
    this.connectPolicy.firstReturned();
  }

  /** Ends every lease of the slot, closes its connection, and tells the holders. */
  protected revoke(slot: Slot<C>, reason: EvictReason, error: PoolError, cause?: unknown): void {
    const holders = slot.holders.all();
    this.connections.markForClose(slot, reason, cause);
    for (const claim of holders) this.discardLease(claim, error);
    this.changed();
    for (const claim of holders) {
      this.run(() => {
        this.notify(claim, () => {
          claim.revoked(error);
        });
      });
    }
  }

  protected revokeAll(): void {
    for (const slot of this.connections.all()) {
      if (slot.state === 'open') this.revoke(slot, 'destroy', closedByDestroy(this.name));
    }
  }

  /**
   * The call stack of a caller overflowed while it was served, and how far that came is unknown: its lease ends together with its connection,
   * which the caller may still use. Called in a later microtask, with an empty stack.
   */
  protected recover(claim: Claim<C> | null, error: RangeError): void {
    this.run(() => {
      if (claim !== null && claim.state === 'held') {
        this.discardLease(claim, error);
        this.changed();
        const loss = connectionLost(this.diagnostics.diagnose(), error);
        this.notify(claim, () => {
          claim.interrupted(loss);
        });
      }
      this.reportUnhandled(error);
    });
    this.drain();
  }
}
