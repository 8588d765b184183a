import type { Claim } from './claim';
import type { Counters } from './counters';
import { Room } from './room';
import type { Slot } from './slot';

/**
 * Every connection that is not gone, and how many of them are in which state. Only changes them from one to the next, and
 * keeps the sums; what is to happen is decided in the core.
 */
export class Connections<C> {
  /** How many are opening, open and closing: together never more than `max`. */
  opening = 0;
  total = 0;
  closing = 0;
  /** Open ones with at least one lease. */
  inUse = 0;
  activeLeases = 0;

  private readonly slots = new Set<Slot<C>>();
  /** Open ones that can take one more lease. */
  private readonly room: Room<C>;
  /** Closing ones that have not been told so. */
  private readonly retired: Slot<C>[] = [];

  constructor(
    readonly max: number,
    readonly capacity: number,
    order: 'lifo' | 'fifo',
    private readonly counters: Counters,
  ) {
    this.room = new Room(capacity, order);
  }

  /** Whether none is left, in whatever state. */
  get none(): boolean {
    return this.slots.size === 0;
  }

  get mayOpenOneMore(): boolean {
    return this.total + this.opening + this.closing < this.max;
  }

  /** How many leases those could carry that are not open now. */
  get stillToCome(): number {
    return (this.max - this.total) * this.capacity;
  }

  get anyRetired(): boolean {
    return this.retired.length > 0;
  }

  /** The one that would be lent next. */
  best(): Slot<C> | null {
    return this.room.best();
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
    slot.wasOpen = true;
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
    const { holders } = slot;
    this.room.remove(slot);
    if (holders.size === 0) this.inUse++;
    holders.push(claim);
    this.room.add(slot);
    claim.state = 'held';
    claim.slot = slot;
    this.activeLeases++;
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

  giveBack(claim: Claim<C>, discarded: boolean): void {
    const slot = claim.slot!;
    const { holders } = slot;
    claim.state = 'ended';
    claim.slot = null;
    if (!slot.condemned) this.room.remove(slot);
    holders.remove(claim);
    this.activeLeases--;
    if (holders.size === 0) this.inUse--;
    if (discarded) {
      this.counters.discarded++;
      slot.condemned = true;
    } else {
      this.counters.released++;
    }
    if (!slot.condemned) this.room.add(slot);
    else if (holders.size === 0) this.retire(slot);
  }

  /** Takes no new lease, and is closed when the last one has ended: now, if there is none. */
  condemn(slot: Slot<C>): void {
    if (slot.condemned) return;
    this.room.remove(slot);
    slot.condemned = true;
    if (slot.holders.size === 0) this.retire(slot);
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

  private retire(slot: Slot<C>): void {
    slot.state = 'closing';
    this.total--;
    this.closing++;
    this.retired.push(slot);
  }
}
