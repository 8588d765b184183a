import { Histogram } from '../../src/index';
import { randomSources } from '../../src/simulation/random-sources';
import {
  exponentialTimes,
  fixedTimes,
  histogramTimes,
  logNormalTimes,
  uniformTimes,
} from '../../src/simulation/distribution';
import type { Times } from '../../src/simulation/distribution';

const drawn = ({ draw }: Times, count = 200_000): Histogram => {
  const die = randomSources(5)('spec');
  const histogram = new Histogram();
  for (let i = 0; i < count; i++) histogram.record(draw(die));
  return histogram;
};
const near = (value: number, expected: number, share = 0.02): void => {
  expect(Math.abs(value - expected))
    .withContext(`${value} is to be about ${expected}`)
    .toBeLessThanOrEqual(expected * share);
};

describe('a distribution', () => {
  it('draws values of its distribution', () => {
    expect(drawn(fixedTimes(7))).toEqual(jasmine.objectContaining({ min: 7, max: 7 }));

    const exponential = drawn(exponentialTimes(20));
    near(exponential.mean, 20);
    near(exponential.p50, 20 * Math.LN2);
    near(exponential.p99, 20 * Math.log(100), 0.03);

    const logNormal = drawn(logNormalTimes(6, 40));
    near(logNormal.p50, 6);
    near(logNormal.p99, 40, 0.03);
    near(logNormal.mean, logNormalTimes(6, 40).mean);

    const uniform = drawn(uniformTimes(10, 30));
    near(uniform.mean, 20);
    expect(uniform.min).toBeGreaterThanOrEqual(10);
    expect(uniform.max).toBeLessThan(30);
  });

  it('plays a histogram as it was', () => {
    const life = new Histogram();
    for (const [ms, times] of [
      [0.004, 100],
      [3, 500],
      [80, 350],
      [2_500_000, 50],
    ] as const) {
      life.record(ms, times);
    }
    const times = histogramTimes(life);
    const again = drawn(times);
    expect(times.mean).toBe(life.mean);
    for (const percent of [5, 30, 70, 97]) near(again.percentile(percent), life.percentile(percent), 0.04);
    expect(again.max).toBeLessThanOrEqual(life.max);
    expect(again.min).toBeGreaterThanOrEqual(life.min);
    near(again.countUpTo(4) / again.count, 0.6);
  });
});

describe('the values of a histogram', () => {
  it('are drawn by their number, a rank at the boundary from the next bucket', () => {
    const histogram = new Histogram();
    histogram.record(1);
    histogram.record(1_000);
    const drawn = (rank: number): number => {
      const values = [rank, 0.5];
      return histogramTimes(histogram).draw(() => values.shift()!);
    };
    expect(drawn(0)).toBeLessThan(2);
    expect(drawn(0.499)).toBeLessThan(2);
    expect(drawn(0.5)).toBeGreaterThan(900);
    expect(drawn(0.999)).toBeGreaterThan(900);
  });
});

describe('the random sources', () => {
  it('are reproducible', () => {
    const die = randomSources(1)('arrivals');
    const first = [die(), die(), die()];
    const again = randomSources(1)('arrivals');
    expect([again(), again(), again()]).toEqual(first);
    // Written down: what a seed means may not change from one version to the next.
    expect(first.map((value) => Math.round(value * 1e6))).toEqual([383939, 717051, 273244]);
  });

  it('are one for each name and each seed, and even', () => {
    const [a, b, c] = [randomSources(1)('a'), randomSources(1)('b'), randomSources(2)('a')];
    const count = 100_000;
    let [sum, ab, ac] = [0, 0, 0];
    for (let i = 0; i < count; i++) {
      const value = a() - 0.5;
      sum += value;
      ab += value * (b() - 0.5);
      ac += value * (c() - 0.5);
    }
    // Four standard deviations.
    expect(Math.abs(sum / count)).toBeLessThan(4 * Math.sqrt(1 / 12 / count));
    expect(Math.abs(ab / count)).toBeLessThan(4 / 12 / Math.sqrt(count));
    expect(Math.abs(ac / count)).toBeLessThan(4 / 12 / Math.sqrt(count));
  });
});
