import type { MessageLimits } from './limits';
import { Refusal } from './refusal';

/** By header: how many bytes follow it, where the header alone says so. */
const payloadOf = new Uint8Array(256);
/** By header: how many bytes of length follow it, where it is followed by a length. */
const lengthOf = new Uint8Array(256);

for (let size = 0; size < 32; size++) payloadOf[0xa0 + size] = size;
payloadOf.set([4, 8], 0xca); // float 32, 64
payloadOf.set([1, 2, 4, 8, 1, 2, 4, 8], 0xcc); // uint and int 8 to 64
payloadOf.set([2, 3, 5, 9, 17], 0xd4); // fixext, its type included
lengthOf.set([1, 2, 4, 1, 2, 4], 0xc4); // bin, ext
lengthOf.set([1, 2, 4, 2, 4, 2, 4], 0xd9); // str, array, map

/**
 * Finds where a MessagePack value ends by reading headers only. It can stop at any byte and go on in the next chunk, looks at
 * each header once, steps over everything else, and allocates nothing but one number for each level of nesting, so that
 * what a header merely claims costs nothing.
 */
export class Scanner {
  readonly #limits: MessageLimits;
  /** Elements still to come in every array and map that is open, the innermost last. */
  readonly #open: number[] = [];
  /** All the elements that this value has announced. */
  #elements = 0;
  /** Bytes of this value in earlier chunks. */
  #before = 0;
  /** Bytes of payload still to be stepped over. */
  #skip = 0;
  /** The header whose length is being read, the bytes of that length still to come, and its value so far. */
  #header = 0;
  #lengthBytes = 0;
  #length = 0;

  constructor(limits: MessageLimits) {
    this.#limits = limits;
  }

  /** After a chunk that ended before the value: bytes of a text, or of bytes, that are still to come, as its header says. */
  get announced(): number {
    return this.#skip;
  }

  /**
   * Goes on with the next chunk, which is from `from` to `end`. Returns the index behind the value's last byte, or −1 if the chunk
   * ends before the value does. Throws a `Refusal`, after which it must not be used again.
   */
  scan(chunk: Uint8Array, from: number, end: number): number {
    /** The index that this value may not go beyond. */
    const limit = from + this.#limits.maxMessageBytes - this.#before;
    let at = from;
    for (;;) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, end - at);
        at += step;
        this.#skip -= step;
        if (this.#skip > 0) break;
      } else if (at === end) {
        break;
      } else if (this.#lengthBytes > 0) {
        this.#length = this.#length * 256 + chunk[at++]!;
        if (--this.#lengthBytes > 0) continue;
        if (this.#opened(this.#header, this.#length)) continue;
        if (at + this.#skip > limit) throw this.#tooLong();
        if (this.#skip > 0) continue;
      } else {
        const header = chunk[at++]!;
        if (header < 0x80 || header >= 0xe0) {
          // A small integer: nothing follows.
        } else if (header < 0xa0) {
          if (this.#announced(header < 0x90 ? 2 * (header - 0x80) : header - 0x90)) continue;
        } else if (lengthOf[header]! > 0) {
          this.#header = header;
          this.#lengthBytes = lengthOf[header]!;
          this.#length = 0;
          continue;
        } else if (payloadOf[header]! > 0) {
          this.#skip = payloadOf[header]!;
          continue;
        } else if (header === 0xc1) {
          throw new Refusal('RPC_PROTOCOL', 'the byte 0xc1, which is no MessagePack');
        }
      }
      // A value has ended here, and with it perhaps the arrays and maps of which it was the last.
      if (this.#ended()) {
        if (at > limit) throw this.#tooLong();
        this.#elements = 0;
        this.#before = 0;
        return at;
      }
    }
    if (at > limit) throw this.#tooLong();
    this.#before += at - from;
    return -1;
  }

  /** The length behind a header is known. True if elements follow; otherwise `#skip` has been set. */
  #opened(header: number, length: number): boolean {
    if (header >= 0xde) return this.#announced(2 * length);
    if (header >= 0xdc) return this.#announced(length);
    const isExt = header >= 0xc7 && header <= 0xc9;
    this.#skip = isExt ? length + 1 : length;
    return false;
  }

  /** An array or a map begins. False if it is empty, and so has ended. */
  #announced(elements: number): boolean {
    if (this.#open.length >= this.#limits.maxDepth) {
      throw new Refusal('RPC_LIMIT', `a message nested more than ${this.#limits.maxDepth} deep (maxDepth)`);
    }
    this.#elements += elements;
    if (this.#elements > this.#limits.maxElements) {
      throw new Refusal(
        'RPC_LIMIT',
        `a message of ${this.#elements} elements or more, where ${this.#limits.maxElements} are allowed (maxElements)`,
      );
    }
    if (elements === 0) return false;
    this.#open.push(elements);
    return true;
  }

  /** True if the outermost value has ended. */
  #ended(): boolean {
    const open = this.#open;
    while (open.length > 0) {
      if (--open[open.length - 1]! > 0) return false;
      open.pop();
    }
    return true;
  }

  #tooLong(): Refusal {
    return new Refusal(
      'RPC_LIMIT',
      `a message longer than the ${this.#limits.maxMessageBytes} bytes that are allowed (maxMessageBytes)`,
    );
  }
}
