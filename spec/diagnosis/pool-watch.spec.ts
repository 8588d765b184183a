import { asyncScheduler, timer } from 'rxjs';
import type { ConnectionPool } from '../../src/index';
import { PoolWatch } from '../../src/diagnosis/pool-watch';
import type { Observation } from '../../src/diagnosis/pool-watch';
import { createLastingPool } from '../helpers/lasting-pool';
import { marbles, opensAtOnce } from '../helpers/marbles';

type Facts = Observation['facts'];

describe('the watch of a pool', () => {
  /** The facts at these times (ms), of a pool of one connection that is watched from 0 on. */
  function watched(times: readonly number[], act: (pool: ConnectionPool<string>) => void): Map<number, Facts> {
    const facts = new Map<number, Facts>();
    marbles(({ at, flush }) => {
      const pool = createLastingPool({ connect: () => opensAtOnce('a'), max: 1 });
      const watch = new PoolWatch(pool);
      for (const time of times) {
        at(time, () => {
          facts.set(time, watch.observe().facts);
        });
      }
      act(pool);
      flush();
    });
    return facts;
  }

  /** A caller that waits, one after the other, each for 400 ms. */
  function saturate(pool: ConnectionPool<string>, from: number, to: number): void {
    for (let time = from; time < to; time += 400) {
      asyncScheduler.schedule(() => {
        pool.use(() => timer(400)).subscribe();
      }, time);
    }
    // One more than there is a connection for.
    asyncScheduler.schedule(() => {
      pool.use(() => timer(400)).subscribe();
    }, from);
  }

  it('tells how long every lease was lent while callers waited, however short each of them waited', () => {
    const looks = Array.from({ length: 12 }, (_, i) => 1_000 * (i + 1));
    const facts = watched(looks, (pool) => {
      saturate(pool, 3_500, 7_500);
    });
    const saturated = looks.map((time) => facts.get(time)!.saturatedFor);
    // From the look before on: it is not known since when.
    expect(saturated).toEqual([0, 0, 0, 1_000, 2_000, 3_000, 4_000, 0, 0, 0, 0, 0]);
    for (const time of [5_000, 6_000, 7_000]) expect(facts.get(time)!.oldestWait).toBeLessThan(800);
  });

  it('counts anew for the next time that callers wait', () => {
    const looks = Array.from({ length: 12 }, (_, i) => 1_000 * (i + 1));
    const facts = watched(looks, (pool) => {
      saturate(pool, 1_500, 3_200);
      saturate(pool, 7_500, 9_900);
    });
    expect([2_000, 3_000, 5_000, 8_000, 9_000].map((time) => facts.get(time)!.saturatedFor)).toEqual([
      1_000, 2_000, 0, 1_000, 2_000,
    ]);
  });

  it('knows only how long the first caller has waited, when it has not looked for a while', () => {
    const facts = watched([1_000, 9_000], (pool) => {
      saturate(pool, 3_500, 12_000);
    });
    const { saturatedFor, oldestWait } = facts.get(9_000)!;
    expect(oldestWait).toBeGreaterThan(0);
    expect(saturatedFor).toBe(oldestWait);
  });

  it('compares with 30 to 45 s before', () => {
    const looks = Array.from({ length: 40 }, (_, i) => 5_000 * (i + 1));
    const facts = watched(looks, () => undefined);
    const windows = looks.map((time) => facts.get(time)!.stats.at - facts.get(time)!.since!.at);
    expect(windows.slice(0, 6)).toEqual([5_000, 10_000, 15_000, 20_000, 25_000, 30_000]);
    expect(Math.min(...windows.slice(8))).toBeGreaterThanOrEqual(30_000);
    expect(Math.max(...windows)).toBeLessThanOrEqual(45_000);
  });

  it('counts the connections that were closed in that time alone', () => {
    const facts = watched([10_000, 20_000, 80_000, 120_000], (pool) => {
      pool.use(() => timer(1)).subscribe();
      asyncScheduler.schedule(() => {
        pool.refresh();
      }, 5_000);
    });
    expect([...facts.values()].map(({ evicted }) => evicted!.refresh)).toEqual([1, 1, 0, 0]);
  });
});
