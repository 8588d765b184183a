import * as msgpackLite from 'msgpack-lite';

// The parts of msgpack-lite that its types omit: the arguments of the two functions of a codec.

export interface Encoder {
  readonly buffer: Buffer;
  /** Reserves n bytes and returns their offset in `buffer`, which may be a new one. */
  reserve(length: number): number;
  /** Appends bytes; long ones are kept by reference until `read`. */
  send(bytes: Buffer): void;
  write(value: unknown): void;
  /** Written pieces that did not fit into one buffer. */
  readonly buffers?: Buffer[];
  /** Appends the rest to `buffers`. */
  flush(): void;
  /** The bytes that were written since the last read. */
  read(): Buffer;
}

export interface Decoder {
  readonly buffer: Buffer;
  /** The offset of the next value. */
  offset: number;
  /** Skips n bytes and returns their offset. Throws if there are fewer. */
  reserve(length: number): number;
}

export type Write = (encoder: Encoder, value: unknown) => void;
export type Read = (decoder: Decoder) => unknown;

/** msgpack-lite calls its codec for every value, also within other values, so that both functions can be replaced. */
export interface LiteCodec {
  encode: Write;
  decode: Read;
}

export const lite = msgpackLite as unknown as {
  createCodec(): LiteCodec;
  readonly Encoder: new (options: { codec: LiteCodec }) => Encoder;
};

/** The same memory as a Buffer, with which msgpack-lite is fast. */
export const asBuffer = (bytes: ArrayBufferView): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
