import { describeValue } from '../values/describe';

/** The number of buckets for each power of two: the error of a value is at most 1/64 of it. */
const perOctave = 32;
/** The resolution: the number of units in a millisecond. Below one octave of units the buckets are one unit wide. */
const unitsPerMs = 1024;

/** A histogram as JSON, which `Histogram.fromJSON` reads. Times are in milliseconds. */
export interface HistogramJSON {
  readonly unitsPerMs: number;
  readonly perOctave: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** The index of each bucket and the number of its values; empty buckets are left out. */
  readonly buckets: readonly (readonly [bucket: number, count: number])[];
}

/**
 * A distribution of durations. Count, mean and extremes are exact; percentiles are within 1.6 % (or 1 µs, whichever is
 * more). Recording takes a few nanoseconds and allocates nothing; a histogram takes some kilobytes, whatever the number of values. The layout
 * is that of HdrHistogram (http://hdrhistogram.org): powers of two, each divided into 32 buckets.
 *
 * ```ts
 * const { wait } = pool.timings();
 * console.log(wait.count, wait.p99, wait.percentile(99.9));
 * const week = days.map(Histogram.fromJSON).reduce((a, b) => a.merge(b));
 * ```
 */
export class Histogram {
  private readonly buckets: number[] = [0];
  private total = 0;
  private added = 0;
  private least = Infinity;
  private most = 0;

  /** The number of values. */
  get count(): number {
    return this.total;
  }

  /** The smallest value, in ms; 0 if there is no value. */
  get min(): number {
    return this.total === 0 ? 0 : this.least;
  }

  /** The largest value, in ms; 0 if there is no value. */
  get max(): number {
    return this.most;
  }

  /** The sum of all values, in ms. It never becomes less while values are added. */
  get sum(): number {
    return this.added;
  }

  /** The mean, in ms; 0 if there is no value. */
  get mean(): number {
    return this.total === 0 ? 0 : this.added / this.total;
  }

  /** The median. */
  get p50(): number {
    return this.percentile(50);
  }

  /** The 90th percentile. */
  get p90(): number {
    return this.percentile(90);
  }

  /** The 99th percentile. */
  get p99(): number {
    return this.percentile(99);
  }

  /** The value, in ms, that `percent` percent of all values do not exceed; 0 if there is no value. */
  percentile(percent: number): number {
    if (!(percent >= 0 && percent <= 100)) {
      throw new RangeError(`Invalid percentile: percent must be a number from 0 to 100, but got ${percent}`);
    }
    const rank = Math.max(1, Math.ceil((percent / 100) * this.total));
    if (rank >= this.total) return this.max;
    let seen = 0;
    for (let bucket = 0; bucket < this.buckets.length; bucket++) {
      seen += this.buckets[bucket]!;
      if (seen >= rank) return Math.min(Math.max(middleOf(bucket), this.min), this.max);
    }
    return this.max;
  }

  /** The number of values up to `ms`, with the precision of percentiles. */
  countUpTo(ms: number): number {
    if (ms >= this.most) return this.total;
    if (!(ms >= this.min)) return 0;
    let count = 0;
    const last = bucketOf(ms);
    for (let bucket = 0; bucket <= last; bucket++) count += this.buckets[bucket]!;
    return count;
  }

  /**
   * Adds a value, in ms, `times` times. A value below 0, or one that is no number, counts as 0, and one above `Number.MAX_SAFE_INTEGER`
   * as `Number.MAX_SAFE_INTEGER`. Throws a `RangeError` unless `times` is an integer of 0 or more.
   */
  record(ms: number, times = 1): void {
    if (times !== 1) {
      if (!(Number.isSafeInteger(times) && times >= 0)) {
        throw new RangeError(`A value cannot be recorded: times must be an integer of 0 or more, but got ${times}`);
      }
      if (times === 0) return;
    }
    const { buckets } = this;
    this.total += times;
    if (!(ms > 0)) {
      buckets[0]! += times;
      this.least = 0;
      return;
    }
    if (ms > maxValue) ms = maxValue;
    const bucket = bucketOf(ms);
    while (buckets.length <= bucket) buckets.push(0);
    buckets[bucket]! += times;
    this.added += ms * times;
    if (ms < this.least) this.least = ms;
    if (ms > this.most) this.most = ms;
  }

