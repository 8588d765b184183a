import { asyncScheduler, EMPTY, from, NEVER } from 'rxjs';
import type { ObservableInput, SchedulerLike } from 'rxjs';
import { InvalidConfigError } from '../pool/errors';
import { count, fn, schedulerIssue, text, time, timeIssue } from '../pool/option-checks';
import { describeValue } from '../pool/values/describe';
import { checkedRandom } from '../pool/values/random';
import { optionIssues } from '../pool/values/option-issues';
import type { OptionCheck } from '../pool/values/option-issues';
import { readOptions } from '../pool/values/read-options';
import type { WorkContext, WorkResult } from '../pool/rx/work';
import { evenArrivals, poissonArrivals, traceArrivals } from './arrivals';
import type { Arrivals } from './arrivals';
import type { Load } from './load';
import { loadClock } from './load-clock';
import { readThreshold } from './thresholds';
import type { Threshold } from './thresholds';

/** A load. Times in ms. A number of operations or a duration must bound it. */
export interface StressOptions<C> {
  /**
   * The maximum number of operations in flight. Without `rate` and a trace it is required, and each worker does one operation after the other
   * as fast as it can. With them, operations arrive whether or not a worker is free, and their times count from the arrival. Default with
   * them: unbounded.
   */
  workers?: number | undefined;
  /** Operations for each worker. */
  opsPerWorker?: number | undefined;
  /** Operations in total, over all workers. */
  operations?: number | undefined;
  /** For how long operations start, in ms, warm-up included. */
  duration?: number | undefined;
  /** Arrivals per second, independent of how fast earlier operations end. */
  rate?: number | undefined;
  /**
   * The distribution of arrivals: `'poisson'` (the default), as from independent callers; `'even'`; or a trace, which is the planned starts in
   * ms since the beginning, never decreasing, and needs no `rate`.
   */
  arrivals?: 'poisson' | 'even' | Iterable<number> | undefined;
  /**
   * The work for each connection, as for `pool.use`. `index` counts the operations from 0. Default: no work, which measures the pool
   * alone.
   */
  work?: ((connection: C, index: number, context: WorkContext) => WorkResult) | undefined;
  /** Operations that start in the first `warmup` ms are not measured. Default 0. */
  warmup?: number | undefined;
  /** Ends the load early when it emits or completes: no operation starts any more, and those in flight get `grace`. */
  until?: ObservableInput<unknown> | undefined;
  /**
   * How long operations in flight may take to end, in ms, once no more start; then they are cancelled. A load without `duration` is aborted
   * when for this time all workers were busy, and no work began or ended. Default 30 000.
   */
  grace?: number | undefined;
  /**
   * Destroys the pool at the end, and checks its shutdown against its contract. Active leases get `timeout` ms, default 30 000. The shutdown is
   * not measured. Default: the pool stays open.
   */
  destroy?: { readonly timeout?: number | undefined } | undefined;
  /** Bounds that the final report must meet, such as `'wait.p99<20ms'`, `'errors<1%'`, `'throughput>500/s'`. */
  thresholds?: readonly string[] | undefined;
  /** Between two reports, in ms. A sample of the timeline has this length, or a multiple in a long run. Default 1 000. */
  interval?: number | undefined;
  /** How long an operation may wait for a connection, in ms. Default: the option of the pool. */
  acquireTimeout?: number | undefined;
  /** The label of the leases, in `pool.holders()` and in events. Default `'stress'`. */
  label?: string | undefined;
  /** The clock; should be the pool's own. Default `asyncScheduler`, which `TestScheduler.run` makes virtual. */
  scheduler?: SchedulerLike | undefined;
  /** The random source of Poisson arrivals: numbers from 0 to below 1. Default `Math.random`. */
  random?: (() => number) | undefined;
}

/** Resolves the options. Throws an `InvalidConfigError` that names every problem. Call the result once for each run. */
export function resolveLoad<C>(pool: string, given: StressOptions<C>): () => Load<C> {
  const options = (isRecord(given) ? readOptions(given, Object.keys(checks)) : given) as StressOptions<C>;
  const { thresholds, issues } = check(options);
  if (issues.length > 0) throw new InvalidConfigError(pool, `Pool '${pool}' cannot be put under this load`, issues);
  const { workers = null, opsPerWorker, rate = null, duration = null, warmup = 0, random = Math.random } = options;
  const { arrivals = 'poisson', scheduler = asyncScheduler } = options;
  const isOpen = rate !== null || typeof arrivals !== 'string';
  const perWorkers = opsPerWorker === undefined ? Infinity : opsPerWorker * workers!;
  const operations = Math.min(options.operations ?? Infinity, perWorkers);
  return () => ({
    clock: loadClock(scheduler),
    work: options.work ?? (() => EMPTY),
    arrivals: isOpen ? arrivalsOf(arrivals, rate, random) : null,
    workers: workers ?? Infinity,
    operations,
    duration: duration ?? Infinity,
    warmup,
    until$: options.until === undefined ? NEVER : from(options.until),
    grace: options.grace ?? 30_000,
    destroy: options.destroy === undefined ? null : (options.destroy.timeout ?? 30_000),
    interval: options.interval ?? 1_000,
    thresholds,
    label: options.label ?? 'stress',
    acquireTimeout: options.acquireTimeout,
    watch: 'everything',
    description: {
      model: isOpen ? 'open' : 'closed',
      workers,
      rate,
      arrivals: !isOpen ? null : typeof arrivals === 'string' ? arrivals : 'trace',
      operations: operations === Infinity ? null : operations,
      duration: duration === Infinity ? null : duration,
      warmup,
    },
  });
}

