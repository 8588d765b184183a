import type { Claim } from './claim';
import type { Counters } from './counters';
import type { EvictReason } from '../reports/events';
import { Room } from './room';
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
  private readonly room: Room<C>;
  /** Open ones that have come back and have not begun their reset. */
  private readonly toReset: Slot<C>[] = [];
  /** Closing ones that have not been told so. */
  private readonly retired: Slot<C>[] = [];

  constructor(
    private readonly options: ConnectionsOptions,
    private readonly counters: Counters,
  ) {
    this.max = options.max;
    this.capacity = options.capacity;
    this.room = new Room(options.capacity, options.order);
  }

  /** Whether none is left, in whatever state. */
  get none(): boolean {
    return this.slots.size === 0;
  }

  get mayOpenOneMore(): boolean {
    return this.total + this.opening + this.closing < this.max;
  }

  /** Whether there are more than there may be since `max` was made smaller. Those that are closing go by themselves. */
  get tooMany(): boolean {
    return this.total + this.opening > this.max;
  }

  /** How many leases those could carry that are not open now, or are open and being asked whether they still work. */
  get stillToCome(): number {
    return (Math.max(0, this.max - this.total) + this.validating) * this.capacity;
  }

  get anyRetired(): boolean {
    return this.retired.length > 0;
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
    return this.room.idle;
  }

  /** The one of them that came free first. */
  get idleLongest(): Slot<C> | null {
    return this.room.idleLongest;
  }

  /** The one that would be lent next. */
  best(): Slot<C> | null {
    return this.room.best();
  }

  bestFresh(isFresh: (slot: Slot<C>) => boolean): Slot<C> | null {
    return this.room.bestFresh(isFresh);
  }

  has(slot: Slot<C>): boolean {
    return this.slots.has(slot);
  }

  all(): Slot<C>[] {
    return [...this.slots];
  }

  begin(slot: Slot<C>): void {
    this.slots.add(slot);
    this.opening++;
  }

  opened(slot: Slot<C>, connection: C): void {
    slot.state = 'open';
    slot.connection = connection;
    this.opening--;
    this.total++;
    this.counters.opened++;
    this.room.add(slot);
  }

  /** Its connect has failed, or is given up. When it is `lingering`, it has still to be closed should it arrive after all. */
  failed(slot: Slot<C>, lingering: boolean): void {
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
    this.room.remove(slot);
    slot.holders.push(claim);
    if (++slot.uses >= this.options.maxUses) this.wearOut(slot);
    else if (this.capacity > 1) this.room.add(slot);
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
  giveBack(claim: Claim<C>, slot: Slot<C>): boolean {
    this.counters.released++;
    this.endLease(claim, slot);
    if (slot.condemned || this.options.resets || slot.holders.size > 0) {
      this.setAside(slot);
      return false;
    }
    this.room.add(slot);
    return true;
  }

  discard(claim: Claim<C>, slot: Slot<C>): void {
    this.counters.discarded++;
    this.endLease(claim, slot);
    slot.condemned = true;
    slot.evicted ??= 'discarded';
    this.setAside(slot);
  }

  private endLease(claim: Claim<C>, slot: Slot<C>): void {
    claim.state = 'ended';
    claim.slot = null;
    if (this.capacity > 1 && !slot.condemned) this.room.remove(slot);
    slot.holders.remove(claim);
  }

  /** One that is lent still, or is not to be lent again as it is. */
  private setAside(slot: Slot<C>): void {
    if (slot.holders.size > 0) {
      if (!slot.condemned) this.room.add(slot);
    } else if (slot.condemned) {
      this.retire(slot);
    } else {
      slot.checking = 'reset';
      this.resetting++;
      this.toReset.push(slot);
    }
  }

  /** Its last lease of those that it may have. */
  private wearOut(slot: Slot<C>): void {
    slot.condemned = true;
    slot.evicted = 'uses';
  }

  /** Takes no new lease, and is closed when the last one has ended: now, if there is none. */
  condemn(slot: Slot<C>, reason: EvictReason, error?: unknown): void {
    if (slot.condemned) return;
    if (slot.checking === null) this.room.remove(slot);
    else this.leaveCheck(slot);
    slot.condemned = true;
    slot.evicted = reason;
    slot.evictedBy = error;
    if (slot.holders.size === 0) this.retire(slot);
  }

  /** The next one that is to be reset; only to be asked when there is any. One that has been condemned meanwhile is none. */
  nextToReset(): Slot<C> | null {
    const slot = this.toReset.shift()!;
    return slot.checking === 'reset' ? slot : null;
  }

  /** From now until `endCheck` it is in use, although nobody holds it. */
  beginValidation(slot: Slot<C>): void {
    this.room.remove(slot);
    slot.checking = 'validate';
    this.validating++;
  }

  endCheck(slot: Slot<C>): void {
    this.leaveCheck(slot);
    this.room.add(slot);
  }

  /**
   * While there are too many: a connect that is under way, or the connection that has been idle longest, or the one with the fewest leases;
   * null when enough of the lent ones will go in their time.
   */
  nextToGo(): Slot<C> | null {
    const slots = this.all();
    const opening = slots.filter(({ state }) => state === 'opening').pop();
    if (opening !== undefined) return opening;
    // An idle one goes in any case: it could be lent meanwhile.
    if (this.idleLongest !== null) return this.idleLongest;
    const staying = slots.filter(({ state, condemned }) => state === 'open' && !condemned);
    if (staying.length <= this.max) return null;
    return staying.reduce((a, b) => (b.holders.size < a.holders.size ? b : a));
  }

  /** Stops wanting one that is still opening. */
  giveUp(slot: Slot<C>): void {
    this.failed(slot, true);
    this.retired.push(slot);
  }

  /** The next one that is to be told to close; only to be asked when there is any. */
  nextRetired(): Slot<C> {
    return this.retired.pop()!;
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

  private retire(slot: Slot<C>): void {
    slot.state = 'closing';
    this.total--;
    this.closing++;
    this.retired.push(slot);
  }
}
