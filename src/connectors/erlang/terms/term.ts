import * as tag from './tags';
import type { ExportedFunction, Fun, Pid, Port, Reference } from './identifiers';
import { Atom, atom } from './atom';
import type { BitString } from './bit-string';
import type { Float } from './float';
import { TermValue, type TermText } from './term-value';
import type { TermSink } from './term-sink';
import { checkKeys, DEEPEST, keyText } from './term-writer';

/**
 * What a term is when it has been read. Sent as it is, it is the same term.
 *
 * | term | here |
 * |---|---|
 * | integer | `number` up to ±(2⁵³ − 1), `bigint` beyond |
 * | float | `number`; `Float` if its value is an integer up to ±(2⁵³ − 1) |
 * | atom | `Atom`; `true` and `false` are booleans |
 * | binary | `Buffer` |
 * | bit string | `BitString` |
 * | list | array, also of what Erlang writes as a string; `ImproperList` |
 * | tuple, map | `Tuple`, `TermMap` |
 * | pid, port, reference | `Pid`, `Port`, `Reference` |
 * | fun | `Fun`, `ExportedFunction` |
 */
export type Term =
  | number
  | bigint
  | boolean
  | Atom
  | Float
  | Buffer
  | BitString
  | Tuple
  | readonly Term[]
  | ImproperList
  | TermMap
  | Pid
  | Port
  | Reference
  | Fun
  | ExportedFunction;

/**
 * What can be sent: every `Term`, and values of JavaScript that have one meaning as a term. A string is a binary of UTF-8, as strings of Elixir and
 * Gleam are; an object is a map whose keys are binaries; a `Map` is a map; `null` is the atom `null`. A number that is no integer, or
 * beyond ±(2⁵³ − 1), is a float.
 */
export type Sendable =
  | Term
  | string
  | null
  | Uint8Array
  | Tuple<readonly Sendable[]>
  | Variant
  | readonly Sendable[]
  | ReadonlyMap<Sendable, Sendable>
  | { readonly [key: string]: Sendable };

/** A tuple. Made by `tuple(...)`. */
export class Tuple<E extends readonly Sendable[] = readonly Term[]> extends TermValue implements Iterable<E[number]> {
  /** @internal */
  constructor(readonly elements: E) {
    super();
  }

  get length(): number {
    return this.elements.length;
  }

  /** The name of the atom that it begins with, such as `'ok'` of `{ok, Value}`; undefined if it does not begin with one. */
  get tag(): string | undefined {
    const [first] = this.elements as readonly unknown[];
    return first instanceof Atom ? first.name : undefined;
  }

  /** The element at this index, counted from 0; undefined beyond the last. */
  at(index: number): E[number] | undefined {
    return this.elements[index];
  }

  [Symbol.iterator](): Iterator<E[number]> {
    return this.elements[Symbol.iterator]() as Iterator<E[number]>;
  }

  /** @internal */
  override writeTo(writer: TermSink, depth: number): void {
    const { elements } = this;
    writer.tupleHeader(elements.length);
    for (let i = 0; i < elements.length; i++) writer.term(elements[i], depth);
  }

  /** @internal */
  override describeTo(text: TermText): void {
    text.write('{');
    text.elements(this.elements);
    text.write('}');
  }
}

/**
 * A tuple of these elements.
 *
 * @example
 * node.call('store', tuple(atom('put'), 'key', 5));
 */
export const tuple = <E extends readonly Sendable[]>(...elements: E): Tuple<E> => new Tuple(elements);

/** A list whose tail is no list: `[1, 2 | 3]`. */
export class ImproperList extends TermValue {
  /**
   * Throws a `TypeError` for anything else than what is said here.
   *
   * @param elements at least one
   * @param tail anything but a list
   */
  constructor(
    readonly elements: readonly Sendable[],
    readonly tail: Sendable,
  ) {
    super();
    if (!Array.isArray(elements) || elements.length === 0 || Array.isArray(tail) || tail instanceof ImproperList) {
      throw new TypeError('An improper list needs at least one element, and a tail that is no list');
    }
  }

  /** @internal */
  override writeTo(writer: TermSink, depth: number): void {
    writer.byte(tag.LIST);
    writer.uint32(this.elements.length);
    for (const element of this.elements) writer.term(element, depth);
    writer.term(this.tail, depth);
  }

