import { serversFor } from './erlang';
import { formatMs } from './format-ms';
import type { Estimate, StressReport } from './report';
import type { Threshold } from './thresholds';

/** What a verdict is made from. */
export type ReportFigures = Omit<StressReport, 'verdict' | 'estimate' | 'passed'>;

/** The wait that is taken for short where no threshold says otherwise: ms that 99 % of the operations do not wait. */
const shortWait = { percent: 99, ms: 5 };

/**
 * How many connections would help. In the closed model that is arithmetic: with a lease for each worker nobody waits for another. In the
 * open model it is Erlang's formula for independent callers, at the load and the mean use that were measured.
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
      basis: 'a lease for each worker; whether the target bears that many is for a run to show',
    };
  }
  // With no more workers than leases, it is for a worker that operations wait.
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

/** What it comes to, in a sentence or two. */
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
  if (abortReason !== null) parts.unshift(`given up: ${abortReason}`);
  if (estimate !== null) parts.push(adviceOf(estimate, report.stats.maxConnections));
  const late = lagText(report);
  if (late !== null) parts.push(late);
  return sentence(parts.filter((part) => part !== '').join('; '));
}

/** So many are named in a sentence. */
const maxNamed = 5;

function theOperations(numbers: readonly number[]): string {
  if (numbers.length === 1) return `operation ${numbers[0]}`;
  if (numbers.length > maxNamed) return `operations ${numbers.slice(0, maxNamed).join(', ')} …`;
  return `operations ${numbers.slice(0, -1).join(', ')} and ${numbers.at(-1)}`;
}

function adviceOf({ max, effect, basis }: Estimate, now: number): string {
  if (max > now) return `with max ${max} ${effect} (${basis})`;
  return `max ${max} should do (${basis}): who waited longer did so for another reason, such as a target that pauses, or work that comes in bursts`;
}

/** Callers that waited while more connections could have been open are no matter of `max`. */
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
  const line = peaks.queueLength > 0 ? `the longest line was ${peaks.queueLength}` : 'nobody waited in line';
  if (saturated === 0) {
    const most = `never saturated: at most ${peaks.leases} of ${stats.leaseCapacity} leases were lent at once`;
    const cold =
      wait.p99 > shortWait.ms && open.count > 0
        ? `; who waited, waited for connections to open (${formatMs(open.mean)} each)`
        : '';
    return `${most}${wait.max > 0 && cold === '' ? `, and ${line}` : ''}${cold}`;
  }
  const erlangs = load.model === 'open' && offered !== null ? (offered * use.mean) / 1_000 : 0;
  const tooMuch =
    erlangs >= stats.leaseCapacity
      ? `; more came than it can do: ${rounded(erlangs)} leases' worth of work for ${stats.leaseCapacity}`
      : '';
  return `saturated ${percentOf(saturated)} of the time; ${line}${tooMuch}`;
}

/** The load itself was late: its figures are to be read with that in mind. */
function lagText({ load, lag }: ReportFigures): string | null {
  if (load.model === 'closed' || lag.p99 <= 4 * shortWait.ms) return null;
  return load.workers === null
    ? `operations began up to ${formatMs(lag.max)} late: this process was at its own limit`
    : `operations began up to ${formatMs(lag.max)} late: none of the workers was free (${load.workers})`;
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
