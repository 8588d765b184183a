import type { AcquireOptions, PoolOptions } from './options';
import {
  boolean,
  count,
  countIssue,
  countOrInfinity,
  countOrNone,
  fn,
  oneOf,
  part,
  record,
  schedulerIssue,
  signal,
  text,
  time,
} from './option-checks';
import type { Rules } from './option-checks';
import { describeValue } from './values/describe';
import type { OptionCheck } from './values/option-issues';

/** The options that are objects themselves. */
export const nested = {
  retryDelay: { initial: time, max: time },
  breaker: { failures: countOrInfinity, probeAfter: time },
  outlier: { consecutive: count },
  overload: { target: time, interval: time },
} satisfies Record<string, Rules>;

const retryDelay: OptionCheck = (value, what) => {
  if (typeof value === 'number') return time(value, what);
  const issues = [record(nested.retryDelay, 'milliseconds or ')(value, what) ?? []].flat();
  if (issues.length > 0) return issues;
  const { initial = 0, max = Infinity } = value as { initial?: number; max?: number };
  return initial > max ? `${what}.initial must be at most ${what}.max (${max}), but got ${initial}` : null;
};

const lost: OptionCheck = (value, what) =>
  typeof value === 'function' ||
  (Array.isArray(value) && value.length > 0 && value.every((event) => typeof event === 'string' && event !== ''))
    ? null
    : `${what} must be a function, or the names of events such as ['error', 'end'], but got ${describeValue(value)}`;

/** One rule for each option. An option without a rule does not exist. */
export const rules: Rules & Record<keyof PoolOptions<unknown>, OptionCheck> = {
  connect: fn,
  close: fn,
  lost,
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
  timings: boolean,
  context: (value, what) =>
    value === false || typeof value === 'function'
      ? null
      : `${what} must be false or a function, but got ${describeValue(value)}`,
  scheduler: (value, what) => schedulerIssue(what, value),
  random: fn,
};

export const acquireRules: Rules & Record<keyof AcquireOptions, OptionCheck> = {
  label: text,
  acquireTimeout: time,
  signal,
};

export const acquireNames = Object.keys(acquireRules);

/** Options that are valid each by itself, but not together. */
export function contradictions({
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
