import { malformed } from './limits';

/** For all that are empty: none of them can be changed. */
const NOTHING = Buffer.alloc(0);

/** Bytes being read, all of which are there. */
export class ByteReader {
  memory: Buffer = NOTHING;
  /** Where the next byte is read. */
  at = 0;
  end = 0;
  /** Binaries are copied out of the memory; otherwise the large ones stay in it. */
  private copies = true;

  /** Reads these bytes of the memory from now on. `isOwn`: the memory is used for nothing else, and large binaries may stay in it. */
  open(memory: Buffer, start: number, end: number, isOwn: boolean): void {
    this.memory = memory;
    this.at = start;
    this.end = end;
    this.copies = !isOwn;
  }

  /** Lets go of the memory. */
  close(): void {
    this.memory = NOTHING;
    this.at = this.end = 0;
  }

  get rest(): number {
    return this.end - this.at;
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

  bytes(length: number): Buffer {
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
}

export const cut = () => malformed('a term that ends too early');
