import { EMPTY, NEVER } from 'rxjs';
import { InvalidConfigError, isPoolError } from '../pool/errors';
import { resolveOptions, shown } from '../pool/options';
import type { PoolOptions } from '../pool/options';
import { schedulerClock } from '../pool/scheduler-clock';
import { evenArrivals, poissonArrivals, traceArrivals } from '../stress/arrivals';
import type { Arrivals } from '../stress/arrivals';
import type { Load } from '../stress/load';
import type { LoadDescription } from '../stress/report';
import { readThreshold } from '../stress/thresholds';
import type { Threshold } from '../stress/thresholds';
import { burstArrivals } from './burst-arrivals';
import type { Die } from './dice';
import { fixedTimes, histogramTimes } from './distribution';
import type { Times } from './distribution';
import { looksLikeTimes, readTimes } from './read-distribution';
import { readRecording, readTimings, readTrace } from './read-recorded';
import type { Recorded } from './read-recorded';
import { isRecord, Reader } from './reader';
import type { Part } from './reader';
import type { Scenario, SimulatedPool } from './scenario';
import type { Fault, Span, TargetPlan } from './target';
import type { VirtualScheduler } from './virtual-scheduler';

/** A scenario with everything decided. */
export interface Plan {
  readonly seed: number;
  /** What the pool is made of, but for what the target does. */
  readonly pool: Omit<PoolOptions<never>, 'connect'>;
  readonly checks: Readonly<Partial<Record<'close' | 'validate' | 'reset', Times>>>;
  readonly target: TargetPlan;
  /** Operations that come a second, as far as that is known; or how many workers there are. */
  readonly offered: number | null;
  readonly workers: number | null;
  load(scheduler: VirtualScheduler, die: (name: string) => Die): Omit<Load<unknown>, 'work'>;
}

/** How long a connect takes where nobody says so, in ms. */
const usualConnect = 10;
/** Reports in a run of known length; enough for a confidence interval. */
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

/** What a scenario may not say of its pool, and what says it instead. */
const saidElsewhere: Readonly<Record<string, string>> = {
  connect: 'connect',
  lost: 'connect.lives',
  isFatal: 'work.fatal',
  scheduler: 'nothing: time is virtual',
  random: 'seed',
};

/** The scenario as a plan; throws an `InvalidConfigError` that names everything that is wrong, each with its path. */
export function readScenario(scenario: Scenario): Plan {
  const reader = new Reader();
  const plan = read(reader, scenario);
  if (plan === undefined || reader.issues.length > 0) {
    throw new InvalidConfigError('simulation', 'This scenario cannot be simulated', reader.issues);
  }
  return plan;
}

function read(reader: Reader, scenario: Scenario): Plan | undefined {
  const whole = { value: scenario, path: '' };
  if (!isRecord(scenario)) {
    reader.issues.push(
      `the scenario must be an object with at least pool, arrivals and work, but got ${shown(scenario)}`,
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
    load: (scheduler, die) => ({
      clock: schedulerClock(scheduler),
      arrivals: arrivals.begin(die('arrivals')),
      workers: arrivals.description.workers ?? Infinity,
      operations,
      duration,
      warmup,
      until$: NEVER,
      grace,
      interval,
      thresholds,
      label: 'simulation',
      acquireTimeout: undefined,
      watch,
      description,
    }),
  };
}

// ---------------------------------------------------------------- the pool

function readPool(reader: Reader, part: Part): Pick<Plan, 'pool' | 'checks'> | undefined {
  if (!isRecord(part.value)) return reader.wrong(part, 'an object with at least max');
  const checks: Partial<Record<'close' | 'validate' | 'reset', Times>> = {};
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(part.value)) {
    const path = `pool.${name}`;
    const instead = Object.hasOwn(saidElsewhere, name) ? saidElsewhere[name] : undefined;
    if (instead !== undefined) {
      reader.issues.push(`${path} is not for the pool to say in a simulation; it is said by ${instead}`);
    } else if (name === 'close' || name === 'validate' || name === 'reset') {
      const times = value === undefined ? undefined : readTimes(reader, { value, path });
      if (times !== undefined) checks[name] = times;
    } else if (name === 'onCancel') {
      const how = reader.oneOf({ value, path }, ['release', 'discard'], 'release');
      if (how !== undefined) given[name] = how;
    } else {
      // JSON has no word for it.
      given[name] = value === 'Infinity' ? Infinity : value;
    }
  }
  const { min, ...rest } = given;
  const pool = (min === 'max' ? { ...rest, min: rest['max'] } : given) as unknown as Plan['pool'];
  try {
    resolveOptions({ ...(pool as object), connect: () => EMPTY, max: pool.max });
  } catch (error) {
    if (!isPoolError(error, 'INVALID_CONFIG')) throw error;
    reader.issues.push(...error.issues.map((issue) => `pool.${issue}`));
    return undefined;
  }
  return { pool, checks };
}

