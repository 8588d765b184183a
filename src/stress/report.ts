import type { Histogram } from '../pool/metrics/histogram';
import type { PoolStats } from '../pool/rx/stats';
import type { ErrorCount } from './error-tally';
import type { Measure } from './measure';
import type { Outcome } from './outcome';
import type { Peaks, PoolActivity } from './pool-watch';
import type { ThresholdResult } from './thresholds';
import type { Sample } from './timeline';

/** A load; null stands for none. Times in ms. */
export interface LoadDescription {
  /** `'closed'`: each worker starts the next operation when one ends. `'open'`: operations arrive independently of that. */
  readonly model: 'closed' | 'open';
  /** The maximum number of operations in flight. */
  readonly workers: number | null;
  /** Arrivals per second; null without a rate. */
  readonly rate: number | null;
  /** The distribution of arrivals; null in the closed model. */
  readonly arrivals: 'even' | 'poisson' | 'bursts' | 'trace' | null;
  /** Operations in total. */
  readonly operations: number | null;
  /** For how long operations start, in ms, warm-up included; null where only a number of operations bounds the load. */
  readonly duration: number | null;
  /** In ms. */
  readonly warmup: number;
}

/** Numbers of measured operations by outcome. */
export interface OperationCounts extends Readonly<Record<Outcome, number>> {
  /** The sum of all outcomes. */
  readonly ended: number;
  /** Operations that have started and not ended. */
  readonly inFlight: number;
  /** Operations of the warm-up, which no other figure includes. */
  readonly warmup: number;
}

/** How many connections the load needs, where callers waited too long and that can be computed. */
export interface Estimate {
  /** The sufficient value of `max`. It may be at most the current one: then the waits have another cause. */
  readonly max: number;
  /** Its effect, as text. */
  readonly effect: string;
  /** Its basis and assumptions, as text. */
  readonly basis: string;
}

/**
 * The result of a load: one after each interval while it runs, and one at the end. Plain data for `JSON.stringify`. Times are milliseconds,
 * shares are from 0 to 1.
 */
export interface StressReport {
  /** The version of the schema; increases when a field changes its meaning. */
  readonly version: 1;
  /** The pool's name. */
  readonly pool: string;
  /** `'draining'`: no operation starts any more, and the run waits for those in flight. `'done'`: the last report. */
  readonly phase: 'warmup' | 'running' | 'draining' | 'done';
  /** The result in a sentence. */
  readonly verdict: string;
  /** Whether every threshold held, the pool kept its contract, and the load was not aborted. */
  readonly passed: boolean;
  /** The result of each threshold, in the given order. */
  readonly thresholds: readonly ThresholdResult[];
  /** Violations of the pool's contract, one sentence each. There should never be any. */
  readonly violations: readonly string[];
  /** Why the load was aborted; null if it was not. */
  readonly abortReason: string | null;
  /** Remarks on the figures. */
  readonly notes: readonly string[];
  /** The load, with every default filled in. */
  readonly load: LoadDescription;
  /** Time since the beginning, and the measured part of it: without the warm-up and the time after `duration`. */
  readonly elapsed: number;
  readonly measured: number;
  /** Operations by outcome. */
  readonly operations: OperationCounts;
  /** The indices of operations whose work had not ended when the grace was over, 20 at most. Their work was cancelled. */
  readonly neverEnded: readonly number[];
  /** Successful operations per second; planned operations per second (null in the closed model). */
  readonly throughput: number;
  readonly offered: number | null;
  /**
   * From the planned start to the connection; with the connection; both. In the closed model the planned start is the actual one. Operations
   * that timed out are included in `wait` and in `total`; rejected ones are not included.
   */
  readonly wait: Measure;
  readonly use: Measure;
  readonly total: Measure;
  /** The same from the actual start. */
  readonly fromStart: { readonly wait: Measure; readonly total: Measure };
  /** From the planned to the actual start: the delay of the load itself. */
  readonly lag: Measure;
  /** Durations of successful connects, warm-up included. */
  readonly open: Measure;
  /** The share of the time in which every lease was active; the mean share of leases that were active. */
  readonly saturated: number;
  readonly utilisation: number;
  /** The share of the time in which callers waited while fewer than `max` connections were open; the mean number open then. */
  readonly growing: number;
  readonly openWhileGrowing: number;
  /** The maxima. */
  readonly peaks: Peaks;
  /** Counts of what the pool did. */
  readonly activity: PoolActivity;
  /** Errors of operations, equal ones counted together, the most frequent first. */
  readonly errors: readonly ErrorCount[];
  /** How many connections the load needs; null where no caller waited too long. */
  readonly estimate: Estimate | null;
  /** The figures over time, 600 samples at most. */
  readonly timeline: readonly Sample[];
  /** The distributions behind the figures. They can be merged, and used in a simulation. */
  readonly histograms: {
    readonly wait: Histogram;
    readonly use: Histogram;
    readonly total: Histogram;
    readonly open: Histogram;
  };
  /** The last snapshot of the pool. */
  readonly stats: PoolStats;
}
