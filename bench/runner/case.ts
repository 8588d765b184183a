/** What is measured, as data: a case has contenders that do the same work, and figures that are computed from their results. */

/** The results of one run of a contender, by name of the metric. */
export type Metrics = Readonly<Record<string, number>>;

/** Measures once. The case decides what `amount` counts: operations, or milliseconds. */
export type Measure = (amount: number) => Promise<Metrics>;

/** The amount in the full suite, and in the quick one. */
export interface Amount {
  readonly full: number;
  readonly quick: number;
}

export interface Contender {
  readonly name: string;
  /** `'baseline'` has no feature of a pool: it shows the minimum cost of the work. */
  readonly kind: 'baseline' | 'peer' | 'ours';
  readonly measure: Measure;
  /** Replaces the amount of the case. */
  readonly amount?: Amount;
  /** A module that its process runs before anything else. */
  readonly before?: string;
  /** The maximum number of rounds, for a contender that takes minutes; 0 in the quick suite excludes it there. */
  readonly rounds?: Amount;
}

/** For a contender that no figure of its case needs: the quick suite excludes it. */
export const secondary: Pick<Contender, 'rounds'> = { rounds: { full: Infinity, quick: 0 } };

export interface Metric {
  readonly key: string;
  readonly title: string;
  readonly digits?: number;
}

/** The median of a metric of a contender; `NaN` if it was not measured, so that figures computed from it are unknown too. */
export type Medians = (contender: string, metric?: string) => number;

/** A figure that is computed from the medians, and the value that it must reach. */
export interface Target {
  readonly what: string;
  /** Shown after the figure: `'×'`, `' ns'`. */
  readonly unit: string;
  readonly value: (median: Medians) => number;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** A better value that is desired but not required. */
  readonly beyond?: number;
}

/** What the guard compares: one of our contenders as a multiple of another that does the same work on the same machine. */
export interface Guarded {
  readonly ours: string;
  readonly against: string;
  /** If true, more is better, as with calls per second; otherwise less is. */
  readonly more?: true;
}

export interface Case {
  /** The name for `--only`, and in the results. */
  readonly id: string;
  readonly title: string;
  /** One sentence for the pages: what the case does and what it counts. */
  readonly about: string;
  readonly amount: Amount;
  /** The maximum number of rounds. */
  readonly rounds?: Amount;
  /** The first one is the metric that is compared. */
  readonly metrics: readonly Metric[];
  readonly contenders: readonly Contender[];
  readonly targets: readonly Target[];
  readonly headline?: Headline;
  readonly guarded?: Guarded;
  readonly curve?: Curve;
}

/** The row of a case in the short table. */
export interface Headline {
  readonly what: string;
  readonly ours: string;
  readonly baseline?: string;
  /** More is better. */
  readonly more?: true;
}

/** For a case that shows how a cost grows: its metrics are named after the values on the x axis. */
export interface Curve {
  readonly x: string;
  readonly y: string;
}

/** Thrown by a contender that cannot run here; it is reported by name with the reason. */
export class LeftOut extends Error {
  override readonly name = 'LeftOut';
}
