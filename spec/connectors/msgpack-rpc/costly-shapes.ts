import type { RandomChoices } from './hostile-bytes';

/** Values that are cheap to send and may be dear to read, filled up to about a given number of bytes: one value of MessagePack each. */
export interface Shape {
  readonly name: string;
  /** Whether the default limits refuse it. */
  readonly refused?: boolean;
  fill(size: number, random: RandomChoices): Buffer;
}

const header32 = (type: number, count: number): Buffer => {
  const header = Buffer.alloc(5, type);
  header.writeUInt32BE(count, 1);
  return header;
};

/** An array of the values that `next` makes, one after the other. */
function arrayOf(size: number, next: (index: number) => Uint8Array): Buffer {
  const parts: Uint8Array[] = [];
  for (let bytes = 5; bytes < size; bytes += parts.at(-1)!.length) parts.push(next(parts.length));
  return Buffer.concat([header32(0xdd, parts.length), ...parts]);
}

/** One map of the keys that `next` makes, each with nil for a value. */
function mapOf(size: number, next: (index: number) => Uint8Array): Buffer {
  const parts: Uint8Array[] = [];
  for (let bytes = 5; bytes < size; bytes += parts.at(-1)!.length + 1) parts.push(next(parts.length));
  return Buffer.concat([header32(0xdf, parts.length), ...parts.flatMap((key) => [key, Buffer.of(0xc0)])]);
}

/** The same value again and again. */
export const repeating = (name: string, value: Uint8Array): Shape => ({
  name,
  fill: (size) => arrayOf(size, () => value),
});
const same = (name: string, hex: string): Shape => repeating(name, Buffer.from(hex, 'hex'));
const random = (name: string, next: (random: RandomChoices, index: number) => Uint8Array): Shape => ({
  name,
  fill: (size, random) => arrayOf(size, (index) => next(random, index)),
});

const text = (letters: string): Buffer => {
  const bytes = Buffer.from(letters);
  const { length } = bytes;
  const head = length < 32 ? [0xa0 + length] : length < 256 ? [0xd9, length] : [0xda, length >> 8, length & 0xff];
  return Buffer.concat([Uint8Array.from(head), bytes]);
};
const letters = (random: RandomChoices, count: number): string =>
  String.fromCharCode(...Array.from({ length: count }, () => 97 + random.below(26)));
const oneEntry = (key: Uint8Array): Buffer => Buffer.concat([Buffer.of(0x81), key, Buffer.of(0xc0)]);

// ---------------------------------------------------------------- numbers that collide

const modulus = (bits: bigint): bigint => (1n << bits) - 1n;

/** The inverse of an odd number modulo a power of two. */
function inverse(of: bigint, bits: bigint): bigint {
  let x = 1n;
  for (let i = 0; i < 7; i++) x = (x * (2n - of * x)) & modulus(bits);
  return x;
}

/** Undoes `x ^= x >>> shift`. */
function unshifted(hash: bigint, shift: bigint, bits: bigint): bigint {
  let x = hash;
  for (let known = shift; known < bits; known += shift) x = hash ^ (x >> shift);
  return x;
}

/** The 32-bit integer that V8 gives this hash. */
function integerOf(hash: bigint): number {
  const product = (x: bigint, factor: bigint): bigint => (x * inverse(factor, 32n)) & modulus(32n);
  let x = unshifted(hash, 16n, 32n);
  x = unshifted(product(x, 2057n), 4n, 32n);
  x = unshifted(product(x, 5n), 12n, 32n);
  return Number(product(x + 1n, (1n << 15n) - 1n));
}

/** The 64 bits, of a number or of a bigint, that V8 gives this hash. */
function bitsOf(hash: bigint): bigint {
  const product = (x: bigint, factor: bigint): bigint => (x * inverse(factor, 64n)) & modulus(64n);
  let x = unshifted(hash, 22n, 64n);
  x = unshifted(product(x, 65n), 11n, 64n);
  x = unshifted(product(x, 21n), 31n, 64n);
  return product(x + 1n, (1n << 18n) - 1n);
}

