import { last, Observable } from 'rxjs';
import { InvalidConfigError } from '../pool/errors';
import { countIssue } from '../pool/option-checks';
import type { ThresholdResult } from '../stress/thresholds';
import type { Figure } from './confidence';
import { withMax } from './read-pool';
import { readScenario } from './read-scenario';
import type { Plan } from './read-scenario';
import { capacitySearch } from './capacity-search';
import type { Scenario, SimulatedPool } from './scenario';
import { simulate } from './simulate';
import type { SimulationReport } from './simulate';

/** A scenario without a number of connections, and the target that it has to meet. */
export interface CapacityQuestion extends Omit<Scenario, 'pool'> {
  /** Every option but `max`. A given `max` is tried as well, for comparison. */
  readonly pool?: (Omit<SimulatedPool, 'max'> & { readonly max?: number | undefined }) | undefined;
  /** The threshold to meet, such as `'wait.p99<20ms'`, or several. */
  readonly target: string | readonly string[];
  /** The range of `max` that is searched. Default 1, and 1 000 or four times what the load needs at least. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** The result of the scenario with one value of `max`. Times in ms, shares from 0 to 1. */
export interface CapacityPoint {
  /** The simulated value of `max`. */
  readonly max: number;
  /** Whether every threshold of the target held; each of them. */
  readonly meets: boolean;
  readonly targets: readonly ThresholdResult[];
  /** How long operations waited for a connection, and how long they took in total. */
  readonly waitMean: number;
  readonly waitP50: number;
  readonly waitP99: number;
  readonly totalP99: number;
  /** The share of operations that had to wait; the share that got no connection. */
  readonly waited: Figure;
  readonly unserved: Figure;
  /** The mean share of leases that were active. */
  readonly utilisation: number;
  /** Successful operations per second. */
  readonly throughput: number;
  /** The longest queue. */
  readonly queueLength: number;
}

/** How many connections the scenario needs. Plain data for `JSON.stringify`. */
export interface CapacityPlan {
  /** The version of the schema; increases when a field changes its meaning. */
  readonly version: 1;
  /** The thresholds, as they were given. */
  readonly targets: readonly string[];
  /** The smallest `max` with which every threshold held; null if there is none up to `to`, or until it is found. */
  readonly max: number | null;
  /** Whether the search is over. */
  readonly done: boolean;
  /** The result in a sentence. */
  readonly verdict: string;
  /** The curve: every simulated `max`, the smallest first. */
  readonly points: readonly CapacityPoint[];
  /** The seed of the scenario. */
  readonly seed: number;
}

/**
 * Finds the smallest `max` that meets a target, by simulating the scenario with one `max` after the other: from what the load needs at least, in
 * doubling strides to where the target is met, and then by bisection. It assumes that more connections are no worse. Every simulation has the
 * same arrivals and the same work, so that the points differ by `max` alone. Cold. Emits the plan so far after each simulation; the last value
 * is the whole plan.
 *
 * ```ts
 * const plan = await lastValueFrom(
 *   planCapacity({
 *     arrivals: { rate: 1_000 },
 *     work: { exponential: '8ms' },
 *     duration: '10min',
 *     warmup: '10s',
 *     target: 'wait.p99<20ms',
 *   }),
 * );
 * console.log(plan.max, plan.verdict);
 * console.table(plan.points, ['max', 'waitP99', 'utilisation']);
 * ```
 *
 * Throws an `InvalidConfigError` that names every problem with the path of the value.
 */
export function planCapacity(question: CapacityQuestion): Observable<CapacityPlan> {
  const { plan, scenario, targets, from, to, today } = check(question);
  return new Observable((out) => {
    const points: CapacityPoint[] = [];
    const search = capacitySearch(firstGuess(plan), from, to, today);
    const emit = (max: number | null, done: boolean): void => {
      const sorted = [...points].sort((a, b) => a.max - b.max);
      const verdict = done ? verdictOf(sorted, max, to) : `${sorted.length} simulations so far`;
      out.next({ version: 1, targets, max, done, verdict, points: sorted, seed: plan.seed });
    };
    const tryNext = (meets?: boolean): void => {
      const { done, value } = search.next(meets ?? false);
      if (done === true) {
        emit(value, true);
        out.complete();
        return;
      }
      const report$ = simulate(withMax({ ...scenario, thresholds: targets }, value)).pipe(last());
      out.add(
        report$.subscribe({
          next: (report) => {
            const point = pointOf(value, report);
            points.push(point);
            emit(null, false);
            tryNext(point.meets);
          },
          error: (error: unknown) => out.error(error),
        }),
      );
    };
    tryNext();
  });
}

interface CheckedQuestion {
  readonly plan: Plan;
  readonly scenario: Scenario;
  readonly targets: readonly string[];
  readonly from: number;
  readonly to: number;
  readonly today: number | undefined;
}

function check(question: CapacityQuestion): CheckedQuestion {
  const { target, from = 1, to, thresholds, pool, ...rest } = question ?? {};
  const issues: string[] = [];
  const targets = typeof target === 'string' ? [target] : Array.isArray(target) ? (target as string[]) : [];
  if (targets.length === 0) issues.push(`target must be a threshold, such as 'wait.p99<20ms', or an array of them`);
  if (thresholds !== undefined) issues.push('thresholds is not a field of a plan: use target');
  for (const [name, value] of Object.entries({ from, to })) {
    const issue = value === undefined ? null : countIssue(name, value);
    if (issue !== null) issues.push(issue);
  }
  if (to !== undefined && to < from) issues.push(`to must be at least from (${from}), but got ${to}`);
  const today = pool?.max;
  const tried = today ?? (countIssue('from', from) === null ? from : 1);
  const scenario: Scenario = { ...rest, pool: { ...(pool ?? {}), max: tried } };
  let plan: Plan | undefined;
  try {
    plan = readScenario({ ...withMax(scenario, tried), thresholds: targets });
  } catch (error) {
    if (!(error instanceof InvalidConfigError)) throw error;
    issues.push(...error.issues.map((issue) => issue.replace(/^thresholds\[(\d+)\]/, 'target[$1]')));
  }
  if (issues.length > 0 || plan === undefined) {
    throw new InvalidConfigError('simulation', 'This capacity cannot be planned', issues);
  }
  return { plan, scenario, targets, from, to: to ?? Math.max(1_000, from, 4 * firstGuess(plan)), today };
}

/** The number of connections that the work keeps busy: with fewer the queue grows without bound. Half of the workers, in the closed model. */
function firstGuess({ offered, workers, target, pool }: Plan): number {
  const { capacity = 1 } = pool;
  const leases = workers === null ? ((offered ?? 0) * target.work.takes.mean) / 1_000 : workers / 2;
  return Math.max(1, Math.ceil(leases / capacity));
}

function pointOf(max: number, report: SimulationReport): CapacityPoint {
  const { thresholds, abortReason, wait, total, waited, unserved, utilisation, throughput, peaks } = report;
  return {
    max,
    meets: abortReason === null && thresholds.every(({ passed }) => passed),
    targets: thresholds,
    waitMean: wait.mean,
    waitP50: wait.p50,
    waitP99: wait.p99,
    totalP99: total.p99,
    waited,
    unserved,
    utilisation,
    throughput,
    queueLength: peaks.queueLength,
  };
}

function verdictOf(points: readonly CapacityPoint[], max: number | null, to: number): string {
  const textOf = ({ targets }: CapacityPoint): string => targets.map((each) => each.summary).join(', ');
  const busy = ({ utilisation }: CapacityPoint): string => `${Math.round(utilisation * 100)} % of its leases lent`;
  const goal = points[0]?.targets.map(({ threshold }) => threshold).join(' and ') ?? '';
  if (max === null) return `${goal} does not hold with max ${to} either: ${textOf(points.at(-1)!)}.`;
  const best = points.find((point) => point.max === max)!;
  const below = points.find((point) => point.max === max - 1);
  const less = below === undefined ? '' : `; with ${max - 1} it does not: ${textOf(below)}`;
  return `max ${max} is enough for ${goal}: ${textOf(best)}, ${busy(best)}${less}.`;
}
