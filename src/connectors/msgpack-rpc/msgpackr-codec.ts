import type { Codec } from './codec';
import { createLiteCodec } from './lite-codec';
import { mostOf } from './lite-read';
import { isPlainMessage } from './plain-message';
import { isPlainValue } from './plain-value';
import { smallFrame } from './small-frame';
import { wireCodecOf, withWireCodec } from './wire-codec';

/** The part of msgpackr's class `Packr` that is used, so that who does not use msgpackr needs neither it nor its types. */
export type PackrClass = new (options: Readonly<Record<string, unknown>>) => {
  pack(value: unknown): Uint8Array;
  unpack(bytes: Uint8Array): unknown;
};

/** Settings under which msgpackr speaks plain MessagePack. */
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

/** Messages of so many bytes have been read before msgpackr, which needs two objects for each, is ready to begin. */
const SMALL = 128;

/**
 * A faster codec for those who install msgpackr beside the package. Everything becomes of everything exactly as with
 * `createLiteCodec`, which does the rest: msgpackr gets the values and messages of which both libraries make the same, and that is
 * most of those that are not small. It never sees an extension type, for which it has code of its own that rebuilds references, regular expressions
 * and records from the wire, nor 64-bit integers, keys that are no text or `__proto__`.
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
        // msgpackr would copy what may be left where it is.
        end - start > SMALL && isPlainMessage(memory, start, end, mostOf(memory, hold))
          ? packr.unpack(memory.subarray(start, end))
          : liteWire.decode(memory, start, end, hold),
    },
  );
}
