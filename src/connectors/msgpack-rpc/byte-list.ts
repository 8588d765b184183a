/** Chunks as short as this are copied together: a chunk of its own costs some hundred bytes beside its content. */
const SHORT = 4096;
const FIRST_BLOCK = 1024;
const LARGEST_BLOCK = 65_536;

/**
 * The bytes of one message that comes in many chunks. Long chunks are kept as they are and joined once, at the end, so that the
 * cost is linear however the bytes were cut, and memory stays near the number of bytes even if they come one by one.
 */
export class ByteList {
  length = 0;
  #pieces: Buffer[] = [];
  /** The block that short chunks are being copied into, and how much of it is used. */
  #block: Buffer | undefined;
  #used = 0;
  #nextBlock = FIRST_BLOCK;

  append(chunk: Buffer): void {
    this.length += chunk.length;
    if (chunk.length >= SHORT) {
      this.#closeBlock();
      this.#pieces.push(chunk);
      return;
    }
    for (let at = 0; at < chunk.length;) {
      this.#block ??= Buffer.allocUnsafeSlow(this.#nextBlock);
      const copied = chunk.copy(this.#block, this.#used, at);
      at += copied;
      this.#used += copied;
      if (this.#used === this.#block.length) {
        this.#nextBlock = Math.min(2 * this.#nextBlock, LARGEST_BLOCK);
        this.#closeBlock();
      }
    }
  }

  /** Everything appended since the last time, in one piece. */
  take(): Buffer {
    this.#closeBlock();
    const whole = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces, this.length);
    this.#pieces = [];
    this.#nextBlock = FIRST_BLOCK;
    this.length = 0;
    return whole;
  }

  #closeBlock(): void {
    if (this.#block !== undefined) this.#pieces.push(this.#block.subarray(0, this.#used));
    this.#block = undefined;
    this.#used = 0;
  }
}
