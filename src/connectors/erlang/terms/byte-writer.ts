/** Memory that small terms are written into, one after the other. */
const COMMON = 64 * 1024;
/** A longer result keeps the memory that it was written into; a shorter one is copied. */
const LARGE = 32 * 1024;

let common: Buffer | undefined;

/** Bytes being written, into memory that grows. */
export class ByteWriter {
  memory: Buffer;
  /** Where the next byte goes. */
  at = 0;

  constructor() {
    // Reserved while this writer is active: a value may have a getter that encodes another term.
    this.memory = common ?? Buffer.allocUnsafeSlow(COMMON);
    common = undefined;
  }

  /** Makes sure that there is memory for this number of further bytes. */
  ensure(count: number): void {
    if (this.at + count > this.memory.length) this.grow(count);
  }

  byte(value: number): void {
    this.ensure(1);
    this.memory[this.at++] = value;
  }

  uint16(value: number): void {
    this.ensure(2);
    this.memory[this.at++] = value >>> 8;
    this.memory[this.at++] = value;
  }

  uint32(value: number): void {
    this.ensure(4);
    this.setUint32(this.at, value);
    this.at += 4;
  }

  /** Writes into memory that is there already. */
  setUint32(at: number, value: number): void {
    const { memory } = this;
    memory[at] = value >>> 24;
    memory[at + 1] = value >>> 16;
    memory[at + 2] = value >>> 8;
    memory[at + 3] = value;
  }

  bytes(bytes: Uint8Array): void {
    const { length } = bytes;
    this.ensure(length);
    const { memory, at } = this;
    // For a few bytes a call of the engine costs more.
    if (length <= 32) for (let i = 0; i < length; i++) memory[at + i] = bytes[i]!;
    else memory.set(bytes, at);
    this.at = at + length;
  }

  /** What was written. Nothing may be written afterwards. */
  finish(): Buffer {
    const { memory, at } = this;
    if (at > LARGE) return memory.subarray(0, at);
    const copy = Buffer.allocUnsafe(at);
    memory.copy(copy, 0, 0, at);
    this.release();
    return copy;
  }

  /** Ends the writer without a result: its memory may be used again. */
  release(): void {
    if (this.memory.length === COMMON) common = this.memory;
  }

  private grow(count: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(2 * this.memory.length, this.at + count + COMMON));
    this.memory.copy(grown, 0, 0, this.at);
    this.release();
    this.memory = grown;
  }
}
