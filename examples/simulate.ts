/**
 * How many connections does it take? First a guess, put to the test over an hour of virtual time with an outage in it; then the smallest
 * number that is enough.
 *
 *     node --import tsx examples/simulate.ts
 */
import { lastValueFrom } from 'rxjs';
import { planCapacity, simulate } from '../src/simulation/index';
import type { Scenario } from '../src/simulation/index';

const scenario = {
  arrivals: { rate: 200 },
  work: { logNormal: { median: '20ms', p99: '120ms' } },
  connect: { takes: '15ms', fails: 0.01 },
} satisfies Partial<Scenario>;

const began = performance.now();
const hour = await lastValueFrom(
  simulate({
    ...scenario,
    pool: { max: 6, acquireTimeout: 1_000 },
    outages: [{ at: '20min', for: '5s' }],
    duration: '1h',
    warmup: '10s',
  }),
);
console.log(`An hour in ${((performance.now() - began) / 1_000).toFixed(1)} s: ${hour.operations.ended} operations.`);
console.log(`${hour.verdict}\n`);

const plan = await lastValueFrom(
  planCapacity({
    ...scenario,
    duration: '10min',
    warmup: '10s',
    target: ['wait.p99<20ms', 'errors<1%'],
  }),
);
console.log(plan.verdict);
console.table(
  plan.points.map(({ max, meets, waitP99, utilisation }) => ({
    max,
    meets,
    'wait p99 (ms)': Number(waitP99.toFixed(1)),
    'in use': `${Math.round(utilisation * 100)} %`,
  })),
);
