import { ByteAccumulator } from '../../msgpack-rpc/byte-accumulator';
import { TermRefusal } from '../terms/limits';

/** Of a frame of which more is still to come, the bytes are read to where they belong. */
const LONG = 16 * 1024;
/** The most bytes that are read at a time. */
const MOST = 1024 * 1024;

/** Gets a frame: the bytes from `start` to `end` of this memory, which is its own if nothing else is in it. */
export type OnFrame = (memory: Buffer, start: number, end: number, isOwn: boolean) => void;

/** Finds frames by the length in front of each. What is longer than allowed is refused by its length, before it has come. */
export class FrameReader {
  /** The number of bytes of a length field. It may change from one frame to the next. */
  lengthBytes: 2 | 4;
  /** Bytes of a frame at the most. */
  maxBytes: number;
  /** Nothing more is given out. */
  closed = false;
  private readonly onFrame: OnFrame;
  /** The length that is coming in, and how many bytes of it have come. */
  private length = 0;
  private lengthCount = 0;
  /** Bytes that a frame that has begun still misses. */
  private missing = 0;
  private readonly begun = new ByteAccumulator();

  constructor(lengthBytes: 2 | 4, maxBytes: number, onFrame: OnFrame) {
    this.lengthBytes = lengthBytes;
    this.maxBytes = maxBytes;
    this.onFrame = onFrame;
  }

  /** Whether a frame has begun and not ended. */
  get isInside(): boolean {
    return this.missing > 0 || this.lengthCount > 0;
  }

  /** Where the next bytes may be read to, to be `filled` in; undefined if they are to be pushed. */
  space(): Buffer | undefined {
    return this.missing < LONG || this.closed ? undefined : this.begun.space(this.missing, MOST);
  }

  filled(count: number): void {
    this.begun.filled(count);
    this.missing -= count;
    if (this.missing === 0) this.giveBegun();
  }

  /** Takes in the first `count` bytes of a memory. Throws a `TermRefusal` for a frame that is too long. */
  push(memory: Buffer, count: number): void {
    let at = 0;
    while (at < count && !this.closed) {
      if (this.missing > 0) {
        const end = Math.min(count, at + this.missing);
        this.missing -= end - at;
        this.begun.append(memory.subarray(at, end), this.missing);
        at = end;
        if (this.missing === 0) this.giveBegun();
        continue;
      }
      while (this.lengthCount < this.lengthBytes && at < count) {
        this.length = this.length * 256 + memory[at++]!;
        this.lengthCount++;
      }
      if (this.lengthCount < this.lengthBytes) return;
      const length = this.length;
      this.length = this.lengthCount = 0;
      if (length > this.maxBytes) {
        throw new TermRefusal('limit', `a message of ${length} bytes, beyond maxBytes (${this.maxBytes})`);
      }
      if (length <= count - at) {
        const start = at;
        at += length;
        this.onFrame(memory, start, at, false);
      } else {
        this.missing = length;
        if (at === count) this.begun.append(NOTHING, length);
      }
    }
  }

  private giveBegun(): void {
    const bytes = this.begun.take();
    this.onFrame(bytes, 0, bytes.length, true);
  }
}

const NOTHING = Buffer.alloc(0);
