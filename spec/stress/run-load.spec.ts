import { timer, VirtualTimeScheduler } from 'rxjs';
import { createPool, Histogram } from '../../src/index';
import { erlangC } from '../../src/stress/erlang';
import { resolveLoad } from '../../src/stress/options';
import type { StressReport } from '../../src/stress/index';
import { runLoad } from '../../src/stress/run-load';
import { seededRandom } from '../../src/stress/seeded-random';
import { opensAtOnce } from '../helpers/marbles';

/** A load in virtual time, without any marble: a scheduler of its own is all it takes. */
function run(watch: 'everything' | 'operations', operations: number): StressReport {
  const scheduler = new VirtualTimeScheduler(undefined, Infinity);
  const random = seededRandom(5);
  const pool = createPool({
    connect: () => opensAtOnce('c'),
    max: 12,
    idleTimeout: Infinity,
    maxLifetime: Infinity,
    scheduler,
  });
  const work = () => timer(-Math.log(1 - random()) * 10, scheduler);
  const load = resolveLoad<string>('pool', { rate: 1_000, operations, work, random, scheduler })();
  let last: StressReport | undefined;
  runLoad(pool, { ...load, watch }).subscribe((report) => (last = report));
  scheduler.flush();
  return last!;
}

describe('runLoad', () => {
  it('comes to the same figures whether it looks at everything, or only when an operation begins, is served or ends', () => {
    const [all, some] = [run('everything', 5_000), run('operations', 5_000)];
    expect(some.wait).toEqual(all.wait);
    expect(some.use).toEqual(all.use);
    expect(some.open.count).toBe(all.open.count);
    expect(some.peaks.leases).toBe(all.peaks.leases);
    expect(some.utilisation).toBeCloseTo(all.utilisation, 9);
    expect(some.saturated).toBeCloseTo(all.saturated, 9);
    expect(some.violations).toEqual([]);
  });

  it("agrees with Erlang's formula on how many wait, and for how long", () => {
    const { wait, histograms } = run('operations', 60_000);
    const [load, servers, mean] = [10, 12, 10];
    const expected = erlangC(servers, load);
    const waited = 1 - histograms.wait.countUpTo(0) / wait.count;
    // Consecutive waits are similar, so the error of a run is about ten times that of as many independent values.
    expect(Math.abs(waited - expected)).toBeLessThan(0.04);
    expect(Math.abs(wait.mean - (expected * mean) / (servers - load))).toBeLessThan(0.4);
    expect(histograms.wait).toBeInstanceOf(Histogram);
  });
});
