import type { Histogram } from '../pool/metrics/histogram';
import type { PoolStats } from '../pool/rx/stats';
import type { ErrorCount } from './error-tally';
import type { Measure } from './measure';
import type { Outcome } from './outcome';
import type { Peaks, PoolActivity } from './pool-watch';
import type { ThresholdResult } from './thresholds';
import type { Sample } from './timeline';

/** The load that a pool was put under; null stands for none. Times in ms. */
export interface LoadDescription {
  /** `'closed'`: workers, each as fast as it can. `'open'`: operations come, whatever has become of those before. */
  readonly model: 'closed' | 'open';
  /** How many operations may be under way at once. */
  readonly workers: number | null;
  /** Operations a second; null where no rate was given. */
  readonly rate: number | null;
  /** How they come; null in the closed model. */
  readonly arrivals: 'even' | 'poisson' | 'bursts' | 'trace' | null;
  /** How many operations there are to be in all. */
  readonly operations: number | null;
  /** For how long operations begin, in ms, warm-up included; null where only a number of them bounds the load. */
  readonly duration: number | null;
  /** In ms. */
  readonly warmup: number;
}

/** How many operations were measured, and what became of them. */
export interface OperationCounts extends Readonly<Record<Outcome, number>> {
  /** The sum of all outcomes. */
  readonly ended: number;
  /** Those that have begun and not ended. */
  readonly inFlight: number;
  /** Those of the warm-up, which are in no other figure. */
  readonly warmup: number;
}

/** How many connections it takes, where somebody has waited for too long and it can be told. */
export interface Estimate {
  /** The option `max` that should do: more than there are, or not, where waits have another reason. */
  readonly max: number;
  /** What it would do, for people. */
  readonly effect: string;
  /** What that is based on, and takes for granted. */
  readonly basis: string;
}

/**
 * What came of a load so far: while it runs, after each interval, and at the end. Plain data that `JSON.stringify` takes. Times are
 * milliseconds, shares are from 0 to 1.
 */
export interface StressReport {
  /** The schema of the report; a number that grows when a field changes its meaning. */
  readonly version: 1;
  /** The pool's name. */
  readonly pool: string;
  /** `'draining'`: nothing more begins, and what runs is waited for. `'done'` is the last report. */
  readonly phase: 'warmup' | 'running' | 'draining' | 'done';
  /** What it comes to, in a sentence. */
  readonly verdict: string;
  /** Whether every threshold held, the pool kept its own rules, and the load was not given up. */
  readonly passed: boolean;
  /** What came of each threshold, in the order in which they were given. */
  readonly thresholds: readonly ThresholdResult[];
  /** Rules of the pool's contract that were broken, a sentence each: there should be none, ever. */
  readonly violations: readonly string[];
  /** Why the load was given up before it was done; null where it was not. */
  readonly abortReason: string | null;
  /** What is to be known about the figures. */
  readonly notes: readonly string[];
  /** What was asked for, with every default filled in. */
  readonly load: LoadDescription;
  /** Since the beginning, and how much of it was measured: without the warm-up, and what came after `duration`. */
  readonly elapsed: number;
  readonly measured: number;
  /** What became of the operations. */
  readonly operations: OperationCounts;
  /** Operations whose work had not ended when the grace was over, and was cancelled: their numbers, 20 at the most. */
  readonly neverEnded: readonly number[];
  /** Operations a second that succeeded; those that were to start (null in the closed model). */
  readonly throughput: number;
  readonly offered: number | null;
  /**
   * From the planned start to the connection, with the connection, and both. In the closed model an operation is planned for when it starts.
   * Those who waited in vain until `acquireTimeout` are in `wait` and in `total`; who was turned away is in none.
   */
  readonly wait: Measure;
  readonly use: Measure;
  readonly total: Measure;
  /** The same from the actual start. */
  readonly fromStart: { readonly wait: Measure; readonly total: Measure };
  /** From the planned to the actual start: how late the load itself was. */
  readonly lag: Measure;
  /** Connects that succeeded, warm-up included. */
  readonly open: Measure;
  /** For which part of the time every lease was lent; which part of all leases was lent, on average. */
  readonly saturated: number;
  readonly utilisation: number;
  /** For which part of the time callers waited while fewer than `max` connections were open; how many were open then, on average. */
  readonly growing: number;
  readonly openWhileGrowing: number;
  /** The most of each at a time. */
  readonly peaks: Peaks;
  /** What the pool did. */
  readonly activity: PoolActivity;
  /** Errors of operations, those that say the same counted together, the most frequent ones first. */
  readonly errors: readonly ErrorCount[];
  /** How many connections it takes; null where nobody waited for too long. */
  readonly estimate: Estimate | null;
  /** How it went over time; never more than 600 samples. */
  readonly timeline: readonly Sample[];
  /** The distributions behind the figures, which can be merged, and played into a simulation. */
  readonly histograms: {
    readonly wait: Histogram;
    readonly use: Histogram;
    readonly total: Histogram;
    readonly open: Histogram;
  };
  /** The last snapshot of the pool. */
  readonly stats: PoolStats;
}
