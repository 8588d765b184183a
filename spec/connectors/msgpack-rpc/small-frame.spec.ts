import * as fc from 'fast-check';
import { Packr } from 'msgpackr';
import { createLiteCodec } from '../../../src/connectors/msgpack-rpc/index';
import { smallFrame } from '../../../src/connectors/msgpack-rpc/small-frame';

const packr = new Packr({ useRecords: false, variableMapSize: true, encodeUndefinedAsNil: true });
const hex = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString('hex');

describe('smallFrame', () => {
  it('writes what another library writes', () => {
    const integer = fc.oneof(
      fc.integer(),
      fc.integer({ min: -300, max: 300 }),
      fc.integer({ min: -70_000, max: 70_000 }),
    );
    const leaf = fc.oneof(
      integer,
      fc.constantFrom(0.5, 1e300, Infinity, NaN, true, false, null, undefined),
      fc.string({ unit: 'binary-ascii', maxLength: 70 }),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('value'), { maxLength: 17 }),
        fc.dictionary(fc.string({ unit: 'binary-ascii', maxLength: 20 }), tie('value'), { maxKeys: 17, noNullPrototype: true }),
      ),
    })); // prettier-ignore
    let small = 0;
    fc.assert(
      fc.property(value, (some) => {
        const frame = smallFrame(some);
        if (frame === undefined) return;
        small++;
        expect(hex(frame)).toBe(hex(packr.pack(some)));
      }),
      { numRuns: 2000 },
    );
    // About half of the values have a small frame.
    expect(small).toBeGreaterThan(500);
  });

  it('writes integers in their shortest form', () => {
    const borders = [0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31 - 1, -1, -32, -33, -128, -129, -32_768, -32_769, -(2 ** 31)]; // prettier-ignore
    expect(borders.map((value) => hex(smallFrame(value)))).toEqual([
      '00', '7f', 'cc80', 'ccff', 'cd0100', 'cdffff', 'ce00010000', 'ce7fffffff',
      'ff', 'e0', 'd0df', 'd080', 'd1ff7f', 'd18000', 'd2ffff7fff', 'd280000000',
    ]); // prettier-ignore
  });

  it('writes the negative zero as what it is, which the other library does not', () => {
    expect(hex(smallFrame(-0))).toBe('cb8000000000000000');
  });

  it('leaves to an encoder what is long, or not the same everywhere', () => {
    const self: unknown[] = [];
    self.push(self);
    const others: unknown[] = [
      'x'.repeat(65), 'ü', { ü: 1 }, Array(16).fill(0), Object.fromEntries(Array.from({ length: 16 }, (_, i) => [i, i])),
      Array(9).fill('x'.repeat(60)), 2 ** 31, 1n, new Date(0), new Map(), new Set(), Buffer.of(1), new URL('a:b'),
      Object.create(null), () => 1, Symbol('x'), self,
    ]; // prettier-ignore
    for (const value of others) {
      expect(smallFrame(value)).toBeUndefined();
      expect(smallFrame([value])).toBeUndefined();
    }
  });

  it('is not confused by values that send something when they are looked at, or throw', () => {
    const { encode, decode } = createLiteCodec();
    let inner: Uint8Array = Buffer.alloc(0);
    const busy = {
      before: 1,
      get now() {
        inner = encode(['inner', 2]);
        return 3;
      },
      after: 4,
    };
    const broken = {
      get now() {
        throw new Error('broken');
      },
    };
    const outer = encode(busy);
    expect(() => encode(broken)).toThrowError('broken');
    expect(decode(outer)).toEqual({ before: 1, now: 3, after: 4 });
    expect(decode(inner)).toEqual(['inner', 2]);
    expect(smallFrame([1])).toEqual(Buffer.of(0x91, 1));
  });

  it('leaves a frame as it is when the next ones are written', () => {
    const frames = Array.from({ length: 2000 }, (_, i) => smallFrame([i, 'x'.repeat(i % 60)])!);
    for (const [i, frame] of frames.entries()) expect(packr.unpack(frame)).toEqual([i, 'x'.repeat(i % 60)]);
  });
});
