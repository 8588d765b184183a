import { formatMs } from '../stress/format-ms';
import type { Measure } from '../stress/measure';
import type { StressReport } from '../stress/report';
import { barsOf } from './bars';
import { duration, plural } from './duration';
import { oneLine } from './outcome';

/** The progress in one line. */
export function progressLine(report: StressReport): string {
  const { elapsed, operations, stats, wait } = report;
  return [
    `${duration(tenths(elapsed)).padStart(7)}: ${report.phase === 'warmup' ? 'warming up, ' : ''}${operations.succeeded} done`,
    `${operations.ended - operations.succeeded} failed`,
    `${whole(rateNow(report))}/s`,
    `${stats.activeLeases}/${stats.leaseCapacity} lent`,
    `${stats.pendingAcquires} waiting`,
    `wait p99 ${formatMs(wait.p99)}`,
  ].join(', ');
}

/** The progress with a small histogram, for a terminal. */
export function progressBlock(report: StressReport, what: string): string[] {
  const { load, operations, stats, wait, elapsed, histograms, phase } = report;
  const of = load.duration === null ? '' : ` of ${duration(load.duration)}`;
  const all = load.operations === null ? '' : ` of ${load.operations}`;
  const more = { warmup: ', warming up', running: '', draining: ', waiting for operations in flight', done: '' }[phase];
  return [
    oneLine(what),
    `${duration(tenths(elapsed))}${of}${more}`,
    `${operations.succeeded}${all} done, ${operations.ended - operations.succeeded} failed, ${whole(rateNow(report))}/s`,
    `${stats.activeLeases}/${stats.leaseCapacity} lent, ${stats.pendingAcquires} waiting, ${plural(stats.totalConnections, 'connection')}`,
    `wait p50 ${formatMs(wait.p50)}, p99 ${formatMs(wait.p99)}, max ${formatMs(wait.max)}`,
    ...barsOf(histograms.wait).map((bar) => `  ${bar}`),
  ];
}

/** The result: thresholds first, then the verdict, then the figures. */
export function summaryOfLoad(report: StressReport, what: string): string {
  const { thresholds, violations, operations, peaks, activity, errors, notes, histograms, offered } = report;
  const widest = Math.max(0, ...thresholds.map(({ threshold }) => threshold.length));
  const offer = offered === null ? '' : ` of ${whole(offered)} that arrived`;
  const outcomes = Object.entries(operations)
    .filter(([name, count]) => !['ended', 'inFlight', 'warmup', 'succeeded'].includes(name) && count > 0)
    .map(([name, count]) => `, ${count} ${inWords[name] ?? name}`)
    .join('');
  const evicted = Object.entries(activity.evicted).map(([reason, count]) => `${count} ${reason}`);
  const lines = [
    ...thresholds.map(
      ({ threshold, passed, summary }) => `${passed ? '✓' : '✗'} ${threshold.padEnd(widest)}  ${summary}`,
    ),
    ...violations.map((violation) => `✗ contract violated: ${violation}`),
    ...(thresholds.length + violations.length > 0 ? [''] : []),
    report.verdict,
    '',
    what,
    `${plural(operations.ended, 'operation')} in ${duration(report.measured)}: ${operations.succeeded} succeeded${outcomes}`,
    `${whole(report.throughput)} per second${offer}; ${share(report.utilisation)} of all leases active on average`,
    '',
    `${''.padEnd(10)}${columns.map(([title]) => title.padStart(9)).join('')}`,
    row('wait', report.wait),
    row('use', report.use),
    row('total', report.total),
    ...(report.load.model === 'open' ? [row('lag', report.lag), row('fromStart', report.fromStart.wait)] : []),
    ...(report.open.count > 0 ? [row('connect', report.open)] : []),
    '',
    `at most: ${peaks.leases} leases, ${peaks.queueLength} waiting, ${peaks.connections} connections, ${peaks.concurrency} operations in flight`,
    `the pool: ${activity.opened} opened, ${activity.closed} closed, ${plural(activity.openFailures, 'failed connect')}, ${plural(activity.timeouts, 'timeout')}, ${activity.rejected} rejected${evicted.length > 0 ? ` (${evicted.join(', ')})` : ''}`,
    ...(histograms.wait.count > 0 ? ['', 'wait', ...barsOf(histograms.wait).map((bar) => `  ${bar}`)] : []),
    ...(errors.length > 0 ? ['', 'errors'] : []),
    ...errors.map(({ count, name, message }) => `  ${count} × ${name}: ${message}`),
    ...notes,
  ];
  return `${lines.map(oneLine).join('\n')}\n`;
}

const inWords: Readonly<Record<string, string>> = {
  timedOut: 'timed out waiting',
  rejected: 'rejected',
  noConnection: 'without a connection',
  lost: 'lost their connection',
};

const columns: readonly (readonly [string, keyof Measure])[] = [
  ['min', 'min'],
  ['mean', 'mean'],
  ['p50', 'p50'],
  ['p90', 'p90'],
  ['p99', 'p99'],
  ['p99.9', 'p999'],
  ['max', 'max'],
];

const row = (name: string, measure: Measure): string =>
  `${name.padEnd(10)}${columns.map(([, key]) => formatMs(measure[key]).padStart(9)).join('')}`;

/** The throughput of the last interval, if there is one. */
const rateNow = ({ timeline, throughput }: StressReport): number => timeline.at(-1)?.throughput ?? throughput;

/** Rounded, since a timer of a second may fire slightly early. */
const tenths = (ms: number): number => Math.round(ms / 100) * 100;
const whole = (value: number): string => String(value >= 10 ? Math.round(value) : Math.round(value * 10) / 10);
const share = (part: number): string => `${Math.round(part * 100)} %`;
