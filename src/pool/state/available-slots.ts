import { LinkedList } from '../collections/linked-list';
import type { Slot } from './slot';

/**
 * The open slots that can take one more lease, least loaded first. Slots of equal load keep the order
 * in which they got it, so that `order` says which idle connection goes first.
 */
export class AvailableSlots<C> {
  private readonly byLoad: LinkedList<Slot<C>>[] = [new LinkedList<Slot<C>>()];
  private readonly unused = this.byLoad[0]!;
  /** No slot that is used has less load than this; looking for one begins here. */
  private lowestLoad = 1;

  constructor(
    private readonly capacity: number,
    private readonly order: 'lifo' | 'fifo',
  ) {}

  /** How many connections nobody uses. */
  get idle(): number {
    return this.unused.size;
  }

  /** The one of them that came free first. */
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
   * The first one, in the order in which they would be lent, that is as fresh as this says. Where the one that came last is not, none of
   * that load is: nobody who waits should cost a look at all that are idle.
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

  /** To be called with its load as it is now; a full slot has no place here. */
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

  /** To be called before its load changes. */
  remove(slot: Slot<C>): void {
    const { size: load } = slot.holders;
    if (load === 0) this.unused.remove(slot);
    else if (load < this.capacity) this.byLoad[load]!.remove(slot);
  }
}
