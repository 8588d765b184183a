import { ByteList } from './byte-list';
import type { MessageLimits } from './limits';
import { Scanner } from './scanner';

/** Chunks come in, the bytes of whole messages go out. */
export class Inbox {
  readonly #scanner: Scanner;
  /** Chunks not looked at yet, the first of them from `#at` on. More than one only while nobody takes messages. */
  readonly #chunks: Buffer[] = [];
  #at = 0;
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
    return this.#chunks.reduce((sum, chunk) => sum + chunk.length, -this.#at);
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  /**
   * The bytes of the next message, undefined if it has not come in whole. They are a window into a chunk where they can be: use
   * them before anything else happens. Throws a `Refusal` at bytes that are no MessagePack or too many.
   */
  next(): Buffer | undefined {
    for (let chunk = this.#chunks[0]; chunk !== undefined; chunk = this.#chunks[0]) {
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
    if (to === chunk.length) {
      this.#chunks.shift();
      this.#at = 0;
    } else {
      this.#at = to;
    }
  }
}
