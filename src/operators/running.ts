import { Subscription } from 'rxjs';
import type { Unsubscribable } from 'rxjs';

/** One that runs, and knows where it is kept. */
export interface Placed extends Unsubscribable {
  /** Its place in the batch: who began first has the lower one. */
  readonly position: number;
  /** Where it is in {@link Running}. */
  at: number;
}

/** Those of a batch that run, in no order: one that ends leaves its place to the last. */
export class Running<M extends Placed> {
  private readonly members: M[] = [];

  get size(): number {
    return this.members.length;
  }

  add(member: M): void {
    member.at = this.members.length;
    this.members.push(member);
  }

  delete(member: M): void {
    const { members } = this;
    const last = members.pop()!;
    if (last === member) return;
    last.at = member.at;
    members[member.at] = last;
  }

  /** In the order in which they began. */
  all(): M[] {
    return [...this.members].sort((a, b) => a.position - b.position);
  }

  /** Cancels all of them. A teardown that throws does not keep the others from running: one error for all is thrown in the end. */
  cancel(): void {
    const members = new Subscription();
    for (const member of this.all()) members.add(member);
    this.members.length = 0;
    members.unsubscribe();
  }
}
