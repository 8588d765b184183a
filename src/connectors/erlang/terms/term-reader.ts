import { Atom, intern, isTooLong, LONGEST_ATOM } from './atom';
import { ExportedFunction, Fun, Pid, Port, Reference } from './identifiers';
import { beyond, malformed, type TermLimits } from './limits';
import { isRepeated } from './repeated-key';
import * as tag from './tags';
import type { Term } from './term';
import { BitString, Float, ImproperList, TermMap, Tuple } from './term';

/** For all that are empty: none of them can be changed. */
const NOTHING = Buffer.alloc(0);
const NO_TERMS: readonly Term[] = Object.freeze([]);
/** A list whose header announces more is not given memory before its elements are there: the header may lie. */
const TRUSTED = 1024;
/** Atoms that were read last, by a hash of their bytes: a power of two. */
const RECENT = 256;

/** Some bytes that were an atom; of two, the latter is kept. */
interface KnownAtom {
  readonly bytes: Uint8Array;
  readonly value: Atom | boolean;
}
const recent = new Array<KnownAtom | undefined>(RECENT).fill(undefined);

/** Reads terms from bytes that are all there. It checks everything it is told: nothing in them may be as it should. */
export class TermReader {
  memory: Buffer = NOTHING;
  /** Where the next byte is read. */
  at = 0;
  end = 0;
  /** Binaries are copied out of the memory; otherwise the large ones stay in it. */
  private copies = true;
  private depth = 0;
  /** Elements that headers have announced. */
  private elements = 0;
  private newAtoms = 0;

  constructor(private readonly limits: TermLimits) {}

  /** Reads these bytes of the memory from now on. `isOwn`: the memory is used for nothing else, and large binaries may stay in it. */
  open(memory: Buffer, start: number, end: number, isOwn: boolean): void {
    this.memory = memory;
    this.at = start;
    this.end = end;
    this.copies = !isOwn;
    this.depth = 0;
    this.elements = 0;
    this.newAtoms = 0;
  }

  /** Lets go of the memory. */
  close(): void {
    this.memory = NOTHING;
    this.at = this.end = 0;
  }

  get rest(): number {
    return this.end - this.at;
  }

  /** Reads the version byte, with which a complete term begins. */
  version(): void {
    const version = this.byte();
    if (version !== tag.VERSION) throw malformed(`a term of version ${version}, where only ${tag.VERSION} is known`);
  }

  /** The next term. Throws a `TermRefusal`. */
  term(): Term {
    const kind = this.byte();
    switch (kind) {
      case tag.SMALL_INTEGER:
        return this.byte();
      case tag.INTEGER:
        return this.uint32() | 0;
      case tag.NEW_FLOAT:
        return this.float();
      case tag.SMALL_ATOM_UTF8:
        return this.atomOf(this.byte(), 'utf8');
      case tag.BINARY:
        return this.bytes(this.uint32());
      case tag.SMALL_TUPLE:
        return this.tuple(this.byte());
      case tag.LARGE_TUPLE:
        return this.tuple(this.uint32());
      case tag.NIL:
        return NO_TERMS;
      case tag.LIST:
        return this.list();
      case tag.STRING:
        return this.string([]);
      case tag.MAP:
        return this.map();
      case tag.SMALL_BIG:
        return this.big(this.byte());
      case tag.LARGE_BIG:
        return this.big(this.uint32());
      default:
        return this.rare(kind);
    }
  }

  byte(): number {
    if (this.at >= this.end) throw cut();
    return this.memory[this.at++]!;
  }

  uint16(): number {
    this.need(2);
    return (this.memory[this.at++]! << 8) | this.memory[this.at++]!;
  }

  uint32(): number {
    this.need(4);
    const { memory, at } = this;
    this.at = at + 4;
    return ((memory[at]! << 24) | (memory[at + 1]! << 16) | (memory[at + 2]! << 8) | memory[at + 3]!) >>> 0;
  }

  need(count: number): void {
    if (count > this.end - this.at) throw cut();
  }

  /** A term that has to be an atom. */
  atom(): Atom {
    const value = this.term();
    // The names of nodes, modules and functions: none of them is called true, but a peer may say so.
    if (typeof value === 'boolean') return intern(String(value), () => {});
    if (value instanceof Atom) return value;
    throw malformed('a term in which an atom is missing');
  }

