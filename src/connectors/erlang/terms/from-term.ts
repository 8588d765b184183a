import { Atom } from './atom';
import type { Term } from './term';
import { Float } from './float';
import { TermMap, Tuple } from './term';

/** How `fromTerm` makes plain values. */
export interface FromTermOptions {
  /** What a binary becomes: `'text'`, a string if it is UTF-8 and a `Buffer` otherwise; or `'bytes'`, always a `Buffer`. Default `'text'`. */
  readonly binaries?: 'text' | 'bytes';
  /** What becomes of a term that has no plain value, such as a pid: `'keep'`, the term; or `'text'`, as Erlang writes it. Default `'keep'`. */
  readonly others?: 'keep' | 'text';
}

/** Bytes of the longest key of an object: the engine hashes texts of more than 16,383 letters by their length alone. */
const LONGEST_KEY = 8 * 1024;

/** What Erlang, Elixir and Gleam, and their makers of JSON call nothing. */
const NOTHING = new Set(['nil', 'null', 'undefined']);

/**
 * The plain value of a term, as a program or `JSON.stringify` can use it, at the price that it cannot be sent back as the same term.
 *
 * | term | value |
 * |---|---|
 * | `nil`, `null`, `undefined` | `null` |
 * | other atoms | string |
 * | float | number |
 * | binary | string or `Buffer`, see `binaries` |
 * | list, tuple | array |
 * | map whose keys are atoms or UTF-8 of at most 8 192 bytes, no two of the same text | object |
 * | any other map, and anything else | as it is, or see `others` |
 *
 * @example
 * node.call('users', tuple(atom('find'), 7)).subscribe((user) => console.log(fromTerm(user)));
 */
export function fromTerm(term: Term, options: FromTermOptions = {}): unknown {
  const kept = (other: Term): unknown => (options.others === 'text' ? String(other) : other);
  if (typeof term === 'bigint') return kept(term);
  if (typeof term !== 'object') return term;
  if (term instanceof Uint8Array) return options.binaries === 'bytes' ? term : (textOf(term) ?? term);
  if (Array.isArray(term)) return (term as readonly Term[]).map((item) => fromTerm(item, options));
  if (term instanceof Atom) return NOTHING.has(term.name) ? null : term.name;
  if (term instanceof Tuple) return term.elements.map((item) => fromTerm(item, options));
  if (term instanceof Float) return term.value;
  if (term instanceof TermMap) return objectOf(term, options) ?? kept(term);
  return kept(term);
}

function objectOf(map: TermMap, options: FromTermOptions): Record<string, unknown> | undefined {
  const object: Record<string, unknown> = {};
  for (const [key, value] of map) {
    const name = nameOf(key);
    if (name === undefined || Object.hasOwn(object, name)) return undefined;
    const plain = fromTerm(value, options);
    if (name !== '__proto__') object[name] = plain;
    // As any other key, and not as what it means to an assignment.
    else Object.defineProperty(object, name, { value: plain, enumerable: true, configurable: true, writable: true });
  }
  return object;
}

function nameOf(key: Term): string | undefined {
  if (typeof key === 'boolean') return String(key);
  if (key instanceof Atom) return key.name;
  return key instanceof Uint8Array && key.length <= LONGEST_KEY ? textOf(key) : undefined;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
