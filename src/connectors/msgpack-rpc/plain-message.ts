const DEEPEST = 64;

/** Remaining elements of each open array and map, and whether it is a map. */
const left = new Float64Array(DEEPEST);
const isMap = new Uint8Array(DEEPEST);

/** 2²¹: upper halves of 64-bit integers below it belong to numbers that are exact. */
const EXACT = 0x20_0000;
const UNDERSCORE = 0x5f;

/**
 * Whether the bytes are one complete message that every MessagePack library decodes in the same way. Reads headers only. False for a text that
 * begins with the first byte of a byte order mark, which some libraries remove; for a key that may be an index, which costs the memory of an
 * array of that length (see `keepSparse`); and for more than `longest` bytes in one value.
 */
export function isPlainMessage(bytes: Uint8Array, start: number, end: number, longest: number): boolean {
  let depth = -1;
  let at = start;
  while (at < end) {
    const header = bytes[at++]!;
    /** Bytes of a text; −1 for any other value. */
    let text = -1;
    /** Elements of an array or a map; 0 for any other value. */
    let elements = 0;
    let map = 0;
    if (header < 0x80 || header >= 0xe0) {
      // A small integer: nothing follows.
    } else if (header < 0x90) {
      elements = 2 * (header - 0x80);
      map = 1;
    } else if (header < 0xa0) {
      elements = header - 0x90;
    } else if (header < 0xc0) {
      text = header - 0xa0;
    } else {
      switch (header) {
        case 0xc0:
        case 0xc2:
        case 0xc3:
          break;
        case 0xc4:
          // Empty bytes, two bytes on the wire, would become a Buffer with hundreds of bytes of memory.
          if (bytes[at] === 0) return false;
          at += 1 + bytes[at]!;
          break;
        case 0xc5:
          if (uint16(bytes, at) > longest) return false;
          at += 2 + uint16(bytes, at);
          break;
        case 0xc6:
          if (uint32(bytes, at) > longest) return false;
          at += 4 + uint32(bytes, at);
          break;
        case 0xcc:
        case 0xd0:
          at += 1;
          break;
        case 0xcd:
        case 0xd1:
          at += 2;
          break;
        case 0xca:
        case 0xce:
        case 0xd2:
          at += 4;
          break;
        case 0xcb:
          at += 8;
          break;
        case 0xcf:
          if (uint32(bytes, at) >= EXACT) return false;
          at += 8;
          break;
        case 0xd3: {
          const high = uint32(bytes, at) | 0;
          if (high >= EXACT || high <= -EXACT) return false;
          at += 8;
          break;
        }
        case 0xd9:
          text = bytes[at]!;
          at += 1;
          break;
        case 0xda:
          text = uint16(bytes, at);
          at += 2;
          break;
        case 0xdb:
          text = uint32(bytes, at);
          at += 4;
          break;
        case 0xdc:
          elements = uint16(bytes, at);
          at += 2;
          break;
        case 0xdd:
          elements = uint32(bytes, at);
          at += 4;
          break;
        case 0xde:
          elements = 2 * uint16(bytes, at);
          map = 1;
          at += 2;
          break;
        case 0xdf:
          elements = 2 * uint32(bytes, at);
          map = 1;
          at += 4;
          break;
        default:
          // Extension types and invalid headers.
          return false;
      }
    }
    if (text >= 0) {
      if (bytes[at] === 0xef) return false;
      if (text === 9 && bytes[at] === UNDERSCORE && bytes[at + 1] === UNDERSCORE) return false;
      if (text > 1 && isDigit(bytes[at]!) && depth >= 0 && isMap[depth] === 1 && left[depth]! % 2 === 0) return false;
      at += text;
    } else if (depth >= 0 && isMap[depth] === 1 && left[depth]! % 2 === 0) {
      return false; // a key that is not a text
    }
    if (elements > 0) {
      if (++depth === DEEPEST) return false;
      left[depth] = elements;
      isMap[depth] = map;
      continue;
    }
    while (depth >= 0) {
      left[depth]!--;
      if (left[depth]! > 0) break;
      depth--;
    }
    if (depth < 0) return at === end;
  }
  return false;
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
const uint16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
const uint32 = (bytes: Uint8Array, at: number): number => uint16(bytes, at) * 0x1_0000 + uint16(bytes, at + 2);
