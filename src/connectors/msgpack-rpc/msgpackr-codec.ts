import type { Codec } from './codec';
import { createLiteCodec } from './lite-codec';
import { mostOf } from './lite-read';
import { isPlainMessage } from './plain-message';
import { isPlainValue } from './plain-value';
import { smallFrame } from './small-frame';
import { wireCodecOf, withWireCodec } from './wire-codec';

/** The used part of msgpackr's class `Packr`, so that neither msgpackr nor its types are needed without it. */
export type PackrClass = new (options: Readonly<Record<string, unknown>>) => {
  pack(value: unknown): Uint8Array;
  unpack(bytes: Uint8Array): unknown;
};

/** Settings with which msgpackr uses standard MessagePack. */
const settings = {
  useRecords: false,
  variableMapSize: true,
  mapsAsObjects: true,
  int64AsType: 'auto',
  copyBuffers: true,
  encodeUndefinedAsNil: true,
  useToJSON: false,
  moreTypes: false,
  structuredClone: false,
};

/** Messages up to this size are decoded faster without msgpackr, which needs two objects for each. */
const SMALL = 128;

/**
 * A faster codec that needs msgpackr, which you install. Its conversions are exactly those of `createLiteCodec`, which handles the rest: msgpackr
 * gets the values and messages that both libraries convert in the same way, which are most of those that are not small. It never gets an extension
 * type, from which it would rebuild references, regular expressions and records, nor 64-bit integers, keys that are not texts, or `__proto__`.
 *
 * @example
 * import { Packr } from 'msgpackr';
 * connectNode('127.0.0.1:7000', { codec: createMsgpackrCodec(Packr) });
 */
export function createMsgpackrCodec(Packr: PackrClass): Codec {
  const packr = new Packr(settings);
  const lite = createLiteCodec();
  const liteWire = wireCodecOf(lite);
  return withWireCodec(
    {
      encode: (value) => smallFrame(value) ?? (isPlainValue(value) ? packr.pack(value) : lite.encode(value)),
      decode: (bytes) =>
        bytes.length > SMALL && isPlainMessage(bytes, 0, bytes.length, Infinity)
          ? packr.unpack(bytes)
          : lite.decode(bytes),
    },
    {
      encode: (value) => smallFrame(value) ?? (isPlainValue(value) ? packr.pack(value) : liteWire.encode(value)),
      decode: (memory, start, end, hold) =>
        // msgpackr would copy values that may stay in place.
        end - start > SMALL && isPlainMessage(memory, start, end, mostOf(memory, hold))
          ? packr.unpack(memory.subarray(start, end))
          : liteWire.decode(memory, start, end, hold),
    },
  );
}
