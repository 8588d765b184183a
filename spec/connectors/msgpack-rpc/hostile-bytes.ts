import { Ext } from '../../../src/connectors/msgpack-rpc/index';
import { envelopes, shapes, wrapped } from './costly-shapes';
import { pack } from './support';

/** A reproducible source of random choices. */
export class RandomChoices {
  private state: number;

  constructor(seed: number, index: number) {
    this.state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35)) >>> 0;
  }

  /** An integer from 0 to below n. */
  below(n: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  }

  one<T>(of: readonly T[]): T {
    return of[this.below(of.length)]!;
  }

  chance(of: number): boolean {
    return this.below(of) === 0;
  }
}

/** Headers that something follows, and a few that stand alone. */
const headers = [
  0x80, 0x81, 0x8f, 0x90, 0x91, 0x94, 0x9f, 0xa0, 0xa1, 0xa9, 0xbf, 0xc0, 0xc1, 0xc2, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcc,
  0xcd, 0xce, 0xcf, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xe0, 0xff,
]; // prettier-ignore
const byte = (random: RandomChoices): number =>
  random.chance(2) ? random.one(headers) : random.chance(2) ? random.below(5) : random.below(256);

const words = [
  '',
  'a',
  'žluť',
  '__proto__',
  'constructor',
  'toString',
  'x'.repeat(33),
  '\ufeffmark',
  '🐎',
  '\ud800',
  'x\udc00y',
];

function value(random: RandomChoices, depth: number): unknown {
  switch (random.below(depth > 0 ? 12 : 9)) {
    case 0:
      return random.one([null, true, false]);
    case 1:
      return random.below(300) - 150;
    case 2:
      return random.one([0.5, -0, NaN, 2 ** 31, 2 ** 32, -(2 ** 40), 2 ** 53, 1e300]);
    case 3:
      return random.one([2n ** 63n, 2n ** 64n - 1n, -(2n ** 63n), 2n ** 53n]);
    case 4:
      return Buffer.alloc(random.below(5), random.below(256));
    case 5:
      return new Date(random.one([0, 1, -1, 1_700_000_000_123, 8.64e15]));
    case 6:
      return new Ext(
        random.one([-128, -1, 0, 1, 0x42, 0x62, 0x65, 0x69, 0x70, 0x72, 0x73, 0x78]),
        Buffer.alloc(random.below(9)),
      );
    case 9:
      return Array.from({ length: random.below(5) }, () => value(random, depth - 1));
    case 10:
      return Object.fromEntries(
        Array.from({ length: random.below(4) }, () => [random.one(words), value(random, depth - 1)]),
      );
    case 11:
      return new Map(
        Array.from({ length: random.below(4) }, () => [value(random, depth - 1), value(random, depth - 1)]),
      );
    default:
      return random.one(words);
  }
}

/** Any value, nested or not. */
export const hostileValue = (random: RandomChoices): unknown => value(random, 2);

/** What is called, if it is there: see `trial`. */
const names = ['echo', 'later', 'fail', 'never', 'ask', 'halves', 'none', '__proto__'];

const id = (random: RandomChoices): unknown =>
  random.chance(8) ? random.one([0, 7, 2 ** 32 - 1, 2 ** 32, -1, 1.5, null, 'id', 2n ** 60n]) : 1 + random.below(5);

/** A message, right as it should be but for what it says. */
const message = (random: RandomChoices): unknown[] => {
  switch (random.below(4)) {
    case 0:
      return [2, random.one(names), Array.from({ length: random.below(3) }, () => value(random, 2))];
    case 1:
      return [0, id(random), random.one(names), Array.from({ length: random.below(3) }, () => value(random, 2))];
    default:
      return [1, id(random), random.chance(3) ? value(random, 2) : null, value(random, 3)];
  }
};

/** Something that has the form of a message, more or less. */
const wrongShape = (random: RandomChoices): unknown => {
  const parts = message(random);
  switch (random.below(4)) {
    case 0:
      return parts.slice(0, random.below(parts.length));
    case 1:
      return [...parts, value(random, 1)];
    case 2:
      parts[random.below(parts.length)] = value(random, 2);
      return parts;
    default:
      return value(random, 3);
  }
};

const noise = (random: RandomChoices, length: number): Buffer =>
  Buffer.from(Array.from({ length }, () => byte(random)));

