import { createLiteCodec, Ext } from '../../../src/connectors/msgpack-rpc/index';

describe('the codec', () => {
  const { encode, decode } = createLiteCodec();
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

  it('takes bytes as bytes and gives back memory of its own', () => {
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
});
