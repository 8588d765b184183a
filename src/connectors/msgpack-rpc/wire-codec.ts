import type { Codec } from './codec';
import type { Hold } from './inbox';

/** A codec as a connection uses it. */
export interface WireCodec {
  /** The memory of the result may be released after it was sent; see `releaseBuffer`. */
  encode(value: unknown): Uint8Array;
  /** Decodes the message from `start` to `end` in place. The result must not refer to memory that is `borrowed`. */
  decode(memory: Buffer, start: number, end: number, hold: Hold): unknown;
}

/** The wire codecs of the built-in codecs. Not a property, which a modified copy of a codec would have, too. */
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

/** The codec of a user may keep its results, and references into the memory that it has read. */
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