/** What can follow one another without end. */
const patterns = [
  [0x91], [0x81], [0x81, 0x91], [0x80], [0x90], [0xc0], [0xa0], [0xc4, 0], [0xc4, 1, 7], [0xc7, 0, 5], [0xd4, 5, 0], [0xd6, 255, 0, 0, 0, 0],
  [0xdc, 0, 1], [0xdd, 0, 0, 0, 1], [0xde, 0, 1], [0xdf, 0, 0, 0, 1], [0xdc, 255, 255], [0xdd, 0, 0, 255, 255], [0xde, 255, 255],
  [0x81, 1, 1], [0x81, 0xa1, 0x61, 1], [0x81, 0xa3, 0x39, 0x39, 0x39, 0xc0], [0x81, 0xa2, 0x39, 0x39, 0xc0],
  [0x82, 0xa1, 0x61, 0xc0, 0xa4, 0x31, 0x30, 0x32, 0x33, 0xc0], [0x82, 0xa0, 0x80, 0xa0, 0x80], [0xa1, 0x80], [0xcf, 255, 255, 255, 255, 255, 255, 255, 255],
  [0x93, 2, 0xa4, 0x65, 0x63, 0x68, 0x6f, 0x90], [0x94, 0, 1, 0xa4, 0x65, 0x63, 0x68, 0x6f, 0x91, 0x90], [0x94, 1, 1, 0xc0, 0xc0],
]; // prettier-ignore

const repeated = (random: RandomChoices, length: number): Buffer => {
  const pattern = random.one(patterns);
  return Buffer.alloc(length - (length % pattern.length), Uint8Array.from(pattern));
};

/** A call or an answer of up to 64 KiB, filled by one pattern: what costs the most for its bytes when it is decoded. */
export function filled(pattern: readonly number[], length: number, answer: boolean): Buffer {
  const begin = answer ? [0x94, 1, 1, 0xc0] : [0x94, 0, 1, ...pack('echo'), 0x91];
  const count = Math.floor((length - begin.length - 5) / pattern.length);
  const array = Buffer.of(0xdd, 0, 0, count >> 8, count & 0xff);
  return Buffer.concat([Uint8Array.from(begin), array, Buffer.alloc(count * pattern.length, Uint8Array.from(pattern))]);
}

/** The patterns that are one value each, and so can fill an array. */
export const fillings = patterns.filter(
  (pattern) => ![0x91, 0xdc, 0xdd, 0xde, 0xdf].includes(pattern[0]!) && !(pattern[0] === 0x81 && pattern.length < 3),
);

/** A message that costs much for its bytes, or becomes much: maps whose keys collide or are long, small maps in thousands and so on. */
const costly = (random: RandomChoices): Buffer => {
  const value = random.one(shapes).fill(50 + random.below(random.chance(8) ? 8000 : 400), random);
  if (random.chance(3)) return Buffer.concat([Buffer.of(0x94, 0, 1), pack('echo'), Buffer.of(0x91), value]);
  return wrapped(random.one(Object.values(envelopes)), value);
};

const claim = (random: RandomChoices): Buffer =>
  Buffer.of(
    random.one([0xc6, 0xc9, 0xdb, 0xdd, 0xdf]),
    random.one([0, 127, 255]),
    random.below(256),
    255,
    random.below(256),
  );

function piece(random: RandomChoices): Buffer {
  const bytes = pack(message(random));
  switch (random.below(11)) {
    case 0:
      return noise(random, 1 + random.below(random.chance(20) ? 5000 : 200));
    case 1:
      for (let i = random.below(4); i >= 0; i--) bytes[random.below(bytes.length)] = byte(random);
      return bytes;
    case 2:
      return bytes.subarray(0, 1 + random.below(bytes.length));
    case 3: {
      const at = random.below(bytes.length);
      return Buffer.concat([bytes.subarray(0, at), claim(random), bytes.subarray(at)]);
    }
    case 4:
      return repeated(random, 1 + random.below(random.chance(50) ? 65_536 : 400));
    case 5:
      return pack(wrongShape(random));
    case 6:
      return random.chance(50) ? filled(random.one(fillings), 1000 + random.below(64_000), random.chance(2)) : bytes;
    case 7:
      return costly(random);
    default:
      return bytes;
  }
}

/** Input of a malicious or broken program. At most 64 KiB. */
export function hostileBytes(random: RandomChoices): Buffer {
  return Buffer.concat(Array.from({ length: 1 + random.below(5) }, () => piece(random))).subarray(0, 65_536);
}
