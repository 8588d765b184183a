import { lastValueFrom } from 'rxjs';
import { simulate } from '../../src/simulation/index';
import type { Figure } from '../../src/simulation/index';
import { erlangB, erlangC } from '../../src/stress/erlang';

/** How long the work takes on average, in ms. */
const mean = 100;

/** A figure of the simulation beside what the formula says. */
export interface Held {
  readonly theory: number;
  readonly simulated: Figure;
}

const common = (servers: number, load: number, operations: number) => ({
  // Different seeds: with the same callers in all scenarios all errors would have the same sign.
  seed: Math.round(servers * 1_000 + load * 10),
  arrivals: { rate: (load * 1_000) / mean },
  work: { exponential: mean },
  connect: 1,
  // The first twentieth is a warm-up.
  duration: ((operations * mean) / load) * 1.05,
  warmup: ((operations * mean) / load) * 0.05,
  // All connections are open from the beginning and stay: the formulas know nothing of connects.
  pool: { max: servers, min: 'max' as const, idleTimeout: Infinity, maxLifetime: Infinity },
});

/** An endless queue: the share of callers that have to wait, and the wait (ms). */
export async function againstErlangC(
  servers: number,
  load: number,
  operations: number,
): Promise<{ waited: Held; meanWait: Held }> {
  const { pool, ...rest } = common(servers, load, operations);
  const patient = { ...pool, acquireTimeout: Infinity, maxPending: Infinity };
  const report = await lastValueFrom(simulate({ ...rest, pool: patient, grace: '1h' }));
  const probability = erlangC(servers, load);
  return {
    waited: { theory: probability, simulated: report.waited },
    meanWait: { theory: (probability * mean) / (servers - load), simulated: report.meanWait },
  };
}

/** No queue: the share of callers that are rejected. */
export async function againstErlangB(servers: number, load: number, operations: number): Promise<Held> {
  const { pool, ...rest } = common(servers, load, operations);
  const report = await lastValueFrom(simulate({ ...rest, pool: { ...pool, maxPending: 0 } }));
  return { theory: erlangB(servers, load), simulated: report.unserved };
}

/** How far from theory it came out, in units of the 95 % confidence interval: 1 and less is within. */
export const distance = ({ theory, simulated: { value, margin } }: Held): number =>
  margin === null || margin === 0 ? Infinity : Math.abs(value - theory) / margin;
