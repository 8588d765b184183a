import { EMPTY } from 'rxjs';
import { isPoolError } from '../pool/errors';
import { resolveOptions } from '../pool/options';
import type { PoolOptions } from '../pool/options';
import type { Times } from './distribution';
import { readTimes } from './read-distribution';
import { isRecord } from './reader';
import type { ScenarioPart, ScenarioReader } from './reader';
import type { Scenario, SimulatedPool } from './scenario';

/** What the pool is made of, but for what the target does. */
export interface PoolPlan {
  readonly pool: Omit<PoolOptions<never>, 'connect'>;
  /** How long what is asked of the target beside work and connects takes. */
  readonly durations: Readonly<Partial<Record<'close' | 'validate' | 'reset', Times>>>;
}

/** What a scenario may not say of its pool, and what says it instead. */
const replacements: Readonly<Record<string, string>> = {
  connect: 'connect',
  lost: 'connect.lives',
  isFatal: 'work.fatal',
  scheduler: 'nothing: time is virtual',
  random: 'seed',
};

export function readPool(reader: ScenarioReader, part: ScenarioPart): PoolPlan | undefined {
  if (!isRecord(part.value)) return reader.invalid(part, 'an object with at least max');
  const durations: Partial<Record<'close' | 'validate' | 'reset', Times>> = {};
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(part.value)) {
    const path = `pool.${name}`;
    const instead = Object.hasOwn(replacements, name) ? replacements[name] : undefined;
    if (instead !== undefined) {
      reader.issues.push(`${path} is not for the pool to say in a simulation; it is said by ${instead}`);
    } else if (name === 'close' || name === 'validate' || name === 'reset') {
      const times = value === undefined ? undefined : readTimes(reader, { value, path });
      if (times !== undefined) durations[name] = times;
    } else if (name === 'onCancel') {
      const how = reader.oneOf({ value, path }, ['release', 'discard'], 'release');
      if (how !== undefined) given[name] = how;
    } else {
      // JSON has no word for it.
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

/** The same scenario with so many connections. */
export function withMax(scenario: Scenario, max: number): Scenario {
  const { min, ...pool } = scenario.pool;
  const kept: Pick<SimulatedPool, 'min'> =
    min === undefined ? {} : { min: typeof min === 'number' ? Math.min(min, max) : min };
  return { ...scenario, pool: { ...pool, ...kept, max } };
}
