import { createHash } from 'node:crypto';
import { describeValue } from '../../../pool/values/describe';
import { Atom } from './atom';
import { ByteWriter } from './byte-writer';
import * as tag from './tags';
import type { MapEntries } from './term-sink';
import { TermValue, termText } from './term-value';

/** The maximum depth of a term that is sent: it also detects a value that contains itself. */
export const DEEPEST = 512;
/** Letters of a text that is not counted first: each may have three bytes. */
const LONG_TEXT = 64 * 1024;
/** The longest list of bytes that has a form of its own. */
const LONGEST_STRING = 65_535;

const TRUE = new Atom('true').encoded;
const FALSE = new Atom('false').encoded;
const NULL = new Atom('null').encoded;

const SMALLEST_SAFE = BigInt(Number.MIN_SAFE_INTEGER);
const LARGEST_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** Writes terms as bytes. */
export class TermWriter extends ByteWriter {
  /** Throws a `TypeError` for what is no term. */
  term(term: unknown, depth = 0): void {
    switch (typeof term) {
      case 'number':
        this.number(term);
        return;
      case 'string':
        this.text(term);
        return;
      case 'boolean':
        this.bytes(term ? TRUE : FALSE);
        return;
      case 'bigint':
        this.bigint(term);
        return;
      case 'object':
        if (term === null) this.bytes(NULL);
        else this.object(term, depth + 1);
        return;
      default:
        throw new TypeError(`A term cannot be made of ${describeValue(term)}`);
    }
  }

  tupleHeader(length: number): void {
    if (length <= 255) {
      this.ensure(2);
      this.memory[this.at++] = tag.SMALL_TUPLE;
      this.memory[this.at++] = length;
    } else {
      this.byte(tag.LARGE_TUPLE);
      this.uint32(length);
    }
  }

  number(value: number): void {
    if ((value | 0) === value && !(value === 0 && 1 / value < 0)) {
      if (value >= 0 && value <= 255) {
        this.ensure(2);
        this.memory[this.at++] = tag.SMALL_INTEGER;
        this.memory[this.at++] = value;
      } else {
        this.ensure(5);
        this.memory[this.at++] = tag.INTEGER;
        this.setUint32(this.at, value);
        this.at += 4;
      }
    } else if (Number.isSafeInteger(value) && value !== 0) {
      this.wide(value);
    } else {
      this.float(value);
    }
  }

  float(value: number): void {
    if (!Number.isFinite(value)) throw new TypeError(`Erlang has no float that is ${value}`);
    this.ensure(9);
    this.memory[this.at++] = tag.NEW_FLOAT;
    this.at = this.memory.writeDoubleBE(value, this.at);
  }

  /** A text, as a binary of UTF-8. */
  text(text: string): void {
    const { length } = text;
    this.ensure(5 + (length <= LONG_TEXT ? 3 * length : Buffer.byteLength(text, 'utf8')));
    const begin = this.at + 5;
    const { memory } = this;
    let i = 0;
    // For a few letters a call of the engine costs more.
    if (length <= 64) {
      for (; i < length; i++) {
        const code = text.charCodeAt(i);
        if (code > 0x7f) break;
        memory[begin + i] = code;
      }
    }
    const bytes = i === length ? i : memory.write(text, begin, 'utf8');
    memory[this.at] = tag.BINARY;
    this.setUint32(this.at + 1, bytes);
    this.at = begin + bytes;
  }

  binary(bytes: Uint8Array): void {
    this.ensure(5 + bytes.length);
    this.memory[this.at++] = tag.BINARY;
    this.setUint32(this.at, bytes.length);
    this.at += 4;
    this.bytes(bytes);
  }

  /** A map that was read, or checked when it was made. */
  map(map: MapEntries, depth: number): void {
    this.entries(map.keys(), map.values(), depth);
  }

  entries(keys: readonly unknown[], values: readonly unknown[], depth: number): void {
    this.byte(tag.MAP);
    this.uint32(keys.length);
    for (let i = 0; i < keys.length; i++) {
      this.term(keys[i], depth);
      this.term(values[i], depth);
    }
  }

  private object(term: object, depth: number): void {
    if (depth > DEEPEST) {
      throw new TypeError(`A term must not be nested more than ${DEEPEST} deep, nor contain itself`);
    }
    if (term instanceof TermValue) {
      term.writeTo(this, depth);
    } else if (term instanceof Uint8Array) {
      this.binary(term);
    } else if (Array.isArray(term)) {
      this.list(term, depth);
    } else if (ArrayBuffer.isView(term)) {
      this.binary(new Uint8Array(term.buffer, term.byteOffset, term.byteLength));
    } else if (term instanceof Map) {
      const keys = [...term.keys()];
      if (!keys.every((key) => typeof key === 'string')) checkKeys(keys);
      this.entries(keys, [...term.values()], depth);
    } else {
      const prototype: unknown = Object.getPrototypeOf(term);
      if (prototype !== Object.prototype && prototype !== null) {
        throw new TypeError(
          `A term cannot be made of ${describeValue(term)}. Make it a plain object, a list or a tuple`,
        );
      }
      this.entries(Object.keys(term), Object.values(term), depth);
    }
  }

