import { Ext } from './ext';
import type { Decoder, Read } from './lite';
import { decodeTimestamp, TIMESTAMP } from './timestamp';

/** Takes what msgpack-lite would misread (maps, 64-bit integers, ext types) or is slow with, and leaves the rest to `plain`. */
export function createRead(plain: Read): Read {
  return read;

  function read(decoder: Decoder): unknown {
    const { buffer, offset } = decoder;
    const header = buffer[offset]!;
    if (header < 0x80 || header >= 0xe0) return plain(decoder);
    if (header < 0x90) {
      decoder.offset++;
      return readMap(decoder, header & 0x0f);
    }
    switch (header) {
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
    for (let i = 0; i < size; i++) {
      const key = read(decoder);
      if (typeof key !== 'string')
        return readRest(decoder, size - i, new Map<unknown, unknown>(Object.entries(object)), key);
      const value = read(decoder);
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

/** `high` is the upper half, signed or not; the lower half follows it. */
function readInteger64(buffer: Buffer, at: number, high: number): number | bigint {
  const value = high * 2 ** 32 + buffer.readUInt32BE(at + 4);
  if (Number.isSafeInteger(value)) return value;
  return high < 0 ? buffer.readBigInt64BE(at) : buffer.readBigUInt64BE(at);
}

function readExt(decoder: Decoder, length: number): unknown {
  const start = decoder.reserve(length + 1);
  const { buffer } = decoder;
  const type = buffer.readInt8(start);
  const data = buffer.subarray(start + 1, start + 1 + length);
  const date = type === TIMESTAMP ? decodeTimestamp(data) : undefined;
  // A copy: the bytes belong to the connection, which may keep 64 KiB alive for the sake of one.
  return date ?? new Ext(type, Buffer.from(data));
}