  /** A new histogram with the values of both. Throws a `RangeError` unless `other` is a histogram. */
  merge(other: Histogram): Histogram {
    // Not recognised by `buckets`: a `HistogramJSON` has buckets too.
    if (typeof (other as Partial<Histogram> | undefined)?.record !== 'function') {
      throw new RangeError(
        `Histograms cannot be merged: other must be a Histogram, but got ${other === undefined ? 'nothing' : 'something else'}; read a saved one by Histogram.fromJSON`,
      );
    }
    const merged = new Histogram();
    for (const part of [this, other]) {
      for (const [bucket, count] of part.buckets.entries())
        merged.buckets[bucket] = (merged.buckets[bucket] ?? 0) + count;
      merged.total += part.total;
      merged.added += part.added;
      merged.least = Math.min(merged.least, part.least);
      merged.most = Math.max(merged.most, part.most);
    }
    return merged;
  }

  /**
   * A new histogram of the values that were added since `earlier`, a copy of this one: a window on a growing histogram. Counts and percentiles
   * have the usual precision; minimum and maximum are within 1.6 %, unless they are also those of this histogram. Throws a
   * `RangeError` unless `earlier` is an earlier state of this histogram.
   *
   * ```ts
   * const before = pool.timings().wait;
   * setTimeout(() => console.log('p99 of the last minute', pool.timings().wait.minus(before).p99), 60_000);
   * ```
   */
  minus(earlier: Histogram): Histogram {
    if (typeof (earlier as Partial<Histogram> | undefined)?.record !== 'function') {
      throw new RangeError(
        `Histograms cannot be subtracted: earlier must be a Histogram, but got ${earlier === undefined ? 'nothing' : 'something else'}; read a saved one by Histogram.fromJSON`,
      );
    }
    if (earlier.buckets.some((count, bucket) => count > (this.buckets[bucket] ?? 0))) {
      throw new RangeError(
        `Histograms cannot be subtracted: earlier must be an earlier copy of this histogram (of ${this.total} values), but got one with other values (${earlier.total})`,
      );
    }
    const window = new Histogram();
    for (const [bucket, all] of this.buckets.entries()) {
      const count = all - (earlier.buckets[bucket] ?? 0);
      window.buckets[bucket] = count;
      if (count === 0) continue;
      if (window.total === 0) window.least = this.within(bucket);
      window.most = this.within(bucket);
      window.total += count;
    }
    if (window.total === 0) return new Histogram();
    // Rounding errors of both sums must not move the mean out of the range.
    const { total, least, most } = window;
    window.added = Math.min(Math.max(this.added - earlier.added, total * least), total * most);
    return window;
  }

  /** A value of that bucket: the minimum or maximum if it is in it, otherwise the middle. */
  private within(bucket: number): number {
    if (this.total > 0 && bucket === bucketOf(this.most)) return this.most;
    return bucket === bucketOf(this.least) ? this.least : middleOf(bucket);
  }

  /** An independent copy. */
  clone(): Histogram {
    return this.merge(new Histogram());
  }

  /** For `JSON.stringify`; `Histogram.fromJSON` reads the result. */
  toJSON(): HistogramJSON {
    const buckets = [...this.buckets.entries()].filter(([, count]) => count > 0);
    return { unitsPerMs, perOctave, sum: this.added, min: this.min, max: this.max, buckets };
  }

