import type { Claim } from './claim-and-slot';
import type { Counters } from './counters';
import type { EvictReason } from './claim-and-slot';
import { AvailableSlots } from './available-slots';
import type { Slot } from './claim-and-slot';

export interface ConnectionsOptions {
  readonly max: number;
  readonly capacity: number;
  readonly order: 'lifo' | 'fifo';
  readonly maxUses: number;
  /** Whether a connection is reset between one lease and the next. */
  readonly resets: boolean;
}

/**
 * Every connection that still counts against `max`, and the number of connections in each state. It moves slots between states and
 * keeps the counts; the core decides what happens next.
 */
export class Connections<C> {
  max: number;
  readonly capacity: number;
  /** The numbers of opening, open and closing connections: together at most `max`, unless `max` was made smaller. */
  opening = 0;
  total = 0;
  closing = 0;
  /** The number of open connections in validation. */
  validating = 0;
  /** The number of open connections in reset, or waiting for it. */
  resetting = 0;

  private readonly slots = new Set<Slot<C>>();
  /** Open connections that can take one more lease. */
  private readonly available: AvailableSlots<C>;
  /** Released connections whose reset has not begun. */
  private readonly toReset: Slot<C>[] = [];
  /** Closing connections whose `close` has not been called. */
  private readonly closeQueue: Slot<C>[] = [];

  constructor(
    private readonly options: ConnectionsOptions,
    private readonly counters: Counters,
  ) {
    this.max = options.max;
    this.capacity = options.capacity;
    this.available = new AvailableSlots(options.capacity, options.order);
  }

  /** Whether no connection is left, in any state. */
  get isEmpty(): boolean {
    return this.slots.size === 0;
  }

  get canOpen(): boolean {
    return this.total + this.opening + this.closing < this.max;
  }

  /** Whether there are more than `max`, which was made smaller. Closing connections do not count: they end by themselves. */
  get isOverMax(): boolean {
    return this.total + this.opening > this.max;
  }

  /** The lease capacity of connections that are not open yet, or that are in validation. */
  get pendingCapacity(): number {
    return (Math.max(0, this.max - this.total) + this.validating) * this.capacity;
  }

  get anyToClose(): boolean {
    return this.closeQueue.length > 0;
  }

  get anyToReset(): boolean {
    return this.toReset.length > 0;
  }

  /** The number of active leases. */
  get activeLeases(): number {
    const { acquired, released, discarded } = this.counters;
    return acquired - released - discarded;
  }

  /** The number of open connections with at least one lease, or in a check. */
  get inUse(): number {
    return this.total - this.idle;
  }

  /** The number of idle connections. */
  get idle(): number {
    return this.available.idle;
  }

  /** The connection that has been idle longest. */
  get idleLongest(): Slot<C> | null {
    return this.available.idleLongest;
  }

  /** The connection that would be lent next. */
  next(): Slot<C> | null {
    return this.available.next();
  }

  nextFresh(isFresh: (slot: Slot<C>) => boolean): Slot<C> | null {
    return this.available.nextFresh(isFresh);
  }

  has(slot: Slot<C>): boolean {
    return this.slots.has(slot);
  }

  all(): Slot<C>[] {
    return [...this.slots];
  }

  connecting(slot: Slot<C>): void {
    this.slots.add(slot);
    this.opening++;
  }

  opened(slot: Slot<C>, connection: C): void {
    slot.state = 'open';
    slot.connection = connection;
    this.opening--;
    this.total++;
    this.counters.opened++;
    this.available.add(slot);
  }

  /** Its connect has failed, or was abandoned. If the connection may still arrive, it must be closed then. */
  connectFailed(slot: Slot<C>, connectMayArrive: boolean): void {
    this.opening--;
    if (connectMayArrive) {
      slot.state = 'closing';
      this.closing++;
    } else {
      slot.state = 'gone';
      this.slots.delete(slot);
    }
  }

  lend(slot: Slot<C>, claim: Claim<C>): void {
    this.available.remove(slot);
    slot.holders.push(claim);
    if (++slot.uses >= this.options.maxUses) this.exhaustUses(slot);
    else if (this.capacity > 1) this.available.add(slot);
    claim.state = 'held';
    claim.slot = slot;
    this.counters.acquired++;
  }

