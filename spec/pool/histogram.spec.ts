import { Histogram } from '../../src/index';
import type { HistogramJSON } from '../../src/index';

const of = (...values: number[]): Histogram => {
  const filled = new Histogram();
  for (const value of values) filled.record(value);
  return filled;
};

describe('a histogram', () => {
  const histogram = new Histogram();
  for (let ms = 1; ms <= 1_000; ms++) histogram.record(ms);

  it('counts the values up to a value, with the precision of percentiles', () => {
    expect(histogram.countUpTo(0)).toBe(0);
    expect(histogram.countUpTo(0.99)).toBe(0);
    expect(histogram.countUpTo(1_000)).toBe(1_000);
    expect(histogram.countUpTo(Infinity)).toBe(1_000);
    for (const ms of [1, 2.5, 10, 100, 640, 999]) {
      expect(Math.abs(histogram.countUpTo(ms) - Math.floor(ms)))
        .withContext(String(ms))
        .toBeLessThanOrEqual(1 + ms / 32);
    }
  });

  it('counts nothing without values', () => {
    expect(new Histogram().countUpTo(5)).toBe(0);
    expect(histogram.countUpTo(NaN)).toBe(0);
  });
});

describe('the buckets of a histogram', () => {
  /** In units of 1 / 1,024 ms. */
  const bucketOf = (units: number): number => of(units / 1_024).toJSON().buckets[0]![0];

  it('are one unit wide below 32 units, and then 32 for each power of two, at any size', () => {
    const cases: [units: number, bucket: number][] = [
      [0.5, 0],
      [1, 1],
      [31, 31],
      [31.9, 31],
      [32, 32],
      [33, 33],
      [63, 63],
      [64, 64],
      [65, 64],
      [66, 65],
      [127, 95],
      [128, 96],
      [2 ** 30, 26 * 32],
      [2 ** 31 - 2 ** 25, 26 * 32 + 31],
      [2 ** 31 - 2, 26 * 32 + 31],
      [2 ** 31 - 1, 26 * 32 + 31],
      [2 ** 31, 27 * 32],
      [2 ** 31 + 2 ** 26, 27 * 32 + 1],
      [2 ** 40 - 2 ** 34, 35 * 32 + 31],
      [2 ** 40, 36 * 32],
    ];
    for (const [units, bucket] of cases) expect(bucketOf(units)).withContext(`${units} units`).toBe(bucket);
  });

  it('answer a percentile with their middle, or with the nearest of the extremes', () => {
    // In the middle bucket there is only one value, 65 units: the bucket is from 64 to 66.
    const three = of(1 / 1_024, 65 / 1_024, 1_000);
    expect(three.p50).toBe(65 / 1_024);
    expect(of(3 / 1_024, 3 / 1_024, 9).p50).toBe(3 / 1_024);
    // From 1,024 to 1,056 units: the middle is 1,040, unless all values are above or below it.
    const unit = 1 / 1_024;
    expect(of(unit, 1_025 * unit, 1_000).p50).toBe(1_040 * unit);
    expect(of(unit, 32.1 * unit, 1_000).p50).toBe(32.5 * unit);
    expect(of(unit, 31.9 * unit, 1_000).p50).toBe(31 * unit);
    expect(of(1_050 * unit, 1_050 * unit, 1_000).percentile(1)).toBe(1_050 * unit);
    expect(of(unit, 1_025 * unit, 1_030 * unit).percentile(60)).toBe(1_030 * unit);
    expect(of(2 ** 31 * unit, 2 ** 31 * unit, 2 ** 41).percentile(1)).toBe((2 ** 31 + 2 ** 25) * unit);
  });

  it('count up to the end of the bucket of a value', () => {
    const unit = 1 / 1_024;
    const values = of(10 * unit, 20 * unit, 30 * unit, 1_000);
    for (const [units, count] of [
      [9.9, 0],
      [10, 1],
      [19.9, 1],
      [20, 2],
      [30, 3],
      [1_000, 3],
    ] as const)
      expect(values.countUpTo(units * unit))
        .withContext(`${units} units`)
        .toBe(count);
    expect(values.countUpTo(900)).toBe(3);
    expect(values.countUpTo(1_000)).toBe(4);
  });
});

describe('the percentiles of a histogram', () => {
  it('are those of the rank', () => {
    const ten = of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    const near = (percent: number): number => Math.round(ten.percentile(percent));
    expect([0, 1, 10, 10.1, 50, 51, 89, 90, 90.1, 91, 99, 100].map(near)).toEqual([
      1, 1, 1, 2, 5, 6, 9, 9, 10, 10, 10, 10,
    ]);
    expect(Math.round(ten.p90)).toBe(9);
    expect(ten.p99).toBe(10);
    expect(of(7).percentile(0)).toBe(7);
  });

  it('count values that are recorded several times', () => {
    const some = of(1);
    some.record(5, 8);
    some.record(9);
    some.record(0, 2);
    expect([some.count, some.sum, some.min, some.max]).toEqual([12, 50, 0, 9]);
    expect(some.mean).toBeCloseTo(50 / 12, 10);
    expect(Math.round(some.p50)).toBe(5);
    expect(some.countUpTo(0)).toBe(2);
  });
});

