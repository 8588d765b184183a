import { serversFor } from './erlang';
import { formatMs } from './format-ms';
import type { Estimate, StressReport } from './report';
import type { Threshold } from './thresholds';

/** The part of a report that the verdict is computed from. */
export type ReportFigures = Omit<StressReport, 'verdict' | 'estimate' | 'passed'>;

/** The bound on waits where no threshold gives one: 99 % of the operations wait for less than 5 ms. */
const shortWait = { percent: 99, ms: 5 };

/**
 * How many connections would help. In the closed model it is arithmetic: with a lease for each worker no worker waits for another. In the
 * open model it is Erlang's formula for independent callers, with the measured load and mean use.
 */
export function estimateOf(report: ReportFigures, thresholds: readonly Threshold[]): Estimate | null {
  const { load, stats, use, offered, saturated } = report;
  const bound = boundOf(thresholds);
  if (!waitsTooLong(report, bound) || saturated === 0) return null;
  const capacity = stats.leaseCapacity / stats.maxConnections;
  if (load.model === 'closed' && load.workers !== null) {
    return {
      max: Math.ceil(load.workers / capacity),
      effect: `none of the ${load.workers} workers would wait for another`,
      basis: 'a lease for each worker; only a run shows whether the target can serve that many',
    };
  }
  // With at least as many leases as workers, operations wait for a worker and not for a lease.
  const isWorkers = load.workers !== null && load.workers <= stats.leaseCapacity;
  if (offered === null || use.mean === 0 || isWorkers) return null;
  const servers = serversFor((offered * use.mean) / 1_000, use.mean, bound.ms, 1 - bound.percent / 100);
  if (servers === null) return null;
  return {
    max: Math.ceil(servers / capacity),
    effect: `the p${bound.percent} wait would fall under ${formatMs(bound.ms)}`,
    basis: `Erlang C at ${rounded(offered)} operations a second and a mean use of ${formatMs(use.mean)}, if the target keeps its pace`,
  };
}

const boundOf = (thresholds: readonly Threshold[]): { percent: number; ms: number } =>
  thresholds.find(({ waitBound }) => waitBound !== null)?.waitBound ?? shortWait;

function waitsTooLong({ histograms }: ReportFigures, { percent, ms }: { percent: number; ms: number }): boolean {
  return histograms.wait.count > 0 && histograms.wait.percentile(percent) > ms;
}

/** The verdict, in one or two sentences. */
export function verdictOf(report: ReportFigures, estimate: Estimate | null, thresholds: readonly Threshold[]): string {
  const { violations, operations, errors, neverEnded, abortReason } = report;
  if (violations.length > 0) return `The pool broke its own rules: ${violations[0]}`;
  if (operations.ended === 0 && abortReason === null) return 'Nothing was measured: no operation has ended.';
  const parts = [slowGrowthText(report, thresholds) ?? saturationText(report)];
  if (neverEnded.length > 0) parts.unshift(`the work of ${theOperations(neverEnded)} never ended`);
  const failed = operations.ended - operations.succeeded;
  if (failed > 0) {
    const [most] = errors;
    const why = most === undefined ? '' : `, most often with ${most.name}: ${firstSentence(most.message)}`;
    parts.unshift(`${percentOf(failed / operations.ended)} of the operations did not succeed${why}`);
  }
  if (abortReason !== null) parts.unshift(`aborted: ${abortReason}`);
  if (estimate !== null) parts.push(adviceOf(estimate, report.stats.maxConnections));
  const late = lagText(report);
  if (late !== null) parts.push(late);
  return sentence(parts.filter((part) => part !== '').join('; '));
}

/** The most operations that one sentence names. */
const maxNamed = 5;

function theOperations(numbers: readonly number[]): string {
  if (numbers.length === 1) return `operation ${numbers[0]}`;
  if (numbers.length > maxNamed) return `operations ${numbers.slice(0, maxNamed).join(', ')} …`;
  return `operations ${numbers.slice(0, -1).join(', ')} and ${numbers.at(-1)}`;
}

function adviceOf({ max, effect, basis }: Estimate, now: number): string {
  if (max > now) return `with max ${max} ${effect} (${basis})`;
  return `max ${max} should do (${basis}): longer waits have another cause, such as a target that pauses, or work that arrives in bursts`;
}

/** From this share of the time on, waits while fewer than `max` connections were open are explained by slow growth. */
const slowGrowthShare = 0.1;

function slowGrowthText(report: ReportFigures, thresholds: readonly Threshold[]): string | null {
  const { growing, openWhileGrowing, saturated, stats, load, open, activity } = report;
  if (growing < slowGrowthShare || growing <= saturated || !waitsTooLong(report, boundOf(thresholds))) return null;
  const { leaseCapacity, maxConnections } = stats;
  const wanted = load.workers === null ? maxConnections : Math.ceil(load.workers / (leaseCapacity / maxConnections));
  const would = Math.min(wanted, maxConnections);
  const were = Number(openWhileGrowing.toPrecision(2));
  const failures = activity.openFailures > 0 ? `, and ${activity.openFailures} failed` : '';
  const connects =
    open.count > 0 ? `connects took ${formatMs(open.mean)} each${failures}` : `no connect succeeded${failures}`;
  return (
    `the pool grew too slowly: ${would} connections would help, and ${were} of ${maxConnections} ${were === 1 ? 'was' : 'were'} open on average ` +
    `while callers waited (${percentOf(growing)} of the time); ${connects}`
  );
}

function saturationText({ saturated, peaks, stats, wait, open, load, offered, use }: ReportFigures): string {
  const line = peaks.queueLength > 0 ? `the longest queue was ${peaks.queueLength}` : 'no caller waited';
  if (saturated === 0) {
    const most = `never saturated: at most ${peaks.leases} of ${stats.leaseCapacity} leases were lent at once`;
    const cold =
      wait.p99 > shortWait.ms && open.count > 0
        ? `; callers waited for connections to open (${formatMs(open.mean)} each)`
        : '';
    return `${most}${wait.max > 0 && cold === '' ? `, and ${line}` : ''}${cold}`;
  }
  const erlangs = load.model === 'open' && offered !== null ? (offered * use.mean) / 1_000 : 0;
  const tooMuch =
    erlangs >= stats.leaseCapacity
      ? `; the load exceeds the capacity: ${rounded(erlangs)} leases' worth of work for ${stats.leaseCapacity}`
      : '';
  return `saturated ${percentOf(saturated)} of the time; ${line}${tooMuch}`;
}

/** Says that operations started late, which affects all figures. */
function lagText({ load, lag }: ReportFigures): string | null {
  if (load.model === 'closed' || lag.p99 <= 4 * shortWait.ms) return null;
  return load.workers === null
    ? `operations started up to ${formatMs(lag.max)} late: this process was at its own limit`
    : `operations started up to ${formatMs(lag.max)} late: none of the ${load.workers} workers was free`;
}

const percentOf = (share: number): string => {
  const percent = share * 100;
  return `${percent >= 10 ? Math.round(percent) : Number(percent.toPrecision(2))} %`;
};
const rounded = (value: number): string => String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
const firstSentence = (text: string): string => {
  const [first = ''] = text.split(/\.(?:\s|$)/);
  return first.length > 200 ? `${first.slice(0, 200)}…` : first;
};
