import { concat, map, NEVER, throwError, timer } from 'rxjs';
import { stressTest } from '../../src/stress/index';
import type { StressOptions, StressReport } from '../../src/stress/index';
import { seededRandom } from '../../src/stress/seeded-random';
import type { PoolOptions } from '../../src/index';
import { createLastingPool } from '../helpers/lasting-pool';
import { marbles, opensAtOnce } from '../helpers/marbles';

const resultOf = (options: StressOptions<string>, poolOptions: Partial<PoolOptions<string>> = {}): StressReport => {
  let last: StressReport | undefined;
  marbles(({ flush }) => {
    const pool = createLastingPool({ connect: () => opensAtOnce('c'), max: 1, ...poolOptions });
    stressTest(pool, options).subscribe((report) => (last = report));
    flush();
  });
  return last!;
};

/** Exponentially distributed work of that mean. */
const exponential = (mean: number, random: () => number) => () => timer(-Math.log(1 - random()) * mean);

describe('the verdict', () => {
  it('of workers says how much of the time all was lent, and how many connections there would have to be', () => {
    const { verdict, estimate } = resultOf({ workers: 5, opsPerWorker: 3, work: () => timer(10) }, { max: 2 });
    expect(verdict).toBe(
      'Saturated 88 % of the time; the longest queue was 4; with max 5 none of the 5 workers would wait for another ' +
        '(a lease for each worker; only a run shows whether the target can serve that many).',
    );
    expect(estimate!.max).toBe(5);
  });

  it('reckons with connections that carry several', () => {
    const { estimate } = resultOf({ workers: 9, opsPerWorker: 3, work: () => timer(10) }, { max: 1, capacity: 4 });
    expect(estimate!.max).toBe(3);
  });

  it('of callers says with how many connections the wait would be short, and is right', () => {
    const load = (max: number): StressReport => {
      const random = seededRandom(11);
      const work = exponential(10, random);
      return resultOf({ rate: 1_000, duration: 8_000, warmup: 1_000, random, work }, { max });
    };
    const narrow = load(12);
    const { max } = narrow.estimate!;
    expect(narrow.verdict).toContain(`with max ${max} the p99 wait would fall under 5 ms (Erlang C at `);
    expect(narrow.wait.p99).toBeGreaterThan(5);
    // On the edge of a distribution a short run is not exact: a little more, or one connection less, may do.
    expect(load(max).wait.p99).toBeLessThan(6);
    expect(load(max - 2).wait.p99).toBeGreaterThan(5);
  });

  it('goes by the threshold for the wait, where there is one', () => {
    const random = seededRandom(3);
    const { verdict } = resultOf(
      { rate: 100, duration: 10_000, random, work: exponential(10, random), thresholds: ['wait.p90<2ms'] },
      { max: 1 },
    );
    expect(verdict).toContain('the p90 wait would fall under 2 ms');
  });

  it('says when more comes than can be done', () => {
    const { verdict } = resultOf({ rate: 200, arrivals: 'even', duration: 2_000, work: () => timer(10) });
    expect(verdict).toContain("the load exceeds the capacity: 2 leases' worth of work for 1");
  });

  it('says when it is not for want of connections', () => {
    // A hundred at once every second: on average two connections would be plenty.
    const arrivals = Array.from({ length: 1_000 }, (_, i) => Math.floor(i / 100) * 1_000);
    const { verdict } = resultOf({ arrivals, work: () => timer(10) }, { max: 5 });
    expect(verdict).toContain('longer waits have another cause, such as a target that pauses');
  });

  it('says when there was never a shortage', () => {
    const { verdict, estimate } = resultOf({ workers: 2, opsPerWorker: 5, work: () => timer(10) }, { max: 8 });
    expect(verdict).toBe('Never saturated: at most 2 of 8 leases were lent at once.');
    expect(estimate).toBeNull();
  });

  it('says when it was connecting that took the time', () => {
    const { verdict } = resultOf(
      { workers: 2, opsPerWorker: 2, work: () => timer(1) },
      {
        max: 8,
        connect: () => concat(timer(30).pipe(map(() => 'c')), NEVER),
      },
    );
    expect(verdict).toContain(
      '0 of 8 were open on average while callers waited (94 % of the time); connects took 30 ms each',
    );
  });

  it('tells slow growth from saturation', () => {
    const slow = { max: 5, connect: () => concat(timer(2_000).pipe(map(() => 'c')), NEVER) };
    const { verdict, growing, openWhileGrowing, saturated } = resultOf(
      { workers: 8, duration: 3_000, work: () => timer(20) },
      slow,
    );
    // Four connects begin at once, and none is open before two seconds have passed.
    expect(growing).toBeCloseTo(1, 2);
    expect(saturated).toBe(0);
    expect(verdict).toContain(
      `The pool grew too slowly: 5 connections would help, and ${Number(openWhileGrowing.toPrecision(2))} of 5 were open on average while callers ` +
        'waited (100 % of the time); connects took 2 s each',
    );
  });

  it('does not take a pool that is as large as it may be for one that grows', () => {
    const { verdict, growing } = resultOf({ workers: 8, duration: 3_000, work: () => timer(20) }, { max: 5 });
    expect(growing).toBe(0);
    expect(verdict).toContain('Saturated 100 % of the time');
  });

  it('says first what did not succeed, and why', () => {
    const work = (_: string, index: number) =>
      index % 4 === 0 ? throwError(() => new Error('No such word. Look it up.')) : timer(1);
    const { verdict } = resultOf({ workers: 1, operations: 8, work });
    expect(verdict).toMatch(/^25 % of the operations did not succeed, most often with Error: No such word; /);
  });

  it('says when the workers were the bottleneck, and not the pool', () => {
    const load: StressOptions<string> = {
      rate: 100,
      arrivals: 'even',
      duration: 500,
      workers: 2,
      work: () => timer(40),
    };
    for (const max of [2, 4]) {
      const { verdict, estimate } = resultOf(load, { max });
      expect(verdict).toContain('late: none of the 2 workers was free');
      expect(estimate).toBeNull();
    }
  });

  it('says when there is nothing to say', () => {
    expect(resultOf({ arrivals: [] }).verdict).toBe('Nothing was measured: no operation has ended.');
  });
});
