import { createPool } from '../../src/index';
import type { PoolStats } from '../../src/index';
import { PoolWatch } from '../../src/stress/pool-watch';
import { opensAtOnce } from '../helpers/marbles';

describe('the lease time of a watched pool', () => {
  it('is counted once, in the measured time and after it', () => {
    const { stats } = createPool({ connect: () => opensAtOnce('a'), max: 2 });
    const with2: PoolStats = { ...stats, activeLeases: 2 };
    const watch = new PoolWatch({ stats: with2 }, 0, 100);
    watch.onSnapshot(with2, 40);
    watch.accumulate(100);
    expect([watch.totalLeaseTime, watch.leaseTime, watch.time]).toEqual([200, 200, 100]);
    for (const now of [110, 120, 150]) watch.accumulate(now);
    expect([watch.totalLeaseTime, watch.leaseTime, watch.time]).toEqual([300, 200, 100]);
  });

  it('begins anew with the measurement, and ends with it', () => {
    const { stats } = createPool({ connect: () => opensAtOnce('a'), max: 2 });
    const watch = new PoolWatch({ stats: { ...stats, activeLeases: 1 } }, 0, Infinity);
    watch.beginMeasuring(10);
    watch.endMeasuring(30);
    watch.accumulate(50);
    expect([watch.totalLeaseTime, watch.leaseTime, watch.time]).toEqual([50, 20, 20]);
  });
});
