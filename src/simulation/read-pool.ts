import { EMPTY } from 'rxjs';
import { isPoolError } from '../pool/errors';
import { resolveOptions } from '../pool/resolve-options';
import type { PoolOptions } from '../pool/options';
import type { Times } from './distribution';
import { readTimes } from './read-distribution';
import { isRecord } from './reader';
import type { ScenarioPart, ScenarioReader } from './reader';
import type { Scenario, SimulatedPool } from './scenario';

/** The resolved options of the pool, without the behaviour of the target. */
export interface PoolPlan {
  readonly pool: Omit<PoolOptions<never>, 'connect'>;
  /** How long the pool's other calls to the target take. */
  readonly durations: Readonly<Partial<Record<'close' | 'validate' | 'reset', Times>>>;
}

/** Options that the pool of a scenario may not have, and what to use instead. */
const replacements: Readonly<Record<string, string>> = {
  connect: 'use connect',
  lost: 'use connect.lives',
  isFatal: 'use work.fatal',
  scheduler: 'time is virtual',
  random: 'use seed',
};

export function readPool(reader: ScenarioReader, part: ScenarioPart): PoolPlan | undefined {
  if (!isRecord(part.value)) return reader.invalid(part, 'an object with at least max');
  const durations: Partial<Record<'close' | 'validate' | 'reset', Times>> = {};
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(part.value)) {
    const path = `pool.${name}`;
    const instead = Object.hasOwn(replacements, name) ? replacements[name] : undefined;
    if (instead !== undefined) {
      reader.issues.push(`${path} is not an option of a simulated pool: ${instead}`);
    } else if (name === 'close' || name === 'validate' || name === 'reset') {
      const times = value === undefined ? undefined : readTimes(reader, { value, path });
      if (times !== undefined) durations[name] = times;
    } else if (name === 'onCancel') {
      const how = reader.oneOf({ value, path }, ['release', 'discard'], 'release');
      if (how !== undefined) given[name] = how;
    } else {
      // JSON has no Infinity.
      given[name] = value === 'Infinity' ? Infinity : value;
    }
  }
  const { min, ...rest } = given;
  const pool = (min === 'max' ? { ...rest, min: rest['max'] } : given) as unknown as PoolPlan['pool'];
  try {
    resolveOptions({ ...(pool as object), connect: () => EMPTY, max: pool.max });
  } catch (error) {
    if (!isPoolError(error, 'INVALID_CONFIG')) throw error;
    reader.issues.push(...error.issues.map((issue) => `pool.${issue}`));
    return undefined;
  }
  return { pool, durations };
}

/** The same scenario with another `max`. */
export function withMax(scenario: Scenario, max: number): Scenario {
  const { min, ...pool } = scenario.pool;
  const kept: Pick<SimulatedPool, 'min'> =
    min === undefined ? {} : { min: typeof min === 'number' ? Math.min(min, max) : min };
  return { ...scenario, pool: { ...pool, ...kept, max } };
}
