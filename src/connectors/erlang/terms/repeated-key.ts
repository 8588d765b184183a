import { createHash } from 'node:crypto';
import { Atom } from './atom';
import type { Term } from './term';
import { KeyWriter } from './term-writer';

/** Up to this number, each key is compared with each. */
const FEW = 8;
/** Bytes of a binary that stands for itself. */
const SHORT = 1024;

/**
 * Whether a key of a map is there twice, by what it is and not by the bytes that it came as. Nothing that a peer chooses makes it slow: what is
 * hashed is a text that the engine hashes with a seed, or an object.
 */
export function isRepeated(keys: readonly Term[]): boolean {
  const { length } = keys;
  if (length <= FEW && keys.every(isSimple)) {
    for (let i = 1; i < length; i++) for (let j = 0; j < i; j++) if (areSame(keys[i], keys[j])) return true;
    return false;
  }
  const seen = new Set<unknown>();
  const writer = new KeyWriter();
  try {
    for (const key of keys) seen.add(identityOf(key, writer));
  } finally {
    writer.release();
  }
  return seen.size < length;
}

const isSimple = (key: Term): boolean => typeof key !== 'object' || key instanceof Atom || key instanceof Uint8Array;

const areSame = (one: Term | undefined, other: Term | undefined): boolean =>
  Object.is(one, other) ||
  (one instanceof Uint8Array && other instanceof Uint8Array && Buffer.compare(one, other) === 0);

/** No two kinds of texts begin alike: those of the writer begin with a tag, or with # for a digest. */
function identityOf(key: Term, writer: KeyWriter): unknown {
  if (key instanceof Atom || typeof key === 'boolean') return key;
  if (typeof key === 'number') return Object.is(key, -0) ? '-0' : `$${key}`;
  if (!(key instanceof Uint8Array)) return writer.textOf(key);
  return key.length <= SHORT ? `%${key.toString('latin1')}` : `!${createHash('sha256').update(key).digest('base64')}`;
}
