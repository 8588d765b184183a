import { ByteAccumulator } from './byte-accumulator';
import type { MessageLimits } from './limits';
import { Scanner } from './scanner';

/** Of what is still to come of a long text or of bytes, so much is worth to be read to where it belongs. */
const LONG = 16 * 1024;

/**
 * The memory that a message is in: `borrowed` for as long as it is being received, its `own`, or `shared` with what came in with it, where it
 * stays as it is.
 */
export type Hold = 'borrowed' | 'own' | 'shared';

/** Gets a message: the bytes from `start` to `end` in this memory. */
export type Receive = (memory: Buffer, start: number, end: number, hold: Hold) => void;

/** Chunks come in, the bytes of whole messages go out. */
export class Inbox {
  readonly #scanner: Scanner;
  /** The chunk that messages are taken from, how far that has come, and where its bytes end. */
  #chunk: Buffer | undefined;
  #at = 0;
  #end = 0;
  /** The memory of that chunk is going to be used for something else. */
  #borrowed = false;
  /** What has come in behind it, while nobody took messages: as few bytes at a time as the other side liked. */
  readonly #waiting = new ByteAccumulator();
  /** The bytes that the message now coming in had in the chunks before; the last of them may not have been looked at. */
  readonly #partial = new ByteAccumulator();
  #unscanned = 0;

  constructor(limits: MessageLimits) {
    this.#scanner = new Scanner(limits);
  }

  /** Bytes of a message that has begun and not ended. */
  get partialBytes(): number {
    return this.#partial.length;
  }

  /** Bytes of memory that the message becomes which was given out last, by an estimate. */
  get decodedBytes(): number {
    return this.#scanner.decodedBytes;
  }

  /** Bytes that nobody has looked at. */
  get waitingBytes(): number {
    return this.#end - this.#at + this.#waiting.length + this.#unscanned;
  }

  /** Takes in a chunk. */
  push(chunk: Buffer): void {
    if (this.#chunk === undefined) this.#begin(chunk, chunk.length, false);
    else this.#waiting.append(chunk);
  }

  /** Takes in the first `count` bytes of this memory, which is looked at until `settle` is called. */
  borrow(memory: Buffer, count: number): void {
    if (this.#chunk === undefined) this.#begin(memory, count, true);
    else this.#waiting.append(memory.subarray(0, count));
  }

  /** Keeps what is left of a borrowed chunk. */
  settle(): void {
    if (!this.#borrowed) return;
    this.#borrowed = false;
    if (this.#chunk === undefined) return;
    this.#chunk = Buffer.from(this.#chunk.subarray(this.#at, this.#end));
    this.#end -= this.#at;
    this.#at = 0;
  }

  /** Where the next bytes may be put, `most` of them, to be `filled` in, when it is known what they are; otherwise they are to be pushed. */
  space(most: number): Buffer | undefined {
    if (this.#chunk !== undefined || this.#unscanned > 0) return undefined;
    const { announced } = this.#scanner;
    return announced < LONG ? undefined : this.#partial.space(announced, most);
  }

  filled(count: number): void {
    this.#partial.filled(count);
    this.#unscanned += count;
  }

  /** Gives out the bytes of the next message; false if it has not come in whole. Throws a `Refusal` at bytes that are no MessagePack or too many. */
  next(receive: Receive): boolean {
    if (this.#unscanned > 0) {
      const { bytes } = this.#partial;
      const end = this.#scanner.scan(bytes, bytes.length - this.#unscanned, bytes.length);
      this.#unscanned = 0;
      if (end !== -1) return this.#deliverPartial(receive);
    }
    for (let chunk = this.#chunk; chunk !== undefined; chunk = this.#chunk) {
      const from = this.#at;
      const borrowed = this.#borrowed;
      const end = this.#scanner.scan(chunk, from, this.#end);
      if (end === -1) {
        this.#partial.append(chunk.subarray(from, this.#end), this.#scanner.announced);
        this.#step(this.#end);
        continue;
      }
      this.#step(end);
      if (this.#partial.length === 0) {
        receive(chunk, from, end, borrowed ? 'borrowed' : 'shared');
        return true;
      }
      this.#partial.append(chunk.subarray(from, end));
      return this.#deliverPartial(receive);
    }
    return false;
  }

  #deliverPartial(receive: Receive): true {
    const bytes = this.#partial.take();
    receive(bytes, 0, bytes.length, 'own');
    return true;
  }

  #step(to: number): void {
    if (to < this.#end) {
      this.#at = to;
    } else if (this.#waiting.length === 0) {
      this.#chunk = undefined;
      this.#at = this.#end = 0;
    } else {
      const { length } = this.#waiting;
      this.#begin(this.#waiting.take(), length, false);
    }
  }

  #begin(chunk: Buffer, end: number, borrowed: boolean): void {
    this.#chunk = chunk;
    this.#at = 0;
    this.#end = end;
    this.#borrowed = borrowed;
  }
}