  private rare(kind: number): Term {
    switch (kind) {
      case tag.ATOM_UTF8:
        return this.atomOf(this.uint16(), 'utf8');
      case tag.ATOM:
        return this.atomOf(this.uint16(), 'latin1');
      case tag.SMALL_ATOM:
        return this.atomOf(this.byte(), 'latin1');
      case tag.FLOAT:
        return this.oldFloat();
      case tag.BIT_BINARY:
        return this.bits(this.uint32());
      case tag.NEW_PID:
        return new Pid(this.atom(), this.uint32(), this.uint32(), this.uint32());
      case tag.PID:
        return new Pid(this.atom(), this.uint32(), this.uint32(), this.byte());
      case tag.V4_PORT:
        return new Port(this.atom(), (BigInt(this.uint32()) << 32n) | BigInt(this.uint32()), this.uint32());
      case tag.NEW_PORT:
        return new Port(this.atom(), BigInt(this.uint32()), this.uint32());
      case tag.PORT:
        return new Port(this.atom(), BigInt(this.uint32()), this.byte());
      case tag.NEWER_REFERENCE:
      case tag.NEW_REFERENCE:
        return this.reference(this.uint16(), kind === tag.NEWER_REFERENCE);
      case tag.REFERENCE: {
        const node = this.atom();
        const word = this.uint32();
        return new Reference(node, this.byte(), [word]);
      }
      case tag.EXPORT:
        return this.exported();
      case tag.NEW_FUN:
        return this.fun();
      case tag.FUN:
        return this.oldFun();
      case tag.COMPRESSED:
        throw malformed('a compressed term inside of another');
      case tag.ATOM_CACHE_REF:
        throw malformed('an atom by its place in a cache, which was not agreed upon');
      case tag.LOCAL:
        throw malformed('a term that only the node that wrote it can read (LOCAL_EXT)');
      default:
        throw malformed(`a term of the unknown tag ${kind}`);
    }
  }

  private float(): number | Float {
    this.need(8);
    const value = this.memory.readDoubleBE(this.at);
    this.at += 8;
    return floatOf(value);
  }

  /** As a text of 31 letters, filled up with zeros. */
  private oldFloat(): number | Float {
    this.need(31);
    const text = this.memory.toString('latin1', this.at, this.at + 31).replace(/\0[^]*$/, '');
    this.at += 31;
    if (!/^ *[-+]?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(text)) throw malformed('a float that is no number');
    return floatOf(Number(text));
  }

  private big(length: number): number | bigint {
    const sign = this.byte();
    this.need(length);
    const { memory, at } = this;
    this.at += length;
    if (length <= 6) {
      let value = 0;
      for (let i = at + length - 1; i >= at; i--) value = value * 256 + memory[i]!;
      return sign === 0 || value === 0 ? value : -value;
    }
    const hex = Buffer.from(memory.subarray(at, at + length))
      .reverse()
      .toString('hex');
    let value: bigint;
    try {
      value = BigInt(`0x${hex}`);
    } catch {
      throw malformed(`an integer of ${length} bytes, which is more than this engine can hold`);
    }
    if (sign !== 0) value = -value;
    return value >= SMALLEST_SAFE && value <= LARGEST_SAFE ? Number(value) : value;
  }

  private bytes(length: number): Buffer {
    this.need(length);
    const { memory, at } = this;
    this.at = at + length;
    if (length === 0) return NOTHING;
    // What makes up most of a message may keep it in memory.
    if (!this.copies && 2 * length >= memory.length) return memory.subarray(at, at + length);
    const copy = Buffer.allocUnsafe(length);
    // For a few bytes a call of the engine costs more.
    if (length <= 64) for (let i = 0; i < length; i++) copy[i] = memory[at + i]!;
    else memory.copy(copy, 0, at, at + length);
    return copy;
  }

  private bits(length: number): BitString | Buffer {
    const lastBits = this.byte();
    const bytes = this.bytes(length);
    if (lastBits === 8 || length === 0) return bytes;
    if (lastBits === 0 || lastBits > 8) throw malformed(`a bit string with ${lastBits} bits in its last byte`);
    // Bits that do not count may be anything; bit strings are the same without them.
    bytes[length - 1]! &= 0xff << (8 - lastBits);
    return new BitString(bytes, lastBits);
  }

  private tuple(length: number): Tuple {
    return new Tuple(length === 0 ? NO_TERMS : this.terms(length));
  }

  /** A list may go on as the tail of another. */
  private list(): Term {
    const list = this.terms(this.uint32());
    for (;;) {
      const kind = this.byte();
      if (kind === tag.NIL) return list.length === 0 ? NO_TERMS : list;
      if (kind === tag.LIST) {
        for (const term of this.terms(this.uint32())) list.push(term);
        continue;
      }
      if (kind === tag.STRING) return this.string(list);
      this.at--;
      this.enter();
      const tail = this.term();
      this.depth--;
      return list.length === 0 ? tail : new ImproperList(list, tail);
    }
  }

  private string(list: Term[]): readonly Term[] {
    const length = this.uint16();
    this.announce(length);
    this.need(length);
    for (let i = 0; i < length; i++) list.push(this.memory[this.at++]!);
    return list.length === 0 ? NO_TERMS : list;
  }

