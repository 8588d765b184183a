import { Subscription } from 'rxjs';
import type { Unsubscribable } from 'rxjs';

/** The place of one that is not kept. */
export const notStored = -1;

/** One that runs, and knows where it is kept. */
export interface StoredMember extends Unsubscribable {
  /** Its place in the batch: the member that started first has the lower one. */
  readonly position: number;
  /** Where it is in {@link RunningMembers}, or {@link notStored}. */
  slotIndex: number;
}

/** Those of a batch that run, in no order: one that ends leaves its place to the last. */
export class RunningMembers<M extends StoredMember> {
  /** Longer than `size` where there were more once: an array that shrinks and grows with every item costs more than the item. */
  private members: (M | null)[] = [];
  size = 0;

  add(member: M): void {
    member.slotIndex = this.size;
    this.members[this.size++] = member;
  }

  /** One that is not kept any more, because all were cancelled, is not looked for. */
  delete(member: M): void {
    if (member.slotIndex === notStored) return;
    const { members } = this;
    const last = members[--this.size]!;
    last.slotIndex = member.slotIndex;
    members[member.slotIndex] = last;
    members[this.size] = null;
    member.slotIndex = notStored;
  }

  /** In the order in which they began. */
  all(): M[] {
    return (this.members.slice(0, this.size) as M[]).sort((a, b) => a.position - b.position);
  }

  /** Cancels all of them. A teardown that throws does not keep the others from running: one error for all is thrown in the end. */
  cancel(): void {
    const members = new Subscription();
    for (const member of this.all()) {
      member.slotIndex = notStored;
      members.add(member);
    }
    this.members = [];
    this.size = 0;
    members.unsubscribe();
  }
}
