import { Ext } from './ext';
import { asBuffer, type Encoder, type Write } from './lite';
import { encodeTimestamp, TIMESTAMP } from './timestamp';

/** A value that is nested deeper than this is assumed to contain itself. */
const DEEPEST = 512;
/** msgpack-lite reserves three bytes for each letter of a text. The bytes of longer texts than this are counted first. */
const LONG_STRING = 1024;
const LARGEST_UNSIGNED = 2n ** 64n - 1n;
const SMALLEST_SIGNED = -(2n ** 63n);

/** Encodes what msgpack-lite would lose (bigint, Date, Map, Set, integers beyond 32 bits), and passes the rest to `plain`. */
export function createWrite(plain: Write): Write {
  return (encoder, value) => write(encoder, value, 0);

  function write(encoder: Encoder, value: unknown, depth: number): void {
    switch (typeof value) {
      case 'string':
        if (value.length > LONG_STRING) writeLongString(encoder, value);
        else plain(encoder, value);
        return;
      case 'number':
        if (value === (value | 0) && !Object.is(value, -0)) plain(encoder, value);
        else writeNumber(encoder, value);
        return;
      case 'bigint':
        if (value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER) write(encoder, Number(value), depth);
        else writeInteger64(encoder, value);
        return;
      case 'object':
        if (value === null) plain(encoder, value);
        else writeObject(encoder, value, depth + 1);
        return;
      case 'function':
      case 'symbol':
        throw new TypeError(`a ${typeof value} cannot be sent`);
      default:
        plain(encoder, value);
    }
  }

  function writeObject(encoder: Encoder, value: object, depth: number): void {
    if (depth > DEEPEST) {
      throw new TypeError(`a value that contains itself, or is nested more than ${DEEPEST} deep, cannot be sent`);
    }
    if (Array.isArray(value)) {
      writeCount(encoder, value.length, 0x90, 0xdc);
      for (let i = 0; i < value.length; i++) write(encoder, value[i], depth);
    } else if (ArrayBuffer.isView(value)) {
      writeBytes(encoder, asBuffer(value));
    } else if (value instanceof ArrayBuffer) {
      writeBytes(encoder, Buffer.from(value));
    } else if (value instanceof Date) {
      writeExt(encoder, TIMESTAMP, encodeTimestamp(value));
    } else if (value instanceof Ext) {
      writeExt(encoder, value.type, asBuffer(value.data));
    } else if (value instanceof Map) {
      writeCount(encoder, value.size, 0x80, 0xde);
      for (const [key, item] of value) {
        write(encoder, key, depth);
        write(encoder, item, depth);
      }
    } else if (value instanceof Set) {
      writeCount(encoder, value.size, 0x90, 0xdc);
      for (const item of value) write(encoder, item, depth);
    } else {
      const keys = Object.keys(value);
      writeCount(encoder, keys.length, 0x80, 0xde);
      for (const key of keys) {
        write(encoder, key, depth);
        write(encoder, (value as Record<string, unknown>)[key], depth);
      }
    }
  }
}

/** The header of an array or a map: one byte up to 15 elements, else a count of 16 or 32 bits. */
function writeCount(encoder: Encoder, count: number, fix: number, wide: number): void {
  if (count < 16) {
    const at = encoder.reserve(1);
    encoder.buffer[at] = fix + count;
  } else if (count <= 0xffff) {
    write16(encoder, wide, count);
  } else {
    write32(encoder, wide + 1, count);
  }
}

/** msgpack-lite would use two bytes for a length of 255. */
function writeBytes(encoder: Encoder, bytes: Buffer): void {
  const { length } = bytes;
  if (length <= 0xff) {
    const at = encoder.reserve(2);
    encoder.buffer[at] = 0xc4;
    encoder.buffer[at + 1] = length;
  } else if (length <= 0xffff) {
    write16(encoder, 0xc5, length);
  } else {
    write32(encoder, 0xc6, length);
  }
  encoder.send(bytes);
}

function writeLongString(encoder: Encoder, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= 0xffff) write16(encoder, 0xda, bytes.length);
  else write32(encoder, 0xdb, bytes.length);
  encoder.send(bytes);
}

/** A number that is not a 32-bit signed integer. Integers are not sent as floats, which typed peers would refuse. */
function writeNumber(encoder: Encoder, value: number): void {
  if (!Number.isSafeInteger(value) || value === 0) {
    const at = encoder.reserve(9);
    encoder.buffer[at] = 0xcb;
    encoder.buffer.writeDoubleBE(value, at + 1);
  } else if (value > 0 && value <= 0xffff_ffff) {
    write32(encoder, 0xce, value);
  } else {
    writeInteger64(encoder, BigInt(value));
  }
}

function writeInteger64(encoder: Encoder, value: bigint): void {
  if (value > LARGEST_UNSIGNED || value < SMALLEST_SIGNED) {
    throw new TypeError(`${value} cannot be sent: MessagePack has integers of 64 bits`);
  }
  const at = encoder.reserve(9);
  encoder.buffer[at] = value < 0n ? 0xd3 : 0xcf;
  encoder.buffer.writeBigUInt64BE(BigInt.asUintN(64, value), at + 1);
}

function writeExt(encoder: Encoder, type: number, data: Buffer): void {
  const { length } = data;
  const fixed = [1, 2, 4, 8, 16].indexOf(length);
  if (fixed >= 0) {
    const at = encoder.reserve(1);
    encoder.buffer[at] = 0xd4 + fixed;
  } else if (length <= 0xff) {
    const at = encoder.reserve(2);
    encoder.buffer[at] = 0xc7;
    encoder.buffer[at + 1] = length;
  } else if (length <= 0xffff) {
    write16(encoder, 0xc8, length);
  } else {
    write32(encoder, 0xc9, length);
  }
  const at = encoder.reserve(1);
  encoder.buffer[at] = type & 0xff;
  encoder.send(data);
}

function write16(encoder: Encoder, header: number, value: number): void {
  const at = encoder.reserve(3);
  encoder.buffer[at] = header;
  encoder.buffer.writeUInt16BE(value, at + 1);
}

function write32(encoder: Encoder, header: number, value: number): void {
  const at = encoder.reserve(5);
  encoder.buffer[at] = header;
  encoder.buffer.writeUInt32BE(value, at + 1);
}
