/** For larger frames, and for longer texts, an encoder is faster. */
const LARGEST = 512;
const LONGEST_TEXT = 64;
/** Frames are slices of memory blocks of this size. */
const PIECE = 8 * 1024;
/** The value needs an encoder. */
const NONE = -1;

let memory = Buffer.alloc(0);
/** The offset of free memory, and the maximum end of the frame that is being written. */
let free = 0;
let limit = 0;
let writing = false;

/**
 * The frame of a small value of ASCII texts, numbers, booleans, nil, short arrays and plain objects; undefined for any other value. Most calls
 * and answers are such, and preparing an encoder for them takes longer than encoding.
 */
export function smallFrame(value: unknown): Buffer | undefined {
  // A getter of the value may send another value.
  if (writing) return undefined;
  if (free + LARGEST > memory.length) {
    memory = Buffer.allocUnsafeSlow(PIECE);
    free = 0;
  }
  limit = free + LARGEST;
  writing = true;
  try {
    const end = write(value, free);
    if (end === NONE) return undefined;
    const frame = memory.subarray(free, end);
    free = end;
    return frame;
  } finally {
    writing = false;
  }
}

/** Writes a value at `at`. Returns its end. */
function write(value: unknown, at: number): number {
  // The longest number has nine bytes.
  if (at + 9 > limit) return NONE;
  switch (typeof value) {
    case 'string':
      return writeText(value, at);
    case 'number':
      return value === (value | 0) && !Object.is(value, -0) ? writeInteger(value, at) : writeFloat(value, at);
    case 'boolean':
      memory[at] = value ? 0xc3 : 0xc2;
      return at + 1;
    case 'undefined':
      memory[at] = 0xc0;
      return at + 1;
    case 'object':
      if (value === null) {
        memory[at] = 0xc0;
        return at + 1;
      }
      if (Array.isArray(value)) return writeArray(value, at);
      return Object.getPrototypeOf(value) === Object.prototype ? writeObject(value, at) : NONE;
    default:
      return NONE;
  }
}

function writeText(text: string, at: number): number {
  const { length } = text;
  if (length > LONGEST_TEXT || at + 2 + length > limit) return NONE;
  if (length < 32) {
    memory[at++] = 0xa0 + length;
  } else {
    memory[at++] = 0xd9;
    memory[at++] = length;
  }
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return NONE;
    memory[at++] = code;
  }
  return at;
}

/** An integer of 32 bits, in the shortest form. */
function writeInteger(value: number, at: number): number {
  if (value >= -32 && value < 0x80) {
    memory[at] = value;
    return at + 1;
  }
  if (value >= -0x80 && value <= 0xff) {
    memory[at] = value < 0 ? 0xd0 : 0xcc;
    memory[at + 1] = value;
    return at + 2;
  }
  if (value >= -0x8000 && value <= 0xffff) {
    memory[at] = value < 0 ? 0xd1 : 0xcd;
    memory[at + 1] = value >> 8;
    memory[at + 2] = value;
    return at + 3;
  }
  memory[at] = value < 0 ? 0xd2 : 0xce;
  memory[at + 1] = value >> 24;
  memory[at + 2] = value >> 16;
  memory[at + 3] = value >> 8;
  memory[at + 4] = value;
  return at + 5;
}

/** Larger integers need an encoder. */
function writeFloat(value: number, at: number): number {
  if (Number.isInteger(value) && value !== 0) return NONE;
  memory[at] = 0xcb;
  return memory.writeDoubleBE(value, at + 1);
}

function writeArray(values: readonly unknown[], at: number): number {
  const { length } = values;
  if (length > 15) return NONE;
  memory[at++] = 0x90 + length;
  for (let i = 0; i < length; i++) {
    at = write(values[i], at);
    if (at === NONE) return NONE;
  }
  return at;
}

function writeObject(value: object, at: number): number {
  const keys = Object.keys(value);
  if (keys.length > 15) return NONE;
  memory[at++] = 0x80 + keys.length;
  for (const key of keys) {
    at = writeText(key, at);
    if (at === NONE) return NONE;
    at = write((value as Record<string, unknown>)[key], at);
    if (at === NONE) return NONE;
  }
  return at;
}
