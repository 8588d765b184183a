import { Ext } from './ext';
import type { Hold } from './inbox';
import type { Decoder, Read } from './lite';
import type { WireCodec } from './wire-codec';
import { decodeTimestamp, TIMESTAMP } from './timestamp';

/** Shared by all empty values: a Buffer costs hundreds of bytes, for two on the wire. */
const EMPTY = Buffer.alloc(0);

/** The position in the message that is being decoded, in the form of msgpack-lite. */
class ReadCursor implements Decoder {
  buffer: Buffer = EMPTY;
  offset = 0;
  end = 0;
  hold: Hold = 'shared';

  reserve(length: number): number {
    const { offset } = this;
    if (offset + length > this.end) throw new Error('the bytes end before the value does');
    this.offset = offset + length;
    return offset;
  }
}

/** Decodes what msgpack-lite would misread (maps, 64-bit integers, ext types) or is slow at, and passes the rest to `plain`. */
export function createDecode(plain: Read): WireCodec['decode'] {
  // One cursor for all values: decoding calls no code that could decode another value.
  const reading = new ReadCursor();
  return (memory, start, end, hold) => {
    reading.buffer = memory;
    reading.offset = start;
    reading.end = end;
    reading.hold = hold;
    try {
      return read(reading);
    } finally {
      reading.buffer = EMPTY;
    }
  };

  function read(decoder: ReadCursor): unknown {
    const { buffer, offset } = decoder;
    if (offset >= decoder.end) decoder.reserve(1);
    const header = buffer[offset]!;
    if (header < 0x80) {
      decoder.offset++;
      return header;
    }
    if (header >= 0xe0) {
      decoder.offset++;
      return header - 0x100;
    }
    if (header < 0xc0) {
      decoder.offset++;
      if (header >= 0xa0) return readText(decoder, header & 0x1f);
      if (header >= 0x90) return readArray(decoder, header & 0x0f);
      return readMap(decoder, header & 0x0f);
    }
    switch (header) {
      case 0xc4:
        decoder.offset += 2;
        return readBytes(decoder, buffer.readUInt8(offset + 1));
      case 0xc5:
        decoder.offset += 3;
        return readBytes(decoder, buffer.readUInt16BE(offset + 1));
      case 0xc6:
        decoder.offset += 5;
        return readBytes(decoder, buffer.readUInt32BE(offset + 1));
      case 0xc7:
        decoder.offset += 2;
        return readExt(decoder, buffer.readUInt8(offset + 1));
      case 0xc8:
        decoder.offset += 3;
        return readExt(decoder, buffer.readUInt16BE(offset + 1));
      case 0xc9:
        decoder.offset += 5;
        return readExt(decoder, buffer.readUInt32BE(offset + 1));
      case 0xca:
        decoder.offset += 5;
        return buffer.readFloatBE(offset + 1);
      case 0xcb:
        decoder.offset += 9;
        return buffer.readDoubleBE(offset + 1);
      case 0xcf:
        decoder.offset += 9;
        return readInteger64(buffer, offset + 1, buffer.readUInt32BE(offset + 1));
      case 0xd3:
        decoder.offset += 9;
        return readInteger64(buffer, offset + 1, buffer.readInt32BE(offset + 1));
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        decoder.offset++;
        return readExt(decoder, 1 << (header - 0xd4));
      case 0xd9:
        decoder.offset += 2;
        return readText(decoder, buffer.readUInt8(offset + 1));
      case 0xda:
        decoder.offset += 3;
        return readText(decoder, buffer.readUInt16BE(offset + 1));
      case 0xdb:
        decoder.offset += 5;
        return readText(decoder, buffer.readUInt32BE(offset + 1));
      case 0xdc:
        decoder.offset += 3;
        return readArray(decoder, buffer.readUInt16BE(offset + 1));
      case 0xdd:
        decoder.offset += 5;
        return readArray(decoder, buffer.readUInt32BE(offset + 1));
      case 0xde:
        decoder.offset += 3;
        return readMap(decoder, buffer.readUInt16BE(offset + 1));
      case 0xdf:
        decoder.offset += 5;
        return readMap(decoder, buffer.readUInt32BE(offset + 1));
      default:
        return plain(decoder);
    }
  }

  function readArray(decoder: ReadCursor, size: number): unknown[] {
    // Each element has at least one byte: a false length gets no memory.
    if (size > decoder.end - decoder.offset) decoder.reserve(size);
    const array = new Array<unknown>(size);
    for (let i = 0; i < size; i++) array[i] = read(decoder);
    return array;
  }

  /** An object while every key is a string; at the first other key it becomes a Map. */
  function readMap(decoder: ReadCursor, size: number): unknown {
    const object: Record<string, unknown> = {};
    let sparse = false;
    for (let i = 0; i < size; i++) {
      const key = read(decoder);
      if (typeof key !== 'string') {
        return readRest(decoder, size - i, new Map<unknown, unknown>(i === 0 ? null : Object.entries(object)), key);
      }
      const value = read(decoder);
      if (!sparse && startsWithDigit(key) && Number(key) > 4 * size + 8) {
        keepSparse(object);
        sparse = true;
      }
      // Assigning to this one key would set the prototype.
      if (key === '__proto__') {
        Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
      } else {
        object[key] = value;
      }
    }
    return object;
  }

  function readRest(decoder: ReadCursor, size: number, map: Map<unknown, unknown>, firstKey: unknown): unknown {
    map.set(asKey(firstKey), read(decoder));
    for (let i = 1; i < size; i++) {
      const key = read(decoder);
      map.set(asKey(key), read(decoder));
    }
    return map;
  }
}

