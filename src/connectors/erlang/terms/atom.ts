import { inspect } from 'node:util';
import { describeValue } from '../../../pool/values/describe';
import * as tag from './tags';
import { atomText, TermValue, type TermText } from './term-value';
import type { TermSink } from './term-sink';

/** Characters of an atom at the most, by the rules of Erlang. */
export const LONGEST_ATOM = 255;

/**
 * An atom. There is one object for each name in a process, so that atoms are compared by `===`. Made by `atom(name)`. The atoms `true` and
 * `false` are read as booleans.
 *
 * @example
 * if (reply === atom('ok')) console.log('done');
 */
export class Atom extends TermValue {
  private encodedBytes: Uint8Array | undefined;

  /** @internal */
  constructor(readonly name: string) {
    super();
  }

  toJSON(): string {
    return this.name;
  }

  /**
   * Its bytes on the wire.
   *
   * @internal
   */
  get encoded(): Uint8Array {
    return (this.encodedBytes ??= encodeAtom(this.name));
  }

  /** @internal */
  override writeTo(writer: TermSink): void {
    writer.bytes(this.encoded);
  }

  /** @internal */
  override describeTo(text: TermText): void {
    text.write(atomText(this.name));
  }

  /** @internal */
  override [inspect.custom](): string {
    return `atom(${JSON.stringify(this.name)})`;
  }
}

/** Atoms that are in use, by their names. An atom that the program no longer refers to is forgotten, so that a peer cannot fill this table. */
const table = new Map<string, WeakRef<Atom>>();
const forgotten = new FinalizationRegistry<string>((key) => {
  if (table.get(key)?.deref() === undefined) table.delete(key);
});

/** V8 hashes a text that looks like a number without a seed: such keys could be chosen to collide. */
const keyOf = (name: string): string => `.${name}`;

/**
 * The atom of this name. The same name gives the same object.
 *
 * Throws a `TypeError` for a name of more than 255 characters, or that is no text of Unicode.
 *
 * @example
 * node.call('counter', atom('increment')).subscribe((count) => console.log(count));
 */
export function atom(name: string): Atom {
  // What is in the table has been checked.
  return known(name) ?? checkedAtom(name);
}

function checkedAtom(name: string): Atom {
  if (typeof name !== 'string')
    throw new TypeError(`The name of an atom must be a string, but got ${describeValue(name)}`);
  if (isTooLong(name)) {
    throw new TypeError(
      `An atom has at most ${LONGEST_ATOM} characters, but got ${name.length}: ${describeValue(name)}`,
    );
  }
  if (/\p{Cs}/u.test(name))
    throw new TypeError(`The name of an atom has half of a character in it: ${describeValue(name)}`);
  return intern(name, noLimit);
}

/** A character beyond the first plane is two units of a string. */
export const isTooLong = (name: string): boolean =>
  name.length > LONGEST_ATOM && Array.from(name).length > LONGEST_ATOM;

const known = (name: string): Atom | undefined => table.get(keyOf(name))?.deref();

const noLimit = (): void => {};

/** The atom of a name that is known to be short enough. If no such atom is in use, `onNew` is called first, and may throw. */
export function intern(name: string, onNew: () => void): Atom {
  const found = known(name);
  if (found !== undefined) return found;
  onNew();
  const key = keyOf(name);
  const made = new Atom(name);
  table.set(key, new WeakRef(made));
  forgotten.register(made, key);
  return made;
}

/** How many names of atoms are in memory. */
export const atomCount = (): number => table.size;

function encodeAtom(name: string): Uint8Array {
  const text = Buffer.from(name, 'utf8');
  return text.length <= 255
    ? Buffer.concat([Buffer.of(tag.SMALL_ATOM_UTF8, text.length), text])
    : Buffer.concat([Buffer.of(tag.ATOM_UTF8, text.length >> 8, text.length & 0xff), text]);
}
