import { inspect, isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { Packr } from 'msgpackr';
import { Ext } from '../../../src/connectors/msgpack-rpc/index';
import { codecs } from './codecs';

for (const [name, create] of Object.entries(codecs)) {
  describe(`the codec of ${name}`, () => {
    const { encode, decode } = create();
    const roundTrip = (value: unknown): any => decode(encode(value));
    const hex = (value: unknown): string => Buffer.from(encode(value)).toString('hex');
    const read = (text: string): any => decode(Buffer.from(text.replaceAll(' ', ''), 'hex'));

    it('brings plain values back as they were', () => {
      const values = [
      null, true, false, '', 'text', 'žluťoučký 🐎 – 日本語', 'x'.repeat(31), 'x'.repeat(32), 'ü'.repeat(1024), '語'.repeat(1025),
      'x'.repeat(255), 'x'.repeat(256), 'y'.repeat(70_000), [], {}, [[], [[]]], { a: { b: [1, { c: null }] } }, 1.5, -0.1, 1e300,
      Number.MAX_VALUE, Number.MIN_VALUE, Infinity, -Infinity, NaN, -0,
    ]; // prettier-ignore
      for (const value of values) expect(roundTrip(value)).toEqual(value);
    });

    it('brings integers back at every border of their width', () => {
      for (const power of [5, 7, 8, 15, 16, 31, 32, 52, 53]) {
        for (const offset of [-2, -1, 0, 1]) {
          for (const sign of [1, -1]) {
            const value = sign * (2 ** power + offset);
            if (Number.isSafeInteger(value)) expect(roundTrip(value)).toBe(value);
          }
        }
      }
    });

    it('sends integers as integers, however large, in their shortest form', () => {
      expect(hex(127)).toBe('7f');
      expect(hex(-32)).toBe('e0');
      expect(hex(2 ** 31)).toBe('ce80000000');
      expect(hex(2 ** 32 - 1)).toBe('ceffffffff');
      expect(hex(2 ** 32)).toBe('cf0000000100000000');
      expect(hex(-(2 ** 31))).toBe('d280000000');
      expect(hex(-(2 ** 31) - 1)).toBe('d3ffffffff7fffffff');
      expect(hex(5n)).toBe('05');
    });

    it('keeps 64-bit integers exact, as bigint beyond the safe ones', () => {
      for (const value of [2n ** 53n, 2n ** 64n - 1n, 2n ** 63n, -(2n ** 53n), -(2n ** 63n), -(2n ** 63n) + 1n]) {
        expect(roundTrip(value)).toBe(value);
      }
      expect(roundTrip(2n ** 53n - 1n)).toBe(2 ** 53 - 1);
      expect(roundTrip(-7n)).toBe(-7);
      expect(read('cf 00000000 00000001')).toBe(1);
      expect(read('d3 ffffffff ffffffff')).toBe(-1);
    });

    it('refuses what MessagePack cannot hold, and works on', () => {
      const self: unknown[] = [];
      self.push(self);
      expect(() => encode(2n ** 64n)).toThrowError(TypeError, /64 bits/);
      expect(() => encode(-(2n ** 63n) - 1n)).toThrowError(TypeError, /64 bits/);
      expect(() => encode(() => 1)).toThrowError(TypeError, /function/);
      expect(() => encode(['half written', Symbol('x')])).toThrowError(TypeError, /symbol/);
      expect(() => encode(self)).toThrowError(TypeError, /contains itself/);
      expect(() => encode(new Date(NaN))).toThrowError(TypeError, /Date/);
      expect(roundTrip([1])).toEqual([1]);
    });

    it('sends texts, bytes, arrays and extensions behind the shortest header there is', () => {
      const heads = (value: (size: number) => unknown, sizes: number[]) =>
        sizes.map((size) => Buffer.from(encode(value(size))).toString('hex', 0, 2));
      expect(heads((n) => 'x'.repeat(n), [31, 32, 255, 256, 65_535, 65_536])).toEqual([
        'bf78',
        'd920',
        'd9ff',
        'da01',
        'daff',
        'db00',
      ]);
      expect(heads(Buffer.alloc, [0, 255, 256, 65_535, 65_536])).toEqual(['c400', 'c4ff', 'c501', 'c5ff', 'c600']);
      expect(heads((n) => Array(n).fill(0), [15, 16, 65_535, 65_536])).toEqual(['9f00', 'dc00', 'dcff', 'dd00']);
      expect(heads((n) => new Ext(5, Buffer.alloc(n)), [16, 17, 255, 256])).toEqual(['d805', 'c711', 'c7ff', 'c801']);
    });

    it('encodes bytes as bytes, and decodes them into memory of their own', () => {
      for (const size of [0, 1, 255, 256, 3000, 70_000]) {
        const bytes = Uint8Array.from({ length: size }, (_, i) => i);
        const back = roundTrip(bytes);
        expect(back).toBeInstanceOf(Uint8Array);
        expect(Uint8Array.from(back)).toEqual(bytes);
        expect(Uint8Array.from(roundTrip(Buffer.from(bytes)))).toEqual(bytes);
      }
      const view = new Uint8Array([9, 1, 2, 9]).subarray(1, 3);
      expect([...roundTrip(view)]).toEqual([1, 2]);
      expect([...roundTrip(new Uint8Array([1, 2]).buffer)]).toEqual([1, 2]);

      const wire = encode(Uint8Array.of(1, 2, 3));
      const back = decode(wire) as Uint8Array;
      wire.fill(0);
      expect([...back]).toEqual([1, 2, 3]);
    });

    it('does not let a later change of the bytes change what is sent', () => {
      const bytes = new Uint8Array(5000).fill(1);
      const wire = encode(bytes);
      bytes.fill(2);
      expect(Uint8Array.from(decode(wire) as Uint8Array)).toEqual(new Uint8Array(5000).fill(1));
    });

    it('does not change a value when the next one is encoded', () => {
      const first = encode('first');
      for (let i = 0; i < 1000; i++) encode({ i, text: 'x'.repeat(i) });
      expect(decode(first)).toBe('first');
    });

    it('takes dates as timestamps, in all three forms', () => {
      for (const time of [
        0,
        1,
        999,
        1_700_000_000_000,
        1_700_000_000_123,
        2 ** 32 * 1000,
        2 ** 34 * 1000,
        -1,
        -1500,
        8.64e15,
        -8.64e15,
      ]) {
        expect(roundTrip(new Date(time))).toEqual(new Date(time));
      }
      expect(hex(new Date(0))).toBe('d6ff00000000');
      expect(hex(new Date(1))).toBe('d7ff003d090000000000');
      expect(hex(new Date(-1000))).toBe('c70cff00000000ffffffffffffffff');
    });

    it('leaves a timestamp that no Date can hold as an extension', () => {
      const beyond = read('c7 0c ff 00000000 7fffffffffffffff');
      expect(beyond).toBeInstanceOf(Ext);
      expect(beyond.type).toBe(-1);
      expect(read('d5 ff 0102')).toEqual(new Ext(-1, Buffer.of(1, 2)));
    });

    it('brings extensions back, of any type and size', () => {
      for (const size of [0, 1, 2, 3, 4, 8, 16, 17, 255, 256, 70_000]) {
        for (const type of [0, 1, 127, -128, -2]) {
          const back = roundTrip(new Ext(type, Buffer.alloc(size, 7)));
          expect(back).toBeInstanceOf(Ext);
          expect(back.type).toBe(type);
          expect(back.data.equals(Buffer.alloc(size, 7))).toBeTrue();
        }
      }
      expect(() => new Ext(128, Buffer.of())).toThrowError(RangeError);
    });

    it('rebuilds no RegExp, Error or other class from the wire', () => {
      const regexp = read('c7 04 0a 92 a1 78 a0');
      expect(regexp).toBeInstanceOf(Ext);
      expect(read('d4 0e 80')).toBeInstanceOf(Ext);
    });

    it('makes an object of a map with string keys, and a Map of any other', () => {
      expect(roundTrip(new Map([['a', 1]]))).toEqual({ a: 1 });
      const mixed = new Map<unknown, unknown>([['a', 1], [2, 'b'], [null, [3]]]); // prettier-ignore
      expect(roundTrip(mixed)).toEqual(mixed);
      expect(roundTrip(new Map([[1, { x: 1 }]]))).toEqual(new Map([[1, { x: 1 }]]));
      expect(roundTrip(new Set([1, 'a']))).toEqual([1, 'a']);
    });

    it('takes __proto__ as a key like any other', () => {
      const value = read('82 a9 5f5f70726f746f5f5f 81 a8 706f6c6c75746564 c3 a1 61 01');
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect(value.polluted).toBeUndefined();
      expect(Object.keys(value)).toEqual(['__proto__', 'a']);
      expect(roundTrip(value)).toEqual(value);
      expect(({} as any).polluted).toBeUndefined();
    });

    it('survives keys that cannot be turned into text', () => {
      const value = read('81 81 a8 746f537472696e67 01 02');
      expect([...value]).toEqual([[{ toString: 1 }, 2]]);
    });

    it('sends what is undefined as nil', () => {
      expect(roundTrip(undefined)).toBeNull();
      expect(roundTrip([undefined, { a: undefined }])).toEqual([null, { a: null }]);
    });

    it('throws at bytes that end too early or make no sense', () => {
      for (const text of [
        'c1',
        '92 01',
        '81 a1 61',
        'cf 00',
        'c7 05 01',
        'd9 10 61',
        'df ffffffff 01',
        'dd ffffffff 01',
        '',
      ]) {
        expect(() => read(text))
          .withContext(text)
          .toThrow();
      }
    });

    it('takes the own enumerable properties of whatever else is an object', () => {
      class Point {
        constructor(
          readonly x: number,
          readonly y: number,
        ) {}
        toJSON(): unknown {
          return 'not asked for';
        }
      }
      expect(roundTrip(new Point(1, 2))).toEqual({ x: 1, y: 2 });
      expect(roundTrip([new Point(1, 2)])).toEqual([{ x: 1, y: 2 }]);
      expect(roundTrip(Object.assign(Object.create(null) as object, { a: 1 }))).toEqual({ a: 1 });
      const odd = { constructor: 1, toString: 2, hasOwnProperty: 3, toJSON: 4, length: 5, '': 6, 7: 8 };
      expect(roundTrip(odd)).toEqual(odd);
      expect(roundTrip(new Error('its message is not enumerable'))).toEqual({});
      // eslint-disable-next-line no-sparse-arrays
      expect(roundTrip([1, , 3])).toEqual([1, null, 3]);
    });

    it('keeps a byte order mark, and whatever else a text begins with', () => {
      for (const mark of ['\ufeff', '\uffef', 'ｆ']) {
        for (const length of [0, 3, 40, 100, 300, 70_000]) {
          const text = mark + 'x'.repeat(length);
          expect(roundTrip(text)).toBe(text);
          expect(roundTrip([{ [text]: text }])).toEqual([{ [text]: text }]);
        }
      }
    });

    it('makes U+FFFD of bytes that are no UTF-8, as Node does', () => {
      fc.assert(
        fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
          const header = bytes.length < 32 ? [0xa0 + bytes.length] : [0xd9, bytes.length];
          const message = Buffer.of(0x92, ...header, ...bytes, 7);
          expect(decode(message)).toEqual([Buffer.from(bytes).toString(), 7]);
        }),
        { numRuns: 500 },
      );
    });
  });
}

