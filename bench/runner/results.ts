import type { Case, Medians, Metrics } from './case';
import type { Machine } from './machine';
import type { Hot } from './profile';
import { median } from './statistics';

/** By name of the contender. */
export type CaseResults = Readonly<Record<string, ContenderResults>>;

export interface ContenderResults {
  /** One value for each round. */
  readonly samples: readonly Metrics[];
  /** The reason why there are no values. */
  readonly leftOut?: string;
}

/** The file that `--json` writes and `--from` reads. */
export interface Results {
  readonly machine: Machine;
  readonly date: string;
  readonly quick: boolean;
  readonly seed: number;
  readonly rounds: number;
  readonly seconds: number;
  /** By `id`. */
  readonly cases: Readonly<Record<string, CaseResults>>;
  /** By `id`: the functions that take most of our time, for a case with a target that is not reached. */
  readonly profiles?: Readonly<Record<string, readonly Hot[]>>;
}

/** For the targets of a case; `'other-case/contender'` selects a contender of another case. */
export const mediansOf =
  (cases: Results['cases'], id: string): Medians =>
  (path, metric) => {
    const slash = path.indexOf('/');
    const other = slash > 0 && path.slice(0, slash) in cases;
    const results = other ? cases[path.slice(0, slash)] : cases[id];
    const samples = results?.[other ? path.slice(slash + 1) : path]?.samples ?? [];
    const key = metric ?? Object.keys(samples[0] ?? {})[0] ?? '';
    return median(samples.map((sample) => sample[key] ?? NaN).filter((value) => !Number.isNaN(value)));
  };

/** The worst round as a multiple of the best, in the first metric: how much other load on the machine has disturbed it. */
export function spreadOf(
  { id, metrics }: Pick<Case, 'id' | 'metrics'>,
  contender: string,
  cases: Results['cases'],
): number {
  const values = (cases[id]?.[contender]?.samples ?? []).map((sample) => sample[metrics[0]!.key] ?? NaN);
  return values.length < 2 ? NaN : Math.max(...values) / Math.min(...values);
}

/** `'short of beyond'` of what has to be nothing, and would be better if it were. */
export type Verdict = 'beyond' | 'reached' | 'short of beyond' | 'not reached' | 'unknown';

export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly value: number;
  readonly toReach: string;
  readonly verdict: Verdict;
}

/** What follows from the medians of a case. */
export function figuresOf({ id, targets }: Case, cases: Results['cases']): readonly Figure[] {
  const medians = mediansOf(cases, id);
  return targets.map(({ what, unit, value: valueOf, atLeast, atMost, beyond }) => {
    const value = valueOf(medians);
    const more = atMost === undefined;
    const meets = (bound: number | undefined): boolean =>
      bound !== undefined && (more ? value >= bound : value <= bound);
    const sign = more ? '≥' : '≤';
    const bounds = [
      ...((atLeast ?? atMost) === undefined ? [] : [`${sign} ${atLeast ?? atMost}${unit}`]),
      ...(beyond === undefined ? [] : [`beyond: ${sign} ${beyond}${unit}`]),
    ];
    const verdict: Verdict = Number.isNaN(value)
      ? 'unknown'
      : meets(beyond)
        ? 'beyond'
        : meets(atLeast ?? atMost)
          ? 'reached'
          : (atLeast ?? atMost) === undefined
            ? 'short of beyond'
            : 'not reached';
    return { what, unit, value, toReach: bounds.join(', '), verdict };
  });
}
