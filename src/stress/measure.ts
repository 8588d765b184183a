import type { Histogram } from '../pool/metrics/histogram';

/** A summary of a histogram, in ms; all 0 where it is empty. */
export interface Measure {
  /** Number of measured values. */
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  /** The 99.9th percentile. */
  readonly p999: number;
  readonly max: number;
}

export function measureOf(histogram: Histogram): Measure {
  const { count, min, mean, p50, p90, p99, max } = histogram;
  return { count, min, mean, p50, p90, p99, p999: histogram.percentile(99.9), max };
}
