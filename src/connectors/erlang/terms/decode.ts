import { inflateSync } from 'node:zlib';
import { beyond, malformed, termLimits, type TermLimits } from './limits';
import * as tag from './tags';
import type { Term } from './term';
import { TermReader } from './term-reader';

/**
 * The term that `erlang:term_to_binary` made these bytes of, compressed or not. What is left of the bytes must not be.
 *
 * Throws a `TermRefusal` for bytes that are no term, and for a term beyond the limits.
 *
 * @example
 * const reply = decodeTerm(await readFile('reply.etf'));
 */
export function decodeTerm(bytes: Uint8Array, limits?: Partial<TermLimits>): Term {
  const all = limits === undefined ? termLimits : { ...termLimits, ...limits };
  const memory: Buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (memory.length > all.maxBytes) throw beyond('maxBytes', all, `a term of ${memory.length} bytes`);
  const reader = new TermReader(all);
  reader.open(memory, 0, memory.length, false);
  reader.version();
  if (memory[1] === tag.COMPRESSED) {
    const inflated = inflate(memory, all);
    reader.open(inflated, 0, inflated.length, true);
  }
  const term = reader.term();
  if (reader.rest > 0) throw malformed(`${reader.rest} bytes behind a term`);
  return term;
}

/** What is compressed, which is as long as it says and no longer. */
function inflate(memory: Buffer, limits: TermLimits): Buffer {
  if (memory.length < 6) throw malformed('a term that ends too early');
  const size = memory.readUInt32BE(2);
  if (size > limits.maxBytes) throw beyond('maxBytes', limits, `a term of ${size} bytes`);
  let inflated: Buffer;
  try {
    inflated = inflateSync(memory.subarray(6), { maxOutputLength: Math.max(1, size) });
  } catch (error) {
    throw malformed(`a compressed term that cannot be read: ${(error as Error).message}`);
  }
  if (inflated.length !== size) throw malformed(`${inflated.length} bytes of a term, where ${size} were announced`);
  return inflated;
}