// ---------------------------------------------------------------- when operations come

interface ReadArrivals {
  readonly begin: (die: Die) => Arrivals | null;
  readonly trace?: readonly number[];
  readonly offered: number | null;
  readonly description: Pick<LoadDescription, 'model' | 'workers' | 'rate' | 'arrivals'>;
}

const patterns = ['poisson', 'even'] as const;
const mostPerSecond = 1e7;

function readArrivals(reader: Reader, part: Part, recorded: Recorded): ReadArrivals | undefined {
  if (part.value === undefined) {
    if (recorded.arrivals !== undefined) return traced(recorded.arrivals);
    reader.issues.push('arrivals is missing: when operations come, such as { "rate": 100 }; or give a recording');
    return undefined;
  }
  const wanted = 'an object with one of rate, bursts, trace, workers';
  const fields = reader.record(part, ['rate', 'pattern', 'bursts', 'trace', 'workers'], wanted);
  if (fields === undefined) return undefined;
  const { rate, pattern, bursts, trace, workers } = fields;
  const given = [rate, bursts, trace, workers].filter(({ value }) => value !== undefined);
  if (given.length !== 1) {
    const names = given.map(({ path }) => path).join(' and ');
    reader.issues.push(`${part.path} must be ${wanted}, but got ${names === '' ? 'none of them' : names}`);
    return undefined;
  }
  if (pattern.value !== undefined && rate.value === undefined) {
    reader.issues.push(`${pattern.path} goes with ${rate.path} only; a burst has a pattern of its own`);
  }
  if (rate.value !== undefined) return readRate(reader, rate, pattern);
  if (bursts.value !== undefined) return readBursts(reader, bursts);
  if (workers.value !== undefined) {
    const count = reader.count(workers);
    if (count === undefined) return undefined;
    const description = { model: 'closed', workers: count, rate: null, arrivals: null } as const;
    return { begin: () => null, offered: null, description };
  }
  const times = readTrace(reader, trace);
  return times === undefined ? undefined : traced(times);
}

function readRate(reader: Reader, part: Part, pattern: Part): ReadArrivals | undefined {
  const how = reader.oneOf(pattern, patterns, 'poisson');
  const rate = part.value;
  if (typeof rate !== 'number' || !(rate > 0 && rate <= mostPerSecond)) {
    return reader.wrong(part, `operations a second, more than 0 and at most ${mostPerSecond}`);
  }
  if (how === undefined) return undefined;
  return {
    begin: (die) => (how === 'even' ? evenArrivals(rate) : poissonArrivals(rate, die)),
    offered: rate,
    description: { model: 'open', workers: null, rate, arrivals: how },
  };
}

function readBursts(reader: Reader, part: Part): ReadArrivals | undefined {
  const fields = reader.record(part, ['size', 'every', 'pattern'], 'an object with size and every');
  if (fields === undefined) return undefined;
  const size = reader.count(fields.size);
  const every = reader.time(fields.every, { least: 0.001 });
  const how = reader.oneOf(fields.pattern, patterns, 'poisson');
  if (size === undefined || every === undefined || how === undefined) return undefined;
  const rate = (size * 1_000) / every;
  return {
    begin: (die) => burstArrivals(size, every, how === 'even' ? null : die),
    offered: rate,
    description: { model: 'open', workers: null, rate, arrivals: 'bursts' },
  };
}

function traced(trace: readonly number[]): ReadArrivals {
  const span = trace.at(-1) ?? 0;
  return {
    begin: () => traceArrivals(trace),
    trace,
    offered: span > 0 ? (trace.length * 1_000) / span : null,
    description: { model: 'open', workers: null, rate: null, arrivals: 'trace' },
  };
}

/** The last one is part of it. */
const endOf = (trace: readonly number[], { arrivals, duration = 0 }: Recorded): number =>
  Math.max((trace.at(-1) ?? 0) + 1, trace === arrivals ? duration : 0);

// ---------------------------------------------------------------- the target

function readTarget(
  reader: Reader,
  fields: Record<'work' | 'connect' | 'outages' | 'restarts', Part>,
  recorded: Recorded,
): TargetPlan | undefined {
  const work = readWork(reader, fields.work, recorded);
  const connect = readConnect(reader, fields.connect, recorded);
  const silences: Span[] = [];
  const faults: Fault[] = [];
  reader.list(fields.outages, (part) => {
    readOutage(reader, part, faults, silences);
  });
  reader.list(fields.restarts, (part) => {
    readRestart(reader, part, faults);
  });
  if (work === undefined || connect === undefined) return undefined;
  return { work, connect, faults, silences: joined(silences) };
}

