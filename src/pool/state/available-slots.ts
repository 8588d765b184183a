import { LinkedList } from '../collections/linked-list';
import type { Slot } from './claim-and-slot';

/**
 * The open slots that can take one more lease, least loaded first. Slots of equal load keep the order
 * in which they reached it, so that `order` decides which idle connection is lent first.
 */
export class AvailableSlots<C> {
  private readonly byLoad: LinkedList<Slot<C>>[] = [new LinkedList<Slot<C>>()];
  private readonly unused = this.byLoad[0]!;
  /** A lower bound for the load of the slots in use; the search for one begins here. */
  private lowestLoad = 1;

  constructor(
    private readonly capacity: number,
    private readonly order: 'lifo' | 'fifo',
  ) {}

  /** The number of idle connections. */
  get idle(): number {
    return this.unused.size;
  }

  /** The idle connection that has been idle longest. */
  get idleLongest(): Slot<C> | null {
    return this.unused.first;
  }

  /** The slot that would be lent next, or null when all are full. */
  next(): Slot<C> | null {
    const { unused } = this;
    return unused.size === 0 ? this.nextUsed() : this.firstInOrder(unused);
  }

  private nextUsed(): Slot<C> | null {
    const { byLoad } = this;
    for (; this.lowestLoad < byLoad.length; this.lowestLoad++) {
      const slots = byLoad[this.lowestLoad]!;
      if (slots.size > 0) return this.firstInOrder(slots);
    }
    return null;
  }

  private firstInOrder(slots: LinkedList<Slot<C>>): Slot<C> | null {
    return this.order === 'lifo' ? slots.last : slots.first;
  }

  /**
   * The first slot, in the order of lending, that satisfies `isFresh`. If the last slot of a load is not fresh, no slot of that load is:
   * a waiter must not cost a search through all idle slots.
   */
  nextFresh(isFresh: (slot: Slot<C>) => boolean): Slot<C> | null {
    for (const { first, last } of this.byLoad) {
      if (last === null || !isFresh(last)) continue;
      if (this.order === 'lifo') return last;
      let slot = first!;
      while (!isFresh(slot)) slot = slot.behind!;
      return slot;
    }
    return null;
  }

  /** Call it with the current load; a full slot is not added. */
  add(slot: Slot<C>): void {
    if (slot.holders.size > 0) this.addUsed(slot);
    else this.unused.push(slot);
  }

  private addUsed(slot: Slot<C>): void {
    const load = slot.holders.size;
    if (load >= this.capacity) return;
    // A slot's load changes by one at a time, so a new list is always the next one.
    if (load === this.byLoad.length) this.byLoad.push(new LinkedList());
    this.byLoad[load]!.push(slot);
    if (load < this.lowestLoad) this.lowestLoad = load;
  }

  /** Call it before the load changes. */
  remove(slot: Slot<C>): void {
    const { size: load } = slot.holders;
    if (load === 0) this.unused.remove(slot);
    else if (load < this.capacity) this.byLoad[load]!.remove(slot);
  }
}
