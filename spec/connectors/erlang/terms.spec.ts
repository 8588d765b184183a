import { inspect } from 'node:util';
import { deflateSync } from 'node:zlib';
import * as fc from 'fast-check';
import {
  atom,
  BitString,
  decodeTerm,
  encodeTerm,
  ExportedFunction,
  float,
  fromTerm,
  Fun,
  ImproperList,
  Port,
  Reference,
  TermMap,
  termMap,
  TermRefusal,
  Tuple,
  tuple,
  type Sendable,
} from '../../../src/connectors/erlang/terms/index';
import { atomCount } from '../../../src/connectors/erlang/terms/atom';
import { collectGarbage } from '../../helpers/garbage';
import { anyTerm } from './term-arbitrary';

const hex = (term: Sendable): string => encodeTerm(term).toString('hex');
const read = (text: string): unknown => decodeTerm(Buffer.from(`83${text.replaceAll(' ', '')}`, 'hex'));
const roundTrip = (term: Sendable): any => decodeTerm(encodeTerm(term));
const text = (term: unknown): string => Buffer.from(term as Uint8Array).toString();
const nodeText = '77 03 614062'; // a@b

describe('a term of Erlang', () => {
  it('has the bytes that term_to_binary makes', () => {
    // From erl: io:format("~s", [binary:encode_hex(term_to_binary(Term))]).
    expect(hex(0)).toBe('836100');
    expect(hex(255)).toBe('8361ff');
    expect(hex(256)).toBe('836200000100');
    expect(hex(-1)).toBe('8362ffffffff');
    expect(hex(2 ** 31)).toBe('836e040000000080');
    expect(hex(-(2 ** 31))).toBe('836280000000');
    expect(hex(-(2n ** 64n))).toBe('836e0901000000000000000001');
    expect(hex(2n ** 2040n)).toBe(`836f0000010000${'00'.repeat(255)}01`);
    expect(hex(1.5)).toBe('83463ff8000000000000');
    expect(hex(float(1))).toBe('83463ff0000000000000');
    expect(hex(-0)).toBe('83468000000000000000');
    expect(hex(atom('ok'))).toBe('8377026f6b');
    expect(hex(true)).toBe('83770474727565');
    expect(hex('žu')).toBe('836d00000003c5be75');
    expect(hex(tuple(1, []))).toBe('83680261016a');
    expect(hex([1, 2])).toBe('836b00020102');
    expect(hex([1, 256])).toBe('836c000000026101' + '6200000100' + '6a');
    expect(hex({ a: 1 })).toBe('8374000000016d00000001616101');
    expect(hex(new Map([[5, 'a']]))).toBe('837400000001' + '6105' + '6d0000000161');
    expect(hex(new BitString(Buffer.of(0x80), 1))).toBe('834d000000010180');
    expect(hex(new ImproperList([1], 2))).toBe('836c00000001' + '6101' + '6102');
    expect(hex(new ExportedFunction(atom('lists'), atom('map'), 2))).toBe('837177056c697374737703' + '6d61706102');
    expect(hex(tuple(...Array<number>(256).fill(1)))).toBe(`836900000100${'6101'.repeat(256)}`);
  });

  it('is read in each of its forms, those of old releases too', () => {
    const oldFloat = Buffer.from('1.50000000000000000000e+00').toString('hex').padEnd(62, '0');
    expect(read(`63 ${oldFloat}`)).toBe(1.5);
    expect(read('64 0002 6f6b')).toBe(atom('ok'));
    expect(read('73 02 6f6b')).toBe(atom('ok'));
    expect(read('73 01 e9')).toBe(atom('é'));
    expect(read('76 0002 c3a9')).toBe(atom('é'));
    expect(String(read(`67 ${nodeText} 00000007 00000001 02`))).toBe('<a@b.7.1>');
    expect(String(read(`58 ${nodeText} 00000007 00000001 00000002`))).toBe('<a@b.7.1>');
    const ports = [`66 ${nodeText} 00000007 02`, `59 ${nodeText} 00000007 00000002`, `78 ${nodeText} 0000000000000007 00000002`]; // prettier-ignore
    for (const port of ports) expect(read(port)).toEqual(new Port(atom('a@b'), 7n, 2));
    const references = [`65 ${nodeText} 00000007 02`, `72 0001 ${nodeText} 02 00000007`, `5a 0001 ${nodeText} 00000002 00000007`]; // prettier-ignore
    for (const reference of references) expect(read(reference)).toEqual(new Reference(atom('a@b'), 2, [7]));
    expect(read('6e 00 00')).toBe(0);
    expect(read('6e 00 01')).toBe(0);
    expect(read('6f 00000001 01 05')).toBe(-5);
    expect(read('4d 00000001 08 05')).toEqual(Buffer.of(5));
    expect(read('69 00000001 6a')).toEqual(tuple([]));
    // Lists whose tails are lists: one list.
    expect(read('6c 00000001 6101 6c 00000001 6102 6b 0001 03')).toEqual([1, 2, 3]);
    expect(read('6c 00000000 6105')).toBe(5);
  });

  it('that is a fun is sent back as it came', () => {
    const newFun = `70 00000007 ${'00'.repeat(3)}`;
    expect(read(newFun)).toBeInstanceOf(Fun);
    expect(hex(read(newFun) as Fun)).toBe(`83${newFun.replaceAll(' ', '')}`);
    const oldFun = `75 00000001 67 ${nodeText} 00000007 00000001 02 77 01 6d 6101 6102 6d00000001ff`;
    expect(hex(tuple(read(oldFun) as Fun))).toBe(`836801${oldFun.replaceAll(' ', '')}`);
  });

  it('that was compressed is read, and as much of it as it says', () => {
    const inner = encodeTerm('x'.repeat(10_000)).subarray(1);
    const size = Buffer.alloc(4);
    size.writeUInt32BE(inner.length);
    const packed = Buffer.concat([Buffer.of(131, 80), size, deflateSync(inner)]);
    expect(text(decodeTerm(packed))).toBe('x'.repeat(10_000));
    expect(() => decodeTerm(packed, { maxBytes: 10_000 })).toThrowError(TermRefusal, /maxBytes \(10000\)/);
    size.writeUInt32BE(10);
    const lying = Buffer.concat([Buffer.of(131, 80), size, deflateSync(inner)]);
    expect(() => decodeTerm(lying)).toThrowError(TermRefusal, /compressed/);
  });

  it('comes back as the same term, of any kind', () => {
    fc.assert(
      fc.property(anyTerm, (term) => {
        const bytes = encodeTerm(term);
        const back = decodeTerm(bytes);
        expect(encodeTerm(back).equals(bytes)).toBe(true);
        if (!(term instanceof TermMap)) expect(inspect(back)).toBe(inspect(term));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps integers and floats apart, and both exact', () => {
    for (const value of [
      2 ** 53 - 1,
      -(2 ** 53 - 1),
      2n ** 53n,
      -(2n ** 53n),
      2n ** 63n,
      2n ** 4000n,
      1.5,
      1e300,
      -0,
    ]) {
      expect(roundTrip(value)).toBe(value);
    }
    expect(roundTrip(7n)).toBe(7);
    expect(roundTrip(float(7))).toEqual(float(7));
    expect(roundTrip(float(7.5))).toBe(7.5);
    expect(Number(float(20)) + 1).toBe(21);
    expect(float(20) > float(19)).toBe(true);
    for (const value of [NaN, Infinity, -Infinity]) {
      expect(() => float(value)).toThrowError(TypeError, /finite/);
      expect(() => encodeTerm([value])).toThrowError(TypeError, /no float/);
    }
  });

  it('refuses what is no term, and what contains itself', () => {
    const self: Sendable[] = [];
    self.push(self);
    class Custom {
      value = 1;
    }
    const wrong = [undefined, () => 1, Symbol('s'), new Date(0), new Custom(), new Set([1])] as unknown as Sendable[];
    for (const value of wrong) expect(() => encodeTerm([value])).toThrowError(TypeError, /cannot be made of/);
    expect(() => encodeTerm(self)).toThrowError(TypeError, /512/);
    expect(hex('works on')).toContain('6d00000008');
    expect(() => atom('x'.repeat(256))).toThrowError(TypeError, /255/);
    expect(() => atom('\ud800')).toThrowError(TypeError, /half/);
    expect(() => new BitString(Buffer.of(1), 8)).toThrowError(TypeError, /1 to 7/);
    expect(() => new ImproperList([], 1)).toThrowError(TypeError, /at least one/);
  });

  it('is written while another one is: a getter may encode', () => {
    const nested = Object.defineProperty({ a: 1 }, 'b', { enumerable: true, get: () => encodeTerm('inner').length });
    expect(roundTrip(nested)).toEqual(roundTrip({ a: 1, b: 11 }));
  });

  it('of any length keeps its bytes, whatever is written after it', () => {
    const long = encodeTerm('x'.repeat(40_000));
    const longer = encodeTerm(['x'.repeat(100_000), Buffer.alloc(300_000, 1), 'é'.repeat(50_000)]);
    encodeTerm('y'.repeat(60_000));
    expect(text(decodeTerm(long))).toBe('x'.repeat(40_000));
    const [first, second, third] = decodeTerm(longer) as [Buffer, Buffer, Buffer];
    expect(text(first)).toBe('x'.repeat(100_000));
    expect(second).toEqual(Buffer.alloc(300_000, 1));
    expect(text(third)).toBe('é'.repeat(50_000));
  });

  it('shows itself as Erlang writes it, cut and without what a terminal obeys', () => {
    const term = tuple(
      atom('two words'),
      'text',
      [1.5, float(2)],
      termMap([[atom('k'), 1]]),
      Buffer.of(255, 0),
      true,
      [79, 75],
    );
    expect(String(roundTrip(term))).toBe(`{'two words', <<"text">>, [1.5, 2.0], #{k => 1}, <<255,0>>, true, "OK"}`);
    const numbers = tuple(-0, 0, 5, 2 ** 60, 1e-7, -1.5e300, 1e21, float(0), float(-0), float(2 ** 60));
    expect(String(numbers)).toBe('{-0.0, 0, 5, 1.152921504606847e18, 1.0e-7, -1.5e300, 1.0e21, 0.0, -0.0, 1.152921504606847e18}'); // prettier-ignore
    expect(String(tuple(atom('end'), atom('not'), atom('ending')))).toBe("{'end', 'not', ending}");
    expect(String(tuple('a\r\n"b\u202e'))).toBe(String.raw`{<<"a\r\n\"b\u202e">>}`);
    expect(String(tuple('\u001b[31m'))).not.toContain('\u001b');
    expect(String(tuple('x'.repeat(10_000))).length).toBeLessThan(400);
    expect(String(tuple(Array.from({ length: 100_000 }, () => 'abc'))).length).toBeLessThan(1100);
    expect(String(tuple(2n ** 100_000n))).toContain('4096 bits');
    expect(inspect(atom('ok'))).toBe('atom("ok")');
    expect(JSON.stringify({ a: atom('ok'), b: float(1) })).toBe('{"a":"ok","b":1}');
  });
});

describe('an atom', () => {
  it('is one object for each name, however it came', () => {
    expect(read('7702 6f6b')).toBe(atom('ok'));
    expect(read('73 02 6f6b')).toBe(atom('ok'));
    expect(read('73 01 e9')).toBe(read('77 02 c3a9'));
    expect(atom('constructor')).not.toBe(atom('__proto__'));
  });

  it('that came from a peer and is not kept is forgotten', async () => {
    const before = atomCount();
    for (let round = 0; round < 10; round++) {
      const names = Array.from({ length: 1_000 }, (_, i) => `unique ${round} ${i}`);
      decodeTerm(Buffer.concat([encodeTerm(names.map(() => tuple())).subarray(0, 6), ...names.map((name) => Buffer.concat([Buffer.of(119, name.length), Buffer.from(name)])), Buffer.of(106)])); // prettier-ignore
    }
    expect(atomCount()).toBeGreaterThan(before + 1_000);
    while (atomCount() > before + 1_000) {
      collectGarbage();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(atomCount()).toBeLessThanOrEqual(before + 1_000);
  });
});

describe('a map of Erlang', () => {
  it('finds values by keys of any kind, by what they are', () => {
    const key = tuple(atom('point'), 1, 2);
    const map = roundTrip(termMap([[key, 'a'], ['text', 'b'], [1, 'c'], [float(1), 'd'], [atom('text'), 'e'], [[1], 'f']])) as TermMap; // prettier-ignore
    expect(map.size).toBe(6);
    expect(text(map.get(tuple(atom('point'), 1, 2)))).toBe('a');
    expect(text(map.get('text'))).toBe('b');
    expect(text(map.get(Buffer.from('text')))).toBe('b');
    expect(text(map.get(1))).toBe('c');
    expect(text(map.get(float(1)))).toBe('d');
    expect(text(map.get(atom('text')))).toBe('e');
    expect(text(map.get([1]))).toBe('f');
    expect<unknown>(map.get('missing')).toBeUndefined();
    expect(map.has(2)).toBe(false);
    expect([...map].length).toBe(6);
    const long = roundTrip(
      termMap([
        ['x'.repeat(20_000), 1],
        ['y'.repeat(20_000), 2],
      ]),
    ) as TermMap;
    expect<unknown>(long.get('y'.repeat(20_000))).toBe(2);
  });

  it('has each key once, or is not sent', () => {
    expect(() => termMap([[tuple(1), 1], [tuple(1), 2]])).toThrowError(TypeError, /\{1\} twice/); // prettier-ignore
    expect(() => encodeTerm(new Map<Sendable, Sendable>([['a', 1], [Buffer.from('a'), 2]]))).toThrowError(TypeError, /twice/); // prettier-ignore
  });

  it('is refused if it has a key twice, as by binary_to_term, in whatever bytes the key came', () => {
    const map = (...keys: string[]): unknown => read(`74 0000000${keys.length.toString(16)} ${keys.map((key) => `${key} 6a`).join(' ')}`); // prettier-ignore
    const ok = '77 02 6f6b';
    for (const [one, other] of [
      ['61 01', '61 01'],
      ['61 01', '62 00000001'],
      ['61 01', '6e 01 00 01'],
      [ok, '64 0002 6f6b'],
      ['6d 00000001 61', '6d 00000001 61'],
      ['6b 0002 0102', '6c 00000002 6101 6102 6a'],
      [`68 02 ${ok} 61 05`, `69 00000002 ${ok} 62 00000005`],
      ['46 3ff8000000000000', '46 3ff8000000000000'],
      ['6e 09 00 010203040506070809', '6f 0000000a 00 01020304050607080900'],
      [`74 00000002 61 01 6a ${ok} 6a`, `74 00000002 ${ok} 6a 61 01 6a`],
    ] as const) {
      expect(() => map(one, other))
        .withContext(`${one}, ${other}`)
        .toThrowError(TermRefusal, /key twice/);
      const many = Array.from({ length: 12 }, (_, i) => `61 ${(100 + i).toString(16)}`);
      expect(() => map(...many, one, '61 ff', other))
        .withContext(`${one}, ${other}`)
        .toThrowError(TermRefusal, /twice/);
    }
    expect(map('61 01', '46 3ff0000000000000', ok, '6d 00000002 6f6b', '6b 0002 6f6b', '46 0000000000000000', '46 8000000000000000', '61 00')).toBeInstanceOf(TermMap); // prettier-ignore
  });

  it('is found as a key by its entries, in whatever order they are', () => {
    const [one, other] = [
      { a: 1, b: { c: 2, d: 3 } },
      { b: { d: 3, c: 2 }, a: 1 },
    ];
    expect(
      roundTrip(termMap([[one, 'x']]))
        .get(other)
        .toString(),
    ).toBe('x');
    expect(() => termMap([[one, 1], [tuple(other), 2], [other, 3]])).toThrowError(TypeError, /twice/); // prettier-ignore
  });

  it('is made a plain object where that is possible', () => {
    const term = roundTrip({ name: 'seven', list: [1.5, 'x', null], inner: { ok: true }, ['__proto__']: 1 });
    const plain = fromTerm(term);
    expect(plain).toEqual({ name: 'seven', list: [1.5, 'x', null], inner: { ok: true }, ['__proto__']: 1 });
    expect(Object.getPrototypeOf(plain)).toBe(Object.prototype);
    expect(fromTerm(roundTrip(tuple(atom('ok'), atom('nil'), float(1), Buffer.of(255))))).toEqual(['ok', null, 1, Buffer.of(255)]); // prettier-ignore
    expect(fromTerm(roundTrip({ a: 'b' }), { binaries: 'bytes' })).toEqual({ a: Buffer.from('b') });
    for (const map of [
      termMap([[1, 2]]),
      termMap([
        ['a', 1],
        [atom('a'), 2],
      ]),
      termMap([['x'.repeat(9000), 1]]),
    ]) {
      // prettier-ignore
      expect(fromTerm(roundTrip(map))).toBeInstanceOf(TermMap);
    }
  });
});

describe('bytes that are no term', () => {
  const refused = (bytes: Buffer, limits = {}): string => {
    try {
      decodeTerm(bytes, limits);
    } catch (error) {
      if (error instanceof TermRefusal) return `${error.kind}: ${error.message}`;
      throw error;
    }
    return 'taken';
  };

  it('are refused with what is wrong', () => {
    const wrong = ['', '82', '83', '8361', '83ff', '836c00000001', '836cffffffff6a', '8369ffffffff', '8374ffffffff', '836d7fffffff00',
      '83520061', '8379', '8346', '837ff00000', '83467ff0000000000000', '83467ff8000000000000', '836e0500', '8377ff', '8377016100', '837701ff',
      '834d00000001090000', '835a0000770161', '835a00067701610000', '8370000000ff', '837000000001', '8371610161016101',
      '8350', '835000000001', '83500000000100', '836331', `8363${'78'.repeat(31)}`, '8358610100000001' ]; // prettier-ignore
    for (const bytes of wrong)
      expect(refused(Buffer.from(bytes, 'hex')))
        .withContext(bytes)
        .toMatch(/^malformed: ./);
  });

  it('are refused beyond each limit, before memory is used for them', () => {
    const deep = (n: number): Buffer =>
      Buffer.concat([Buffer.of(131), Buffer.alloc(2 * n, Buffer.of(104, 1)), Buffer.of(106)]);
    expect(refused(deep(256))).toBe('taken');
    expect(refused(deep(257))).toBe('limit: a term that is nested 257 deep, beyond maxDepth (256)');
    expect(refused(deep(200_000))).toContain('maxDepth');
    const tails = Buffer.concat([Buffer.of(131), Buffer.alloc(3000, Buffer.of(108, 0, 0, 0, 0)), Buffer.of(106)]);
    expect(refused(tails)).toBe('taken');
    expect(refused(encodeTerm([300, 300, 300]), { maxElements: 2 })).toContain('maxElements (2)');
    expect(refused(encodeTerm([1, 2, 3]), { maxElements: 2 })).toContain('maxElements (2)');
    expect(refused(encodeTerm({ a: 1 }), { maxElements: 1 })).toContain('maxElements (1)');
    expect(refused(encodeTerm('x'.repeat(100)), { maxBytes: 100 })).toContain('maxBytes (100)');
    const atoms = Array.from({ length: 20 }, (_, i) => `${Date.now()} ${Math.random()} ${i}`);
    const bytes = Buffer.concat([
      Buffer.of(131, 104, 20),
      ...atoms.map((name) => Buffer.concat([Buffer.of(119, name.length), Buffer.from(name)])),
    ]);
    expect(refused(bytes, { maxAtoms: 19 })).toBe('limit: a term with 20 new atoms, beyond maxAtoms (19)');
  });

  it('are refused wherever a term is cut', () => {
    const bytes = encodeTerm(
      tuple(atom('a'), 'text', [1, 300], { a: 1.5 }, 2n ** 70n, new ImproperList([1], 2), [1, 2]),
    );
    for (let end = 0; end < bytes.length; end++) expect(refused(bytes.subarray(0, end))).toMatch(/^malformed/);
  });

  it('never do anything but be refused, however they are made', () => {
    const tags = fc.constantFrom(70, 77, 80, 82, 88, 89, 90, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121); // prettier-ignore
    const byte = fc.oneof({ weight: 3, arbitrary: tags }, { weight: 3, arbitrary: fc.nat(3) }, fc.nat(255));
    const noise = fc.array(byte, { maxLength: 300 }).map((bytes) => Buffer.from([131, ...bytes]));
    const mutated = fc.tuple(anyTerm, fc.array(fc.tuple(fc.nat(), byte), { maxLength: 4 })).map(([term, changes]) => {
      const bytes = encodeTerm(term);
      for (const [at, to] of changes) bytes[at % bytes.length] = to;
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(noise, mutated), (bytes) => {
        expect(refused(bytes)).toMatch(/^(taken|malformed: .|limit: .)/);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('two terms of the same kind', () => {
  it('are equal in a spec if they are equal terms', () => {
    expect(roundTrip(tuple(atom('ok'), [1]))).toEqual(new Tuple([atom('ok'), [1]]));
    expect(roundTrip(tuple(atom('ok')))).not.toEqual(tuple(atom('error')));
  });
});