function arrivalsOf(
  arrivals: 'poisson' | 'even' | Iterable<number>,
  rate: number | null,
  random: () => number,
): Arrivals {
  if (typeof arrivals !== 'string') return traceArrivals(arrivals);
  return arrivals === 'even' ? evenArrivals(rate!) : poissonArrivals(rate!, checkedRandom(random));
}

const finiteTime: OptionCheck = (value, name) =>
  value === Infinity ? `${name} must be milliseconds, but got Infinity` : timeIssue(name, value);

const checks: Readonly<Record<keyof StressOptions<unknown>, OptionCheck>> = {
  workers: count,
  opsPerWorker: count,
  operations: count,
  duration: (value, name) => time(value, name) ?? (value === 0 ? `${name} must be more than 0 ms` : null),
  rate: (value, name) =>
    typeof value === 'number' && value > 0 && value <= 1e7
      ? null
      : `${name} must be operations per second, more than 0 and at most 10000000, but got ${describeValue(value)}`,
  arrivals: (value, name) =>
    value === 'poisson' || value === 'even' || isIterable(value)
      ? null
      : `${name} must be 'poisson', 'even', or an iterable of planned starts in ms, but got ${describeValue(value)}`,
  work: fn,
  warmup: finiteTime,
  until: (value, name) =>
    isInput(value) ? null : `${name} must be an Observable, a Promise or the like, but got ${describeValue(value)}`,
  grace: time,
  destroy: (value, name) =>
    isRecord(value) && Object.keys(readOptions(value, ['timeout'])).every((key) => key === 'timeout')
      ? value['timeout'] === undefined
        ? null
        : time(value['timeout'], `${name}.timeout`)
      : `${name} must be the options of pool.destroy, such as { timeout: 1_000 }, but got ${describeValue(value)}`,
  thresholds: (value, name) =>
    Array.isArray(value)
      ? null
      : `${name} must be an array of texts such as 'wait.p99<20ms', but got ${describeValue(value)}`,
  interval: (value, name) =>
    finiteTime(value, name) ??
    ((value as number) < 1 ? `${name} must be at least 1 ms, but got ${describeValue(value)}` : null),
  acquireTimeout: time,
  label: text,
  scheduler: (value, name) => schedulerIssue(name, value),
  random: fn,
};

function check(options: StressOptions<never>): { thresholds: readonly Threshold[]; issues: readonly string[] } {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return {
      thresholds: [],
      issues: [`options must be an object such as { workers: 50, duration: 10_000 }, but got ${describeValue(given)}`],
    };
  }
  const issues = optionIssues(given, checks);
  const thresholds: Threshold[] = [];
  if (Array.isArray(options.thresholds)) {
    for (const [index, text] of options.thresholds.entries()) {
      const threshold = readThreshold(text, `thresholds[${index}]`);
      if (typeof threshold === 'string') issues.push(threshold);
      else thresholds.push(threshold);
    }
  }
  if (issues.length === 0) issues.push(...contradictions(options));
  return { thresholds, issues };
}

/** Options that are valid alone and contradict each other. */
function contradictions(options: StressOptions<never>): string[] {
  const { workers, opsPerWorker, operations, duration = Infinity, rate, arrivals, warmup = 0 } = options;
  const issues: string[] = [];
  const isTrace = arrivals !== undefined && typeof arrivals !== 'string';
  if (workers === undefined && rate === undefined && !isTrace) {
    issues.push(
      'workers (the concurrency, each worker as fast as it can) or rate (operations per second) must be given',
    );
  }
  if (isTrace && rate !== undefined)
    issues.push('rate and a trace of arrivals exclude each other: the trace has the times');
  if (typeof arrivals === 'string' && rate === undefined) issues.push(`arrivals '${arrivals}' needs a rate`);
  if (opsPerWorker !== undefined && workers === undefined) issues.push('opsPerWorker needs workers');
  if (opsPerWorker !== undefined && operations !== undefined) {
    issues.push(`opsPerWorker (${opsPerWorker}) and operations (${operations}) exclude each other: give one of them`);
  }
  const isBounded = opsPerWorker !== undefined || operations !== undefined || duration !== Infinity || isTrace;
  if (!isBounded) issues.push('the load would never end: give opsPerWorker, operations or duration');
  if (warmup >= duration) {
    issues.push(`warmup must be less than duration (${duration} ms), or nothing would be measured, but got ${warmup}`);
  }
  return issues;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isIterable = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function';

function isInput(value: unknown): boolean {
  try {
    from(value as ObservableInput<unknown>);
    return true;
  } catch {
    return false;
  }
}
