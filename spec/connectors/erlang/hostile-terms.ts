import type { RandomChoices } from '../msgpack-rpc/hostile-bytes';

const u16 = (value: number): Buffer => Buffer.of((value >> 8) & 255, value & 255);
const u32 = (value: number): Buffer => Buffer.of((value >>> 24) & 255, (value >> 16) & 255, (value >> 8) & 255, value & 255); // prettier-ignore
const join = (...parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts);

const tags = [70, 77, 80, 82, 88, 89, 90, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121]; // prettier-ignore
const names = ['ok', 'true', 'false', 'noproc', '__proto__', 'žluť', 'two words', '', 'x'.repeat(255), 'a@b', 'C@h'];

const atomBytes = (random: RandomChoices): Buffer => {
  const name = Buffer.from(random.one(names));
  if (random.chance(4)) return join(Buffer.of(random.one([100, 118])), u16(name.length), name);
  return join(Buffer.of(random.one([115, 119]), name.length & 255), name);
};

const some = (random: RandomChoices, most: number, make: () => Buffer): { count: number; bytes: Buffer } => {
  const count = random.below(most);
  return { count, bytes: join(...Array.from({ length: count }, make)) };
};

/** The bytes of a term of any tag, without the version: right, unless chance breaks it. */
function termBytes(random: RandomChoices, depth: number): Buffer {
  if (random.chance(60)) return Buffer.of(random.one(tags), ...Array.from({ length: random.below(9) }, () => random.below(256))); // prettier-ignore
  const inner = (): Buffer => termBytes(random, depth - 1);
  switch (random.below(depth > 0 ? 20 : 12)) {
    case 0:
      return Buffer.of(97, random.below(256));
    case 1:
      return join(Buffer.of(98), u32(random.below(2 ** 32)));
    case 2:
      return join(Buffer.of(70), Buffer.from(random.one(['3ff8000000000000', '0000000000000000', '8000000000000000', '7ff0000000000000', '4340000000000000']), 'hex')); // prettier-ignore
    case 3:
    case 4:
      return atomBytes(random);
    case 5: {
      const bytes = Buffer.alloc(random.below(6), random.below(256));
      return join(Buffer.of(109), u32(bytes.length), bytes);
    }
    case 6:
      return join(Buffer.of(77), u32(1), Buffer.of(random.below(10), random.below(256)));
    case 7: {
      const bytes = Buffer.alloc(random.below(12), random.below(256));
      return random.chance(2)
        ? join(Buffer.of(110, bytes.length, random.below(2)), bytes)
        : join(Buffer.of(111), u32(bytes.length), Buffer.of(random.below(2)), bytes);
    }
    case 8:
      return join(Buffer.of(88), atomBytes(random), u32(random.below(9)), u32(0), u32(7));
    case 9:
      return join(Buffer.of(90), u16(random.below(6)), atomBytes(random), u32(7), u32(random.below(9)), u32(0), u32(0));
    case 10:
      return join(Buffer.of(107), u16(3), Buffer.of(1, 2, 3));
    case 11:
      return Buffer.of(106);
    case 12:
    case 13: {
      const { count, bytes } = some(random, 5, inner);
      return random.chance(5) ? join(Buffer.of(105), u32(count), bytes) : join(Buffer.of(104, count), bytes);
    }
    case 14:
    case 15: {
      const { count, bytes } = some(random, 5, inner);
      return join(Buffer.of(108), u32(count), bytes, random.chance(4) ? inner() : Buffer.of(106));
    }
    case 16:
    case 17: {
      const { count, bytes } = some(random, 5, () => join(inner(), inner()));
      return join(Buffer.of(116), u32(count), bytes);
    }
    case 18:
      return join(Buffer.of(113), atomBytes(random), atomBytes(random), Buffer.of(97, 2));
    default: {
      const body = join(Buffer.of(1), Buffer.alloc(24), inner());
      return join(Buffer.of(112), u32(body.length + 4), body);
    }
  }
}

