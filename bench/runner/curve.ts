import type { Case, Contender, Measure, Metrics } from './case';

interface LineOfCurve {
  readonly name: string;
  readonly kind: Contender['kind'];
  /** What is measured at this x. */
  readonly at: (x: number) => Measure;
  /** Which of its metrics is y. */
  readonly key: string;
  /** Instead of the curve's own. */
  readonly xs?: readonly number[];
}

interface CurveOptions extends Pick<Case, 'id' | 'title' | 'about' | 'amount' | 'targets'> {
  readonly x: string;
  readonly y: string;
  readonly xs: readonly number[];
  readonly lines: readonly LineOfCurve[];
}

/** A case whose contenders measure at one x after the other; their metrics are called after it. */
export function curveOf({ x, y, xs, lines, ...rest }: CurveOptions): Case {
  const all = [...new Set([...xs, ...lines.flatMap((line) => line.xs ?? [])])].sort((a, b) => a - b);
  return {
    ...rest,
    curve: { x, y },
    rounds: { full: 3, quick: 1 },
    metrics: all.map((value) => ({ key: String(value), title: value.toLocaleString('en-US') })),
    contenders: lines.map(({ name, kind, at, key, xs: own = xs }) => ({
      name,
      kind,
      measure: async (amount) => {
        const metrics: Record<string, number> = {};
        // The first is measured twice: the code is cold then.
        await at(own[0]!)(amount);
        for (const value of own) metrics[value] = yOf(await at(value)(amount), key);
        return metrics;
      },
    })),
  };
}

function yOf(metrics: Metrics, key: string): number {
  const y = metrics[key];
  if (y === undefined) throw new Error(`no metric '${key}', only ${Object.keys(metrics).join(', ')}`);
  return y;
}

/** Powers of ten from one to the other. */
export function decades(from: number, to: number): number[] {
  const result: number[] = [];
  for (let x = from; x <= to; x *= 10) result.push(x);
  return result;
}
