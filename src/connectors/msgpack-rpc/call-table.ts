import type { Call } from './calls';

/** A power of two. */
const RECENT = 32;

/**
 * The calls that wait for an answer, by id. Ids count up, and most calls are answered before many more are made, so that the last bits of an
 * id say where its call is. Those that take longer are in a Map, which would make itself anew for every few calls that come and go.
 */
export class CallTable {
  readonly #recent = new Array<Call | null>(RECENT).fill(null);
  /** null: given up after it was sent, so that the answer may still come and the id is not free. */
  readonly #others = new Map<number, Call | null>();
  #recentCount = 0;

  get size(): number {
    return this.#recentCount + this.#others.size;
  }

  add(call: Call): void {
    const slot = call.id % RECENT;
    const former = this.#recent[slot]!;
    if (former === null) this.#recentCount++;
    else this.#others.set(former.id, former);
    this.#recent[slot] = call;
  }

  has(id: number): boolean {
    return this.#recentOf(id) !== null || (this.#others.size > 0 && this.#others.has(id));
  }

  /** The call of this id; null for one that was given up, undefined for none. */
  get(id: number): Call | null | undefined {
    return this.#recentOf(id) ?? (this.#others.size > 0 ? this.#others.get(id) : undefined);
  }

  remove(id: number): void {
    if (this.#recentOf(id) === null) {
      this.#others.delete(id);
      return;
    }
    this.#recent[id % RECENT] = null;
    this.#recentCount--;
  }

  /** It was given up: its id is not free, but nothing else of it is kept. */
  cancel(id: number): void {
    this.remove(id);
    this.#others.set(id, null);
  }

  /** Takes out all that were not given up. */
  takeAll(): Call[] {
    const calls = [...this.#others.values(), ...this.#recent].filter((call) => call !== null);
    this.#others.clear();
    this.#recent.fill(null);
    this.#recentCount = 0;
    return calls;
  }

  #recentOf(id: number): Call | null {
    const call = this.#recent[id % RECENT]!;
    return call !== null && call.id === id ? call : null;
  }
}
