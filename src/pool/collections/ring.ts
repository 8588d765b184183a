/** A queue in a circular array: constant cost at any length, where the cost of `Array.shift()` grows with the length. */
export class Ring<T> {
  private slots: (T | undefined)[] = new Array<T | undefined>(16);
  private head = 0;
  size = 0;

  push(value: T): void {
    if (this.size === this.slots.length) this.grow();
    this.slots[(this.head + this.size) & (this.slots.length - 1)] = value;
    this.size++;
  }

  /** The first value; call it only if the ring is not empty. */
  peek(): T {
    return this.slots[this.head] as T;
  }

  /** Removes the first value; call it only if the ring is not empty. */
  shift(): T {
    const value = this.slots[this.head] as T;
    this.slots[this.head] = undefined;
    this.head = (this.head + 1) & (this.slots.length - 1);
    this.size--;
    return value;
  }

  clear(): void {
    this.slots = new Array<T | undefined>(16);
    this.head = 0;
    this.size = 0;
  }

  private grow(): void {
    const { slots, head } = this;
    this.slots = slots.slice(head).concat(slots.slice(0, head));
    this.slots.length = slots.length * 2;
    this.head = 0;
  }
}
