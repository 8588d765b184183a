/** What a member of a {@link LinkedList} carries: its own place, so that leaving costs no search. */
export interface Linked<T> {
  ahead: T | null;
  behind: T | null;
}

/**
 * A doubly linked list through its members themselves: pushing and removing are O(1) and allocate
 * nothing. A member is in one list at a time, and its owner knows which.
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

  /** In order. */
  all(): T[] {
    const members: T[] = [];
    for (let member = this.first; member !== null; member = member.behind) members.push(member);
    return members;
  }
}
