import { Histogram } from '../../src/index';
import { outcomes } from '../../src/stress/outcome';
import type { Outcome } from '../../src/stress/outcome';
import { readThreshold } from '../../src/stress/thresholds';
import type { Figures, Threshold, TimeName } from '../../src/stress/thresholds';

const histogramOf = (...values: number[]): Histogram => {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
};

const figures = (changes: Partial<Figures> = {}): Figures => ({
  ended: 200,
  throughput: 512.4,
  saturated: 0.25,
  utilisation: 0.5,
  queueLength: 12,
  times: {
    wait: histogramOf(0, 10, 20),
    use: histogramOf(1.5),
    total: histogramOf(2_000),
    lag: histogramOf(0.25),
    'fromStart.wait': histogramOf(5),
    'fromStart.total': histogramOf(6),
  } satisfies Record<TimeName, Histogram>,
  counts: {
    ...(Object.fromEntries(outcomes.map((name) => [name, 0])) as Record<Outcome, number>),
    succeeded: 190,
    failed: 6,
    timedOut: 4,
  },
  ...changes,
});

const threshold = (text: string): Threshold => {
  const read = readThreshold(text, 'the threshold');
  if (typeof read === 'string') throw new Error(read);
  return read;
};
const checked = (text: string, changes?: Partial<Figures>) => threshold(text).check(figures(changes));
const wrong = (text: unknown): string => {
  const read = readThreshold(text, 'thresholds[0]');
  if (typeof read !== 'string') throw new Error(`'${String(text)}' was taken for a threshold`);
  return read;
};

describe('a threshold', () => {
  const table: readonly [text: string, passed: boolean, value: number, summary: string][] = [
    ['wait.max<20ms', false, 20, 'wait.max is 20 ms'],
    ['wait.max<=20ms', true, 20, 'wait.max is 20 ms'],
    ['wait.min>=0ms', true, 0, 'wait.min is 0 µs'],
    ['wait.mean>10ms', false, 10, 'wait.mean is 10 ms'],
    ['wait.p100<21ms', true, 20, 'wait.p100 is 20 ms'],
    ['use.p99.9<1600us', true, 1.5, 'use.p99.9 is 1.5 ms'],
    ['use.p50<1400µs', false, 1.5, 'use.p50 is 1.5 ms'],
    [' total.p90 < 2.5 s ', true, 2_000, 'total.p90 is 2 s'],
    ['total.p90<0.03min', false, 2_000, 'total.p90 is 2 s'],
    ['lag.max<1ms', true, 0.25, 'lag.max is 250 µs'],
    ['fromStart.wait.p50<6ms', true, 5, 'fromStart.wait.p50 is 5 ms'],
    ['fromStart.total.max<6ms', false, 6, 'fromStart.total.max is 6 ms'],
    ['throughput>500/s', true, 512.4, 'throughput is 512.4/s'],
    ['throughput>600', false, 512.4, 'throughput is 512.4/s'],
    ['queueLength<10', false, 12, 'queueLength is 12'],
    ['saturated<30%', true, 0.25, 'saturated is 25 %'],
    ['utilisation<=50%', true, 0.5, 'utilisation is 50 %'],
    ['saturated<20%', false, 0.25, 'saturated is 25 %'],
    ['utilisation<49%', false, 0.5, 'utilisation is 50 %'],
    ['errors<5%', false, 0.05, 'errors is 5 %'],
    ['errors<=10', true, 10, 'errors is 10'],
    ['timedOut<1%', false, 0.02, 'timedOut is 2 %'],
    ['lost<=0', true, 0, 'lost is 0'],
  ];
  for (const [text, passed, value, summary] of table) {
    it(`${text} ${passed ? 'holds' : 'does not hold'}`, () => {
      const { value: actual, ...result } = checked(text);
      expect(result).toEqual({ threshold: text, passed, summary });
      expect(actual).toBeCloseTo(value, 9);
    });
  }

  it('never holds where nothing was measured', () => {
    for (const text of ['wait.p99<20ms', 'errors<1%', 'errors<=0', 'throughput>=0', 'saturated<50%', 'queueLength<5']) {
      const result = checked(text, { ended: 0 });
      expect(result.passed).withContext(text).toBeFalse();
      expect(result.summary).withContext(text).toContain('no operation was measured');
    }
    const times = { ...figures().times, use: new Histogram() };
    expect(checked('use.p99<20ms', { times })).toEqual(
      jasmine.objectContaining({ passed: false, summary: 'use.p99 is not known: no operation got so far' }),
    );
  });

  it('knows whether it bounds a percentile of the wait', () => {
    expect(threshold('wait.p99<20ms').waitBound).toEqual({ percent: 99, ms: 20 });
    expect(threshold('wait.p99>20ms').waitBound).toBeNull();
    expect(threshold('wait.mean<20ms').waitBound).toBeNull();
    expect(threshold('total.p99<20ms').waitBound).toBeNull();
  });
});

describe('what is no threshold', () => {
  it('is told with what it is, and what one looks like', () => {
    for (const text of [
      '',
      'wait.p99',
      'wait.p99<',
      '<20ms',
      'wait.p99=20ms',
      'wait.p99<-1ms',
      'wait.p99<1.2.3ms',
      5,
      null,
    ]) {
      expect(wrong(text))
        .withContext(String(text))
        .toMatch(/^thresholds\[0\] must be a figure, a comparison and a bound/);
    }
    expect(wrong('wait.p99=20ms')).toContain('but got "wait.p99=20ms"');
    expect(wrong('wait.p99=20ms')).toContain(`such as 'wait.p99<20ms'`);
  });

  it('is told which figures there are', () => {
    expect(wrong('latency<20ms')).toContain('there is no figure "latency"; there are wait.…');
    expect(wrong('wait<20ms')).toContain('wait is a distribution: say which figure of it, such as wait.p99');
    expect(wrong('wait.median<20ms')).toContain('of wait there are min, mean, p50');
    expect(wrong('wait.p101<20ms')).toContain('but not "p101"');
    expect(wrong('wait.p99<20')).toContain('needs a unit, one of us, µs, ms, s, min');
    expect(wrong('wait.p99<20%')).toContain('needs a unit');
    expect(wrong('throughput>5ms')).toContain('its unit is /s, or none');
    expect(wrong('saturated<1')).toContain('its bound is in %');
    expect(wrong('errors<1ms')).toContain('a number of operations, or with % a share of them');
    expect(wrong('queueLength<1%')).toContain('a number without a unit');
  });
});