describe('the codecs', () => {
  const [lite, ...others] = Object.values(codecs).map((create) => create());
  const scalar = [
    fc.string({ unit: 'grapheme', maxLength: 80 }),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.double(),
    fc.boolean(),
    fc.constantFrom(null, undefined, -0, 2 ** 31, 2 ** 32 - 1, 2 ** 32),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.date({ noInvalidDate: true }),
    fc
      .tuple(fc.integer({ min: -128, max: 127 }), fc.uint8Array())
      .map(([type, data]) => new Ext(type, Buffer.from(data))),
  ];
  const value = fc.anything({
    values: scalar,
    key: fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('__proto__', 'constructor', 'toJSON', 'length')),
    withMap: true,
    withSet: true,
    withNullPrototype: true,
  });

  it('write every value so that each of them reads the same of it', () => {
    expect(others.length).toBe(2);
    fc.assert(
      fc.property(value, (given) => {
        const expected = lite!.decode(lite!.encode(given));
        for (const codec of others) {
          const bytes = codec.encode(given);
          for (const reader of [lite!, codec]) {
            const back = reader.decode(bytes);
            // Jasmine tells keys that are no text apart by identity; the inspected text also tells -0 from 0 and own keys in order.
            if (!isDeepStrictEqual(back, expected) || inspect(back) !== inspect(expected)) {
              throw new Error(`expected ${inspect(expected)}, read ${inspect(back)}`);
            }
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('decode any message alike, whichever encoded it', () => {
    for (const codec of others) {
      for (const text of [
        '80',
        '90',
        'df00000000',
        'dd00000000',
        '81a161dc0000',
        '8201020304',
        '81c0c0',
        '8181a1610102',
        '82a1610102c3',
        'cf001fffffffffffff',
        'cf0020000000000000',
        'd3ffe0000000000000',
        'd3ffe0000000000001',
        'd30000000000000005',
        'ca3dcccccd',
        '81d9095f5f70726f746f5f5f01',
        '82a161a95f5f70726f746f5f5fa95f5f70726f746f5f5f01',
        'd40000',
        'd4720a',
        'd5690000',
        'd67000000001',
        'd46500',
        'c403010203',
        'cb7ff8000000000000',
        '924041',
        '9340417f',
        'dc000240ff',
      ]) {
        const bytes = Buffer.from(text, 'hex');
        expect(isDeepStrictEqual(codec.decode(bytes), lite!.decode(bytes)))
          .withContext(text)
          .toBeTrue();
      }
    }
  });

  it('stay out of the way of each other, and of what else the process does with msgpackr', () => {
    const records = new Packr({ structuredClone: true });
    const shared = { a: 1 };
    for (const codec of others) {
      const packed = records.pack([shared, shared, new Set([1])]);
      expect(codec.decode(codec.encode([1, { a: 0x40, b: 0x41 }]))).toEqual([1, { a: 0x40, b: 0x41 }]);
      expect(records.unpack(packed)).toEqual([shared, shared, new Set([1])]);
    }
  });
});
