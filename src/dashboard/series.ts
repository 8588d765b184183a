import type { Frame, PoolHistory } from './frames';
import type { PoolStats } from '../pool/rx/stats';

/** By how much a counter grew in each frame, a second; null in the first, which has nothing before it. */
export function ratesOf(frames: readonly Frame[], of: (stats: PoolStats) => number): (number | null)[] {
  return frames.map(({ stats, length }, index) => {
    const before = frames[index - 1]?.stats;
    return before === undefined || length <= 0 ? null : Math.max(0, ((of(stats) - of(before)) * 1_000) / length);
  });
}

export const operations = (stats: PoolStats): number => stats.released + stats.discarded;

/** Whatever a caller did not get. */
export const failures = (stats: PoolStats): number => stats.failedOperations + stats.timeouts + stats.rejected;

/** The frames of the last `span` ms, up to and with the selected one. */
export function windowOf(frames: readonly Frame[], index: number, span: number): readonly Frame[] {
  const last = frames[index];
  if (last === undefined) return [];
  let first = index;
  while (first > 0 && frames[first - 1]!.at > last.at - span) first--;
  return frames.slice(first, index + 1);
}

const severities: readonly string[] = ['critical', 'warning', 'notice', 'ok'];
/** Of pools that suffer equally: what keeps every caller from work comes before what slows callers down. */
const conditions: readonly string[] = [
  'dead-target',
  'leak',
  'overload',
  'slow-checks',
  'slow-connects',
  'slow-work',
  'too-small',
  'reconnecting',
  'failing-work',
];

function rankOf({ frames }: PoolHistory): number {
  const last = frames.at(-1);
  if (last === undefined) return severities.length * 100;
  const condition = conditions.indexOf(last.diagnosis.condition);
  return severities.indexOf(last.diagnosis.severity) * 100 + (condition < 0 ? conditions.length : condition);
}

/** For `sort`: the worst pools first, by their last frame. */
export const worstFirst = (a: PoolHistory, b: PoolHistory): number => rankOf(a) - rankOf(b);