describe('the window between two states of a histogram', () => {
  it('has what came in between', () => {
    const growing = of(5, 7, 1_000);
    const earlier = growing.clone();
    for (const value of [6, 50, 60, 60]) growing.record(value);
    const window = growing.minus(earlier);
    expect([window.count, window.sum]).toEqual([4, 176]);
    expect(window.mean).toBe(44);
    expect(window.min).toBeCloseTo(6, 0);
    expect(window.max).toBeCloseTo(60, 0);
    expect(window.p50).toBeCloseTo(50, -1);
    // Neither is changed.
    expect([growing.count, earlier.count]).toEqual([7, 3]);
    expect(growing.minus(growing.clone()).toJSON()).toEqual(new Histogram().toJSON());
    expect(growing.minus(new Histogram()).toJSON()).toEqual(growing.toJSON());
  });

  it('has the extremes of the whole where they came in between', () => {
    const growing = of(5.3, 7);
    const earlier = growing.clone();
    growing.record(1.237);
    growing.record(77.7);
    const { min, max } = growing.minus(earlier);
    expect([min, max]).toEqual([1.237, 77.7]);
    // One bucket holds the least and the greatest of all.
    const single = of(3.001);
    const before = single.clone();
    single.record(3.002);
    expect(single.minus(before).max).toBe(3.002);
  });

  it('has a mean within its extremes, whatever the sums are rounded to', () => {
    const sums = of(0.3, 1e15).toJSON();
    const growing = Histogram.fromJSON(sums);
    const earlier = growing.clone();
    for (let i = 0; i < 10; i++) growing.record(0.3);
    const window = growing.minus(earlier);
    expect(window.mean).toBeGreaterThanOrEqual(window.min);
    expect(window.mean).toBeLessThanOrEqual(window.max);
  });

  it('refuses what is no earlier state of it', () => {
    const growing = of(5, 7);
    expect(() => growing.minus(of(6))).toThrowError(
      RangeError,
      'Histograms cannot be subtracted: earlier must be an earlier copy of this histogram (of 2 values), but got one with other values (1)',
    );
    expect(() => growing.minus(of(5, 5))).toThrowError(RangeError, /with other values \(2\)/);
    expect(() => growing.minus(of(900))).toThrowError(RangeError, /with other values \(1\)/);
    for (const [other, what] of [
      [undefined, 'nothing'],
      [growing.toJSON(), 'something else'],
    ] as const) {
      const why = `must be a Histogram, but got ${what}; read a saved one by Histogram.fromJSON`;
      expect(() => growing.minus(other as never)).toThrowError(
        RangeError,
        `Histograms cannot be subtracted: earlier ${why}`,
      );
      expect(() => growing.merge(other as never)).toThrowError(RangeError, `Histograms cannot be merged: other ${why}`);
    }
  });
});

describe('the JSON of a histogram', () => {
  const good = of(1, 2, 300).toJSON();
  const read = (json: unknown): (() => Histogram) => {
    return () => Histogram.fromJSON(json as HistogramJSON);
  };

  it('has each bucket that is not empty, with its number of values', () => {
    expect(of(0, 0, 5 / 1_024, 4).toJSON()).toEqual({
      unitsPerMs: 1_024,
      perOctave: 32,
      sum: 4 + 5 / 1_024,
      min: 0,
      max: 4,
      buckets: [
        [0, 2],
        [5, 1],
        [256, 1],
      ],
    });
  });

  it('is read with empty buckets in it, which count nothing', () => {
    const json = { ...good, buckets: [[0, 0], ...good.buckets, [1_887, 0]] } as unknown as HistogramJSON;
    expect(Histogram.fromJSON(json).toJSON()).toEqual(good);
    const none = { ...new Histogram().toJSON(), buckets: [[4, 0]] } as unknown as HistogramJSON;
    expect(Histogram.fromJSON(none).min).toBe(0);
    const filled = Histogram.fromJSON(none);
    filled.record(3);
    expect(filled.min).toBe(3);
  });

  it('is refused where one of its parts is no such part', () => {
    const pair = /each of buckets must be a pair of whole numbers, bucket \(to 1887\) and count, but got /;
    for (const entry of [[-1, 1], [1_888, 1], [0.5, 1], [1, -1], [1, 0.5], ['1', 1], [1, '1'], [1], 1, null])
      expect(read({ ...good, buckets: [entry] }))
        .withContext(JSON.stringify(entry))
        .toThrowError(RangeError, pair);
    for (const name of ['sum', 'min', 'max'])
      for (const value of [-1, NaN, Infinity, '1', undefined])
        expect(read({ ...good, [name]: value }))
          .withContext(`${name}: ${String(value)}`)
          .toThrowError(RangeError, new RegExp(`^Invalid histogram: ${name} must be a number of 0 or more, but got `));
    expect(read(null)).toThrowError(RangeError, /but got undefined and undefined/);
    expect(read({ ...good, unitsPerMs: 1 })).toThrowError(RangeError, /must be 1024 and 32, but got 1 and 32/);
    expect(read({ ...good, buckets: [...good.buckets].reverse() })).toThrowError(RangeError, /in ascending order/);
  });

  it('is refused where its sum cannot be that of its values', () => {
    const sums = /^Invalid histogram: sum, min and max must match the values in buckets, but got /;
    // Three values from 1 to 300.
    for (const sum of [3, 303, 900])
      expect(read({ ...good, sum }))
        .withContext(String(sum))
        .not.toThrow();
    for (const sum of [2.9, 900.1])
      expect(read({ ...good, sum }))
        .withContext(String(sum))
        .toThrowError(RangeError, sums);
    const empty = new Histogram().toJSON();
    for (const part of ['sum', 'min', 'max'])
      expect(read({ ...empty, [part]: 1 }))
        .withContext(part)
        .toThrowError(RangeError, sums);
    expect(read(empty)).not.toThrow();
  });
});
