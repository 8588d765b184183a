import { Ext } from '../connectors/msgpack-rpc/index';
import { printable, printableUpTo } from '../pool/values/printable';

/**
 * A value as JSON, on one line. MessagePack has types that JSON lacks: bytes become base64, an integer beyond 2⁵³ the text of its digits, a
 * timestamp the text of its date, a map with other keys than strings a list of pairs, an ext `{ ext, data }`, and NaN and Infinity null.
 */
function jsonOf(value: unknown): string {
  return JSON.stringify(value ?? null, isSimple(value) ? undefined : replaced);
}

const isSimple = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number' || value == null;

// Reads `this[key]`, since the parameter is the result of `toJSON` for bytes and dates.
function replaced(this: unknown, key: string, value: unknown): unknown {
  const raw = (this as Record<string, unknown>)[key];
  if (typeof raw === 'bigint') return raw.toString();
  if (raw instanceof Uint8Array) return base64(raw);
  if (raw instanceof Map) return [...raw];
  if (raw instanceof Ext) return { ext: raw.type, data: base64(raw.data) };
  return value;
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

/** Letters of JSON. A message of the default size fits, unless most of it has to be escaped. Strings of the engine have 512 MiB at most. */
const MAX_LETTERS = 128 * 1024 * 1024;
/** The length of an escaped letter. */
const ESCAPED = 6;

export interface Json {
  readonly json: string;
  /** Number of letters that were left out. */
  readonly cut: number;
}

/** A value as JSON, printable on a terminal, and truncated where it would be too long. */
export function jsonUpTo(value: unknown, longest = MAX_LETTERS): Json {
  if (typeof value === 'string') {
    const { text, cut } = printableUpTo(longest, value, (piece) => JSON.stringify(piece).slice(1, -1));
    return { json: `"${text}"`, cut };
  }
  try {
    const json = printable(jsonOf(value));
    if (json.length <= longest) return { json, cut: 0 };
  } catch (error) {
    // A RangeError is also thrown for values that are nested too deeply.
    if (!(error instanceof RangeError) || !error.message.includes('string length')) throw error;
  }
  return cutJson(value, longest);
}

function cutJson(value: unknown, longest: number): Json {
  let left = Math.floor(longest / ESCAPED);
  let cut = 0;
  const take = (text: string): string => {
    const taken = text.slice(0, left);
    left -= taken.length;
    cut += text.length - taken.length;
    return taken;
  };
  const json = JSON.stringify(value, function (this: unknown, key, item: unknown) {
    const plain = replaced.call(this, key, item);
    if (typeof plain === 'string') return take(plain);
    if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) return plain;
    const object: Record<string, unknown> = {};
    for (const [name, each] of Object.entries(plain)) {
      const taken = take(name);
      if (taken.length === name.length) Object.defineProperty(object, taken, { value: each, enumerable: true });
    }
    return object;
  });
  return { json: printable(json), cut };
}