/** The shared empty Buffer would make two keys of a Map equal. */
const asKey = (key: unknown): unknown => (key === EMPTY ? Buffer.alloc(0) : key);

/** Values of more bytes than this are not copied, since they occupy most of the memory that they are in. */
export const mostOf = (memory: Buffer, hold: Hold): number =>
  hold === 'own' ? memory.buffer.byteLength / 2 : Infinity;

function startsWithDigit(key: string): boolean {
  const code = key.charCodeAt(0);
  return code >= 0x30 && code <= 0x39;
}

/** The largest array index of the engine. */
const LAST_INDEX = 2 ** 32 - 2;

/**
 * The engine allocates memory for all indices below one that is assigned, as in an array: a single key '999' costs 12 KB, so that a message of
 * 64 KiB could cost 130 MB. An object that once had the last index keeps its indices in a hash table.
 */
function keepSparse(object: Record<number, unknown>): void {
  object[LAST_INDEX] = null;
  Reflect.deleteProperty(object, LAST_INDEX);
}

/** `high` is the upper half, signed or unsigned; the lower half follows it. */
function readInteger64(buffer: Buffer, at: number, high: number): number | bigint {
  const value = high * 2 ** 32 + buffer.readUInt32BE(at + 4);
  if (Number.isSafeInteger(value)) return value;
  return high < 0 ? buffer.readBigInt64BE(at) : buffer.readBigUInt64BE(at);
}

function readText(decoder: ReadCursor, length: number): string {
  const start = decoder.reserve(length);
  return length === 0 ? '' : decoder.buffer.toString('utf8', start, start + length);
}

/** A copy, so that a short value does not keep 64 KiB alive; a slice, if the value is most of the memory that it is in. */
function readBytes(decoder: ReadCursor, length: number): Buffer {
  const start = decoder.reserve(length);
  if (length === 0) return EMPTY;
  if (length > mostOf(decoder.buffer, decoder.hold)) return decoder.buffer.subarray(start, start + length);
  const bytes = Buffer.allocUnsafe(length);
  decoder.buffer.copy(bytes, 0, start, start + length);
  return bytes;
}

function readExt(decoder: ReadCursor, length: number): unknown {
  const type = decoder.buffer.readInt8(decoder.reserve(1));
  const data = readBytes(decoder, length);
  const date = type === TIMESTAMP ? decodeTimestamp(data) : undefined;
  return date ?? new Ext(type, data);
}
