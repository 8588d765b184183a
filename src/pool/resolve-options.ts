import { asyncScheduler } from 'rxjs';
import type { SchedulerLike } from 'rxjs';
import type { CoreOptions } from './core/pool-state';
import { InvalidConfigError } from './errors';
import { isRecord } from './option-checks';
import { acquireNames, acquireRules, contradictions, nested, rules } from './option-rules';
import type { AcquireOptions, PoolOptions } from './options';
import type { ContextCarrier } from './rx/async-context';
import type { LifecycleOptions } from './rx/connection-lifecycle';
import type { RunSettings } from './rx/internals';
import type { ResolvedAcquireOptions } from './state/claim-and-slot';
import { describeValue } from './values/describe';
import { optionIssues } from './values/option-issues';
import { readOptions } from './values/read-options';

/** The options with every default filled in. */
export interface ResolvedOptions<C> extends CoreOptions, LifecycleOptions<C>, RunSettings<C> {
  readonly acquireTimeout: number;
  readonly context: false | ContextCarrier | undefined;
  readonly scheduler: SchedulerLike;
  readonly random: () => number;
}

/** Fills in the defaults, or throws an `InvalidConfigError` that lists every problem. */
export function resolveOptions<C>(from: PoolOptions<C>): ResolvedOptions<C> {
  if (!isRecord(from)) {
    throw invalid('pool', [`options must be an object with at least connect and max, but got ${describeValue(from)}`]);
  }
  const given = readOptions(from, Object.keys(rules));
  for (const [name, inner] of Object.entries(nested)) {
    const value = given[name];
    if (isRecord(value)) given[name] = readOptions(value, Object.keys(inner));
  }
  const options = given as unknown as PoolOptions<C>;
  const name = given['name'];
  const issues = optionIssues(given, rules, '', ['connect', 'max']);
  if (issues.length === 0) issues.push(...contradictions(options));
  if (issues.length > 0) throw invalid(typeof name === 'string' ? name : 'pool', issues);

  const { retryDelay = {}, breaker = {} } = options;
  const delay: { initial?: number | undefined; max?: number | undefined } =
    typeof retryDelay === 'number' ? { initial: retryDelay } : retryDelay;
  const { initial = Math.min(50, delay.max ?? 50), max = Math.max(5_000, initial) } = delay;
  const { failures = 5, probeAfter = 1_000 } = breaker === false ? { failures: Infinity } : breaker;
  const { overload = false, outlier = {} } = options;
  return {
    connect: options.connect,
    close: options.close,
    lost: options.lost,
    max: options.max,
    min: options.min ?? 0,
    name: options.name ?? 'pool',
    capacity: options.capacity ?? 1,
    acquireTimeout: options.acquireTimeout ?? 30_000,
    maxPending: options.maxPending ?? 10_000,
    connectTimeout: options.connectTimeout ?? 10_000,
    closeTimeout: options.closeTimeout ?? 5_000,
    maxOpening: options.maxOpening ?? 16,
    retryDelay: { initial, max },
    breaker: { failures, probeAfter },
    order: options.order ?? 'lifo',
    idleTimeout: options.idleTimeout ?? 60_000,
    maxLifetime: options.maxLifetime ?? 1_800_000,
    lifetimeJitter: options.lifetimeJitter ?? 0.1,
    maxUses: options.maxUses ?? Infinity,
    validate: options.validate,
    validates: options.validate !== undefined,
    validateAfter: options.validateAfter ?? 500,
    reset: options.reset,
    resets: options.reset !== undefined,
    isFatal: options.isFatal,
    outlier: outlier === false ? null : { consecutive: outlier.consecutive ?? 5 },
    onCancel: options.onCancel ?? options.connect.onCancel ?? 'release',
    cancelTimeout: options.cancelTimeout ?? 5_000,
    leakThreshold: options.leakThreshold ?? Infinity,
    overload: overload === false ? null : { target: overload.target ?? 5, interval: overload.interval ?? 100 },
    timings: options.timings ?? true,
    context: options.context,
    scheduler: options.scheduler ?? asyncScheduler,
    random: options.random ?? Math.random,
  };
}

/** Checks the options of one acquire; the pool's own `acquireTimeout` is the default. */
export function resolveAcquireOptions(
  name: string,
  acquireTimeout: number,
  options: AcquireOptions | undefined,
): ResolvedAcquireOptions {
  if (options === undefined) return { acquireTimeout, label: undefined, signal: undefined };
  const given = isRecord(options) ? readOptions(options, acquireNames) : null;
  const issues =
    given === null ? [`must be an object, but got ${describeValue(options)}`] : optionIssues(given, acquireRules);
  if (issues.length > 0) throw new InvalidConfigError(name, `Pool '${name}' got invalid acquire options`, issues);
  const { acquireTimeout: own = acquireTimeout, label, signal } = given as AcquireOptions;
  return { acquireTimeout: own, label, signal };
}

function invalid(name: string, issues: readonly string[]): InvalidConfigError {
  return new InvalidConfigError(name, `Pool '${name}' cannot be created`, issues);
}
