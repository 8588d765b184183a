/** A member of a {@link LinkedList} with its own links, so that it is removed without a search. */
export interface Linked<T> {
  ahead: T | null;
  behind: T | null;
}

/**
 * An intrusive doubly linked list: pushing and removing are O(1) and allocate nothing. A member is in
 * at most one list at a time, and its owner knows in which.
 */
export class LinkedList<T extends Linked<T>> {
  first: T | null = null;
  last: T | null = null;
  size = 0;

  push(member: T): void {
    const { last } = this;
    member.ahead = last;
    if (last === null) this.first = member;
    else last.behind = member;
    this.last = member;
    this.size++;
  }

  remove(member: T): void {
    const { ahead, behind } = member;
    if (ahead === null) this.first = behind;
    else ahead.behind = behind;
    if (behind === null) this.last = ahead;
    else behind.ahead = ahead;
    member.ahead = null;
    member.behind = null;
    this.size--;
  }

  /** All members, in order. */
  all(): T[] {
    const members: T[] = [];
    for (let member = this.first; member !== null; member = member.behind) members.push(member);
    return members;
  }
}