  private list(list: readonly unknown[], depth: number): void {
    const { length } = list;
    if (length === 0) {
      this.byte(tag.NIL);
    } else if (length <= LONGEST_STRING && isBytes(list)) {
      this.byte(tag.STRING);
      this.uint16(length);
      this.ensure(length);
      for (let i = 0; i < length; i++) this.memory[this.at++] = list[i] as number;
    } else {
      this.byte(tag.LIST);
      this.uint32(length);
      for (let i = 0; i < length; i++) this.term(list[i], depth);
      this.byte(tag.NIL);
    }
  }

  /** An integer beyond 32 bits that a number holds exactly. */
  private wide(value: number): void {
    this.ensure(10);
    this.memory[this.at++] = tag.SMALL_BIG;
    const lengthAt = this.at++;
    this.memory[this.at++] = value < 0 ? 1 : 0;
    const begin = this.at;
    for (let rest = Math.abs(value); rest > 0; rest = Math.floor(rest / 256)) this.memory[this.at++] = rest % 256;
    this.memory[lengthAt] = this.at - begin;
  }

  private bigint(value: bigint): void {
    if (value >= SMALLEST_SAFE && value <= LARGEST_SAFE) {
      this.number(Number(value));
      return;
    }
    const hex = (value < 0n ? -value : value).toString(16);
    const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').reverse();
    if (bytes.length <= 255) {
      this.byte(tag.SMALL_BIG);
      this.byte(bytes.length);
    } else {
      this.byte(tag.LARGE_BIG);
      this.uint32(bytes.length);
    }
    this.byte(value < 0n ? 1 : 0);
    this.bytes(bytes);
  }
}

function isBytes(list: readonly unknown[]): boolean {
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    if (typeof item !== 'number' || (item & 0xff) !== item || (item === 0 && 1 / item < 0)) return false;
  }
  return true;
}

/** Calls `write` with a writer, and returns the bytes that were written. */
export function written(write: (writer: TermWriter) => void): Buffer {
  const writer = new TermWriter();
  try {
    write(writer);
  } catch (error) {
    writer.release();
    throw error;
  }
  return writer.finish();
}

/** A key that is longer is known by its digest: the engine hashes texts of more than 16,383 letters by their length alone. */
const LONGEST_KEY = 1024;

/** Writes equal terms as equal bytes: the entries of a map in an order of their own, and no longer than a digest. */
export class KeyWriter extends TermWriter {
  /**
   * A text that is equal for equal terms, whatever the order of a map in them. It begins with the tag of the term, or with #, and with no digit:
   * texts that look like numbers are hashed without a seed.
   */
  textOf(term: unknown, depth = 0): string {
    const start = this.at;
    this.term(term, depth);
    return this.takeFrom(start);
  }

  override map(map: MapEntries, depth: number): void {
    // Kept, so that maps that are keys of each other are not gone through again and again.
    map.keyText ??= this.mapText(map.keys(), map.values(), depth);
    this.add(map.keyText);
  }

  override entries(keys: readonly unknown[], values: readonly unknown[], depth: number): void {
    this.add(this.mapText(keys, values, depth));
  }

  private mapText(keys: readonly unknown[], values: readonly unknown[], depth: number): string {
    const entries = keys.map((key, i) => this.textOf(key, depth) + this.textOf(values[i], depth));
    const start = this.at;
    for (const entry of entries.length > 1 ? entries.sort() : entries) this.latin1(entry);
    return this.takeFrom(start);
  }

  private add(mapText: string): void {
    this.byte(tag.MAP);
    this.uint32(mapText.length);
    this.latin1(mapText);
  }

  private latin1(text: string): void {
    this.ensure(text.length);
    this.at += this.memory.write(text, this.at, 'latin1');
  }

  private takeFrom(start: number): string {
    const { memory, at } = this;
    this.at = start;
    return at - start <= LONGEST_KEY
      ? memory.toString('latin1', start, at)
      : `#${createHash('sha256').update(memory.subarray(start, at)).digest('base64')}`;
  }
}

/** The text of one key, by which equal keys are found. */
export function keyText(key: unknown): string {
  const writer = new KeyWriter();
  try {
    return writer.textOf(key);
  } finally {
    writer.release();
  }
}

/** A map that has a key twice is no map for Erlang, which closes the connection that it came by. */
export function checkKeys(keys: readonly unknown[]): void {
  const seen = new Set<string>();
  for (const key of keys) {
    const text = keyText(key);
    if (seen.has(text)) throw new TypeError(`A map has each key once, but got ${termText(key)} twice`);
    seen.add(text);
  }
}
