import type { Observable } from 'rxjs';
import { poolIssues } from '../diagnosis/pool-watch';
import type { ConnectionPool } from '../pool/connection-pool';
import { InvalidConfigError } from '../pool/errors';
import { boolean, count } from '../pool/option-checks';
import { describeValue } from '../pool/values/describe';
import { optionIssues } from '../pool/values/option-issues';
import type { OptionCheck } from '../pool/values/option-issues';
import { readOptions } from '../pool/values/read-options';
import type { StressReport } from '../stress/report';
import { hostNameOf, loopbackHosts } from './serve/guard';
import type { Auth } from './serve/guard';

/** How a dashboard is served. Times in milliseconds. */
export interface DashboardOptions {
  /** Between two snapshots, shared by all clients. Default 1 000, at least 100. */
  period?: number | undefined;
  /** How much of the past is kept in memory: a page shows it as soon as it opens. Default 600 000 (ten minutes). */
  history?: number | undefined;
  /** The maximum number of clients that watch at a time; further ones get 503. Default 100. */
  maxClients?: number | undefined;
  /**
   * Host names, without a port, that requests may be for, beside those of this machine (`localhost`, `127.0.0.1`, `[::1]`). A request for
   * another name is refused: a page of elsewhere could make its own name lead here.
   */
  hosts?: readonly string[] | undefined;
  /**
   * Decides which requests are answered. Default: those of this machine alone. A function gets each request and returns whether it may (or a
   * promise of that); where it says no the answer is 401, at which browsers ask for a name and a password. `false`: something in front of the
   * dashboard decides.
   */
  auth?: false | Auth | undefined;
  /** Stands on the page. Default: the names of the pools. */
  title?: string | undefined;
  /** Whether the page may ask what another `max` would do: a simulation, in a thread of its own. Default `true`. */
  whatIf?: boolean | undefined;
  /** A running stress test of the first pool: its thresholds are shown with it. */
  stress?: Observable<StressReport> | undefined;
}

export interface ResolvedDashboardOptions {
  readonly period: number;
  readonly keep: number;
  readonly maxClients: number;
  readonly hosts: readonly string[];
  readonly auth: false | Auth | undefined;
  readonly title: string | undefined;
  readonly whatIf: boolean;
  readonly run$: Observable<StressReport> | undefined;
}

const mostFrames = 86_400;

const checks: Readonly<Record<keyof DashboardOptions, OptionCheck>> = {
  period: (value, name) => notMs(name, value, 100, 60_000),
  history: (value, name) => notMs(name, value, 1_000, 24 * 3_600_000),
  maxClients: count,
  hosts: (value, name) =>
    Array.isArray(value) && value.every((host) => typeof host === 'string' && /^[^\s/:]+$|^\[[\da-f:]+\]$/i.test(host))
      ? null
      : `${name} must be host names without a port, such as ['pools.example.com'], but got ${describeValue(value)}`,
  auth: (value, name) =>
    value === false || typeof value === 'function'
      ? null
      : `${name} must be a function that decides which requests are answered, or false where something else does, but got ${describeValue(value)}`,
  title: (value, name) =>
    typeof value === 'string' ? null : `${name} must be a text, but got ${describeValue(value)}`,
  whatIf: boolean,
  stress: (value, name) =>
    typeof (value as { subscribe?: unknown } | null)?.subscribe === 'function'
      ? null
      : `${name} must be the Observable of a stress test, but got ${describeValue(value)}`,
};

const notMs = (name: string, value: unknown, least: number, most: number): string | null =>
  typeof value === 'number' && value >= least && value <= most
    ? null
    : `${name} must be milliseconds, from ${least} to ${most}, but got ${describeValue(value)}`;

/** The pools and the options of a dashboard; throws an `InvalidConfigError` that names everything that is wrong. */
export function resolveDashboard(pools: unknown, given: unknown) {
  const list: readonly unknown[] = Array.isArray(pools) ? pools : [pools];
  const issues: string[] = [];
  if (list.length === 0) issues.push('there must be at least one pool');
  for (const [index, pool] of list.entries()) {
    issues.push(...poolIssues(pool, Array.isArray(pools) ? `pools[${index}]` : undefined));
  }
  const options = resolveServing(given, issues);
  return { pools: list as readonly ConnectionPool<unknown>[], options };
}

/** The options alone; `issues` are those that there are already. */
export function resolveServing(given: unknown = {}, issues: string[] = []): ResolvedDashboardOptions {
  let options: DashboardOptions = {};
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    issues.push(`options must be an object, but got ${describeValue(given)}`);
  } else {
    options = readOptions(given, Object.keys(checks));
    issues.push(...optionIssues(options, checks));
  }
  const { period = 1_000, history = 600_000 } = options;
  if (issues.length === 0 && history / period > mostFrames) {
    issues.push(`history must be at most ${mostFrames} times period (${period} ms), but got ${history}`);
  }
  if (issues.length > 0) throw new InvalidConfigError('dashboard', 'This dashboard cannot be shown', issues);
  return {
    period,
    keep: Math.max(2, Math.ceil(history / period)),
    maxClients: options.maxClients ?? 100,
    hosts: [...loopbackHosts, ...(options.hosts ?? []).map(hostNameOf)],
    auth: options.auth,
    title: options.title,
    whatIf: options.whatIf ?? true,
    run$: options.stress,
  };
}
