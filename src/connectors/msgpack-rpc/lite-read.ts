import { Ext } from './ext';
import type { Decoder, Read } from './lite';
import { decodeTimestamp, TIMESTAMP } from './timestamp';

/** For all that are empty: one of its own costs hundreds of bytes, and comes in two. */
const NOTHING = Buffer.alloc(0);

/** Takes what msgpack-lite would misread (maps, 64-bit integers, ext types) or is wasteful with, and leaves the rest to `plain`. */
export function createRead(plain: Read): Read {
  return read;

  function read(decoder: Decoder): unknown {
    const { buffer, offset } = decoder;
    const header = buffer[offset]!;
    if (header < 0x80 || header >= 0xe0) return plain(decoder);
    if (header < 0xc0) {
      if (header >= 0xa0) {
        decoder.offset++;
        return readText(decoder, header & 0x1f);
      }
      if (header >= 0x90) return plain(decoder);
      decoder.offset++;
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

  /** An object as long as every key is a string; at the first that is not, a Map takes over what there is so far. */
  function readMap(decoder: Decoder, size: number): unknown {
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

  function readRest(decoder: Decoder, size: number, map: Map<unknown, unknown>, firstKey: unknown): unknown {
    map.set(firstKey, read(decoder));
    for (let i = 1; i < size; i++) {
      const key = read(decoder);
      map.set(key, read(decoder));
    }
    return map;
  }
}

function startsWithDigit(key: string): boolean {
  const code = key.charCodeAt(0);
  return code >= 0x30 && code <= 0x39;
}

/** The largest key that the engine takes for an index. */
const LAST_INDEX = 2 ** 32 - 2;

/**
 * The engine makes room for all the indices below one that is assigned, as in an array: a single key '999' costs 12 KB, so that a
 * message of 64 KiB would cost 130 MB. An object that has once held the last index keeps its indices in a table from then on.
 */
function keepSparse(object: Record<number, unknown>): void {
  object[LAST_INDEX] = null;
  Reflect.deleteProperty(object, LAST_INDEX);
}

/** `high` is the upper half, signed or not; the lower half follows it. */
function readInteger64(buffer: Buffer, at: number, high: number): number | bigint {
  const value = high * 2 ** 32 + buffer.readUInt32BE(at + 4);
  if (Number.isSafeInteger(value)) return value;
  return high < 0 ? buffer.readBigInt64BE(at) : buffer.readBigUInt64BE(at);
}

function readText(decoder: Decoder, length: number): string {
  const start = decoder.reserve(length);
  return length === 0 ? '' : decoder.buffer.toString('utf8', start, start + length);
}

/** A copy: the bytes belong to the connection, which may keep 64 KiB alive for the sake of one. */
function readBytes(decoder: Decoder, length: number): Buffer {
  const start = decoder.reserve(length);
  if (length === 0) return NOTHING;
  const bytes = Buffer.allocUnsafe(length);
  decoder.buffer.copy(bytes, 0, start, start + length);
  return bytes;
}

function readExt(decoder: Decoder, length: number): unknown {
  const type = decoder.buffer.readInt8(decoder.reserve(1));
  const data = readBytes(decoder, length);
  const date = type === TIMESTAMP ? decodeTimestamp(data) : undefined;
  return date ?? new Ext(type, data);
}
