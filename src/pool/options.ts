import { asyncScheduler } from 'rxjs';
import type { ObservableInput, SchedulerLike } from 'rxjs';
import type { ContextCarrier } from './rx/context';
import type { Connector, OnCancel } from './connector';
import type { CoreOptions } from './core/pool-core';
import { describeValue } from './values/describe';
import { InvalidConfigError } from './errors';
import { maxTimerMs } from './time/clock';
import { readOptions } from './values/read-options';
import { unknownOption } from './values/unknown-option';

/** What a pool is made from. Times are in milliseconds; `Infinity` means none; 0 means 0. */
export interface PoolOptions<C> {
  /** Opens a connection. */
  connect: Connector<C>;
  /**
   * Closes a connection, before the connector's Observable is unsubscribed. Its place in the pool stays taken until
   * what this returns has ended, at most `closeTimeout`. Default: unsubscribing is all there is to do.
   *
   * It is also called while work still runs on the connection: cancelled work after `cancelTimeout`, and whatever runs when the connection
   * was lost or the pool is destroyed. So that the server runs no more than `max` pieces of work, it must stop what the server
   * runs, and end only when that has stopped. Ending the client is not enough: PostgreSQL goes on with the query of a client that has gone.
   *
   * ```ts
   * close: async (client) => {
   *   await admin.query('select pg_terminate_backend($1, 4000)', [client.processID]);
   *   await client.end();
   * },
   * ```
   */
  close?: ((connection: C) => ObservableInput<unknown> | void) | undefined;
  /**
   * Tells when a connection is gone: what this returns emits, completes or errors then. For Promise connectors;
   * an Observable connector says so itself, by ending.
   */
  lost?: ((connection: C) => ObservableInput<unknown>) | undefined;
  /** Connections at the most, those being opened and closed included. A positive integer; `pool.resize` changes it. */
  max: number;
  /**
   * Connections that are kept open: from the beginning, and again when one has ended. Default 0. While the target is dead and nobody
   * waits, the pauses between tries double without an end.
   */
  min?: number | undefined;
  /** The pool's name in messages, stats and metrics. Default `'pool'`. */
  name?: string | undefined;
  /** Leases that one connection may carry at once, for protocols that multiplex. Default 1: exclusive. */
  capacity?: number | undefined;
  /** How long an acquire may wait in all, in ms. Default 30 000. */
  acquireTimeout?: number | undefined;
  /**
   * How many may wait beyond those whom connections still to be opened will serve. Default 10 000; with 0 an acquire
   * fails at once when nothing is free and nothing more can be opened.
   */
  maxPending?: number | undefined;
  /** How long a connect may take, in ms. Default 10 000. */
  connectTimeout?: number | undefined;
  /**
   * How long a close may take, in ms, before the place is given to another connection all the same: what bounds the work at the server by
   * `max` must have ended by then. Default 5 000.
   */
  closeTimeout?: number | undefined;
  /** Connects under way at once, at the most; reached by slow start. Default 16. */
  maxOpening?: number | undefined;
  /**
   * The pause between failed connects, in ms: at most `initial`, doubling to `max`, with full jitter. A number is
   * the `initial` one. Default `{ initial: 50, max: 5_000 }`.
   */
  retryDelay?: number | { initial?: number | undefined; max?: number | undefined } | undefined;
  /**
   * After so many `failures` in a row those who wait fail at once, and one connect tries again every `probeAfter` ms
   * while it is wanted. `false`: never. Default `{ failures: 5, probeAfter: 1_000 }`.
   */
  breaker?: false | { failures?: number | undefined; probeAfter?: number | undefined } | undefined;
  /** Which idle connection goes first: the one used last (`'lifo'`, the default) or the one idle longest (`'fifo'`). */
  order?: 'lifo' | 'fifo' | undefined;
  /** Closes a connection that nobody has used for so long (ms), unless it is one of `min`. Default 60 000. */
  idleTimeout?: number | undefined;
  /**
   * Closes a connection that is so old (ms): at once when it is idle, otherwise when it comes back. Default 1 800 000, half an hour. One of
   * `min` that was never lent is replaced when it is wanted.
   */
  maxLifetime?: number | undefined;
  /** Shortens each lifetime by a random part of up to so much, so that not all end together. From 0 to 1, default 0.1. */
  lifetimeJitter?: number | undefined;
  /** Closes a connection after so many leases. Default `Infinity`. */
  maxUses?: number | undefined;
  /**
   * Asks a connection whether it still works, before it is lent, if nobody has used it for `validateAfter`. The first value decides:
   * unless it is true, and when it fails or takes longer than `connectTimeout`, the connection is closed and another one taken.
   */
  validate?: ((connection: C) => ObservableInput<boolean>) | undefined;
  /** How long a connection must have been unused to be validated, in ms. Default 500; 0: before every lease. */
  validateAfter?: number | undefined;
  /**
   * Makes a connection ready for its next holder when it has come back. When it fails or takes longer than `cancelTimeout`, the connection
   * is closed.
   */
  reset?: ((connection: C) => ObservableInput<unknown>) | undefined;
  /** Whether an error of `work` means that its connection is broken. Default: none does. */
  isFatal?: ((error: unknown) => boolean) | undefined;
  /**
   * Closes a connection whose last runs of work all failed: at least `consecutive` of them, and more than twice as many in a row as the work has
   * been seen to cause by itself. A connection that fails everything at once is the first to be free again, and would be lent to one caller
   * after another. If it is the only one that is open and there is a `validate`, it is validated instead. Work that always fails
   * costs a new connection for each that is open, then one each time that twice as many runs have failed, until a run succeeds.
   * Cancelled runs and raw leases do not count. `false`: off. Default `{ consecutive: 5 }`.
   */
  outlier?: false | { consecutive?: number | undefined } | undefined;
  /**
   * What becomes of a connection whose Observable work was unsubscribed. Default: what the connector says, or `'release'`. With `'release'` the
   * teardown of the work must stop what the server runs for it; a function must do that, and end only when the server has stopped.
   */
  onCancel?: OnCancel<C> | undefined;
  /**
   * Cancelled work that is a Promise still runs: its lease is held until it has settled, at most so long (ms); then the
   * connection is discarded: its place stays taken until `close` has ended, and it is for `close` to stop the work at the server. Work that
   * listens to its `signal` and stops at the server by itself settles before, and keeps its connection. Bounds an `onCancel` function and
   * a `reset` as well. Default 5 000.
   */
  cancelTimeout?: number | undefined;
  /**
   * Reports a lease that is held for longer (ms) as an event, with the stack that asked for it. Taking the stack costs some microseconds
   * for every lease. Default `Infinity`: no report.
   */
  leakThreshold?: number | undefined;
  /**
   * Sheds load when the line stands: once it has not been empty for `interval` ms, whoever has waited for `target` ms fails with a
   * `PoolExhaustedError` whose reason is `'overload'`. Default `false`: off. `{}` is `{ target: 5, interval: 100 }`.
   */
  overload?: false | { target?: number | undefined; interval?: number | undefined } | undefined;
  /** Whether to keep the histograms of `timings()`. Default `true`. */
  timings?: boolean | undefined;
  /**
   * How a caller that waits keeps its async context: what the pool calls for it later (`work`, `next`, `error`, `onCancel` …) runs in the
   * context in which it asked. Default: the stores of `AsyncLocalStorage`, and the zone where zone.js is loaded. A function carries
   * something else instead. `false`: nothing is carried, which saves a caller that waits about 0.2 µs and 130 bytes; then it is called in the
   * context of whatever released its connection.
   */
  context?: false | ContextCarrier | undefined;
  /** The clock. Default `asyncScheduler`, which `TestScheduler.run` makes virtual. */
  scheduler?: SchedulerLike | undefined;
  /** The die, from 0 to below 1, for jitter. Default `Math.random`. */
  random?: (() => number) | undefined;
}

