const MIN_BYTES = 1024;
/**
 * What is announced gets memory at once, in one piece, up to so many times as much as has come in. What a header merely claims is so
 * worth that much of memory, which nobody has touched; and 64 MB of an answer are copied together only while they are less than 4.
 */
const MAX_GROWTH = 64;

/** Bytes that come one after the other, gathered in one piece of memory that is theirs alone. */
export class ByteAccumulator {
  length = 0;
  #memory = NONE;

  /** Copies a chunk, behind which so many more are `announced`. */
  append(chunk: Buffer, announced = 0): void {
    this.#reserve(chunk.length, announced);
    this.length += chunk.copy(this.#memory, this.length);
  }

  /** Memory for `most` of the bytes that are announced, or fewer. They count when they are `filled` in. */
  space(announced: number, most: number): Buffer {
    this.#reserve(1, announced - 1);
    return this.#memory.subarray(this.length, this.length + Math.min(announced, most));
  }

  filled(count: number): void {
    this.length += count;
  }

  /** Everything so far. */
  get bytes(): Buffer {
    return this.#memory.subarray(0, this.length);
  }

  /** Everything appended since the last time, and the memory that it is in. */
  take(): Buffer {
    const { bytes } = this;
    this.#memory = NONE;
    this.length = 0;
    return bytes;
  }

  #reserve(count: number, announced: number): void {
    const needed = this.length + count;
    const memory = this.#memory;
    if (needed <= memory.length) return;
    const trusted = Math.min(needed + announced, MAX_GROWTH * needed);
    this.#memory = Buffer.allocUnsafeSlow(Math.max(MIN_BYTES, 2 * memory.length, trusted));
    memory.copy(this.#memory, 0, 0, this.length);
  }
}

const NONE = Buffer.alloc(0);
