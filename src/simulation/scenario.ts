import type { PoolEvent } from '../pool/reports/events';
import type { HistogramJSON } from '../pool/metrics/histogram';
import type { PoolOptions } from '../pool/options';
import type { PoolTimings } from '../pool/metrics/timings';
import type { LoadRecording } from '../stress/record-load';
import type { Distribution } from './distribution';

/** A time: a number of ms, or a text with a unit, such as `'250us'`, `'20ms'`, `'1.5s'`, `'2min'`, `'1h'`. */
export type Time = number | string;

/** The options of a pool as for `createPool`, with durations in place of functions. */
export interface SimulatedPool extends Omit<
  PoolOptions<never>,
  'connect' | 'close' | 'lost' | 'validate' | 'reset' | 'isFatal' | 'onCancel' | 'scheduler' | 'random' | 'min'
> {
  /** As for `createPool`; `'max'` keeps all connections open. */
  min?: number | 'max' | undefined;
  /** How long a close, a validation and a reset take. Default: the pool has none. */
  close?: Distribution | undefined;
  validate?: Distribution | undefined;
  reset?: Distribution | undefined;
  /** As for `createPool`, without functions. Default `'release'`. */
  onCancel?: 'release' | 'discard' | undefined;
}

/** When operations arrive. */
export type ScenarioArrivals =
  /** Arrivals per second: from independent callers (`'poisson'`, the default), or at equal distances (`'even'`). */
  | { readonly rate: number; readonly pattern?: 'poisson' | 'even' | undefined }
  /** Bursts of `size` arrivals, one per `every`: on average, as independent events (`'poisson'`, the default), or exactly (`'even'`). */
  | {
      readonly bursts: {
        readonly size: number;
        readonly every: Time;
        readonly pattern?: 'poisson' | 'even' | undefined;
      };
    }
  /** Recorded arrivals: ms since the beginning, never decreasing. */
  | { readonly trace: readonly number[] }
  /** The closed model: this number of workers do one operation after the other. */
  | { readonly workers: number };

/** The target is not available, from `at` on, for the time `for`. */
export interface Outage {
  readonly at: Time;
  readonly for: Time;
  /**
   * `'refuse'` (the default): all connections are lost, and connects fail. `'silent'`: no connection is lost, but the target does not respond:
   * connects and work take longer by the outage, as with a process that is stopped.
   */
  readonly mode?: 'refuse' | 'silent' | undefined;
}

/** The target is restarted: connections are lost, and connects fail until it is up again. */
export interface Restart {
  readonly at: Time;
  /** How long connects fail. Default 0: only the connections are lost. */
  readonly down?: Time | undefined;
  /** The share of the target, such as one of several nodes behind one address. From 0 to 1, default 1. */
  readonly share?: number | undefined;
  /** The period of repetition. Default: it occurs once. */
  readonly every?: Time | undefined;
}

/** A scenario to simulate: plain data, which a file can hold as JSON. */
export interface Scenario {
  /** The pool. */
  readonly pool: SimulatedPool;
  /** When operations arrive. Optional with a `recording`. */
  readonly arrivals?: ScenarioArrivals | undefined;
  /**
   * How long the work with a connection takes; the share that `fails` at its end (from 0 to 1, default 0); and whether a failure is `fatal` to
   * the connection (default `false`). Optional with `timings` or a `recording`.
   */
  readonly work?:
    | Distribution
    | { readonly takes: Distribution; readonly fails?: number | undefined; readonly fatal?: boolean | undefined }
    | undefined;
  /**
   * How long a connect takes (default 10 ms); the share of connects that `fails` after that time; and after what time (`lives`) a connection is
   * lost (default: never).
   */
  readonly connect?:
    | Distribution
    | {
        readonly takes: Distribution;
        readonly fails?: number | undefined;
        readonly lives?: Distribution | undefined;
      }
    | undefined;
  /** When the target is not available. Default: never. */
  readonly outages?: readonly Outage[] | undefined;
  /** When the target is restarted. Default: never. */
  readonly restarts?: readonly Restart[] | undefined;
  /** For how long operations arrive, warm-up included. Default with a `recording` or a trace: to its end. */
  readonly duration?: Time | undefined;
  /** Operations in total. */
  readonly operations?: number | undefined;
  /** Operations that arrive in this time at the beginning are not measured. Default 0. */
  readonly warmup?: Time | undefined;
  /** How long operations in flight may take to end, once no more arrive; then they are cancelled. Default 30 s. */
  readonly grace?: Time | undefined;
  /** Between two reports, and the length of a sample. Default: a 120th of the measured time, or 1 s if that is not known. */
  readonly interval?: Time | undefined;
  /** The seed of all random sources: an integer. The same scenario with the same seed gives the same run. Default 1. */
  readonly seed?: number | undefined;
  /** Bounds that the final report must meet, such as `'wait.p99<20ms'`. */
  readonly thresholds?: readonly string[] | undefined;
  /**
   * `'operations'` (the default): the stats are read when an operation starts, gets its connection, or ends. `'everything'`: each snapshot and
   * each event is observed, and the pool's contract and shutdown are checked, at more than twice the cost. Counts evictions by reason, too.
   */
  readonly watch?: 'operations' | 'everything' | undefined;
  /** `pool.timings()` of a real pool, or its JSON: how long work and connects take, where `work` and `connect` are not given. */
  readonly timings?: PoolTimings | SavedTimings | undefined;
  /**
   * The recorded load of a real pool: the value that `recordLoad()` emits for `pool.events$`, its JSON, or the events. Used where `arrivals`,
   * `work` or `connect` are not given.
   */
  readonly recording?: LoadRecording | SavedRecording | readonly PoolEvent[] | undefined;
}

/** Parsed JSON of `pool.timings()`. */
export interface SavedTimings {
  readonly wait?: HistogramJSON;
  readonly failedWait?: HistogramJSON;
  readonly use: HistogramJSON;
  readonly open: HistogramJSON;
}

/** Parsed JSON of a `LoadRecording`. */
export type SavedRecording = Omit<LoadRecording, 'use' | 'open'> & {
  readonly use: HistogramJSON;
  readonly open: HistogramJSON;
};
