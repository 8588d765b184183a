/** A power of two. */
const RECENT = 32;

/**
 * The calls that wait for an answer, by id. Ids count up, and most calls are answered before many more are made: recent calls are in an array
 * indexed by the low bits of the id. Only calls that take longer are in a Map, which would be rehashed often if it held all.
 */
export class CallTable<Call extends { readonly id: number }> {
  private readonly recent = new Array<Call | null>(RECENT).fill(null);
  /** null: cancelled after it was sent. The answer may still arrive, so that the id is not free. */
  private readonly others = new Map<number, Call | null>();
  private recentCount = 0;

  get size(): number {
    return this.recentCount + this.others.size;
  }

  add(call: Call): void {
    const slot = call.id % RECENT;
    const former = this.recent[slot]!;
    if (former === null) this.recentCount++;
    else this.others.set(former.id, former);
    this.recent[slot] = call;
  }

  has(id: number): boolean {
    return this.recentOf(id) !== null || (this.others.size > 0 && this.others.has(id));
  }

  /** The call of this id; null for one that was cancelled, undefined for none. */
  get(id: number): Call | null | undefined {
    return this.recentOf(id) ?? (this.others.size > 0 ? this.others.get(id) : undefined);
  }

  remove(id: number): void {
    if (this.recentOf(id) === null) {
      this.others.delete(id);
      return;
    }
    this.recent[id % RECENT] = null;
    this.recentCount--;
  }

  /** Cancels a call: its id stays reserved, but the call itself is not kept. */
  cancel(id: number): void {
    this.remove(id);
    this.others.set(id, null);
  }

  /** Removes all calls and returns those that were not cancelled. */
  takeAll(): Call[] {
    const calls = [...this.others.values(), ...this.recent].filter((call) => call !== null);
    this.others.clear();
    this.recent.fill(null);
    this.recentCount = 0;
    return calls;
  }

  private recentOf(id: number): Call | null {
    const call = this.recent[id % RECENT]!;
    return call !== null && call.id === id ? call : null;
  }
}
