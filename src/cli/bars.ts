import type { Histogram } from '../pool/metrics/histogram';
import { formatMs } from '../stress/format-ms';

/** The maximum number of rows, and the length of a bar. */
const maxRows = 8;
const barLength = 30;

/** Steps within a power of ten, the finest first. */
const series = [[1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.3, 8], [1, 1.6, 2.5, 4, 6.3], [1, 2, 5], [1, 3], [1]];
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/** A histogram as bars, one line for each range of times. The first includes everything below it. */
export function barsOf(histogram: Histogram): string[] {
  if (histogram.count === 0) return [];
  const bounds = boundsOf(histogram);
  const rows = bounds.map((bound, index) => ({
    bound,
    count: histogram.countUpTo(bound) - (index === 0 ? 0 : histogram.countUpTo(bounds[index - 1]!)),
  }));
  // The greatest value may be counted in the row before, since a histogram rounds.
  while (rows.at(-1)?.count === 0) rows.pop();
  const fullest = Math.max(...rows.map(({ count }) => count));
  return rows.map(({ bound, count }) => {
    const share = (count / histogram.count) * 100;
    const bar = count === 0 ? '' : barOf((count / fullest) * barLength);
    return `≤ ${formatMs(bound).padEnd(7)} ${bar.padEnd(barLength)} ${formatShare(share).padStart(6)}`;
  });
}

function barOf(length: number): string {
  const parts = Math.max(1, Math.round(length * 8));
  return '█'.repeat(Math.floor(parts / 8)) + eighths[parts % 8]!;
}

const formatShare = (percent: number): string =>
  percent === 0 ? '–' : percent < 0.1 ? '< 0.1 %' : `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;

/** From about the fifth percentile to the greatest value. */
function boundsOf(histogram: Histogram): number[] {
  const [low, high] = [Math.max(0.001, histogram.percentile(5)), Math.max(0.001, histogram.max)];
  for (const steps of series) {
    const bounds = stepsBetween(low, high, steps);
    if (bounds.length <= maxRows) return bounds;
  }
  return stepsBetween(low, high, [1]).slice(-maxRows);
}

function stepsBetween(low: number, high: number, steps: readonly number[]): number[] {
  const bounds: number[] = [];
  for (let power = Math.floor(Math.log10(low)); ; power++) {
    for (const step of steps) {
      // Not 10 ** -3, which is not 0.001.
      const bound = power < 0 ? step / 10 ** -power : step * 10 ** power;
      if (bound >= low) bounds.push(bound);
      if (bound >= high) return bounds;
    }
  }
}