// A table of 2¹⁶ buckets or fewer looks at the last bits only.
const integerKey = (index: number): Buffer => {
  const key = Buffer.alloc(5, 0xd2);
  key.writeUInt32BE(integerOf(BigInt(index) << 16n), 1);
  return key;
};
const floatKey = (index: number): Buffer => {
  const key = Buffer.alloc(9, 0xcb);
  for (let more = 0n; ; more++) {
    key.writeBigUInt64BE(bitsOf((BigInt(index) << 34n) | (more << 16n)), 1);
    if (!Number.isNaN(key.readDoubleBE(1))) return key;
  }
};
const bigintKey = (index: number): Buffer => {
  const key = Buffer.alloc(9, 0xcf);
  for (let more = 0n; ; more++) {
    const bits = bitsOf((BigInt(index) << 34n) | (more << 16n));
    key.writeBigUInt64BE(bits, 1);
    if (bits > 2n ** 53n) return key;
  }
};
/** A text that the engine takes for an index: such a key is hashed by its value in a `Map`. */
const indexKey = (index: number): Buffer => text(String(index * 64));
const colliding = {
  integers: integerKey,
  'floats of 64 bits': floatKey,
  bigints: bigintKey,
  'texts of digits': indexKey,
};

const most = 256;
const cached = new Map<unknown, Buffer>();
/** As many keys that collide as a map may have, the same ones each time: to compute them takes longer than to read them. */
const collidingMap = (key: (index: number) => Buffer): Buffer => {
  const known = cached.get(key);
  if (known !== undefined) return known;
  const keys = [Buffer.of(0xc0), ...Array.from({ length: most - 1 }, (_, i) => key(i + 1))];
  const map = Buffer.concat([
    Buffer.of(0xde, most >> 8, most & 0xff),
    ...keys.flatMap((each) => [each, Buffer.of(0xc0)]),
  ]);
  cached.set(key, map);
  return map;
};

// ---------------------------------------------------------------- all of them

/** What everything is measured by. */
export const smallIntegers: Shape = same('small integers', '01');

