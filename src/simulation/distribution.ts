import type { Histogram, HistogramJSON } from '../pool/metrics/histogram';
import type { RandomSource } from './random-sources';

/**
 * A distribution of durations. A time is a number of ms, or a text with a unit: `'250us'`, `'20ms'`, `'1.5s'`, `'2min'`, `'1h'`.
 *
 * - a time by itself, or `fixed`: a constant;
 * - `exponential`: by its mean;
 * - `logNormal`: by its median and its 99th percentile, which fits most services;
 * - `uniform`: between two times;
 * - `histogram`: measured values, such as `pool.timings().use`, or its JSON.
 */
export type Distribution =
  | number
  | string
  | { readonly fixed: number | string }
  | { readonly exponential: number | string }
  | { readonly logNormal: { readonly median: number | string; readonly p99: number | string } }
  | { readonly uniform: readonly [least: number | string, most: number | string] }
  | { readonly histogram: Histogram | HistogramJSON };

/** A resolved distribution: its mean in ms, and a function that draws values. */
export interface Times {
  readonly mean: number;
  readonly draw: (random: RandomSource) => number;
}

export const fixedTimes = (ms: number): Times => ({ mean: ms, draw: () => ms });

export const exponentialTimes = (mean: number): Times => ({ mean, draw: (random) => -Math.log(1 - random()) * mean });

export const uniformTimes = (least: number, most: number): Times => ({
  mean: (least + most) / 2,
  draw: (random) => least + (most - least) * random(),
});

/** The 99th percentile of the standard normal distribution. */
const z99 = 2.3263478740408408;

export function logNormalTimes(median: number, p99: number): Times {
  const sigma = Math.log(p99 / median) / z99;
  return {
    mean: median * Math.exp(sigma ** 2 / 2),
    // Box and Muller, 1958. The second value of each pair is not used, so that each draw takes the same number of random numbers.
    draw: (random) => {
      const radius = Math.sqrt(-2 * Math.log(1 - random()));
      return median * Math.exp(sigma * radius * Math.cos(2 * Math.PI * random()));
    },
  };
}

/** Uniform within each bucket. The width of a bucket is 1 / 32 of its values. */
export function histogramTimes(histogram: Histogram): Times {
  const { buckets, min, max, unitsPerMs, perOctave } = histogram.toJSON();
  const upTo = new Float64Array(buckets.length);
  let count = 0;
  for (const [index, [, inIt]] of buckets.entries()) upTo[index] = count += inIt;
  const bounds = buckets.map(([bucket]) => {
    const octave = Math.max(0, Math.floor(bucket / perOctave) - 1);
    const low = (bucket - octave * perOctave) * 2 ** octave;
    return [Math.max(min, low / unitsPerMs), Math.min(max, (low + 2 ** octave) / unitsPerMs)] as const;
  });
  return {
    mean: histogram.mean,
    draw: (random) => {
      const rank = random() * count;
      let [first, last] = [0, upTo.length - 1];
      while (first < last) {
        const middle = (first + last) >> 1;
        if (rank < upTo[middle]!) last = middle;
        else first = middle + 1;
      }
      const [low, high] = bounds[first]!;
      return low + (high - low) * random();
    },
  };
}
