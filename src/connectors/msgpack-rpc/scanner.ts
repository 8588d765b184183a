import type { MessageLimits } from './limits';
import { Refusal } from './refusal';

/** By header: the number of bytes that follow it, where the header alone determines it. */
const payloadOf = new Uint8Array(256);
/** By header: the number of bytes of the length field that follows it, if there is one. */
const lengthOf = new Uint8Array(256);

for (let size = 0; size < 32; size++) payloadOf[0xa0 + size] = size;
payloadOf.set([4, 8], 0xca); // float 32, 64
payloadOf.set([1, 2, 4, 8, 1, 2, 4, 8], 0xcc); // uint and int 8 to 64
payloadOf.set([2, 3, 5, 9, 17], 0xd4); // fixext, its type included
lengthOf.set([1, 2, 4, 1, 2, 4], 0xc4); // bin, ext
lengthOf.set([1, 2, 4, 2, 4, 2, 4], 0xd9); // str, array, map

/**
 * Bytes of memory for the decoded parts of a message, besides the slot of each element, with pointers of 8 bytes. `npm run weigh` measures them. A
 * text counts two bytes for each of its bytes, since only headers are read.
 */
const SLOT = 8;
const ARRAY = 48;
const MAP = 96;
const TEXT = 24;
/** A key also has a share in the hidden class of its object. */
const KEY = 64;
/** The engine keeps keys that are indices in an array, which is larger than needed. */
const INDEX_KEY = 64;
const FIRST_INDEX_KEY = 256;
/** A map with a key that is not a text becomes a `Map`. */
const OTHER_KEY = 96;
const BYTES = 208;
const EXT = 208;

/** By header: the weight of values without a length field. */
const weightOf = new Uint8Array(256);
for (let size = 0; size < 32; size++) weightOf[0xa0 + size] = TEXT + 2 * size;
weightOf.set([16, 16], 0xca); // float 32, 64
weightOf.set([16, 24], 0xce); // uint 32, 64
weightOf[0xd3] = 24; // int 64
weightOf.fill(EXT + 16, 0xd4, 0xd9); // fixext

const isText = (header: number): boolean => (header >= 0xa0 && header < 0xc0) || (header >= 0xd9 && header <= 0xdb);
const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

/**
 * Finds the end of a MessagePack value by reading headers only. It can stop at any byte and continue in the next chunk, reads each header once,
 * skips everything else, and allocates one number for each level of nesting, so that a false length in a header costs nothing.
 */
export class Scanner {
  private readonly limits: MessageLimits;
  /** Remaining elements of each open array and map, the innermost last. */
  private readonly open: number[] = [];
  /** For each of them 0 for an array, or the number of entries of a map; negative if one of its keys may be an index. */
  private readonly entries: number[] = [];
  /** The next header is the header of a key. */
  private atKey = false;
  /** The next byte is the first byte of a text key. */
  private atKeyText = false;
  /** All elements announced by headers of this value. */
  private elements = 0;
  /** The estimated memory of this value, and of the value before it. */
  private weight = 0;
  private lastWeight = 0;
  /** Bytes of this value in earlier chunks. */
  private before = 0;
  /** Bytes of payload still to be skipped. */
  private skip = 0;
  /** The header whose length field is being read, the remaining bytes of the field, and its value so far. */
  private header = 0;
  private lengthBytes = 0;
  private length = 0;

  constructor(limits: MessageLimits) {
    this.limits = limits;
  }

  /** After a chunk that ended within a text or bytes: the number of its remaining bytes, as the header says. */
  get announced(): number {
    return this.skip;
  }

  /** The estimated memory of the last complete value, by its headers. */
  get decodedBytes(): number {
    return this.lastWeight;
  }

  /**
   * Continues with the next chunk, from `from` to `end`. Returns the index after the value's last byte, or −1 if the chunk ends before the
   * value does. Throws a `Refusal`, after which the scanner must not be used again.
   */
  scan(chunk: Uint8Array, from: number, end: number): number {
    /** The maximum end of this value. */
    const limit = from + this.limits.maxMessageBytes - this.before;
    let at = from;
    for (;;) {
      if (this.skip > 0) {
        if (this.atKeyText && at < end) this.beginKeyText(chunk[at]!);
        const step = Math.min(this.skip, end - at);
        at += step;
        this.skip -= step;
        if (this.skip > 0) break;
      } else if (at === end) {
        break;
      } else if (this.lengthBytes > 0) {
        this.length = this.length * 256 + chunk[at++]!;
        if (--this.lengthBytes > 0) continue;
        if (this.opened(this.header, this.length, limit - at)) continue;
        if (this.skip > 0) continue;
      } else {
        const header = chunk[at++]!;
        if (this.atKey) this.beginKey(header);
        if (header < 0x80 || header >= 0xe0) {
          // A small integer: nothing follows.
        } else if (header < 0xa0) {
          if (header < 0x90 ? this.mapOpened(header - 0x80) : this.arrayOpened(header - 0x90)) continue;
        } else if (lengthOf[header]! > 0) {
          this.header = header;
          this.lengthBytes = lengthOf[header]!;
          this.length = 0;
          continue;
        } else if (payloadOf[header]! > 0) {
          this.skip = payloadOf[header]!;
          this.weigh(weightOf[header]!);
          continue;
        } else if (header === 0xc1) {
          throw new Refusal('RPC_PROTOCOL', 'the byte 0xc1, which MessagePack does not use');
        }
      }
      // A value ends here, and perhaps the arrays and maps whose last element it was.
      if (this.ended()) {
        if (at > limit) throw this.tooLong();
        this.lastWeight = this.weight;
        this.weight = 0;
        this.elements = 0;
        this.before = 0;
        return at;
      }
    }
    if (at > limit) throw this.tooLong();
    this.before += at - from;
    return -1;
  }

