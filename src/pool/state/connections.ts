import type { Claim } from './claim';
import type { Counters } from './counters';
import type { EvictReason } from '../reports/events';
import { AvailableSlots } from './available-slots';
import type { Slot } from './slot';

export interface ConnectionsOptions {
  readonly max: number;
  readonly capacity: number;
  readonly order: 'lifo' | 'fifo';
  readonly maxUses: number;
  /** Whether a connection is reset between one lease and the next. */
  readonly resets: boolean;
}

/**
 * Every connection that is not gone, and how many of them are in which state. Only changes them from one to the next, and
 * keeps the sums; what is to happen is decided in the core.
 */
export class Connections<C> {
  max: number;
  readonly capacity: number;
  /** How many are opening, open and closing: together never more than `max`, unless that was made smaller just now. */
  opening = 0;
  total = 0;
  closing = 0;
  /** Open ones that are being validated. */
  validating = 0;
  /** Open ones that are being reset, or are going to be. */
  resetting = 0;

  private readonly slots = new Set<Slot<C>>();
  /** Open ones that can take one more lease. */
  private readonly available: AvailableSlots<C>;
  /** Open ones that have come back and have not begun their reset. */
  private readonly toReset: Slot<C>[] = [];
  /** Closing ones that have not been told so. */
  private readonly closeQueue: Slot<C>[] = [];

  constructor(
    private readonly options: ConnectionsOptions,
    private readonly counters: Counters,
  ) {
    this.max = options.max;
    this.capacity = options.capacity;
    this.available = new AvailableSlots(options.capacity, options.order);
  }

  /** Whether none is left, in whatever state. */
  get isEmpty(): boolean {
    return this.slots.size === 0;
  }

  get canOpen(): boolean {
    return this.total + this.opening + this.closing < this.max;
  }

  /** Whether there are more than there may be since `max` was made smaller. Those that are closing go by themselves. */
  get isOverMax(): boolean {
    return this.total + this.opening > this.max;
  }

  /** How many leases those could carry that are not open now, or are open and being asked whether they still work. */
  get pendingCapacity(): number {
    return (Math.max(0, this.max - this.total) + this.validating) * this.capacity;
  }

  get anyToClose(): boolean {
    return this.closeQueue.length > 0;
  }

  get anyToReset(): boolean {
    return this.toReset.length > 0;
  }

  /** How many leases are lent. */
  get activeLeases(): number {
    const { acquired, released, discarded } = this.counters;
    return acquired - released - discarded;
  }

  /** Open ones with at least one lease, or in a check. */
  get inUse(): number {
    return this.total - this.idle;
  }

  /** How many nobody uses. */
  get idle(): number {
    return this.available.idle;
  }

  /** The one of them that came free first. */
  get idleLongest(): Slot<C> | null {
    return this.available.idleLongest;
  }

  /** The one that would be lent next. */
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

  /** Its connect has failed, or is given up. When it is `lingering`, it has still to be closed should it arrive after all. */
  connectFailed(slot: Slot<C>, lingering: boolean): void {
    this.opening--;
    if (lingering) {
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

  /** One claim takes the place of another. */
  handOver(slot: Slot<C>, from: Claim<C>, to: Claim<C>): void {
    slot.holders.remove(from);
    from.state = 'ended';
    from.slot = null;
    slot.holders.push(to);
    to.state = 'held';
    to.slot = slot;
  }

  /** Whether the connection is free again. */
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

  /** One that is lent still, or is not to be lent again as it is. */
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

  /** Its last lease of those that it may have. */
  private exhaustUses(slot: Slot<C>): void {
    slot.markedForClose = true;
    slot.evictReason = 'uses';
  }

  /** Takes no new lease, and is closed when the last one has ended: now, if there is none. */
  markForClose(slot: Slot<C>, reason: EvictReason, error?: unknown): void {
    if (slot.markedForClose) return;
    if (slot.checking === null) this.available.remove(slot);
    else this.leaveCheck(slot);
    slot.markedForClose = true;
    slot.evictReason = reason;
    slot.evictError = error;
    if (slot.holders.size === 0) this.enqueueClose(slot);
  }

  /** The next one that is to be reset; only to be asked when there is any. One that has been condemned meanwhile is none. */
  nextToReset(): Slot<C> | null {
    const slot = this.toReset.shift()!;
    return slot.checking === 'reset' ? slot : null;
  }

  /** From now until `endCheck` it is in use, although nobody holds it. */
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
   * While there are too many: a connect that is under way, or the connection that has been idle longest, or the one with the fewest leases;
   * null when enough of the lent ones will go in their time.
   */
  nextSurplus(): Slot<C> | null {
    const slots = this.all();
    const opening = slots.filter(({ state }) => state === 'opening').pop();
    if (opening !== undefined) return opening;
    // An idle one goes in any case: it could be lent meanwhile.
    if (this.idleLongest !== null) return this.idleLongest;
    const staying = slots.filter(({ state, markedForClose }) => state === 'open' && !markedForClose);
    if (staying.length <= this.max) return null;
    return staying.reduce((a, b) => (b.holders.size < a.holders.size ? b : a));
  }

  /** Stops wanting one that is still opening. */
  abandonConnect(slot: Slot<C>): void {
    this.connectFailed(slot, true);
    this.closeQueue.push(slot);
  }

  /** The next one that is to be told to close; only to be asked when there is any. */
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
