import { inspect } from 'node:util';
import { printable } from '../../../pool/values/printable';
import { describeValue } from '../../../pool/values/describe';
import type { TermSink } from './term-sink';

/** Characters of a term in a message. */
const LONGEST_TEXT = 1000;
/** Elements of a list, tuple or map in a message, and how deep. */
const MOST_ELEMENTS = 20;
const DEEPEST = 6;
/** Bytes of a binary in a message. */
const MOST_BYTES = 200;

/** All terms that are objects of a class of their own. */
export abstract class TermValue {
  /**
   * Writes its bytes.
   *
   * @internal
   */
  abstract writeTo(writer: TermSink, depth: number): void;

  /**
   * Writes itself in Erlang's syntax.
   *
   * @internal
   */
  abstract describeTo(text: TermText): void;

  /** The term as Erlang writes it, on one line; a long one is cut. */
  toString(): string {
    return termText(this);
  }

  /** @internal */
  [inspect.custom](): string {
    return `${this.constructor.name} ${this.toString()}`;
  }
}

/** A term as Erlang writes it, on one line; a long one is cut. */
export function termText(term: unknown, longest = LONGEST_TEXT): string {
  const text = new TermText(longest);
  text.add(term);
  return text.result;
}

const RESERVED = new Set(
  'after and andalso band begin bnot bor bsl bsr bxor case catch cond div else end fun if let maybe not of or orelse receive rem try when xor'.split(
    ' ',
  ),
);

/** The name of an atom as Erlang writes it, on one line. */
export const atomText = (name: string): string =>
  /^[a-z][A-Za-z0-9_@]*$/.test(name) && !RESERVED.has(name) ? name : `'${printable(name.replace(/['\\]/g, '\\$&'))}'`;

/** A number as what it is sent as: an integer, or else a float. */
const numberText = (value: number): string =>
  Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : floatText(value);

/** A float as Erlang writes it, which has a point always. */
export function floatText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const text = Math.abs(value) > Number.MAX_SAFE_INTEGER ? value.toExponential() : String(value);
  const [digits = '', exponent] = text.split('e');
  const signed = Object.is(value, -0) ? '-0' : digits;
  const whole = signed.includes('.') ? signed : `${signed}.0`;
  return exponent === undefined ? whole : `${whole}e${exponent.replace('+', '')}`;
}

/** Terms in Erlang's syntax, as much of them as a message can show. */
export class TermText {
  private text = '';
  private depth = 0;

  constructor(private readonly longest: number) {}

  get result(): string {
    return this.text.length > this.longest ? `${this.text.slice(0, this.longest)}…` : this.text;
  }

  private get full(): boolean {
    return this.text.length > this.longest;
  }

  write(text: string): void {
    if (!this.full) this.text += text;
  }

  add(term: unknown): void {
    if (this.full) return;
    if (term instanceof TermValue) {
      if (this.depth >= DEEPEST) this.write('…');
      else this.nested(() => term.describeTo(this));
    } else if (typeof term === 'string') this.binary(Buffer.from(term.slice(0, MOST_BYTES + 1)));
    else if (term instanceof Uint8Array) this.binary(term);
    else if (Array.isArray(term)) this.list(term);
    else if (typeof term === 'number') this.write(numberText(term));
    else if (term === null || typeof term === 'boolean') this.write(String(term));
    else if (typeof term === 'bigint') this.write(bigText(term));
    else this.write(describeValue(term));
  }

  /** Elements with commas between them. */
  elements(elements: readonly unknown[]): void {
    this.each(elements.length, (i) => this.add(elements[i]));
  }

  entries(keys: readonly unknown[], values: readonly unknown[]): void {
    this.each(keys.length, (i) => {
      this.add(keys[i]);
      this.write(' => ');
      this.add(values[i]);
    });
  }

  private each(count: number, add: (i: number) => void): void {
    for (let i = 0; i < count && !this.full; i++) {
      if (i > 0) this.write(', ');
      if (i === MOST_ELEMENTS) {
        this.write('…');
        return;
      }
      add(i);
    }
  }

  private nested(work: () => void): void {
    this.depth++;
    work();
    this.depth--;
  }

  private list(list: readonly unknown[]): void {
    const text = charactersOf(list);
    if (text !== undefined) this.write(JSON.stringify(text));
    else if (this.depth >= DEEPEST) this.write('[…]');
    else {
      this.write('[');
      this.nested(() => this.elements(list));
      this.write(']');
    }
  }

  private binary(bytes: Uint8Array): void {
    const part = bytes.subarray(0, MOST_BYTES);
    const more = bytes.length > MOST_BYTES ? '…' : '';
    const text = utf8(part, more !== '');
    if (text === undefined) this.write(`<<${part.join(',')}${more}>>`);
    else this.write(`<<${printable(JSON.stringify(text))}${more}>>`);
  }
}

/** A list of printable characters, which Erlang shows as a text: exit reasons have them. */
function charactersOf(list: readonly unknown[]): string | undefined {
  if (list.length === 0) return undefined;
  const part = list.slice(0, MOST_BYTES);
  if (!part.every((item) => typeof item === 'number' && item >= 0x20 && item <= 0x7e)) return undefined;
  const text = String.fromCharCode(...(part as number[]));
  return list.length > part.length ? `${text}…` : text;
}

function utf8(bytes: Uint8Array, cut: boolean): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: cut });
  } catch {
    return undefined;
  }
}

/** Digits of a very large integer take time that grows with their square. */
const bigText = (value: bigint): string =>
  BigInt.asIntN(4096, value) === value ? String(value) : 'an integer of more than 4096 bits';