  /** Reads a histogram that `JSON.stringify` has saved. Throws a `RangeError` for any other value. */
  static fromJSON(this: void, json: HistogramJSON): Histogram {
    const issue = issueOf(json);
    if (issue !== null) throw new RangeError(`Invalid histogram: ${issue}`);
    const histogram = new Histogram();
    for (const [bucket, count] of json.buckets) {
      while (histogram.buckets.length <= bucket) histogram.buckets.push(0);
      histogram.buckets[bucket] = count;
      histogram.total += count;
    }
    histogram.added = json.sum;
    histogram.least = histogram.total === 0 ? Infinity : json.min;
    histogram.most = json.max;
    return histogram;
  }
}

/** Below one octave of units a bucket is one unit wide; above it each power of two has `perOctave` buckets. */
function bucketOf(ms: number): number {
  const units = ms * unitsPerMs;
  if (units < perOctave) return Math.floor(units);
  // Integer arithmetic with 31 bits is fast; larger values (over 35 minutes) are rare.
  if (units < 0x7fffffff) {
    const octave = 31 - Math.clz32(units);
    return (octave - 5) * perOctave + (units >>> (octave - 5));
  }
  const octave = Math.floor(Math.log2(units));
  return (octave - 5) * perOctave + Math.floor(units / 2 ** (octave - 5));
}

function middleOf(bucket: number): number {
  if (bucket < perOctave) return bucket / unitsPerMs;
  const octave = Math.floor(bucket / perOctave) + 4;
  const width = 2 ** (octave - 5);
  return ((bucket - (octave - 5) * perOctave + 0.5) * width) / unitsPerMs;
}

/** The largest value, in ms: longer than any duration, and still an exact integer. */
const maxValue = Number.MAX_SAFE_INTEGER;
const lastBucket = bucketOf(maxValue);
/** The relative rounding error that is accepted in a sum of many values. */
const rounding = 1e-6;

function issueOf(json: unknown): string | null {
  const { unitsPerMs: units, perOctave: octave, buckets, ...numbers } = (json ?? {}) as Partial<HistogramJSON>;
  if (units !== unitsPerMs || octave !== perOctave) {
    return `unitsPerMs and perOctave must be ${unitsPerMs} and ${perOctave}, but got ${describeValue(units)} and ${describeValue(octave)}`;
  }
  for (const name of ['sum', 'min', 'max'] as const) {
    const value = numbers[name];
    if (typeof value !== 'number' || !(value >= 0 && value < Infinity))
      return `${name} must be a number of 0 or more, but got ${describeValue(value)}`;
  }
  if (!Array.isArray(buckets)) return `buckets must be an array, but got ${describeValue(buckets)}`;
  for (const entry of buckets as unknown[]) {
    const [bucket, count] = Array.isArray(entry) ? (entry as unknown[]) : [];
    const whole = Number.isSafeInteger(bucket) && Number.isSafeInteger(count);
    if (!whole || (bucket as number) < 0 || (bucket as number) > lastBucket || (count as number) < 0) {
      return `each of buckets must be a pair of whole numbers, bucket (to ${lastBucket}) and count, but got ${JSON.stringify(entry)}`;
    }
  }
  return contradiction(json as HistogramJSON);
}

/** The problem with fields that are valid each by itself, but not together. */
function contradiction({ sum, min, max, buckets }: HistogramJSON): string | null {
  if (buckets.some(([bucket], i) => i > 0 && bucket <= buckets[i - 1]![0])) return 'buckets must be in ascending order';
  const filled = buckets.filter(([, count]) => count > 0);
  const [first, last] = [filled[0]?.[0], filled.at(-1)?.[0]];
  const count = filled.reduce((total, [, more]) => total + more, 0);
  const fits =
    first === undefined
      ? sum + min + max === 0
      : bucketOf(min) === first &&
        bucketOf(max) === last &&
        sum >= count * min * (1 - rounding) &&
        sum <= count * max * (1 + rounding);
  return fits ? null : `sum, min and max must match the values in buckets, but got ${sum}, ${min} and ${max}`;
}
