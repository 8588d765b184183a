import type { Frame } from './frames';
import type { PoolStats } from '../pool/rx/stats';

/** By how much a counter grew in each frame, a second. The first has nothing before it. */
export function ratesOf(frames: readonly Frame[], of: (stats: PoolStats) => number): number[] {
  return frames.map(({ stats, length }, index) => {
    const before = frames[index - 1]?.stats;
    return before === undefined || length <= 0 ? 0 : Math.max(0, ((of(stats) - of(before)) * 1_000) / length);
  });
}

export const operations = (stats: PoolStats): number => stats.released + stats.discarded;

/** Whatever a caller did not get. */
export const failures = (stats: PoolStats): number => stats.failedOperations + stats.timeouts + stats.rejected;

/** The frames of the last so many ms, up to and with the one that is looked at. */
export function windowOf(frames: readonly Frame[], index: number, span: number): readonly Frame[] {
  const last = frames[index];
  if (last === undefined) return [];
  let first = index;
  while (first > 0 && frames[first - 1]!.at > last.at - span) first--;
  return frames.slice(first, index + 1);
}
