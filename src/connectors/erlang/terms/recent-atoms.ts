import type { Atom } from './atom';

/** Atoms that were read last, by a hash of their bytes: a power of two. */
const RECENT = 256;

/** Some bytes that were an atom; of two, the latter is kept. */
interface KnownAtom {
  readonly bytes: Uint8Array;
  readonly value: Atom | boolean;
}
const recent = new Array<KnownAtom | undefined>(RECENT).fill(undefined);

/** The atom of these bytes, if it was read recently. */
export function recentAtom(memory: Uint8Array, at: number, length: number): Atom | boolean | undefined {
  const known = recent[placeOf(memory, at, length)];
  if (known?.bytes.length !== length) return undefined;
  for (let i = 0; i < length; i++) if (known.bytes[i] !== memory[at + i]) return undefined;
  return known.value;
}

/** Remembers the atom of these bytes. The bytes must be a copy. */
export function rememberAtom(bytes: Uint8Array, value: Atom | boolean): void {
  // Of bytes beyond ASCII the two encodings make different letters.
  if (bytes.every((byte) => byte < 0x80)) recent[placeOf(bytes, 0, bytes.length)] = { bytes, value };
}

function placeOf(memory: Uint8Array, at: number, length: number): number {
  let hash = length;
  for (let i = at; i < at + length; i++) hash = (hash * 31 + memory[i]!) | 0;
  return (hash ^ (hash >>> 8) ^ (hash >>> 16)) & (RECENT - 1);
}
