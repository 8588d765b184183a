/**
 * How values become bytes and bytes become values. One value is one message: the connection finds where it ends and keeps
 * the limits, so a codec only ever sees the bytes of one whole value.
 *
 * Any library that speaks MessagePack fits. What `decode` returns
 * should hold no window into `bytes`: it would keep all the memory alive that came in with them.
 *
 * @example
 * import { pack, unpack } from 'msgpackr';
 * connectNode('127.0.0.1:7000', { codec: { encode: pack, decode: unpack } });
 */
export interface Codec {
  /** Throws if the value cannot be sent. What it returns is not changed afterwards. */
  encode(value: unknown): Uint8Array;
  /** Throws if the bytes make no sense. */
  decode(bytes: Uint8Array): unknown;
}
