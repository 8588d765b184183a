/**
 * How values become bytes and bytes become values. One value is one message: the connection finds where it ends and keeps
 * the limits, so a codec only ever sees the bytes of one whole value.
 *
 * Two are in the box, `createLiteCodec` and `createMsgpackrCodec`. What `decode` returns should hold no window into `bytes`: they
 * stay as they are, but it would keep all the memory alive that came in with them.
 */
export interface Codec {
  /** Throws if the value cannot be sent. What it returns is not changed afterwards. */
  encode(value: unknown): Uint8Array;
  /** Throws if the bytes make no sense. */
  decode(bytes: Uint8Array): unknown;
}