  /** @internal */
  override describeTo(text: TermText): void {
    text.write('[');
    text.elements(this.elements);
    text.write(' | ');
    text.add(this.tail);
    text.write(']');
  }
}

/**
 * A map with keys of any kind, which are compared by their value: `get(tuple(1, 2))` finds what is stored under an equal tuple. As in Erlang, the
 * integer `1` and the float `1.0` are different keys. It cannot be changed. A map to be sent may be an object, a `Map`, or `termMap(entries)`.
 *
 * The first `get` makes an index of its keys.
 */
export class TermMap extends TermValue implements Iterable<readonly [Term, Term]> {
  private readonly keyList: readonly Term[];
  private readonly valueList: readonly Term[];
  private index: Map<string, number> | undefined;
  /** @internal */
  keyText: string | undefined;

  /** @internal */
  constructor(keys: readonly Term[], values: readonly Term[]) {
    super();
    this.keyList = keys;
    this.valueList = values;
  }

  get size(): number {
    return this.keyList.length;
  }

  /** The value under an equal key: a string finds a binary, `atom(name)` an atom. Undefined if there is none. */
  get(key: Sendable): Term | undefined {
    const at = this.find(key);
    return at === undefined ? undefined : this.valueList[at];
  }

  has(key: Sendable): boolean {
    return this.find(key) !== undefined;
  }

  keys(): readonly Term[] {
    return this.keyList;
  }

  values(): readonly Term[] {
    return this.valueList;
  }

  *[Symbol.iterator](): Generator<readonly [Term, Term], void, undefined> {
    for (let i = 0; i < this.keyList.length; i++) yield [this.keyList[i]!, this.valueList[i]!];
  }

  /** @internal */
  override writeTo(writer: TermSink, depth: number): void {
    writer.map(this, depth);
  }

  /** @internal */
  override describeTo(text: TermText): void {
    text.write('#{');
    text.entries(this.keyList, this.valueList);
    text.write('}');
  }

  private find(key: Sendable): number | undefined {
    if (this.index === undefined) {
      this.index = new Map();
      for (let i = 0; i < this.keyList.length; i++) this.index.set(keyText(this.keyList[i]), i);
    }
    return this.index.get(keyText(key));
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

/** The place in a message to a Gleam actor where the subject to reply to goes. Made by `reply()`. */
export class Reply extends TermValue {
  /** @internal */
  readonly kind = 'reply';

  /** @internal */
  override writeTo(): never {
    throw new TypeError(
      'reply() must be a field of the variant that is asked with, or stand in a list or tuple there: not in a map, nor in another message',
    );
  }

  /** @internal */
  override describeTo(text: TermText): void {
    text.write('reply()');
  }
}

/** A field of a variant: a term, another variant, `reply()`, or a list of these. */
export type VariantField = Sendable | Reply | readonly VariantField[];

/** A value of a Gleam custom type. Made by `variant(name, ...fields)`. */
export class Variant extends TermValue {
  /** @internal */
  constructor(
    readonly name: string,
    private readonly fields: readonly VariantField[],
  ) {
    super();
  }

  /**
   * The term, with the subject where the placeholder was.
   *
   * @internal
   */
  build(replyTo: Sendable): { readonly term: Sendable; readonly replies: number } {
    let replies = 0;
    // What contains itself is refused when it is written.
    const fill = (field: unknown, depth: number): unknown => {
      if (depth > DEEPEST || typeof field !== 'object') return field;
      if (field instanceof Variant) return field.term(field.fields.map((inner) => fill(inner, depth + 1)));
      if (field instanceof Tuple) return new Tuple([...field].map((inner) => fill(inner, depth + 1) as Sendable));
      if (Array.isArray(field)) return field.map((inner) => fill(inner, depth + 1));
      if (!(field instanceof Reply)) return field;
      replies++;
      return replyTo;
    };
    return { term: fill(this, 0) as Sendable, replies };
  }

  private term(fields: readonly unknown[]): Sendable {
    const name = atom(this.name);
    return fields.length === 0 ? name : new Tuple([name, ...(fields as Sendable[])]);
  }

  /** @internal */
  override writeTo(writer: TermSink, depth: number): void {
    writer.term(this.term(this.fields), depth);
  }

  /** @internal */
  override describeTo(text: TermText): void {
    text.add(this.term(this.fields));
  }
}
