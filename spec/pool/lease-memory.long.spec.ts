import { isWhole } from '../helpers/effort';
import { collectGarbage } from '../helpers/garbage';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { scriptedTarget } from '../helpers/scripted-target';

function retainsNoReleasedLease(): void {
  it('retains none of the leases that were released in it', async () => {
    const pool = createPool({ max: 1, connect: scriptedTarget().connect });
    const leases = 100_000;
    const lend = (): void => {
      pool.acquire().subscribe((lease) => {
        lease.release();
      });
    };
    await pool.warmUp();
    lend();
    // Memory that other code frees meanwhile, or that the compiler takes, can only increase the result.
    const costs = [1, 2, 3].map(() => {
      collectGarbage();
      const before = process.memoryUsage().heapUsed;
      for (let i = 0; i < leases; i++) lend();
      collectGarbage();
      return (process.memoryUsage().heapUsed - before) / leases;
    });
    expect(Math.min(...costs)).toBeLessThan(10);
    expect(pool.stats.released).toBe(3 * leases + 1);
    await pool.destroy();
  });
}

// To collect all garbage of this process several times takes seconds.
if (isWhole) describe('a turn of the event loop', retainsNoReleasedLease);
