import { last, Observable } from 'rxjs';
import { InvalidConfigError } from '../pool/errors';
import { countIssue } from '../pool/options';
import type { ThresholdResult } from '../stress/thresholds';
import type { Figure } from './confidence';
import { withMax } from './read-pool';
import { readScenario } from './read-scenario';
import type { Plan } from './read-scenario';
import { capacitySearch } from './capacity-search';
import type { Scenario, SimulatedPool } from './scenario';
import { simulate } from './simulate';
import type { SimulationReport } from './simulate';

/** A scenario that leaves open how many connections there are, and what they are to achieve. */
export interface CapacityQuestion extends Omit<Scenario, 'pool'> {
  /** Every option but `max`. Where that is given, it is one of those that are tried, to see how it is today. */
  readonly pool?: (Omit<SimulatedPool, 'max'> & { readonly max?: number | undefined }) | undefined;
  /** What must hold, such as `'wait.p99<20ms'`: a threshold, or several. */
  readonly target: string | readonly string[];
  /** The fewest and the most connections that are tried. Default 1 and 1 000, or four times what the load needs at least. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** What comes of the scenario with so many connections. Times in ms, shares from 0 to 1. */
export interface CapacityPoint {
  /** The option `max` that was tried. */
  readonly max: number;
  /** Whether every target held, and each of them. */
  readonly meets: boolean;
  readonly targets: readonly ThresholdResult[];
  /** How long operations waited for a connection, and how long they took in all. */
  readonly waitMean: number;
  readonly waitP50: number;
  readonly waitP99: number;
  readonly totalP99: number;
  /** Which part of the operations had to wait; which part got no connection. */
  readonly waited: Figure;
  readonly unserved: Figure;
  /** Which part of all leases was lent, on average. */
  readonly utilisation: number;
  /** Operations a second that succeeded. */
  readonly throughput: number;
  /** The longest line. */
  readonly queueLength: number;
}

/** How many connections it takes. Plain data that `JSON.stringify` takes. */
export interface CapacityPlan {
  /** The schema; a number that grows when a field changes its meaning. */
  readonly version: 1;
  /** What was to hold, as it was given. */
  readonly targets: readonly string[];
  /** The smallest `max` with which every target held; null if there is none up to `to`, or while it is not known. */
  readonly max: number | null;
  /** Whether the search is over. */
  readonly done: boolean;
  /** What it comes to, in a sentence. */
  readonly verdict: string;
  /** The curve: every `max` that was tried, the smallest first. */
  readonly points: readonly CapacityPoint[];
  /** That of the scenario. */
  readonly seed: number;
}

/**
 * Looks for the smallest `max` with which a target holds, by simulating the scenario with one number of connections after the other: from what
 * the load needs at least, in doubling strides to where the target holds, and then in between. More connections are taken to be no worse. The
 * same callers come in each of them, with the same work, so that the curve is that of the number alone. Cold; emits the plan so far after each
 * simulation, and as its last value the whole.
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
 * Throws an `InvalidConfigError` that names everything that is wrong, each with the path of the value.
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
  if (targets.length === 0) issues.push(`target must be what is to hold, such as 'wait.p99<20ms'`);
  if (thresholds !== undefined) issues.push('thresholds are not for a plan: what is to hold is its target');
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

/** As many as the work keeps busy: with fewer the line grows for ever. Workers rarely all want one at once. */
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
  const said = ({ targets }: CapacityPoint): string => targets.map((each) => each.summary).join(', ');
  const busy = ({ utilisation }: CapacityPoint): string => `${Math.round(utilisation * 100)} % of its leases lent`;
  const goal = points[0]?.targets.map(({ threshold }) => threshold).join(' and ') ?? '';
  if (max === null) return `${goal} does not hold with max ${to} either: ${said(points.at(-1)!)}.`;
  const best = points.find((point) => point.max === max)!;
  const below = points.find((point) => point.max === max - 1);
  const less = below === undefined ? '' : `; with ${max - 1} it does not: ${said(below)}`;
  return `max ${max} is enough for ${goal}: ${said(best)}, ${busy(best)}${less}.`;
}