  /** Transfers the lease of one claim to another. */
  handOver(slot: Slot<C>, from: Claim<C>, to: Claim<C>): void {
    slot.holders.remove(from);
    from.state = 'ended';
    from.slot = null;
    slot.holders.push(to);
    to.state = 'held';
    to.slot = slot;
  }

  /** Returns whether the connection is available again as it is. */
  release(claim: Claim<C>, slot: Slot<C>): boolean {
    this.counters.released++;
    this.endLease(claim, slot);
    if (slot.markedForClose || this.options.resets || slot.holders.size > 0) {
      this.returnSlot(slot);
      return false;
    }
    this.available.add(slot);
    return true;
  }

  discard(claim: Claim<C>, slot: Slot<C>): void {
    this.counters.discarded++;
    this.endLease(claim, slot);
    slot.markedForClose = true;
    slot.evictReason ??= 'discarded';
    this.returnSlot(slot);
  }

  private endLease(claim: Claim<C>, slot: Slot<C>): void {
    claim.state = 'ended';
    claim.slot = null;
    if (this.capacity > 1 && !slot.markedForClose) this.available.remove(slot);
    slot.holders.remove(claim);
  }

  /** For a slot that has other holders, or must be closed or reset before its next lease. */
  private returnSlot(slot: Slot<C>): void {
    if (slot.holders.size > 0) {
      if (!slot.markedForClose) this.available.add(slot);
    } else if (slot.markedForClose) {
      this.enqueueClose(slot);
    } else {
      slot.checking = 'reset';
      this.resetting++;
      this.toReset.push(slot);
    }
  }

  /** It has reached `maxUses` with this lease. */
  private exhaustUses(slot: Slot<C>): void {
    slot.markedForClose = true;
    slot.evictReason = 'uses';
  }

  /** The slot takes no new lease, and is closed when its last one has ended: now, if there is none. */
  markForClose(slot: Slot<C>, reason: EvictReason, error?: unknown): void {
    if (slot.markedForClose) return;
    if (slot.checking === null) this.available.remove(slot);
    else this.leaveCheck(slot);
    slot.markedForClose = true;
    slot.evictReason = reason;
    slot.evictError = error;
    if (slot.holders.size === 0) this.enqueueClose(slot);
  }

  /** Removes the next slot to reset; call it only if `anyToReset`. Null if that slot has been marked for close meanwhile. */
  nextToReset(): Slot<C> | null {
    const slot = this.toReset.shift()!;
    return slot.checking === 'reset' ? slot : null;
  }

  /** The slot counts as in use until `endCheck`, although it has no holder. */
  beginValidation(slot: Slot<C>): void {
    this.available.remove(slot);
    slot.checking = 'validate';
    this.validating++;
  }

  endCheck(slot: Slot<C>): void {
    this.leaveCheck(slot);
    this.available.add(slot);
  }

  /**
   * The next slot to close while there are more than `max`: a connect in progress, else the connection that has been idle longest, else
   * the one with the fewest leases; null if enough of the lent ones are marked for close already.
   */
  nextSurplus(): Slot<C> | null {
    const slots = this.all();
    const opening = slots.filter(({ state }) => state === 'opening').pop();
    if (opening !== undefined) return opening;
    // An idle one is closed in any case: it could be lent meanwhile.
    if (this.idleLongest !== null) return this.idleLongest;
    const staying = slots.filter(({ state, markedForClose }) => state === 'open' && !markedForClose);
    if (staying.length <= this.max) return null;
    return staying.reduce((a, b) => (b.holders.size < a.holders.size ? b : a));
  }

  /** Abandons a connect in progress. */
  abandonConnect(slot: Slot<C>): void {
    this.connectFailed(slot, true);
    this.closeQueue.push(slot);
  }

  /** Removes the next slot whose `close` must be called; call it only if `anyToClose`. */
  nextToClose(): Slot<C> {
    return this.closeQueue.pop()!;
  }

  closed(slot: Slot<C>): void {
    this.closing--;
    if (slot.wasOpen) this.counters.closed++;
    slot.state = 'gone';
    this.slots.delete(slot);
  }

  private leaveCheck(slot: Slot<C>): void {
    if (slot.checking === 'validate') this.validating--;
    else if (slot.checking === 'reset') this.resetting--;
    slot.checking = null;
  }

  private enqueueClose(slot: Slot<C>): void {
    slot.state = 'closing';
    this.total--;
    this.closing++;
    this.closeQueue.push(slot);
  }
}
