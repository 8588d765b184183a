const MIN_BYTES = 1024;
/**
 * Announced bytes get memory at once, in one piece, up to this multiple of the received bytes. A false length in a header costs at most that much
 * untouched memory, and an answer of 64 MB is only copied while it grows to its first megabyte.
 */
const MAX_GROWTH = 64;

/** Accumulates chunks of bytes in one piece of memory. */
export class ByteAccumulator {
  length = 0;
  private memory = NONE;

  /** Appends a copy of a chunk; `announced` more bytes are expected after it. */
  append(chunk: Buffer, announced = 0): void {
    this.reserve(chunk.length, announced);
    this.length += chunk.copy(this.memory, this.length);
  }

  /** Memory for up to `most` of the announced bytes. Report them by `filled`. */
  space(announced: number, most: number): Buffer {
    this.reserve(1, announced - 1);
    return this.memory.subarray(this.length, this.length + Math.min(announced, most));
  }

  filled(count: number): void {
    this.length += count;
  }

  /** All bytes so far. */
  get bytes(): Buffer {
    return this.memory.subarray(0, this.length);
  }

  /** Takes all bytes with their memory, and starts anew. */
  take(): Buffer {
    const { bytes } = this;
    this.memory = NONE;
    this.length = 0;
    return bytes;
  }

  private reserve(count: number, announced: number): void {
    const needed = this.length + count;
    const memory = this.memory;
    if (needed <= memory.length) return;
    const trusted = Math.min(needed + announced, MAX_GROWTH * needed);
    this.memory = Buffer.allocUnsafeSlow(Math.max(MIN_BYTES, 2 * memory.length, trusted));
    memory.copy(this.memory, 0, 0, this.length);
  }
}

const NONE = Buffer.alloc(0);
