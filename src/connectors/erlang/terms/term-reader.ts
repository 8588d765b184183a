import { intern, isTooLong, LONGEST_ATOM, type Atom } from './atom';
import { BitString } from './bit-string';
import { cut } from './byte-reader';
import type { Float } from './float';
import { IdentifierReader } from './identifier-reader';
import { beyond, malformed, type TermLimits } from './limits';
import { floatOf, floatOfText, integerOf } from './numbers';
import { recentAtom, rememberAtom } from './recent-atoms';
import { isRepeated } from './repeated-key';
import * as tag from './tags';
import type { Term } from './term';
import { ImproperList, TermMap, Tuple } from './term';

const NO_TERMS: readonly Term[] = Object.freeze([]);
/** A list whose header announces more is not given memory before its elements are there: the header may lie. */
const TRUSTED = 1024;

/** Reads terms from bytes that are all there. It checks everything it is told: nothing in them may be as it should. */
export class TermReader extends IdentifierReader {
  private depth = 0;
  /** Elements that headers have announced. */
  private elements = 0;
  private newAtoms = 0;

  constructor(private readonly limits: TermLimits) {
    super();
  }

  override open(memory: Buffer, start: number, end: number, isOwn: boolean): void {
    super.open(memory, start, end, isOwn);
    this.depth = 0;
    this.elements = 0;
    this.newAtoms = 0;
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
      case tag.COMPRESSED:
        throw malformed('a compressed term inside of another');
      case tag.ATOM_CACHE_REF:
        throw malformed('an atom by its place in a cache, which was not agreed upon');
      case tag.LOCAL:
        throw malformed('a term that only the node that wrote it can read (LOCAL_EXT)');
      default:
        return this.identifier(kind);
    }
  }

  private float(): number | Float {
    this.need(8);
    const value = this.memory.readDoubleBE(this.at);
    this.at += 8;
    return floatOf(value);
  }

  /** As a text of 31 letters. */
  private oldFloat(): number | Float {
    this.need(31);
    const { at } = this;
    this.at = at + 31;
    return floatOfText(this.memory.toString('latin1', at, at + 31));
  }

  private big(length: number): number | bigint {
    const sign = this.byte();
    this.need(length);
    const { at } = this;
    this.at = at + length;
    return integerOf(this.memory, at, length, sign);
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

  protected terms(count: number): Term[] {
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
    return recentAtom(memory, at, length) ?? this.newAtom(at, length, encoding);
  }

  private newAtom(at: number, length: number, encoding: 'utf8' | 'latin1'): Atom | boolean {
    const bytes = Buffer.from(this.memory.subarray(at, at + length));
    const name = bytes.toString(encoding);
    if (encoding === 'utf8' && !bytes.equals(Buffer.from(name, 'utf8'))) throw malformed('an atom that is no UTF-8');
    if (isTooLong(name)) throw malformed(`an atom of more than ${LONGEST_ATOM} characters`);
    const value = name === 'true' || (name === 'false' ? false : intern(name, () => this.countAtom()));
    rememberAtom(bytes, value);
    return value;
  }

  private countAtom(): void {
    if (++this.newAtoms > this.limits.maxAtoms) {
      throw beyond('maxAtoms', this.limits, `a term with ${this.newAtoms} new atoms`);
    }
  }
}

/** As a node of Erlang, which reads no such map. */
function hasRepeated(keys: readonly Term[]): boolean {
  try {
    return isRepeated(keys);
  } catch (error) {
    throw malformed(`a map with a key that cannot be compared: ${(error as Error).message}`);
  }
}
