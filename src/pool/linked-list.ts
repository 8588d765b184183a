/** What a member of a {@link LinkedList}, or of a {@link LinkedStack}, carries: its own place, so that leaving costs no search. */
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
}

/**
 * The same, of which only the last one in is known: where there is mostly one member, that is one reference to keep and not two. Each that
 * something long-lived keeps of something new is registered with the garbage collector.
 */
export class LinkedStack<T extends Linked<T>> {
  private last: T | null = null;
  size = 0;

  push(member: T): void {
    const { last } = this;
    member.ahead = last;
    if (last !== null) last.behind = member;
    this.last = member;
    this.size++;
  }

  remove(member: T): void {
    const { ahead, behind } = member;
    if (behind === null) this.last = ahead;
    else behind.ahead = ahead;
    if (ahead !== null) ahead.behind = behind;
    member.ahead = null;
    member.behind = null;
    this.size--;
  }

  /** In the order in which they came. */
  all(): T[] {
    const members: T[] = [];
    for (let member = this.last; member !== null; member = member.ahead) members.push(member);
    return members.reverse();
  }
}
