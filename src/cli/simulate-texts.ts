import type { Figure } from '../simulation/confidence';
import type { CapacityPlan, CapacityPoint } from '../simulation/plan-capacity';
import type { SimulationReport } from '../simulation/simulate';
import { formatMs } from '../stress/format-ms';
import type { Sample } from '../stress/timeline';
import { duration } from './duration';
import { oneLine } from './outcome';
import { summaryOfLoad } from './stress-texts';

export function simulationLine({ elapsed, load, operations, wait }: SimulationReport): string {
  const of = load.duration === null ? '' : ` of ${duration(load.duration)}`;
  return `${duration(elapsed)}${of}: ${operations.ended} operations, wait p99 ${formatMs(wait.p99)}`;
}

/** The summary of a load, the margins of error, and the figures over time. */
export function summaryOfSimulation(report: SimulationReport, what: string): string {
  const { waited, meanWait, unserved, timeline, seed } = report;
  const lines = [
    '',
    `had to wait     ${figure(waited, percent)}`,
    `mean wait       ${figure(meanWait, formatMs)}`,
    `no connection   ${figure(unserved, percent)}`,
    ...(waited.margin === null ? [] : ['                (± at 95 % confidence, by batch means)']),
    ...overTime(timeline),
  ];
  return `${summaryOfLoad(report, `${what}, in virtual time, seed ${seed}`)}${lines.join('\n')}\n`;
}

const figure = ({ value, margin }: Figure, show: (value: number) => string): string =>
  `${show(value)} ${margin === null ? '(too short for a margin)' : `± ${show(margin)}`}`;

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

// ---------------------------------------------------------------- over time

const columns = 60;
const levels = '▁▂▃▄▅▆▇█';

function overTime(timeline: readonly Sample[]): string[] {
  if (timeline.length < 4) return [];
  const rows: [string, (sample: Sample) => number, (value: number) => string][] = [
    ['succeeded', ({ throughput }) => throughput, (value) => `${Math.round(value)}/s`],
    ['wait p99', ({ waitP99 }) => waitP99, formatMs],
    ['waiting', ({ queueLength }) => queueLength, String],
    ['connections', ({ connectionCount }) => connectionCount, String],
    ['opened', ({ opened }) => opened, String],
    ['failed', ({ failed }) => failed, String],
  ];
  const first = timeline[0]!;
  const end = timeline.at(-1)!;
  const drawn = rows.map(([name, of, show]) => {
    const most = timeline.reduce((a, b) => (of(b) > of(a) ? b : a));
    const at = of(most) === 0 ? '' : ` at ${duration(most.at)}`;
    return `  ${name.padEnd(12)}${curve(timeline.map(of))}  at most ${show(of(most))}${at}`;
  });
  return ['', `over time, ${duration(first.at)} to ${duration(end.at + end.length)}`, ...drawn];
}

/** The greatest value of each part, so that short peaks stay visible. */
function curve(values: readonly number[]): string {
  const width = Math.min(columns, values.length);
  const parts = Array.from({ length: width }, (_, i) => {
    const [from, to] = [i, i + 1].map((edge) => Math.floor((edge * values.length) / width));
    return Math.max(...values.slice(from, to));
  });
  const most = Math.max(...parts);
  return parts
    .map((value) =>
      value === 0 ? ' ' : levels[Math.min(levels.length - 1, Math.floor((value / most) * levels.length))]!,
    )
    .join('');
}

// ---------------------------------------------------------------- how many connections

const heads = ['max', '', 'wait p50', 'wait p99', 'total p99', 'waited', 'no conn.', 'in use', 'per second'];
const widths = [6, 3, 10, 10, 10, 9, 9, 8, 9];
const barLength = 20;

export const pointLine = ({ max, targets, utilisation }: CapacityPoint): string =>
  `max ${max}: ${targets.map(({ summary }) => summary).join(', ')}, ${percent(utilisation)} in use`;

/** The verdict, and the curve as a table. */
export function summaryOfPlan({ verdict, points, max, seed }: CapacityPlan, what: string): string {
  const greatest = Math.max(...points.map(({ waitP99 }) => waitP99));
  const rows = points.map((point) => {
    const cells = [
      String(point.max),
      point.meets ? '✓' : '✗',
      formatMs(point.waitP50),
      formatMs(point.waitP99),
      formatMs(point.totalP99),
      shortPercent(point.waited.value),
      shortPercent(point.unserved.value),
      shortPercent(point.utilisation),
      String(Math.round(point.throughput)),
    ];
    const bar = '█'.repeat(greatest === 0 ? 0 : Math.round(logShare(point.waitP99, greatest) * barLength));
    return `${line(cells)}  ${bar}${point.max === max ? ' ◀' : ''}`.trimEnd();
  });
  const lines = [verdict, '', `${what}, in virtual time, seed ${seed}`, '', line(heads), ...rows];
  return `${lines.map(oneLine).join('\n')}\n`;
}

const line = (cells: readonly string[]): string => cells.map((cell, i) => cell.padStart(widths[i]!)).join('');
const shortPercent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

/** A logarithmic share, from a hundredth of a millisecond up. */
function logShare(ms: number, greatest: number): number {
  const height = (value: number): number => Math.log10(Math.max(value, 0.01) / 0.01);
  return greatest <= 0.01 ? 0 : height(ms) / height(greatest);
}
