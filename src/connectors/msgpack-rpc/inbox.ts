import { ByteList } from './byte-list';
import type { MessageLimits } from './limits';
import { Scanner } from './scanner';

/** Chunks come in, the bytes of whole messages go out. */
export class Inbox {
  readonly #scanner: Scanner;
  /** The chunk that messages are taken from, and how far that has come. */
  #chunk: Buffer | undefined;
  #at = 0;
  /** What has come in behind it, while nobody took messages: as few bytes at a time as the other side liked. */
  readonly #waiting = new ByteList();
  /** The bytes that the message now coming in had in the chunks before. */
  readonly #begun = new ByteList();

  constructor(limits: MessageLimits) {
    this.#scanner = new Scanner(limits);
  }

  /** Bytes of a message that has begun and not ended. */
  get begunBytes(): number {
    return this.#begun.length;
  }

  /** Bytes that nobody has looked at. */
  get waitingBytes(): number {
    return (this.#chunk === undefined ? 0 : this.#chunk.length - this.#at) + this.#waiting.length;
  }

  push(chunk: Buffer): void {
    if (this.#chunk === undefined) this.#chunk = chunk;
    else this.#waiting.append(chunk);
  }

  /**
   * The bytes of the next message, undefined if it has not come in whole. They are a window into a chunk where they can be: use
   * them before anything else happens. Throws a `Refusal` at bytes that are no MessagePack or too many.
   */
  next(): Buffer | undefined {
    for (let chunk = this.#chunk; chunk !== undefined; chunk = this.#chunk) {
      const from = this.#at;
      const end = this.#scanner.scan(chunk, from);
      if (end === -1) {
        this.#begun.append(from === 0 ? chunk : chunk.subarray(from));
        this.#step(chunk, chunk.length);
        continue;
      }
      this.#step(chunk, end);
      if (this.#begun.length === 0) return chunk.subarray(from, end);
      this.#begun.append(chunk.subarray(from, end));
      return this.#begun.take();
    }
    return undefined;
  }

  #step(chunk: Buffer, to: number): void {
    if (to < chunk.length) {
      this.#at = to;
      return;
    }
    this.#chunk = this.#waiting.length === 0 ? undefined : this.#waiting.take();
    this.#at = 0;
  }
}
