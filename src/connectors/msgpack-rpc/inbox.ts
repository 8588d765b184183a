import { ByteAccumulator } from './byte-accumulator';
import type { MessageLimits } from './limits';
import { Scanner } from './scanner';

/** With at least this many bytes of a value outstanding, the socket reads into the memory of the message. */
const LONG = 16 * 1024;

/**
 * The memory of a message: `borrowed` until it is handled; its `own`; or `shared` with other messages of the same chunk, and not reused.
 */
export type Hold = 'borrowed' | 'own' | 'shared';

/** Receives a message: the bytes from `start` to `end` of the memory. */
export type Receive = (memory: Buffer, start: number, end: number, hold: Hold) => void;

/** Splits chunks of bytes into messages. */
export class Inbox {
  private readonly scanner: Scanner;
  /** The chunk that messages are taken from, the position in it, and its end. */
  private chunk: Buffer | undefined;
  private at = 0;
  private end = 0;
  /** The memory of that chunk will be reused. */
  private borrowed = false;
  /** Data that arrived after it, while no messages were taken. */
  private readonly waiting = new ByteAccumulator();
  /** The bytes of the current message from earlier chunks; the last `unscanned` of them have not been scanned. */
  private readonly partial = new ByteAccumulator();
  private unscanned = 0;

  constructor(limits: MessageLimits) {
    this.scanner = new Scanner(limits);
  }

  /** Bytes of an incomplete message. */
  get partialBytes(): number {
    return this.partial.length;
  }

  /** The estimated memory of the last message. */
  get decodedBytes(): number {
    return this.scanner.decodedBytes;
  }

  /** Bytes that have not been scanned. */
  get waitingBytes(): number {
    return this.end - this.at + this.waiting.length + this.unscanned;
  }

  /** Adds a chunk. */
  push(chunk: Buffer): void {
    if (this.chunk === undefined) this.begin(chunk, chunk.length, false);
    else this.waiting.append(chunk);
  }

  /** Adds the first `count` bytes of memory that may be used until `settle` is called. */
  borrow(memory: Buffer, count: number): void {
    if (this.chunk === undefined) this.begin(memory, count, true);
    else this.waiting.append(memory.subarray(0, count));
  }

  /** Copies the rest of a borrowed chunk. */
  settle(): void {
    if (!this.borrowed) return;
    this.borrowed = false;
    if (this.chunk === undefined) return;
    this.chunk = Buffer.from(this.chunk.subarray(this.at, this.end));
    this.end -= this.at;
    this.at = 0;
  }

  /** Memory for up to `most` of the next bytes, if they belong to a long value; report them by `filled`. Otherwise push them. */
  space(most: number): Buffer | undefined {
    if (this.chunk !== undefined || this.unscanned > 0) return undefined;
    const { announced } = this.scanner;
    return announced < LONG ? undefined : this.partial.space(announced, most);
  }

  filled(count: number): void {
    this.partial.filled(count);
    this.unscanned += count;
  }

  /** Passes the next message to `receive`; false if it is incomplete. Throws a `Refusal` for invalid bytes, or beyond a limit. */
  next(receive: Receive): boolean {
    if (this.unscanned > 0) {
      const { bytes } = this.partial;
      const end = this.scanner.scan(bytes, bytes.length - this.unscanned, bytes.length);
      this.unscanned = 0;
      if (end !== -1) return this.deliverPartial(receive);
    }
    for (let chunk = this.chunk; chunk !== undefined; chunk = this.chunk) {
      const from = this.at;
      const borrowed = this.borrowed;
      const end = this.scanner.scan(chunk, from, this.end);
      if (end === -1) {
        this.partial.append(chunk.subarray(from, this.end), this.scanner.announced);
        this.step(this.end);
        continue;
      }
      this.step(end);
      if (this.partial.length === 0) {
        receive(chunk, from, end, borrowed ? 'borrowed' : 'shared');
        return true;
      }
      this.partial.append(chunk.subarray(from, end));
      return this.deliverPartial(receive);
    }
    return false;
  }

  private deliverPartial(receive: Receive): true {
    const bytes = this.partial.take();
    receive(bytes, 0, bytes.length, 'own');
    return true;
  }

  private step(to: number): void {
    if (to < this.end) {
      this.at = to;
    } else if (this.waiting.length === 0) {
      this.chunk = undefined;
      this.at = this.end = 0;
    } else {
      const { length } = this.waiting;
      this.begin(this.waiting.take(), length, false);
    }
  }

  private begin(chunk: Buffer, end: number, borrowed: boolean): void {
    this.chunk = chunk;
    this.at = 0;
    this.end = end;
    this.borrowed = borrowed;
  }
}
