/**
 * The cost of a stress test beside the work: microseconds per operation, of the pool alone, of a load that observes everything, and of one
 * that observes only its own operations.
 *
 *     node --import tsx bench/stress.ts
 */
import { EMPTY, lastValueFrom } from 'rxjs';
import { concat, NEVER, of } from 'rxjs';
import { createPool } from '../src/index';
import { resolveLoad } from '../src/stress/options';
import { runLoad } from '../src/stress/run-load';

const operations = 200_000;
const rounds = 5;

const pool = createPool({ max: 10, connect: () => concat(of({}), NEVER) });

const contenders: Record<string, () => Promise<void>> = {
  'pool.use': async () => {
    for (let i = 0; i < operations; i++) pool.use(() => EMPTY).subscribe();
    await Promise.resolve();
  },
  stressTest: () => load('everything'),
  'runLoad, its own operations only': () => load('operations'),
};

async function load(watch: 'everything' | 'operations'): Promise<void> {
  const plan = resolveLoad<object>('pool', { workers: 1, operations })();
  await lastValueFrom(runLoad(pool, { ...plan, watch }));
}

const times = new Map<string, number[]>();
for (let round = 0; round < rounds; round++) {
  for (const [name, run] of Object.entries(contenders)) {
    const since = performance.now();
    await run();
    times.set(name, [...(times.get(name) ?? []), ((performance.now() - since) * 1_000) / operations]);
  }
}
for (const [name, all] of times) {
  const sorted = all.sort((a, b) => a - b);
  console.log(`${name.padEnd(34)} ${sorted[Math.floor(rounds / 2)]!.toFixed(2)} µs (${sorted[0]!.toFixed(2)} at best)`);
}
await pool.destroy();
