import type { Sendable, Term } from './term';
import { TermValue, type TermText } from './term-value';
import { checkKeys, keyText, type TermWriter } from './term-writer';

/**
 * A map with keys of any kind, which are compared by their value: `get(tuple(1, 2))` finds what is stored under an equal tuple. As in Erlang, the
 * integer `1` and the float `1.0` are different keys. It cannot be changed. A map to be sent may be an object, a `Map`, or `termMap(entries)`.
 *
 * To be read, keys are not hashed at all, so that keys that collide cost nothing. The first `get` makes an index of them.
 */
export class TermMap extends TermValue implements Iterable<readonly [Term, Term]> {
  readonly #keys: readonly Term[];
  readonly #values: readonly Term[];
  #index: Map<string, number> | undefined;

  /** @internal */
  constructor(keys: readonly Term[], values: readonly Term[]) {
    super();
    this.#keys = keys;
    this.#values = values;
  }

  get size(): number {
    return this.#keys.length;
  }

  /** The value under an equal key: a string finds a binary, `atom(name)` an atom. Undefined if there is none. */
  get(key: Sendable): Term | undefined {
    const at = this.#find(key);
    return at === undefined ? undefined : this.#values[at];
  }

  has(key: Sendable): boolean {
    return this.#find(key) !== undefined;
  }

  keys(): readonly Term[] {
    return this.#keys;
  }

  values(): readonly Term[] {
    return this.#values;
  }

  *[Symbol.iterator](): Generator<readonly [Term, Term], void, undefined> {
    for (let i = 0; i < this.#keys.length; i++) yield [this.#keys[i]!, this.#values[i]!];
  }

  /** @internal */
  override writeTo(writer: TermWriter, depth: number): void {
    writer.entries(this.#keys, this.#values, depth);
  }

  /** @internal */
  override describeTo(text: TermText): void {
    text.write('#{');
    text.entries(this.#keys, this.#values);
    text.write('}');
  }

  #find(key: Sendable): number | undefined {
    if (this.#index === undefined) {
      this.#index = new Map();
      for (let i = 0; i < this.#keys.length; i++) this.#index.set(keyText(this.#keys[i]), i);
    }
    return this.#index.get(keyText(key));
  }
}

/**
 * A map of these entries, with keys of any kind. Throws a `TypeError` if two keys are equal.
 *
 * @example
 * node.call('store', termMap([[atom('id'), 7], [atom('name'), 'seven']]));
 */
export function termMap(entries: Iterable<readonly [Sendable, Sendable]>): TermMap {
  const pairs = [...entries];
  const keys = pairs.map(([key]) => key);
  checkKeys(keys);
  return new TermMap(keys as Term[], pairs.map(([, value]) => value) as Term[]);
}