/** What is asked for with one acquire. */
export interface AcquireOptions {
  /** Says what the lease is for, in messages, events and `holders()`. */
  label?: string | undefined;
  /** How long this one may wait, in ms, instead of the pool's `acquireTimeout`. */
  acquireTimeout?: number | undefined;
  /**
   * Leaves the line, or cancels the work, when it is aborted; the error is then the signal's reason. One that is aborted already fails at
   * once. It has no effect on a lease that `acquire` has given out.
   *
   * ```ts
   * pool.use((node) => node.call('report'), { signal: AbortSignal.timeout(2_000) });
   * ```
   */
  signal?: AbortSignal | undefined;
}

/** The options with every default filled in. */
export interface ResolvedOptions<C> extends CoreOptions {
  readonly connect: Connector<C>;
  readonly close: ((connection: C) => ObservableInput<unknown> | void) | undefined;
  readonly lost: ((connection: C) => ObservableInput<unknown>) | undefined;
  readonly acquireTimeout: number;
  readonly connectTimeout: number;
  readonly closeTimeout: number;
  readonly validate: ((connection: C) => ObservableInput<boolean>) | undefined;
  readonly reset: ((connection: C) => ObservableInput<unknown>) | undefined;
  readonly isFatal: ((error: unknown) => boolean) | undefined;
  readonly onCancel: OnCancel<C>;
  readonly cancelTimeout: number;
  readonly context: false | ContextCarrier | undefined;
  readonly scheduler: SchedulerLike;
  readonly random: () => number;
}

