/**
 * The approximate maximum of bytes of a plain value. msgpackr writes into a buffer that is four times as large as needed, and keeps it.
 */
const LARGEST = 1024 * 1024;
const DEEPEST = 64;

/** The remaining bytes for the value that is being checked. */
let left = 0;

/**
 * Whether every MessagePack library encodes a value in the same way: texts, integers of 32 bits, other numbers, bytes, arrays and plain objects,
 * and not too many of them.
 */
export function isPlainValue(value: unknown): boolean {
  left = LARGEST;
  return isPlain(value, DEEPEST);
}

function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
      left -= value.length;
      return left > 0 && isWellFormed(value);
    case 'number':
      if (value === (value | 0)) return value !== 0 || !Object.is(value, -0);
      return !Number.isInteger(value) || (value > 0 && value <= 0xffff_ffff);
    case 'boolean':
    case 'undefined':
      return true;
    case 'object':
      return value === null || (depth > 0 && isPlainObject(value, depth - 1));
    default:
      return false;
  }
}

function isPlainObject(value: object, depth: number): boolean {
  const { constructor } = value;
  if (constructor === Object) {
    const keys = Object.keys(value);
    left -= keys.length;
    for (const key of keys) {
      left -= key.length;
      if (!isWellFormed(key) || !isPlain((value as Record<string, unknown>)[key], depth)) return false;
    }
    return left > 0;
  }
  if (constructor === Array && Array.isArray(value)) {
    left -= value.length;
    if (left <= 0) return false;
    for (let i = 0; i < value.length; i++) if (!isPlain(value[i], depth)) return false;
    return true;
  }
  if (constructor !== Buffer && constructor !== Uint8Array) return false;
  left -= (value as Uint8Array).length;
  return left > 0;
}

/** Whether every surrogate is paired: a lone one is not valid in UTF-8, but some libraries send it. */
const isWellFormed: (text: string) => boolean =
  'isWellFormed' in String.prototype
    ? (text) => (text as unknown as { isWellFormed(): boolean }).isWellFormed()
    : (text) => !/\p{Surrogate}/u.test(text);
