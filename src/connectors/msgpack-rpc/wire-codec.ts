import type { Codec } from './codec';
import type { Hold } from './inbox';

/** A codec as a connection uses it. */
export interface WireCodec {
  /** The memory of what it returns may be given back when that has been sent; see `giveBack`. */
  encode(value: unknown): Uint8Array;
  /** Decodes the message from `start` to `end`, where it is. What it returns must hold no window into memory that is `borrowed`. */
  decode(memory: Buffer, start: number, end: number, hold: Hold): unknown;
}

/** Of our own codecs, as they were made. No property of theirs: a copy in which something has been changed would have it too. */
const ours = new WeakMap<Codec, { readonly made: Codec; readonly wireCodec: WireCodec }>();

export function withWireCodec(codec: Codec, wireCodec: WireCodec): Codec {
  ours.set(codec, { made: { ...codec }, wireCodec });
  return codec;
}

/** Whether it is one of our own, which read and write nothing but MessagePack. */
export function isOwnCodec(codec: Codec): boolean {
  const known = ours.get(codec);
  return known?.made.encode === codec.encode && known.made.decode === codec.decode;
}

/** Other codecs may keep what they have returned, and windows into what they have read. */
export function wireCodecOf(codec: Codec): WireCodec {
  if (isOwnCodec(codec)) return ours.get(codec)!.wireCodec;
  return {
    encode: (value) => codec.encode(value),
    decode: (memory, start, end, hold) => {
      const bytes = memory.subarray(start, end);
      return codec.decode(hold === 'borrowed' ? Buffer.from(bytes) : bytes);
    },
  };
}
