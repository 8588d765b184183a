import * as tag from './tags';
import { TermValue, type TermText } from './term-value';
import type { TermSink } from './term-sink';
import { describeValue } from '../../../pool/values/describe';

/** Bits that do not fill their last byte. A bit string that does is a binary, and comes as a `Buffer`. */
export class BitString extends TermValue {
  /**
   * Throws a `TypeError` for anything else than what is said here.
   *
   * @param bytes at least one; bits that do not count are 0
   * @param lastBits how many bits of the last byte count, the most significant first: 1 to 7
   */
  constructor(
    readonly bytes: Uint8Array,
    readonly lastBits: number,
  ) {
    super();
    const isRight = Number.isInteger(lastBits) && lastBits >= 1 && lastBits <= 7;
    if (!(bytes instanceof Uint8Array) || bytes.length === 0 || !isRight) {
      throw new TypeError(
        `A bit string needs at least one byte and 1 to 7 bits of the last one, but got ${describeValue(bytes)} and ${describeValue(lastBits)}`,
      );
    }
  }

  /** @internal */
  override writeTo(writer: TermSink): void {
    writer.byte(tag.BIT_BINARY);
    writer.uint32(this.bytes.length);
    writer.byte(this.lastBits);
    writer.bytes(this.bytes);
  }

  /** @internal */
  override describeTo(text: TermText): void {
    const whole = this.bytes.subarray(0, Math.min(this.bytes.length - 1, 200));
    const last = this.bytes.at(-1)! >> (8 - this.lastBits);
    text.write(`<<${[...whole, `${last}:${this.lastBits}`].join(',')}>>`);
  }
}
