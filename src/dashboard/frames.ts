import type { Diagnosis } from '../diagnosis/index';
import type { PoolStats } from '../pool/rx/stats';

/** What a piece of a lane shows. */
export const pieceKinds = ['connect', 'lease', 'validate', 'reset', 'close'] as const;
export type PieceKind = (typeof pieceKinds)[number];

/**
 * A piece of a connection's lane, cut to its frame: from and to are ms since the beginning of the frame. `leases`: how many short ones are drawn
 * as one. `label`: an index into the frame's labels, or -1. `open`: 1 if it goes on in the next frame.
 */
export type Piece = readonly [
  connection: number,
  kind: number,
  from: number,
  to: number,
  leases: number,
  label: number,
  open: 0 | 1,
];

/** The end of a connection: when, why, and the error behind that. */
export type Mark = readonly [connection: number, at: number, reason: string, cause: string];

/** How long something took in a frame. `cells`: how many in each bucket of {@link heatBounds}; empty buckets are left out. */
export interface Heat {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
  readonly cells: readonly (readonly [bucket: number, count: number])[];
}

/** Upper bounds of the buckets of a {@link Heat}, in ms: two to each power of two, up to about a minute and a half; above is one more. */
export const heatBounds: readonly number[] = Array.from({ length: 40 }, (_, i) => 2 ** (i / 2 - 3));

export interface HolderRow {
  readonly connection: number;
  readonly label: string;
  /** In ms. */
  readonly age: number;
  readonly stack: string;
}

/** An event as text. `at`: ms since the beginning of the frame. */
export type EventRow = readonly [at: number, type: string, connection: number, label: string, text: string];

/** Of a report: whether its thresholds held. A report does not say what its pool suffered from. */
export type FrameDiagnosis = Omit<Diagnosis, 'condition'> & {
  readonly condition: Diagnosis['condition'] | 'passed' | 'not-passed';
};

/** A pool in one period: what a page needs to draw it, without any other frame. */
export interface Frame {
  /** The end of the period: a date in ms, by the pool's scheduler; and its length. */
  readonly at: number;
  readonly length: number;
  readonly stats: PoolStats;
  readonly diagnosis: FrameDiagnosis;
  readonly wait: Heat;
  readonly use: Heat;
  readonly open: Heat;
  /** The numbers of the connections that are opening, open or closing at its end. */
  readonly connections: readonly number[];
  readonly pieces: readonly Piece[];
  readonly marks: readonly Mark[];
  readonly labels: readonly string[];
  /** From when on (ms since the beginning) events were not looked at, because there were too many of them; -1: all were. */
  readonly gap: number;
  readonly holders: readonly HolderRow[];
  /** More are held than `holders` has. */
  readonly moreHolders: number;
  readonly events: readonly EventRow[];
  /** In a run of a stress test: what has come of it so far. */
  readonly run?: RunRow | undefined;
}

/** A stress test, or a simulation, so far. */
export interface RunRow {
  readonly phase: string;
  readonly verdict: string;
  readonly passed: boolean;
  readonly elapsed: number;
  readonly thresholds: readonly { readonly threshold: string; readonly passed: boolean; readonly summary: string }[];
  readonly violations: readonly string[];
}

/** A pool with its history. */
export interface PoolHistory {
  readonly name: string;
  /** The oldest first. */
  readonly frames: readonly Frame[];
}

/** Everything that a page shows; also the format of a saved recording. */
export interface DashboardState {
  readonly format: 'rxjs-connection-pool dashboard';
  /** Grows when a field changes its meaning. */
  readonly version: 1;
  /** `'pools'`: pools that live. `'recording'`: what was saved; `'stress'`, `'simulation'`: a report. */
  readonly source: 'pools' | 'recording' | 'stress' | 'simulation';
  /** What a recording is of, for people. */
  readonly title: string;
  /** Between two frames, in ms. */
  readonly period: number;
  /** How many frames are kept. */
  readonly keep: number;
  readonly pools: readonly PoolHistory[];
  /** What was asked of each pool, as `recordLoad` has it: only in a recording. */
  readonly loads?: readonly unknown[] | undefined;
}

/** What each period adds: a frame for each pool, null for one that has ended. */
export interface Tick {
  readonly frames: readonly (Frame | null)[];
}
