/**
 * Encodes and decodes values. One value is one message: the connection finds its end and checks the limits, so that a codec always gets the
 * bytes of one complete value.
 *
 * There are two, `createLiteCodec` and `createMsgpackrCodec`. The result of `decode` should not refer to `bytes`: they stay unchanged, but the
 * reference would keep all the memory alive that was received with them.
 */
export interface Codec {
  /** Throws if the value cannot be encoded. The result is not modified afterwards. */
  encode(value: unknown): Uint8Array;
  /** Throws if the bytes are invalid. */
  decode(bytes: Uint8Array): unknown;
}
