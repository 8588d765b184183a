import { NEVER } from 'rxjs';
import { InvalidConfigError } from '../pool/errors';
import { describeValue } from '../pool/values/describe';
import { schedulerClock } from '../pool/rx/scheduler-clock';
import type { Load } from '../stress/load';
import type { LoadDescription } from '../stress/report';
import { readThreshold } from '../stress/thresholds';
import type { Threshold } from '../stress/thresholds';
import type { RandomSource } from './random-sources';
import { endOf, readArrivals } from './read-arrivals';
import { readPool } from './read-pool';
import type { PoolPlan } from './read-pool';
import { readRecording, readTimings } from './read-recorded';
import type { Recorded } from './read-recorded';
import { readTarget } from './read-target';
import { isRecord, ScenarioReader } from './reader';
import type { ScenarioPart } from './reader';
import type { Scenario } from './scenario';
import type { TargetPlan } from './target';
import type { VirtualScheduler } from './virtual-scheduler';

/** A scenario with all fields resolved. */
export interface Plan extends PoolPlan {
  readonly seed: number;
  readonly target: TargetPlan;
  /** Arrivals per second, if known; the number of workers, in the closed model. */
  readonly offered: number | null;
  readonly workers: number | null;
  load(scheduler: VirtualScheduler, randomFor: (name: string) => RandomSource): Omit<Load<unknown>, 'work'>;
}

/** Number of reports in a run of known length: enough for a confidence interval. */
const reports = 120;

const fieldNames = [
  'pool',
  'arrivals',
  'work',
  'connect',
  'outages',
  'restarts',
  'duration',
  'operations',
  'warmup',
  'grace',
  'interval',
  'seed',
  'thresholds',
  'watch',
  'timings',
  'recording',
] as const satisfies readonly (keyof Scenario)[];

/** Resolves a scenario. Throws an `InvalidConfigError` that names every problem with its path. */
export function readScenario(scenario: Scenario): Plan {
  const reader = new ScenarioReader();
  const plan = read(reader, scenario);
  if (plan === undefined || reader.issues.length > 0) {
    throw new InvalidConfigError('simulation', 'This scenario cannot be simulated', reader.issues);
  }
  return plan;
}

function read(reader: ScenarioReader, scenario: Scenario): Plan | undefined {
  const whole = { value: scenario, path: '' };
  if (!isRecord(scenario)) {
    reader.issues.push(
      `the scenario must be an object with at least pool, arrivals and work, but got ${describeValue(scenario)}`,
    );
    return undefined;
  }
  const fields = reader.record(whole, fieldNames, '')!;
  const recorded: Recorded = { ...readTimings(reader, fields.timings), ...readRecording(reader, fields.recording) };

  const pool = readPool(reader, fields.pool);
  const arrivals = readArrivals(reader, fields.arrivals, recorded);
  const target = readTarget(reader, fields, recorded);
  const duration =
    fields.duration.value === undefined && arrivals?.trace !== undefined
      ? endOf(arrivals.trace, recorded)
      : fields.duration.value === undefined
        ? Infinity
        : reader.time(fields.duration, { least: 0.001 });
  const operations = fields.operations.value === undefined ? Infinity : reader.count(fields.operations);
  const warmup = reader.time(fields.warmup, { fallback: 0 });
  const grace = reader.time(fields.grace, { fallback: 30_000 });
  const seed = fields.seed.value === undefined ? 1 : readSeed(reader, fields.seed);
  const thresholds = reader.list(fields.thresholds, (part) => readOneThreshold(reader, part));
  const watch = reader.oneOf(fields.watch, ['operations', 'everything'], 'operations');
  const interval =
    fields.interval.value === undefined
      ? intervalFor((duration ?? 0) - (warmup ?? 0))
      : reader.time(fields.interval, { least: 1 });

  if (duration === Infinity && operations === Infinity) {
    reader.issues.push('the run would never end: give duration, operations, or a recording');
  }
  if (duration !== undefined && warmup !== undefined && warmup >= duration) {
    reader.issues.push(
      `warmup must be less than duration (${duration} ms), or nothing would be measured, but got ${warmup} ms`,
    );
  }
  if (
    reader.issues.length > 0 ||
    pool === undefined ||
    arrivals === undefined ||
    target === undefined ||
    duration === undefined ||
    operations === undefined ||
    warmup === undefined ||
    grace === undefined ||
    seed === undefined ||
    watch === undefined ||
    interval === undefined
  ) {
    return undefined;
  }
  const description: LoadDescription = {
    ...arrivals.description,
    operations: operations === Infinity ? null : operations,
    duration: duration === Infinity ? null : duration,
    warmup,
  };
  return {
    seed,
    ...pool,
    target,
    offered: arrivals.offered,
    workers: arrivals.description.workers,
    load: (scheduler, randomFor) => ({
      clock: schedulerClock(scheduler),
      arrivals: arrivals.begin(randomFor('arrivals')),
      workers: arrivals.description.workers ?? Infinity,
      operations,
      duration,
      warmup,
      until$: NEVER,
      grace,
      // The pool has no other users, so that its shutdown can be checked, too.
      destroy: watch === 'everything' ? 0 : null,
      interval,
      thresholds,
      label: 'simulation',
      acquireTimeout: undefined,
      watch,
      description,
    }),
  };
}

function readSeed(reader: ScenarioReader, part: ScenarioPart): number | undefined {
  return Number.isSafeInteger(part.value) ? (part.value as number) : reader.invalid(part, 'a whole number');
}

function readOneThreshold(reader: ScenarioReader, { value, path }: ScenarioPart): Threshold | undefined {
  const threshold = readThreshold(value, path);
  if (typeof threshold !== 'string') return threshold;
  reader.issues.push(threshold);
  return undefined;
}

const intervalFor = (measured: number): number =>
  measured > 0 && measured < Infinity ? Math.max(1, measured / reports) : 1_000;
