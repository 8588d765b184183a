import { Histogram } from '../../src/index';

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
