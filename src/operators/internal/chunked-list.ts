/** In values: larger pieces cost as much, and are half empty at the end. */
const largest = 1024;

/**
 * A list that only grows, and that becomes an array once, at the end. An array that is pushed to is moved to a larger place again and again:
 * of a million values each costs three times as much as in pieces that stay where they are.
 */
export class ChunkedList<T> {
  private readonly full: T[][] = [];
  private last = new Array<T>(16);
  private used = 0;
  size = 0;

  push(value: T): void {
    if (this.used === this.last.length) {
      this.full.push(this.last);
      this.last = new Array<T>(Math.min(largest, this.last.length * 2));
      this.used = 0;
    }
    this.last[this.used++] = value;
    this.size++;
  }

  /** All of them, in the order in which they came. */
  toArray(): T[] {
    this.last.length = this.used;
    return this.full.length === 0 ? this.last : ([] as T[]).concat(...this.full, this.last);
  }
}