  /** Handles a length field; `allowed` bytes remain within the limit. True if elements follow; otherwise sets `skip`. */
  private opened(header: number, length: number, allowed: number): boolean {
    if (header >= 0xde) return this.mapOpened(length);
    if (header >= 0xdc) return this.arrayOpened(length);
    const isExt = header >= 0xc7 && header <= 0xc9;
    this.skip = isExt ? length + 1 : length;
    if (this.skip > allowed) throw this.tooLong();
    if (header < 0xd9) {
      this.weigh(length + (isExt ? EXT : BYTES));
    } else {
      if (this.atKey) this.checkKeyLength(length);
      this.weigh(TEXT + 2 * length);
    }
    return false;
  }

  private arrayOpened(elements: number): boolean {
    return this.announce(elements, 0, ARRAY + SLOT * elements);
  }

  private mapOpened(entries: number): boolean {
    return this.announce(2 * entries, entries, MAP + (KEY + 2 * SLOT) * entries);
  }

  /** An array or a map begins. False if it is empty, and therefore complete. */
  private announce(elements: number, entries: number, weight: number): boolean {
    if (this.open.length >= this.limits.maxDepth) {
      throw new Refusal('RPC_LIMIT', `a message nested more than ${this.limits.maxDepth} deep (maxDepth)`);
    }
    this.elements += elements;
    if (this.elements > this.limits.maxElements) {
      throw new Refusal(
        'RPC_LIMIT',
        `a message of ${this.elements} elements or more, where ${this.limits.maxElements} are allowed (maxElements)`,
      );
    }
    this.weigh(weight);
    if (elements === 0) return false;
    this.open.push(elements);
    this.entries.push(entries);
    this.atKey = entries > 0;
    return true;
  }

  /** The engine hashes keys that are not texts without a seed: their number is limited. */
  private beginKey(header: number): void {
    if (isText(header)) {
      if (header < 0xc0) this.checkKeyLength(header - 0xa0);
      return;
    }
    const entries = Math.abs(this.entries.at(-1)!);
    const { maxMapEntries } = this.limits;
    if (entries > maxMapEntries) {
      throw new Refusal(
        'RPC_LIMIT',
        `a map of ${entries} entries with a key that is not a text, where ${maxMapEntries} are allowed (maxMapEntries)`,
      );
    }
    this.weigh(OTHER_KEY);
  }

  private checkKeyLength(length: number): void {
    const { maxKeyBytes } = this.limits;
    if (length > maxKeyBytes) {
      throw new Refusal(
        'RPC_LIMIT',
        `a key of ${length} bytes in a map, where ${maxKeyBytes} are allowed (maxKeyBytes)`,
      );
    }
    this.atKeyText = length > 0;
  }

  private beginKeyText(first: number): void {
    this.atKeyText = false;
    if (!isDigit(first)) return;
    const top = this.entries.length - 1;
    const isFirst = this.entries[top]! > 0;
    if (isFirst) this.entries[top]! *= -1;
    this.weigh(isFirst ? FIRST_INDEX_KEY : INDEX_KEY);
  }

  /** True if the outermost value is complete. */
  private ended(): boolean {
    const open = this.open;
    for (let top = open.length - 1; top >= 0; top--) {
      const left = --open[top]!;
      if (left > 0) {
        this.atKey = left % 2 === 0 && this.entries[top] !== 0;
        return false;
      }
      open.pop();
      this.entries.pop();
    }
    this.atKey = false;
    return true;
  }

  private weigh(weight: number): void {
    this.weight += weight;
    const { maxDecodedBytes } = this.limits;
    if (this.weight <= maxDecodedBytes) return;
    throw new Refusal(
      'RPC_LIMIT',
      `a message that takes ${this.weight} bytes of memory or more, where ${maxDecodedBytes} are allowed (maxDecodedBytes)`,
    );
  }

  private tooLong(): Refusal {
    return new Refusal(
      'RPC_LIMIT',
      `a message longer than the ${this.limits.maxMessageBytes} bytes that are allowed (maxMessageBytes)`,
    );
  }
}
