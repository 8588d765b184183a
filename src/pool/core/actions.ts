import type { PoolError } from '../errors';
import type { Demand } from '../policies/connect-policy';
import type { Diagnosis } from '../reports/error-texts';
import type { Slot } from '../state/claim-and-slot';
import { Serving } from './serving';

/** What the rows of the decision table do. */
export abstract class Actions<C> extends Serving<C> {
  private slotCount = 0;
  /** The pass in which a waiter was last rejected because the queue was full. */
  private rejectedInPass = -1;

  // ---------------------------------------------------------------- connections

  /** The time (ms) until a connect is due: 0 is now, Infinity is not before another event. */
  connectDue(): number {
    return this.connections.canOpen ? this.nextConnectDue() : Infinity;
  }

  private nextConnectDue(): number {
    const { queue, connections, warmUps, connectPolicy } = this;
    const toKeep = Math.min(this.options.min, connections.max) - connections.total;
    if (queue.size === 0 && toKeep <= 0 && !warmUps.any) return Infinity;
    const { capacity } = connections;
    let heldBack = 0;
    let started = 0;
    for (const batch of this.batches) {
      heldBack += batch.heldBack;
      started += batch.started;
    }
    const demand: Demand = {
      waiting: Math.ceil(queue.size / capacity) - connections.validating,
      arrived: this.arrived / capacity,
      heldBack: heldBack / capacity,
      batchWidth: Math.ceil(started / capacity),
      toWarmUp: warmUps.any ? Math.min(warmUps.goal, connections.max) - connections.total : 0,
      toKeep,
      total: connections.total,
      opening: connections.opening,
    };
    return connectPolicy.due(demand);
  }

  /** The number of callers so far. Those that left the queue have arrived too: without them the rate of arrivals would fall with each. */
  private get arrived(): number {
    const { acquired, timeouts, rejected, cancelledAcquires } = this.counters;
    return acquired + timeouts + rejected + cancelledAcquires + this.queue.size;
  }

  openConnection(): void {
    const slot = this.host.createSlot(++this.slotCount);
    slot.connectingSince = this.clock.now();
    this.connections.connecting(slot);
    this.outliers?.connectBegan(slot);
    this.connectPolicy.connectBegan(slot);
    this.changed();
    this.outside(() => {
      this.tracing.connect(slot);
    });
  }

  closeNext(): void {
    this.dequeued++;
    this.close(this.connections.nextToClose());
  }

  private close(slot: Slot<C>): void {
    const now = this.clock.now();
    slot.closingSince = now;
    if (!slot.everReturned) this.closedUnused(slot);
    if (slot.wasOpen) {
      this.reasons.evicted[slot.evictReason ?? 'destroy']++;
      this.reports.evicted(slot, now - slot.openedAt);
      this.deliverEvents();
    }
    this.outside(() => {
      slot.close();
    });
  }

  private closedUnused(slot: Slot<C>): void {
    this.connectPolicy.openedInVain();
    // A loss and a failed validation are counted as failures of the target where they occur.
    if (slot.everLent || slot.evictReason === 'lost' || slot.evictReason === 'validate') return;
    this.connectPolicy.closedUnused(slot, slot.wasOpen ? this.ageOf(slot) : 0);
  }

  resetNext(): void {
    this.dequeued++;
    this.outside(() => {
      this.connections.nextToReset()?.check('reset');
    });
  }

  /** Closes a surplus connection; false if enough lent ones are going to be closed. */
  closeSurplus(): boolean {
    const slot = this.connections.nextSurplus();
    if (slot === null) return false;
    if (slot.state === 'opening') this.connections.abandonConnect(slot);
    else this.connections.markForClose(slot, 'resize');
    this.changed();
    return true;
  }

  protected onExpired(slot: Slot<C>, reason: 'idle' | 'lifetime'): void {
    this.connections.markForClose(slot, reason);
    this.changed();
    this.drain();
  }

  // ---------------------------------------------------------------- waiters

  grantHandedOver(): void {
    this.dequeued++;
    const holder = this.handedOver.shift()!;
    if (holder.slot !== null) this.grant(holder, holder.slot);
  }

  /** Whether the breaker is open and no probe is under way: callers that no open connection can serve fail at once. */
  get isRefusing(): boolean {
    return this.breaker === 'open' && this.connections.opening === 0;
  }

  rejectFirst(error: PoolError): void {
    this.reject(this.queue.firstPending!, error);
  }

  canRejectNewest(): boolean {
    return this.rejectedInPass !== this.passes || this.canReject();
  }

  rejectNewest(errorOf: (at: Diagnosis) => PoolError): void {
    const { lastPending } = this.queue;
    this.rejectedInPass = this.passes;
    this.reject(lastPending!, errorOf(this.diagnostics.diagnose(lastPending)));
  }

  shedFirst(errorOf: (at: Diagnosis, waited: number) => PoolError): void {
    const { firstPending } = this.queue;
    const waited = this.clock.now() - firstPending!.waitingSince;
    this.loadShedder!.shed();
    this.reject(firstPending!, errorOf(this.diagnostics.diagnose(firstPending), waited));
  }

  // ---------------------------------------------------------------- shutdown

  /** Abandons connects and closes idle connections; lent ones are closed when they are released. */
  closeIdle(): void {
    this.shutdown.idleClosed();
    for (const slot of this.connections.all()) {
      if (slot.state === 'opening') this.connections.abandonConnect(slot);
      else if (slot.state === 'open') this.connections.markForClose(slot, 'destroy');
    }
    this.evictions.end();
    this.connectTimer.stop();
    this.changed();
  }

  closeActive(): void {
    this.shutdown.activeClosed();
    this.revokeAll();
  }

  finishDestroy(): void {
    this.shutdown.end();
    this.clock.end();
    this.state = 'destroyed';
    this.reports.destroyed();
    this.lastChange = ++this.changes;
    this.host.changed();
    this.deliverEvents();
    this.host.destroyed();
  }
}