/** Some bytes changed, taken out or put in. */
export function mutated(random: RandomChoices, bytes: Buffer): Buffer {
  let result: Buffer = Buffer.from(bytes);
  for (let i = random.below(4); i > 0 && result.length > 0; i--) {
    const at = random.below(result.length);
    const value = random.chance(2) ? random.one(tags) : random.below(random.chance(2) ? 5 : 256);
    const kind = random.below(4);
    if (kind === 0) result = join(result.subarray(0, at), result.subarray(at + 1));
    else if (kind === 1) result = join(result.subarray(0, at), Buffer.of(value), result.subarray(at));
    else result[at] = value;
  }
  return random.chance(6) ? result.subarray(0, random.below(result.length + 1)) : result;
}

/** A term with its version, of any shape, or noise. */
export const hostileTerm = (random: RandomChoices): Buffer =>
  random.chance(8)
    ? Buffer.from([131, ...Array.from({ length: random.below(200) }, () => (random.chance(2) ? random.one(tags) : random.below(256)))]) // prettier-ignore
    : mutated(random, join(Buffer.of(131), termBytes(random, 3)));

const integer = (i: number): Buffer => join(Buffer.of(98), u32(i));

/** Terms of which a message can be full: what the i-th of them is. All keys of the maps of one kind collide, if any do. */
export const fillings: Record<string, (i: number) => Buffer> = {
  'small integers': () => Buffer.of(97, 1),
  'empty tuples': () => Buffer.of(104, 0),
  'tuples of one': () => Buffer.of(104, 1, 106),
  'empty maps': () => Buffer.of(116, 0, 0, 0, 0),
  'lists of one': () => Buffer.of(108, 0, 0, 0, 1, 106, 106),
  'maps of one': () => Buffer.of(116, 0, 0, 0, 1, 97, 1, 97, 1),
  'empty binaries': () => Buffer.of(109, 0, 0, 0, 0),
  'binaries of one': () => Buffer.of(109, 0, 0, 0, 1, 1),
  'bits of one': () => Buffer.of(77, 0, 0, 0, 1, 1, 128),
  floats: () => Buffer.of(70, 63, 248, 0, 0, 0, 0, 0, 0),
  bigs: (i) => join(Buffer.of(110, 8, 0), u32(i), u32(-1)),
  'new atoms': (i) => join(Buffer.of(119, 5), Buffer.from(i.toString(36).padStart(5, '.'))),
  pids: (i) => join(Buffer.of(88, 119, 3), Buffer.from('a@b'), u32(i), u32(0), u32(1)),
  references: (i) => join(Buffer.of(90, 0, 1, 119, 3), Buffer.from('a@b'), u32(1), u32(i)),
};

/** Keys of one map. */
export const keys: Record<string, (i: number) => Buffer> = {
  integers: integer,
  'integers of the same low bits': (i) => integer(i << 14),
  bigs: (i) => join(Buffer.of(110, 8, 0), u32(i), u32(-1)),
  floats: (i) => {
    const bytes = Buffer.alloc(9, 70);
    bytes.writeDoubleBE(i * 2 ** 40, 1);
    return bytes;
  },
  'texts of numbers': (i) => join(Buffer.of(109), u32(String(i).length), Buffer.from(String(i))),
  atoms: (i) => join(Buffer.of(119, 5), Buffer.from(i.toString(36).padStart(5, ':'))),
  tuples: (i) => join(Buffer.of(104, 1), integer(i)),
  maps: (i) => join(Buffer.of(116), u32(1), integer(i), Buffer.of(106)),
  'nested maps': (i) => join(Buffer.of(116), u32(2), Buffer.of(104, 1, 116), u32(1), integer(i), Buffer.of(106, 106, 97, 1, 106)), // prettier-ignore
};

/** A list, or a map, that fills a given number of bytes. */
export function filled(size: number, unit: (i: number) => Buffer, isMap: boolean): Buffer {
  const parts: Buffer[] = [];
  for (let bytes = 7, i = 0; ; i++) {
    const part = isMap ? join(unit(i), Buffer.of(106)) : unit(i);
    if ((bytes += part.length) > size) break;
    parts.push(part);
  }
  const head = join(Buffer.of(131, isMap ? 116 : 108), u32(parts.length));
  return isMap ? join(head, ...parts) : join(head, ...parts, Buffer.of(106));
}