/** Fills in the defaults, or throws an `InvalidConfigError` that names every problem at once. */
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
  const issues = problems(given, rules, '');
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

/** How an acquire asks. */
export interface ResolvedAcquireOptions {
  readonly acquireTimeout: number;
  readonly label: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** How one acquire asks, where the pool's own `acquireTimeout` is the default. */
export function resolveAcquireOptions(
  name: string,
  acquireTimeout: number,
  options: AcquireOptions | undefined,
): ResolvedAcquireOptions {
  if (options === undefined) return { acquireTimeout, label: undefined, signal: undefined };
  const given = isRecord(options) ? readOptions(options, acquireNames) : null;
  const issues =
    given === null ? [`must be an object, but got ${describeValue(options)}`] : problems(given, acquireRules, '');
  if (issues.length > 0) throw new InvalidConfigError(name, `Pool '${name}' got impossible acquire options`, issues);
  const { acquireTimeout: own = acquireTimeout, label, signal } = given as AcquireOptions;
  return { acquireTimeout: own, label, signal };
}

/** Known by what it can do: it may be of another realm, or a polyfill. */
export function isSignal(value: unknown): value is AbortSignal {
  return typeof (value as AbortSignal | null)?.addEventListener === 'function' && 'aborted' in (value as AbortSignal);
}

/** What is wrong with a count, or null: shared by everything that takes one. */
export function countIssue(what: string, value: unknown, { least = 1, infinite = false } = {}): string | null {
  if (infinite && value === Infinity) return null;
  if (Number.isSafeInteger(value) && (value as number) >= least) return null;
  const wanted = least === 0 ? 'an integer of 0 or more' : 'a positive integer';
  return `${what} must be ${wanted}${infinite ? ' or Infinity' : ''}, but got ${describeValue(value)}`;
}

/** What is wrong with a time, or null. */
export function timeIssue(what: string, value: unknown): string | null {
  if (value === Infinity) return null;
  if (typeof value !== 'number' || !(value >= 0)) {
    return `${what} must be milliseconds, 0 or more, or Infinity for none, but got ${describeValue(value)}`;
  }
  return value <= maxTimerMs
    ? null
    : `${what} must be at most ${maxTimerMs} ms, or Infinity for none, but got ${describeValue(value)}`;
}

type Rule = (value: unknown, what: string) => string | readonly string[] | null;
type Rules = Record<string, Rule>;

const count: Rule = (value, what) => countIssue(what, value);
const countOrInfinity: Rule = (value, what) => countIssue(what, value, { infinite: true });
const countOrNone: Rule = (value, what) => countIssue(what, value, { least: 0, infinite: true });
const time: Rule = (value, what) => timeIssue(what, value);
const truth: Rule = (value, what) =>
  typeof value === 'boolean' ? null : `${what} must be true or false, but got ${describeValue(value)}`;
const part: Rule = (value, what) =>
  typeof value === 'number' && value >= 0 && value <= 1
    ? null
    : `${what} must be a number from 0 to 1, but got ${describeValue(value)}`;
const fn: Rule = (value, what) =>
  typeof value === 'function' ? null : `${what} must be a function, but got ${describeValue(value)}`;
const text: Rule = (value, what) =>
  typeof value === 'string' && value !== ''
    ? null
    : `${what} must be a string that is not empty, but got ${describeValue(value)}`;
const oneOf =
  (...words: string[]): Rule =>
  (value, what) =>
    words.includes(value as string)
      ? null
      : `${what} must be ${words.map((w) => `'${w}'`).join(' or ')}, but got ${describeValue(value)}`;
const record =
  (inner: Rules, or: string): Rule =>
  (value, what) =>
    isRecord(value)
      ? problems(value, inner, `${what}.`)
      : `${what} must be ${or}an object with ${Object.keys(inner).join(' and ')}, but got ${describeValue(value)}`;

/** Those of the options that are objects themselves. */
const nested = {
  retryDelay: { initial: time, max: time },
  breaker: { failures: countOrInfinity, probeAfter: time },
  outlier: { consecutive: count },
  overload: { target: time, interval: time },
} satisfies Record<string, Rules>;

const signal: Rule = (value, what) =>
  isSignal(value) ? null : `${what} must be an AbortSignal, but got ${describeValue(value)}`;

const retryDelay: Rule = (value, what) => {
  if (typeof value === 'number') return time(value, what);
  const issues = [record(nested.retryDelay, 'milliseconds or ')(value, what) ?? []].flat();
  if (issues.length > 0) return issues;
  const { initial, max } = value as { initial?: number; max?: number };
  const falls = initial !== undefined && max !== undefined && initial > max;
  return falls ? `${what}.initial must be at most ${what}.max (${max}), but got ${initial}` : null;
};

/** One rule an option. An option that has no rule here does not exist. */
const rules: Rules & Record<keyof PoolOptions<unknown>, Rule> = {
  connect: fn,
  close: fn,
  lost: fn,
  max: count,
  min: (value, what) => countIssue(what, value, { least: 0 }),
  name: text,
  capacity: count,
  acquireTimeout: time,
  maxPending: countOrNone,
  connectTimeout: time,
  closeTimeout: time,
  maxOpening: countOrInfinity,
  retryDelay,
  breaker: (value, what) => (value === false ? null : record(nested.breaker, 'false or ')(value, what)),
  order: oneOf('lifo', 'fifo'),
  idleTimeout: time,
  maxLifetime: time,
  lifetimeJitter: part,
  maxUses: countOrInfinity,
  validate: fn,
  validateAfter: time,
  reset: fn,
  isFatal: fn,
  outlier: (value, what) => (value === false ? null : record(nested.outlier, 'false or ')(value, what)),
  onCancel: (value, what) =>
    typeof value === 'function' || value === 'release' || value === 'discard'
      ? null
      : `${what} must be 'release', 'discard' or a function, but got ${describeValue(value)}`,
  cancelTimeout: time,
  leakThreshold: time,
  overload: (value, what) => (value === false ? null : record(nested.overload, 'false or ')(value, what)),
  timings: truth,
  context: (value, what) =>
    value === false || typeof value === 'function'
      ? null
      : `${what} must be false or a function, but got ${describeValue(value)}`,
  scheduler: (value, what) =>
    isRecord(value) && typeof value['schedule'] === 'function' && typeof value['now'] === 'function'
      ? null
      : `${what} must be an RxJS scheduler, but got ${describeValue(value)}`,
  random: fn,
};

const acquireRules: Rules & Record<keyof AcquireOptions, Rule> = { label: text, acquireTimeout: time, signal };

const acquireNames = Object.keys(acquireRules);

const required = ['connect', 'max'];

function problems(given: Record<string, unknown>, byRule: Rules, prefix: string): string[] {
  const found: string[] = [];
  const names = byRule === rules ? new Set([...required, ...Object.keys(given)]) : Object.keys(given);
  for (const name of names) {
    const value = given[name];
    const rule = Object.hasOwn(byRule, name) ? byRule[name] : undefined;
    if (rule === undefined) {
      found.push(unknownOption(name, Object.keys(byRule), prefix));
    } else if (value !== undefined || (byRule === rules && required.includes(name))) {
      const issues = rule(value, `${prefix}${name}`);
      if (issues !== null) found.push(...[issues].flat());
    }
  }
  return found;
}

/** Options that are possible each by itself, and not together. */
function contradictions({
  min = 0,
  max,
  maxLifetime,
}: Pick<PoolOptions<unknown>, 'min' | 'max' | 'maxLifetime'>): string[] {
  const found: string[] = [];
  if (min > max) found.push(`min must be at most max (${max}), but got ${min}`);
  if (min > 0 && maxLifetime === 0) {
    found.push(
      `maxLifetime must be more than 0 when min is: the pool would open its ${min} connections only to close them, but got 0`,
    );
  }
  return found;
}

function invalid(name: string, issues: readonly string[]): InvalidConfigError {
  return new InvalidConfigError(name, `Pool '${name}' cannot be created`, issues);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  try {
    return (typeof value === 'object' || typeof value === 'function') && value !== null && !Array.isArray(value);
  } catch {
    // A proxy that has been revoked.
    return false;
  }
}
