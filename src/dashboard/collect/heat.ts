import type { Histogram } from '../../pool/metrics/histogram';
import { heatBounds } from '../frames';
import type { Heat } from '../frames';

export const noHeat: Heat = { count: 0, p50: 0, p90: 0, p99: 0, max: 0, cells: [] };

/** A histogram as a column of a heat map. */
export function heatOf(histogram: Histogram): Heat {
  const { count, p50, p90, p99, max, min } = histogram;
  if (count === 0) return noHeat;
  const cells: [number, number][] = [];
  let below = 0;
  for (const [bucket, bound] of heatBounds.entries()) {
    if (bound < min) continue;
    const upTo = histogram.countUpTo(bound);
    if (upTo > below) cells.push([bucket, upTo - below]);
    below = upTo;
    if (below === count) break;
  }
  if (below < count) cells.push([heatBounds.length, count - below]);
  return { count, p50: rounded(p50), p90: rounded(p90), p99: rounded(p99), max: rounded(max), cells };
}

/** Three digits, which is more than a histogram knows. */
const rounded = (ms: number): number => (ms === 0 ? 0 : Number(ms.toPrecision(3)));
