import * as msgpackLite from 'msgpack-lite';

// The parts of msgpack-lite that its types leave out: what it passes to the two functions of a codec.

export interface Encoder {
  readonly buffer: Buffer;
  /** Makes room for n bytes and returns where they begin in `buffer`, which may be another one than before. */
  reserve(length: number): number;
  /** Appends bytes; long ones are kept by reference until `read`. */
  send(bytes: Buffer): void;
  write(value: unknown): void;
  /** What has been written, as far as it did not fit into one piece of memory. */
  readonly buffers?: Buffer[];
  /** Adds the rest to that. */
  flush(): void;
  /** What has been written since the last read. */
  read(): Buffer;
}

export interface Decoder {
  readonly buffer: Buffer;
  /** Where the next value begins. */
  offset: number;
  /** Steps over n bytes and returns where they begin. Throws if there are not so many. */
  reserve(length: number): number;
}

export type Write = (encoder: Encoder, value: unknown) => void;
export type Read = (decoder: Decoder) => unknown;

/** msgpack-lite asks its codec for every value, those inside other values too, so both functions can be replaced. */
export interface LiteCodec {
  encode: Write;
  decode: Read;
}

export const lite = msgpackLite as unknown as {
  createCodec(): LiteCodec;
  readonly Encoder: new (options: { codec: LiteCodec }) => Encoder;
};

/** The same memory, as the Buffer that msgpack-lite is fast with. */
export const asBuffer = (bytes: ArrayBufferView): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