export const shapes: readonly Shape[] = [
  smallIntegers,
  same('nil', 'c0'),
  same('floats of 64 bits', 'cb3ff8000000000001'),
  same('floats of 32 bits', 'ca3dcccccd'),
  same('integers of 32 bits', 'ceffffffff'),
  same('integers of 64 bits', 'cf000000ffffffffff'),
  same('bigints', 'cfffffffffffffffff'),
  same('timestamps of 32 bits', 'd6ff00000001'),
  same('timestamps of 96 bits', 'c70cff00000000ffffffffffffffff'),
  same('exts of one byte', 'd40500'),
  same('exts of no byte', 'c70005'),
  same('bytes, one each', 'c40107'),
  same('bytes, none each', 'c400'),
  same('empty texts', 'a0'),
  same('texts of one letter', 'a161'),
  same('texts of two bytes for a letter', 'a2c3a9'),
  same('texts that are no UTF-8', 'a2ffff'),
  same('texts of half a pair of surrogates', 'a3eda080'),
  random('texts of ten letters', (random) => text(letters(random, 10))),
  random('texts of 10,000 letters', () => text('ž'.repeat(5000))),
  same('empty arrays', '90'),
  same('arrays of one', '9101'),
  same('arrays a hundred deep', `${'91'.repeat(100)}c0`),
  same('empty maps', '80'),
  same('maps of one', '81a161c0'),
  same('maps of two of the same key', '82a080a080'),
  same('maps a hundred deep', `${'81a0'.repeat(100)}c0`),
  same('maps with the key __proto__', '81a95f5f70726f746f5f5fc0'),
  random('maps of one, other keys each', (random) => oneEntry(text(letters(random, 4)))),
  random('maps of fifteen, other keys each', (random) =>
    Buffer.concat([
      Buffer.of(0x8f),
      ...Array.from({ length: 15 }, () => Buffer.concat([text(letters(random, 2)), Buffer.of(0xc0)])),
    ]),
  ),
  random('maps of a hundred, other keys each', (random) =>
    Buffer.concat([
      Buffer.of(0xde, 0, 100),
      ...Array.from({ length: 100 }, () => Buffer.concat([text(letters(random, 2)), Buffer.of(0xc0)])),
    ]),
  ),
  random('maps of twenty, the last of which is another each', (random) =>
    Buffer.concat([
      Buffer.of(0xde, 0, 20),
      ...Array.from({ length: 19 }, (_, i) => Buffer.of(0xa1, 97 + i, 0xc0)),
      text(letters(random, 3)),
      Buffer.of(0xc0),
    ]),
  ),
  random('maps with one digit for a key', (random) => oneEntry(text(String(random.below(10))))),
  random('maps with two digits for a key', (random) => oneEntry(text(String(10 + random.below(90))))),
  random('maps with nine digits for a key', (random) => oneEntry(text(String(100_000_000 + random.below(800_000_000))))),
  same('maps with 12 for a key', '81a23132c0'),
  same('maps with 999 for a key', '81a3393939c0'),
  same('maps with a key of nil', '81c0c0'),
  same('maps with a key of nil behind a text', '82a161c0c0c0'),
  same('maps with an array for a key', '8190c0'),
  same('maps with no byte for a key', '81c400c0'),
  same('maps with an ext for a key', '81c70005c0'),
  { name: 'a map of keys of three letters', fill: (size, random) => mapOf(size, () => text(letters(random, 3))) },
  { name: 'a map of keys of twelve letters', fill: (size, random) => mapOf(size, () => text(letters(random, 12))) },
  { name: 'a map of keys of digits', fill: (size) => mapOf(size, (index) => text(String(1_000_000 + 7 * index))) },
  { name: 'a map of keys of digits, the last first', fill: (size) => mapOf(size, (index) => text(String(9_999_999 - index))) },
  { name: 'a map of keys of 8,000 letters', fill: (size) => mapOf(size, (index) => text(String(index).padStart(8000, 'x'))) },
  ...Object.entries(colliding).map(([what, key]): Shape => {
    return { name: `maps of ${most} keys that collide: ${what}`, fill: (size) => arrayOf(size, () => collidingMap(key)) };
  }),
  ...Object.entries(colliding).map(([what, key]): Shape => {
    const first = (index: number): Buffer => (index === 0 ? Buffer.of(0xc0) : key(index));
    return { name: `a map of keys that collide: ${what}`, refused: true, fill: (size) => mapOf(size, first) };
  }),
  {
    name: 'a map of keys of 16,384 letters',
    refused: true,
    fill: (size) => mapOf(size, (index) => text(String(index).padStart(16_384, 'x'))),
  },
]; // prettier-ignore

/** Messages by what comes before the one value that they hold. */
export const envelopes = {
  'a call of what is not there': { role: 'server', begin: Buffer.from('940101a1789' + '1', 'hex') },
  'a notification': { role: 'client', begin: Buffer.from('9302a17891', 'hex') },
  'an answer to no call': { role: 'client', begin: Buffer.from('940109c0', 'hex') },
  'an error that belongs to no call': { role: 'client', begin: Buffer.from('940100', 'hex'), end: Buffer.of(0xc0) },
} as const;

export type Envelope = (typeof envelopes)[keyof typeof envelopes];

/** A whole message with this value in it. */
export const wrapped = (envelope: Envelope, value: Buffer): Buffer =>
  Buffer.concat([envelope.begin, value, ...('end' in envelope ? [envelope.end] : [])]);