  private map(): TermMap {
    const size = this.uint32();
    this.announce(2 * size);
    this.enter();
    const isSmall = size <= TRUSTED;
    const keys = new Array<Term>(isSmall ? size : 0);
    const values = new Array<Term>(isSmall ? size : 0);
    for (let i = 0; i < size; i++) {
      keys[i] = this.term();
      values[i] = this.term();
    }
    this.depth--;
    if (size > 1 && hasRepeated(keys)) throw malformed('a map that has a key twice');
    return new TermMap(keys, values);
  }

  private terms(count: number): Term[] {
    this.announce(count);
    this.enter();
    const terms = new Array<Term>(count <= TRUSTED ? count : 0);
    if (count <= TRUSTED) for (let i = 0; i < count; i++) terms[i] = this.term();
    else for (let i = 0; i < count; i++) terms.push(this.term());
    this.depth--;
    return terms;
  }

  /** Each element has a byte at least. */
  private announce(count: number): void {
    if (count > this.rest) throw cut();
    this.elements += count;
    if (this.elements > this.limits.maxElements) {
      throw beyond('maxElements', this.limits, `a term of more than ${this.elements - 1} elements`);
    }
  }

  private enter(): void {
    if (++this.depth > this.limits.maxDepth) {
      throw beyond('maxDepth', this.limits, `a term that is nested ${this.depth} deep`);
    }
  }

  private atomOf(length: number, encoding: 'utf8' | 'latin1'): Atom | boolean {
    this.need(length);
    const { memory, at } = this;
    this.at = at + length;
    let hash = length;
    for (let i = at; i < at + length; i++) hash = (hash * 31 + memory[i]!) | 0;
    const place = (hash ^ (hash >>> 8) ^ (hash >>> 16)) & (RECENT - 1);
    const known = recent[place];
    if (known?.bytes.length === length) {
      let i = 0;
      while (i < length && known.bytes[i] === memory[at + i]) i++;
      // Of bytes beyond ASCII the two encodings make different letters.
      if (i === length) return known.value;
    }
    return this.newAtom(place, at, length, encoding);
  }

  private newAtom(place: number, at: number, length: number, encoding: 'utf8' | 'latin1'): Atom | boolean {
    const bytes = Buffer.from(this.memory.subarray(at, at + length));
    const name = bytes.toString(encoding);
    if (encoding === 'utf8' && !bytes.equals(Buffer.from(name, 'utf8'))) throw malformed('an atom that is no UTF-8');
    if (isTooLong(name)) throw malformed(`an atom of more than ${LONGEST_ATOM} characters`);
    const value = name === 'true' || (name === 'false' ? false : intern(name, () => this.countAtom()));
    if (bytes.every((byte) => byte < 0x80)) recent[place] = { bytes, value };
    return value;
  }

  private countAtom(): void {
    if (++this.newAtoms > this.limits.maxAtoms) {
      throw beyond('maxAtoms', this.limits, `a term with ${this.newAtoms} new atoms`);
    }
  }

  private reference(length: number, isNewer: boolean): Reference {
    if (length === 0 || length > 5) throw malformed(`a reference of ${length} words`);
    const node = this.atom();
    const creation = isNewer ? this.uint32() : this.byte();
    const words: number[] = [];
    for (let i = 0; i < length; i++) words.push(this.uint32());
    return new Reference(node, creation, words);
  }

  private exported(): ExportedFunction {
    const module = this.atom();
    const name = this.atom();
    const arity = this.term();
    if (typeof arity !== 'number' || !(arity >= 0 && arity <= 255)) throw malformed('a fun whose arity is no number');
    return new ExportedFunction(module, name, arity);
  }

  /** Its size says how long it is, the size itself included. */
  private fun(): Fun {
    const start = this.at - 1;
    const size = this.uint32();
    if (size < 4) throw malformed(`a fun of ${size} bytes`);
    this.need(size - 4);
    this.at += size - 4;
    return this.funFrom(start);
  }

  /** This form has no length: its parts are read and discarded in order to find its end. */
  private oldFun(): Fun {
    const start = this.at - 1;
    const free = this.uint32();
    this.terms(4 + free);
    return this.funFrom(start);
  }

  private funFrom(start: number): Fun {
    return new Fun(Buffer.from(this.memory.subarray(start, this.at)));
  }
}

const SMALLEST_SAFE = BigInt(Number.MIN_SAFE_INTEGER);
const LARGEST_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** As a node of Erlang, which reads no such map. */
function hasRepeated(keys: readonly Term[]): boolean {
  try {
    return isRepeated(keys);
  } catch (error) {
    throw malformed(`a map with a key that cannot be compared: ${(error as Error).message}`);
  }
}

const cut = () => malformed('a term that ends too early');

/** As a number it must be sent as a float again. */
function floatOf(value: number): number | Float {
  if (!Number.isFinite(value)) throw malformed('a float that is no number');
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? new Float(value) : value;
}
