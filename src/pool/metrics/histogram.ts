import { describeValue } from '../values/describe';
import { InvalidConfigError } from '../errors';

/** Buckets for each power of two: a value is known to 1/64 of itself. */
const perOctave = 32;
/** Values are counted in units of so many to the millisecond; below one octave of them the buckets are one unit wide. */
const unitsPerMs = 1024;

/** A histogram as it can be kept in a file and brought back by `Histogram.fromJSON`. Times are in milliseconds. */
export interface HistogramJSON {
  readonly unitsPerMs: number;
  readonly perOctave: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** Which bucket, and how many are in it; empty buckets are left out. */
  readonly buckets: readonly (readonly [bucket: number, count: number])[];
}

/**
 * How long something took, as a distribution: count, mean and extremes are exact, percentiles are within 1.6 % (or 1 µs, whichever is
 * more). Recording is a few nanoseconds and allocates nothing; a histogram is some kilobytes, whatever it holds. The layout is that of
 * HdrHistogram (http://hdrhistogram.org): powers of two, each cut into 32.
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
  private sum = 0;
  private least = Infinity;
  private most = 0;

  /** How many values there are. */
  get count(): number {
    return this.total;
  }

  /** The smallest value, in ms; 0 if there is none. */
  get min(): number {
    return this.total === 0 ? 0 : this.least;
  }

  /** The greatest value, in ms; 0 if there is none. */
  get max(): number {
    return this.most;
  }

  /** The mean, in ms; 0 if there is no value. */
  get mean(): number {
    return this.total === 0 ? 0 : this.sum / this.total;
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

  /** The value, in ms, that so many percent of all values do not exceed; 0 if there is no value. */
  percentile(percent: number): number {
    if (!(percent >= 0 && percent <= 100)) {
      throw new InvalidConfigError('pool', 'There is no such percentile', [
        `percent must be a number from 0 to 100, but got ${percent}`,
      ]);
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

  /** How many values are at most so many ms, as exactly as percentiles are known. */
  countUpTo(ms: number): number {
    if (ms >= this.most) return this.total;
    if (!(ms >= this.min)) return 0;
    let count = 0;
    const last = bucketOf(ms);
    for (let bucket = 0; bucket <= last; bucket++) count += this.buckets[bucket]!;
    return count;
  }

  /**
   * Adds a value, in ms, so many times. What is below 0, or no number, counts as 0, and what is more than `Number.MAX_SAFE_INTEGER` as
   * that. Throws an `InvalidConfigError` when `times` is no integer of 0 or more.
   */
  record(ms: number, times = 1): void {
    if (times !== 1) {
      if (!(Number.isSafeInteger(times) && times >= 0)) {
        throw new InvalidConfigError('pool', 'A histogram cannot count so', [
          `times must be an integer of 0 or more, but got ${times}`,
        ]);
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
    if (ms > longest) ms = longest;
    const bucket = bucketOf(ms);
    while (buckets.length <= bucket) buckets.push(0);
    buckets[bucket]! += times;
    this.sum += ms * times;
    if (ms < this.least) this.least = ms;
    if (ms > this.most) this.most = ms;
  }

  /** A new histogram with the values of both. Throws an `InvalidConfigError` for what is no histogram. */
  merge(other: Histogram): Histogram {
    // Saved ones have buckets too, of another kind.
    if (typeof (other as Partial<Histogram> | undefined)?.record !== 'function') {
      throw new InvalidConfigError('pool', 'These cannot be merged', [
        `other must be a Histogram, but got ${other === undefined ? 'nothing' : 'something else'}; what was saved becomes one by Histogram.fromJSON`,
      ]);
    }
    const merged = new Histogram();
    for (const part of [this, other]) {
      for (const [bucket, count] of part.buckets.entries())
        merged.buckets[bucket] = (merged.buckets[bucket] ?? 0) + count;
      merged.total += part.total;
      merged.sum += part.sum;
      merged.least = Math.min(merged.least, part.least);
      merged.most = Math.max(merged.most, part.most);
    }
    return merged;
  }

  /**
   * A new histogram of what has come since `earlier`, a copy of this one: a window on what only ever grows. Counts and percentiles are as exact
   * as ever; minimum and maximum are within 1.6 %, unless they are those of all. Throws an `InvalidConfigError` for what is no
   * earlier state of this histogram.
   *
   * ```ts
   * const before = pool.timings().wait;
   * setTimeout(() => console.log('p99 of the last minute', pool.timings().wait.minus(before).p99), 60_000);
   * ```
   */
  minus(earlier: Histogram): Histogram {
    if (typeof (earlier as Partial<Histogram> | undefined)?.record !== 'function') {
      throw new InvalidConfigError('pool', 'This cannot be subtracted', [
        `earlier must be a Histogram, but got ${earlier === undefined ? 'nothing' : 'something else'}; what was saved becomes one by Histogram.fromJSON`,
      ]);
    }
    if (earlier.buckets.some((count, bucket) => count > (this.buckets[bucket] ?? 0))) {
      throw new InvalidConfigError('pool', 'This cannot be subtracted', [
        `earlier must be an earlier copy of this histogram (of ${this.total} values), but got one with other values (${earlier.total})`,
      ]);
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
    // What rounding has taken from both sums must not put the mean out of the range.
    const { total, least, most } = window;
    window.sum = Math.min(Math.max(this.sum - earlier.sum, total * least), total * most);
    return window;
  }

  /** A value of that bucket: an extreme, if it has one, or else the middle. */
  private within(bucket: number): number {
    if (this.total > 0 && bucket === bucketOf(this.most)) return this.most;
    return bucket === bucketOf(this.least) ? this.least : middleOf(bucket);
  }

  /** A copy, which stays as it is. */
  clone(): Histogram {
    return this.merge(new Histogram());
  }

  /** For `JSON.stringify`; `Histogram.fromJSON` makes a histogram of it again. */
  toJSON(): HistogramJSON {
    const buckets = [...this.buckets.entries()].filter(([, count]) => count > 0);
    return { unitsPerMs, perOctave, sum: this.sum, min: this.min, max: this.max, buckets };
  }

  /** The histogram that `JSON.stringify` has saved. Throws an `InvalidConfigError` for anything else. */
  static fromJSON(this: void, json: HistogramJSON): Histogram {
    const issue = notSaved(json);
    if (issue !== null) throw new InvalidConfigError('pool', 'This is no saved histogram', [issue]);
    const histogram = new Histogram();
    for (const [bucket, count] of json.buckets) {
      while (histogram.buckets.length <= bucket) histogram.buckets.push(0);
      histogram.buckets[bucket] = count;
      histogram.total += count;
    }
    histogram.sum = json.sum;
    histogram.least = histogram.total === 0 ? Infinity : json.min;
    histogram.most = json.max;
    return histogram;
  }
}

/** Below an octave of units a bucket is one unit; from there on each power of two has as many. */
function bucketOf(ms: number): number {
  const units = ms * unitsPerMs;
  if (units < perOctave) return Math.floor(units);
  // Whole numbers of 31 bits are what the processor can do fast; above that (35 minutes) it is rare.
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

/** In ms: longer than anything that was ever timed, and still exact. */
const longest = Number.MAX_SAFE_INTEGER;
const lastBucket = bucketOf(longest);
/** By so much of itself a sum of very many values may have been rounded. */
const rounding = 1e-6;

function notSaved(json: unknown): string | null {
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

/** What is possible each by itself, and not together. */
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
  return fits ? null : `sum, min and max must be those of what is in buckets, but got ${sum}, ${min} and ${max}`;
}
