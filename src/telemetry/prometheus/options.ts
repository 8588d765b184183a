import type { ConnectionPool } from '../../pool/connection-pool';
import { InvalidConfigError } from '../../pool/errors';
import { describeValue } from '../../pool/values/describe';
import { optionIssues } from '../../pool/values/option-issues';
import type { OptionCheck } from '../../pool/values/option-issues';
import { readOptions } from '../../pool/values/read-options';
import { ownLabels } from './families';

/** How metrics are named, labelled and divided into buckets. */
export interface PoolMetricsOptions {
  /** The beginning of every name. Default `'connection_pool_'`. The Grafana dashboard of the package expects the default. */
  prefix?: string | undefined;
  /** Labels beside `pool`: the same for all pools, or those of each pool. Default: none. */
  labels?:
    | Readonly<Record<string, string>>
    | ((pool: ConnectionPool<unknown>) => Readonly<Record<string, string>>)
    | undefined;
  /**
   * The upper bounds (`le`) of the buckets of all histograms, in seconds, in ascending order. Default: 0.0005 to 30 in 15 steps. The pool's own
   * histograms are finer: other bounds are as exact as these (1.6 %).
   */
  buckets?: readonly number[] | undefined;
}

export interface ResolvedMetricsOptions {
  readonly prefix: string;
  readonly labels: (pool: ConnectionPool<unknown>) => Readonly<Record<string, string>>;
  readonly buckets: readonly number[];
}

const defaultBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const mostBuckets = 100;
const namePattern = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

const checks: Readonly<Record<keyof PoolMetricsOptions, OptionCheck>> = {
  prefix: (value) =>
    typeof value === 'string' && namePattern.test(value)
      ? []
      : [
          `prefix must be the beginning of a metric's name (letters, digits and _, no digit first), but got ${describeValue(value)}`,
        ],
  labels: (value) => (typeof value === 'function' ? [] : labelIssues(value)),
  buckets: (value) =>
    Array.isArray(value) &&
    value.length >= 1 &&
    value.length <= mostBuckets &&
    value.every(
      (bound, i) => typeof bound === 'number' && bound > 0 && bound < Infinity && (i === 0 || bound > value[i - 1]),
    )
      ? []
      : [
          `buckets must be 1 to ${mostBuckets} ascending numbers of seconds, such as [0.01, 0.1, 1], but got ${describeValue(value)}`,
        ],
};

/** The problems with the labels of a pool. */
export function labelIssues(labels: unknown): readonly string[] {
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) {
    return [`labels must be an object of texts, such as { team: 'shop' }, but got ${describeValue(labels)}`];
  }
  return Object.entries(labels).flatMap(([name, value]) => [
    ...(namePattern.test(name) && !name.startsWith('__')
      ? []
      : [
          `the label ${describeValue(name)} must have a name of letters, digits and _ that begins with neither a digit nor __`,
        ]),
    ...(ownLabels.includes(name) ? [`the label ${name} belongs to the metrics themselves: choose another name`] : []),
    ...(typeof value === 'string' ? [] : [`the label ${name} must be a text, but got ${describeValue(value)}`]),
  ]);
}

export function resolveMetricsOptions(given: unknown, issues: string[]): ResolvedMetricsOptions {
  let options: PoolMetricsOptions = {};
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    issues.push(`options must be an object, but got ${describeValue(given)}`);
  } else {
    options = readOptions(given, Object.keys(checks));
    issues.push(...optionIssues(options, checks));
  }
  const { prefix = 'connection_pool_', labels = {}, buckets = defaultBuckets } = options;
  // Copies: what was checked is what is used.
  const constant = typeof labels === 'function' ? undefined : { ...labels };
  return {
    prefix,
    labels: typeof labels === 'function' ? labels : () => constant!,
    buckets: Array.isArray(buckets) ? [...(buckets as readonly number[])] : defaultBuckets,
  };
}

export function assertNoIssues(issues: readonly string[]): void {
  if (issues.length > 0) throw new InvalidConfigError('metrics', 'These metrics cannot be made', issues);
}
