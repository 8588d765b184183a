import type { Linked } from './linked-list';

/**
 * Who holds a lease on a connection, the newest first. A list with one end: a connection is old and its holders are young, and each reference
 * from old to young costs the garbage collector's books more than all the rest of a lease's place here.
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

  /** Who has held it longest comes first. */
  all(): T[] {
    const holders: T[] = [];
    for (let holder = this.newest; holder !== null; holder = holder.behind) holders.push(holder);
    return holders.reverse();
  }
}
