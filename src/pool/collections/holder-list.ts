import type { Linked } from './linked-list';

/**
 * The holders of a connection, the newest first. A list with one end: a connection is old and its holders are young, and each reference
 * from an old object to a young one costs the garbage collector more than everything else that this list does for a lease.
 */
export class HolderList<T extends Linked<T>> {
  newest: T | null = null;
  size = 0;

  push(holder: T): void {
    const { newest } = this;
    if (newest !== null) newest.ahead = holder;
    holder.behind = newest;
    this.newest = holder;
    this.size++;
  }

  remove(holder: T): void {
    const { ahead, behind } = holder;
    if (ahead === null) this.newest = behind;
    else ahead.behind = behind;
    if (behind !== null) behind.ahead = ahead;
    holder.ahead = holder.behind = null;
    this.size--;
  }

  /** All holders, the longest first. */
  all(): T[] {
    const holders: T[] = [];
    for (let holder = this.newest; holder !== null; holder = holder.behind) holders.push(holder);
    return holders.reverse();
  }
}
