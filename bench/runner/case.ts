/** What is measured, as data: a case has contenders that do the same work, and figures that follow from them. */

/** What one run of a contender found, by name of the metric. */
export type Metrics = Readonly<Record<string, number>>;

/** Measures once. What `amount` counts is the case's own matter: operations, or milliseconds. */
export type Measure = (amount: number) => Promise<Metrics>;

/** In the full suite, and in the quick one. */
export interface Amount {
  readonly full: number;
  readonly quick: number;
}

export interface Contender {
  readonly name: string;
  /** `'baseline'` keeps no rule of a pool: less than that the work cannot cost. */
  readonly kind: 'baseline' | 'peer' | 'ours';
  readonly measure: Measure;
  /** Instead of the case's own. */
  readonly amount?: Amount;
  /** A module that its process runs before anything else. */
  readonly before?: string;
  /** At the most, for those who take minutes; 0 in the quick suite leaves it out there. */
  readonly rounds?: Amount;
}

/** The rounds of one that the figures of a case do not need: the quick suite leaves it out. */
export const secondary: Pick<Contender, 'rounds'> = { rounds: { full: Infinity, quick: 0 } };

export interface Metric {
  readonly key: string;
  readonly title: string;
  readonly digits?: number;
}

/** The median of a metric of a contender; `NaN` where it was left out, so that what follows from it is unknown too. */
export type Medians = (contender: string, metric?: string) => number;

/** A figure that follows from the medians, and what it has to be. */
export interface Target {
  readonly what: string;
  /** Shown after the figure: `'×'`, `' ns'`. */
  readonly unit: string;
  readonly value: (median: Medians) => number;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** What would be better still, on the same side. */
  readonly beyond?: number;
}

/** What the guard watches: one of ours as a multiple of something that does the same work on the same machine. */
export interface Guarded {
  readonly ours: string;
  readonly against: string;
  /** More is better, as with calls a second; otherwise less is. */
  readonly more?: true;
}

export interface Case {
  /** For `--only`, and in the results. */
  readonly id: string;
  readonly title: string;
  /** One sentence for the pages: what is done and how it is counted. */
  readonly about: string;
  readonly amount: Amount;
  /** At the most. */
  readonly rounds?: Amount;
  /** The first is what is compared. */
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

/** Of a case that shows how something grows: its metrics are called after the values on the x axis. */
export interface Curve {
  readonly x: string;
  readonly y: string;
}

/** Thrown by a contender that cannot run here; it is reported by name with the reason. */
export class LeftOut extends Error {
  override readonly name = 'LeftOut';
}
