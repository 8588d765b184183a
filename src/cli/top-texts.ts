import { time } from '../diagnosis/words';
import type { DashboardState, Frame, PoolHistory } from '../dashboard/frames';
import { lanesOf } from '../dashboard/lane-rows';
import type { Lanes, LaneRow } from '../dashboard/lane-rows';
import { failures, operations, ratesOf, windowOf, worstFirst } from '../dashboard/series';

/** In ms: how much of the past the lanes show. */
const span = 60_000;
/** Lanes of a pool that are shown; those with the longest leases first. */
const mostLanes = 12;

const signs = { critical: '✕', warning: '!', notice: 'i', ok: '✓' };

/** What the page says, as lines of text: worst pools first. */
export function topLines(state: DashboardState, width: number): string[] {
  const pools = [...state.pools].sort(worstFirst);
  return pools.flatMap((pool) => [...poolLines(pool, width), '']).slice(0, -1);
}

function poolLines({ name, frames }: PoolHistory, width: number): string[] {
  const last = frames.at(-1);
  if (last === undefined) return [`${name}: the first period has not ended yet`];
  const { diagnosis, stats, wait } = last;
  const recent = frames.slice(-2);
  const rate = (values: readonly (number | null)[]): string => String(Math.round(values.at(-1) ?? 0));
  return [
    `${signs[diagnosis.severity]} ${name}: ${diagnosis.sentence}`,
    ...(diagnosis.advice === '' ? [] : [`  → ${diagnosis.advice}`]),
    `  ${stats.inUseConnections} of ${stats.maxConnections} in use, ${stats.pendingAcquires} waiting, ` +
      `p99 wait ${wait.count === 0 ? '–' : time(wait.p99)}, ${rate(ratesOf(recent, operations))} leases/s, ${rate(ratesOf(recent, failures))} failures/s`,
    ...laneLines(windowOf(frames, frames.length - 1, span), Math.max(10, width - 40)),
  ];
}

function laneLines(frames: readonly Frame[], columns: number): string[] {
  const lanes = lanesOf(frames);
  const holder = ({ bars }: LaneRow) => bars.find(({ open }) => open);
  const since = (row: LaneRow): number => holder(row)?.from ?? Infinity;
  const rows = [...lanes.rows].sort((a, b) => since(a) - since(b)).slice(0, mostLanes);
  const lines = rows.map((row) => {
    const open = holder(row);
    const what =
      open === undefined
        ? ''
        : `${open.kind === 'lease' ? open.label || 'no label' : open.kind} ${time(open.to - open.from)}`;
    return `  ${String(row.connection ?? '–').padStart(4)} ${laneText(row, lanes, columns)} ${what}`;
  });
  const more = lanes.rows.length - rows.length;
  return more > 0 ? [...lines, `       and ${more} more`] : lines;
}

/** A character for each part of the time: one lease, many, a connect, a check, a close, the end of a connection, nothing. */
function laneText({ bars, ends }: LaneRow, { begin, end }: Lanes, columns: number): string {
  const text = new Array<string>(columns).fill('·');
  const column = (at: number): number =>
    Math.min(columns - 1, Math.max(0, Math.floor(((at - begin) / Math.max(1, end - begin)) * columns)));
  const shapes = { connect: 'c', validate: 'v', reset: 'r', close: '–' };
  for (const { kind, from, to, leases } of bars) {
    const shape = kind === 'lease' ? (leases > 1 || to - from < (end - begin) / columns ? '▒' : '█') : shapes[kind];
    for (let i = column(from); i <= column(to); i++) text[i] = shape;
  }
  for (const { at } of ends) text[column(at)] = '✕';
  return text.join('');
}