function readWork(reader: Reader, part: Part, { use }: Recorded): TargetPlan['work'] | undefined {
  if (part.value === undefined) {
    if (use !== undefined && use.count > 0) return { takes: histogramTimes(use), fails: 0, fatal: false };
    reader.issues.push(
      'work is missing: how long it takes, such as { "exponential": "5ms" }; or give timings or a recording',
    );
    return undefined;
  }
  if (looksLikeTimes(part.value)) {
    const takes = readTimes(reader, part);
    return takes === undefined ? undefined : { takes, fails: 0, fatal: false };
  }
  const fields = reader.record(part, ['takes', 'fails', 'fatal'], '')!;
  const takes = readTimes(reader, fields.takes);
  const fails = reader.share(fields.fails, 0);
  const fatal = reader.truth(fields.fatal, false);
  return takes === undefined || fails === undefined || fatal === undefined ? undefined : { takes, fails, fatal };
}

function readConnect(reader: Reader, part: Part, { open }: Recorded): TargetPlan['connect'] | undefined {
  if (part.value === undefined) {
    const takes = open !== undefined && open.count > 0 ? histogramTimes(open) : fixedTimes(usualConnect);
    return { takes, fails: 0, lives: null };
  }
  if (looksLikeTimes(part.value)) {
    const takes = readTimes(reader, part);
    return takes === undefined ? undefined : { takes, fails: 0, lives: null };
  }
  const fields = reader.record(part, ['takes', 'fails', 'lives'], '')!;
  const takes = readTimes(reader, fields.takes);
  const fails = reader.share(fields.fails, 0);
  const lives = fields.lives.value === undefined ? null : readTimes(reader, fields.lives);
  return takes === undefined || fails === undefined || lives === undefined ? undefined : { takes, fails, lives };
}

function readOutage(reader: Reader, part: Part, faults: Fault[], silences: Span[]): void {
  const fields = reader.record(part, ['at', 'for', 'mode'], 'an object with at and for');
  if (fields === undefined) return;
  const at = reader.time(fields.at);
  const down = reader.time(fields.for);
  const mode = reader.oneOf(fields.mode, ['refuse', 'silent'], 'refuse');
  if (at === undefined || down === undefined || mode === undefined) return;
  if (mode === 'silent') silences.push({ from: at, to: at + down });
  else faults.push({ at, down, share: 1, every: Infinity, what: 'the target is down' });
}

function readRestart(reader: Reader, part: Part, faults: Fault[]): void {
  const fields = reader.record(part, ['at', 'down', 'share', 'every'], 'an object with at least at');
  if (fields === undefined) return;
  const at = reader.time(fields.at);
  const down = reader.time(fields.down, { fallback: 0 });
  const share = reader.share(fields.share, 1);
  const every = fields.every.value === undefined ? Infinity : reader.time(fields.every, { least: 1 });
  if (at === undefined || down === undefined || share === undefined || every === undefined) return;
  if (down >= every) {
    reader.wrong(fields.down, `less than ${fields.every.path} (${every} ms), or it would never be up`);
    return;
  }
  faults.push({ at, down, share, every, what: 'the target is restarted' });
}

/** In order, and without overlaps. */
function joined(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last === undefined || span.from > last.to) result.push(span);
    else result.push({ from: result.pop()!.from, to: Math.max(last.to, span.to) });
  }
  return result;
}

// ---------------------------------------------------------------- the rest

function readSeed(reader: Reader, part: Part): number | undefined {
  return Number.isSafeInteger(part.value) ? (part.value as number) : reader.wrong(part, 'a whole number');
}

function readOneThreshold(reader: Reader, { value, path }: Part): Threshold | undefined {
  const threshold = readThreshold(value, path);
  if (typeof threshold !== 'string') return threshold;
  reader.issues.push(threshold);
  return undefined;
}

const intervalFor = (measured: number): number =>
  measured > 0 && measured < Infinity ? Math.max(1, measured / reports) : 1_000;

/** The same scenario with so many connections. */
export function withMax(scenario: Scenario, max: number): Scenario {
  const { min, ...pool } = scenario.pool;
  const kept: Pick<SimulatedPool, 'min'> =
    min === undefined ? {} : { min: typeof min === 'number' ? Math.min(min, max) : min };
  return { ...scenario, pool: { ...pool, ...kept, max } };
}
