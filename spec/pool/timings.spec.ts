import fc from 'fast-check';
import { of, timer } from 'rxjs';
import { Histogram } from '../../src/index';
import type { HistogramJSON } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { marbles } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';

const filled = (values: readonly number[]): Histogram => {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
};

/** A percentile by its definition: the value that this percentage of values does not exceed. */
function exactly(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil((percent / 100) * sorted.length)) - 1]!;
}

const times = fc.array(
  fc.oneof(
    fc.double({ min: 0, max: 100, noNaN: true }),
    fc.double({ min: 0, max: 1e9, noNaN: true }),
    fc.integer({ min: 0, max: 50 }),
    fc.constant(2_097_152),
  ),
  { minLength: 1, maxLength: 200 },
);

describe('Histogram', () => {
  it('computes percentiles within 1.6 %, or 1 µs', () => {
    fc.assert(
      fc.property(times, fc.double({ min: 0, max: 100, noNaN: true }), (values, percent) => {
        const exact = exactly(values, percent);
        expect(Math.abs(filled(values).percentile(percent) - exact)).toBeLessThanOrEqual(
          Math.max(exact * 0.016, 0.001),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it('computes count, extremes and mean exactly', () => {
    fc.assert(
      fc.property(times, (values) => {
        const histogram = filled(values);
        const mean = values.reduce((a, b) => a + b, 0) / values.length;
        expect([histogram.count, histogram.min, histogram.max]).toEqual([
          values.length,
          Math.min(...values),
          Math.max(...values),
        ]);
        expect(histogram.mean).toBeCloseTo(mean, 6);
      }),
    );
  });

  it('merged equals one with all values', () => {
    fc.assert(
      fc.property(times, times, (a, b) => {
        const merged = filled(a).merge(filled(b));
        const whole = filled([...a, ...b]);
        for (const percent of [0, 1, 50, 99, 100]) expect(merged.percentile(percent)).toBe(whole.percentile(percent));
        expect([merged.count, merged.min, merged.max]).toEqual([whole.count, whole.min, whole.max]);
      }),
    );
  });

  it('survives JSON', () => {
    fc.assert(
      fc.property(times, (values) => {
        const histogram = filled(values);
        const copy = Histogram.fromJSON(JSON.parse(JSON.stringify(histogram)) as HistogramJSON);
        expect(copy.toJSON()).toEqual(histogram.toJSON());
        expect(copy.percentile(37)).toBe(histogram.percentile(37));
      }),
    );
  });

  it('without values is all zeros', () => {
    const { count, min, max, mean, p50, p99 } = new Histogram();
    expect([count, min, max, mean, p50, p99]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(Histogram.fromJSON(new Histogram().toJSON()).min).toBe(0);
  });

  it('counts a value below 0 as 0', () => {
    const histogram = filled([-5, 0]);
    expect([histogram.count, histogram.min, histogram.max, histogram.p50]).toEqual([2, 0, 0, 0]);
  });

  it('accepts values that are no time, and survives JSON with them: a clock may be wrong, but nothing blocks', () => {
    const histogram = filled([NaN, Infinity, 1e300, Number.MAX_SAFE_INTEGER, 7]);
    expect([histogram.count, histogram.min, histogram.max]).toEqual([5, 0, Number.MAX_SAFE_INTEGER]);
    expect(histogram.p50 / Number.MAX_SAFE_INTEGER).toBeCloseTo(1, 1);
    expect(histogram.countUpTo(Infinity)).toBe(5);
    const copy = Histogram.fromJSON(JSON.parse(JSON.stringify(histogram)) as HistogramJSON);
    expect(copy.toJSON()).toEqual(histogram.toJSON());
  });

  for (const times of [-1, 0.5, NaN, Infinity]) {
    it(`refuses to record a value ${times} times`, () => {
      const histogram = new Histogram();
      expect(() => {
        histogram.record(1, times);
      }).toThrowError(RangeError, new RegExp(`times must be an integer of 0 or more, but got ${times}`));
      expect(histogram.toJSON()).toEqual(new Histogram().toJSON());
    });
  }

  it('with values recorded 0 times is unchanged', () => {
    const histogram = new Histogram();
    histogram.record(0, 0);
    histogram.record(5, 0);
    expect(histogram.toJSON()).toEqual(new Histogram().toJSON());
  });

  it('cannot be merged with its JSON: that is no histogram yet', () => {
    const histogram = filled([1]);
    for (const other of [filled([2]).toJSON(), {}, undefined]) {
      expect(() => histogram.merge(other as Histogram)).toThrowError(RangeError, /Histogram\.fromJSON/);
    }
  });

  it('is not changed by a merge, nor by changes of a clone', () => {
    const histogram = filled([1, 2]);
    histogram.merge(filled([100]));
    histogram.clone().record(100);
    expect([histogram.count, histogram.max]).toEqual([2, 2]);
  });

  for (const percent of [-1, 101, NaN]) {
    it(`refuses the percentile ${percent}`, () => {
      expect(() => new Histogram().percentile(percent)).toThrowError(
        RangeError,
        new RegExp(`from 0 to 100, but got ${percent}`),
      );
    });
  }

  const saved = filled([1, 2, 300]).toJSON();
  const wrong: [string, unknown, RegExp][] = [
    ['nothing', undefined, /unitsPerMs and perOctave/],
    ['another layout', { ...saved, perOctave: 64 }, /must be 1024 and 32, but got 1024 and 64/],
    ['no sum', { ...saved, sum: 'much' }, /sum must be a number of 0 or more, but got "much"/],
    ['no buckets', { ...saved, buckets: {} }, /buckets must be an array/],
    ['half a bucket', { ...saved, buckets: [[3, 0.5]] }, /but got \[3,0\.5\]/],
    ['a bucket beyond all', { ...saved, buckets: [[1e9, 1]] }, /but got \[1000000000,1\]/],
    ['one bucket twice', { ...saved, buckets: [saved.buckets[0], ...saved.buckets] }, /in ascending order/],
    [
      'a minimum that is not in the first bucket',
      { ...saved, min: 0.5 },
      /must match the values in buckets, but got 303, 0.5 and 300/,
    ],
    ['a maximum that is not in the last bucket', { ...saved, max: 700 }, /but got 303, 1 and 700/],
    ['a minimum above the maximum', { ...saved, min: 5, max: 1, buckets: [] }, /but got 303, 5 and 1/],
    ['a sum that cannot be', { ...saved, sum: 1_000 }, /but got 1000, 1 and 300/],
    ['a sum without end', { ...saved, sum: Infinity }, /sum must be a number of 0 or more, but got Infinity/],
    ['a text', 'wait', /but got undefined and undefined/],
  ];
  for (const [what, json, says] of wrong) {
    it(`cannot be created from ${what}`, () => {
      expect(() => Histogram.fromJSON(json as HistogramJSON)).toThrowError(RangeError, says);
    });
  }
});

describe('the histograms of pool.timings()', () => {
  it('contain the waits, the holds and the connects', () => {
    const scripted = scriptedTarget({ openAfter: 20 });
    marbles(({ flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 1 });
      for (let i = 0; i < 3; i++) pool.use(() => timer(10)).subscribe();
      flush();
      const { wait, use, open } = pool.timings();
      expect([wait.count, wait.min, wait.max, wait.mean]).toEqual([3, 20, 40, 30]);
      expect([use.count, use.min, use.max]).toEqual([3, 10, 10]);
      expect([open.count, open.min, open.max]).toEqual([1, 20, 20]);
    });
  });

  it('count an immediate acquire as a wait of 0, also for acquired leases', () => {
    const pool = createPool({ connect: scriptedTarget().connect, max: 1 });
    pool.use(() => of(1)).subscribe();
    pool.acquire().subscribe((lease) => {
      lease.release();
    });
    const { wait, use } = pool.timings();
    expect([wait.count, wait.max, use.count]).toEqual([2, 0, 2]);
  });

  it('contain a hold that takes time after one that took none, and vice versa', () => {
    for (const times of [
      [0, 5],
      [5, 0],
      [0, 0, 5, 5],
    ]) {
      marbles(({ flush }) => {
        const pool = createPool({ connect: scriptedTarget().connect, max: 1 });
        for (const ms of times) pool.use(() => (ms === 0 ? of(1) : timer(ms))).subscribe();
        flush();
        const { use } = pool.timings();
        expect([use.count, use.min, use.max]).toEqual([times.length, 0, 5]);
      });
    }
  });

  it('are a copy', () => {
    const pool = createPool({ connect: scriptedTarget().connect, max: 1 });
    const before = pool.timings();
    pool.use(() => of(1)).subscribe();
    expect(before.use.count).toBe(0);
    pool.timings().use.record(5);
    expect(pool.timings().use.count).toBe(1);
  });

  it('contain no wait of a rejected caller, nor of a stream', () => {
    const pool = createPool({ connect: scriptedTarget().connect, max: 1, maxPending: 0 });
    pool.subscribe();
    pool.acquire().subscribe({ error: () => undefined });
    const { wait } = pool.timings();
    expect(wait.count).toBe(0);
  });

  it('are empty with timings: false', () => {
    const pool = createPool({ connect: scriptedTarget().connect, max: 1, timings: false });
    pool.use(() => of(1)).subscribe();
    const { wait, use, open } = pool.timings();
    expect([wait.count, use.count, open.count]).toEqual([0, 0, 0]);
  });

  it('work in real time, within a few ms', async () => {
    const pool = createPool({ connect: scriptedTarget({ openAfter: 5 }).connect, max: 1 });
    await new Promise<void>((complete) => {
      pool.use(() => timer(30)).subscribe({ complete });
    });
    const { use, open } = pool.timings();
    expect(use.max).toBeGreaterThanOrEqual(28);
    expect(open.max).toBeGreaterThanOrEqual(4);
    await pool.destroy();
  });
});
