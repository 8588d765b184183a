import { Ext } from '../connectors/msgpack-rpc/index';

/**
 * A value as JSON, on one line. What MessagePack has and JSON has not: bytes become base64, an integer beyond 2⁵³ the text of its
 * digits, a timestamp the text of its date, a map whose keys are no strings a list of pairs, an ext `{ ext, data }`, and what is no
 * number null.
 */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value ?? null, isSimple(value) ? undefined : replaced);
}

const isSimple = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number' || value == null;

// Not the parameter: of bytes and dates that is what their toJSON made of them.
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
