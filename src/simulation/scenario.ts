import type { PoolEvent } from '../pool/reports/events';
import type { HistogramJSON } from '../pool/metrics/histogram';
import type { PoolOptions } from '../pool/options';
import type { PoolTimings } from '../pool/metrics/timings';
import type { LoadRecording } from '../stress/record-load';
import type { Distribution } from './distribution';

/** A time: milliseconds, or a text with a unit, such as `'250us'`, `'20ms'`, `'1.5s'`, `'2min'`, `'1h'`. */
export type Time = number | string;

/** Every option of a pool, as `createPool` takes it; what is a function there is how long it takes here. */
export interface SimulatedPool extends Omit<
  PoolOptions<never>,
  'connect' | 'close' | 'lost' | 'validate' | 'reset' | 'isFatal' | 'onCancel' | 'scheduler' | 'random' | 'min'
> {
  /** As `createPool` has it; `'max'` keeps all connections open. */
  min?: number | 'max' | undefined;
  /** How long a close, a validation and a reset take. Default: there is none. */
  close?: Distribution | undefined;
  validate?: Distribution | undefined;
  reset?: Distribution | undefined;
  /** As `createPool` has it, without functions. Default `'release'`. */
  onCancel?: 'release' | 'discard' | undefined;
}

/** When operations come. */
export type ScenarioArrivals =
  /** So many a second: independent callers (`'poisson'`, the default), or one after the other at equal distances (`'even'`). */
  | { readonly rate: number; readonly pattern?: 'poisson' | 'even' | undefined }
  /** `size` at once, one such burst `every` so often: on average, as independent events (`'poisson'`, the default), or exactly (`'even'`). */
  | {
      readonly bursts: {
        readonly size: number;
        readonly every: Time;
        readonly pattern?: 'poisson' | 'even' | undefined;
      };
    }
  /** As they came elsewhere: milliseconds since the beginning, never falling. */
  | { readonly trace: readonly number[] }
  /** Nobody comes: so many workers do one operation after the other. */
  | { readonly workers: number };

/** The target does not do its work, from `at` on, `for` so long. */
export interface Outage {
  readonly at: Time;
  readonly for: Time;
  /**
   * `'refuse'` (the default): all connections are lost, and connects fail. `'silent'`: nothing is lost, and nothing moves: connects and work
   * take so much longer, as with a process that is stopped.
   */
  readonly mode?: 'refuse' | 'silent' | undefined;
}

/** The target is restarted: connections are lost, and connects fail until it is up again. */
export interface Restart {
  readonly at: Time;
  /** How long it is down. Default 0: only the connections are lost. */
  readonly down?: Time | undefined;
  /** Which part of the target: of so many nodes behind one address, say, one. From 0 to 1, default 1: all of it. */
  readonly share?: number | undefined;
  /** Again and again, so often. Default: once. */
  readonly every?: Time | undefined;
}

/** What is simulated: plain data, which can be kept in a file as JSON. */
export interface Scenario {
  /** The pool. */
  readonly pool: SimulatedPool;
  /** When operations come. May be left out with a `recording`. */
  readonly arrivals?: ScenarioArrivals | undefined;
  /**
   * How long the work with a connection takes; which part of it `fails` (from 0 to 1, default 0), at its end; and whether that is `fatal` to
   * the connection (default `false`). May be left out with `timings` or a `recording`.
   */
  readonly work?:
    | Distribution
    | { readonly takes: Distribution; readonly fails?: number | undefined; readonly fatal?: boolean | undefined }
    | undefined;
  /**
   * How long a connect takes (default 10 ms); which part of them `fails`, after as long; and how long connections `lives` before they are lost
   * (default: for ever).
   */
  readonly connect?:
    | Distribution
    | {
        readonly takes: Distribution;
        readonly fails?: number | undefined;
        readonly lives?: Distribution | undefined;
      }
    | undefined;
  /** When the target does not do its work. Default: never. */
  readonly outages?: readonly Outage[] | undefined;
  /** When the target is restarted. Default: never. */
  readonly restarts?: readonly Restart[] | undefined;
  /** How long operations come, warm-up included. Default with a `recording` or a trace: to its end. */
  readonly duration?: Time | undefined;
  /** How many operations there are in all. */
  readonly operations?: number | undefined;
  /** Operations of the first so long are done, and not measured. Default 0. */
  readonly warmup?: Time | undefined;
  /** How long operations under way may take to end, once no more come; then they are cancelled. Default 30 s. */
  readonly grace?: Time | undefined;
  /** Between two reports, and the length of a sample. Default: the 120th part of what is measured, or 1 s where that is not known. */
  readonly interval?: Time | undefined;
  /** What chance is made of: a whole number. The same scenario with the same seed is the same run, for ever. Default 1. */
  readonly seed?: number | undefined;
  /** What must hold in the end, such as `'wait.p99<20ms'`. */
  readonly thresholds?: readonly string[] | undefined;
  /**
   * `'operations'` (the default): what can be seen of the pool when an operation begins, is lent a connection, or ends. `'everything'`: each
   * snapshot and each event, and the end of the pool, held against its own rules, and evictions by their reason; at more than twice the cost.
   */
  readonly watch?: 'operations' | 'everything' | undefined;
  /** `pool.timings()` of a pool in life, or that as JSON: how long work and connects take, where `work` and `connect` do not say so. */
  readonly timings?: PoolTimings | SavedTimings | undefined;
  /**
   * What a pool was asked for in life: what `recordLoad()` makes of `pool.events$`, that as JSON, or the events themselves. For whatever
   * `arrivals`, `work` and `connect` do not say.
   */
  readonly recording?: LoadRecording | SavedRecording | readonly PoolEvent[] | undefined;
}

/** `JSON.stringify(pool.timings())`, read again. */
export interface SavedTimings {
  readonly wait?: HistogramJSON;
  readonly failedWait?: HistogramJSON;
  readonly use: HistogramJSON;
  readonly open: HistogramJSON;
}

/** A `LoadRecording` that was saved as JSON, read again. */
export type SavedRecording = Omit<LoadRecording, 'use' | 'open'> & {
  readonly use: HistogramJSON;
  readonly open: HistogramJSON;
};
