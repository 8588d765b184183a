import type { Codec } from './codec';
import { asBuffer, lite, type Encoder } from './lite';
import { createDecode } from './lite-read';
import { createWrite } from './lite-write';
import { smallFrame } from './small-frame';
import { concatPooled } from './buffer-pool';
import { withWireCodec } from './wire-codec';

/** An encoder keeps the memory of its last value. After a larger one it is not reused. */
const LARGE_FRAME = 65_536;

/**
 * The default codec: MessagePack by msgpack-lite, without its preset of extension types.
 *
 * | JavaScript | MessagePack | and back |
 * |---|---|---|
 * | integer up to ±(2⁵³ − 1) | the shortest integer | number |
 * | `bigint` of 64 bits | the shortest integer | number up to ±(2⁵³ − 1), `bigint` beyond |
 * | any other number, −0 | float 64 | number |
 * | string | str | string; bytes that are no UTF-8 become U+FFFD |
 * | `Uint8Array`, any other view, `ArrayBuffer` | bin | `Buffer` with memory of its own |
 * | `Date` | timestamp (ext −1) | `Date`, cut to milliseconds |
 * | `Ext` | ext | `Ext` |
 * | array, `Set` | array | array |
 * | object: its own enumerable properties | map | object, if every key is a string |
 * | `Map` | map | `Map`, if some key is no string |
 * | `null`, `undefined` | nil | `null` |
 *
 * A key `__proto__` becomes a property like any other, never a prototype. Functions, symbols, integers of more than 64
 * bits and values that contain themselves throw a `TypeError`.
 */
export function createLiteCodec(): Codec {
  const codec = lite.createCodec();
  codec.encode = createWrite(codec.encode);
  const decode = createDecode(codec.decode);
  const options = { codec };
  // One encoder for all values: a new one for each would clear 2 KiB for each.
  let idle: Encoder | undefined;
  const encode = (value: unknown, join: (parts: readonly Buffer[]) => Buffer): Buffer => {
    const encoder = idle ?? new lite.Encoder(options);
    // Not reused while encoding: if a value throws, the encoder with its partial output is dropped.
    idle = undefined;
    encoder.write(value);
    const parts = encoder.buffers;
    if (parts === undefined || parts.length === 0) {
      idle = encoder;
      return encoder.read();
    }
    encoder.flush();
    const bytes = join(parts);
    parts.length = 0;
    if (bytes.length <= LARGE_FRAME) idle = encoder;
    return bytes;
  };
  return withWireCodec(
    {
      encode: (value) => smallFrame(value) ?? encode(value, (parts) => Buffer.concat(parts)),
      decode: (bytes) => decode(asBuffer(bytes), 0, bytes.length, 'shared'),
    },
    { encode: (value) => smallFrame(value) ?? encode(value, concatPooled), decode },
  );
}
