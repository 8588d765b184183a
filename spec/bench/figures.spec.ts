import type { Case, Target } from '../../bench/runner/case';
import { figuresOf, mediansOf, type CaseResults } from '../../bench/runner/results';
import { median, percentile } from '../../bench/runner/statistics';

const caseWith = (...targets: readonly Target[]): Case => ({
  id: 'one',
  title: 'One',
  about: '',
  amount: { full: 1, quick: 1 },
  metrics: [{ key: 'ns', title: 'ns' }],
  contenders: [],
  targets,
});

const measured = (...values: readonly number[]): CaseResults[string] => ({
  samples: values.map((ns) => ({ ns, bytes: ns * 10 })),
});

describe('the figures of the benchmarks', () => {
  const cases = { one: { ours: measured(30, 10, 20), other: measured(40, 80, 60) }, two: { ours: measured(5) } };

  it('are medians over the rounds', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1])).toBe(2.5);
    expect(percentile([0, 10, 20, 30], 0.9)).toBeCloseTo(27);
    expect(median([])).toBeNaN();
  });

  it('take the first metric unless another one is named, and another case if it is', () => {
    const medians = mediansOf(cases, 'one');
    expect(medians('ours')).toBe(20);
    expect(medians('ours', 'bytes')).toBe(200);
    expect(medians('two/ours')).toBe(5);
    expect(medians('unknown')).toBeNaN();
  });

  const verdictOf = (bounds: Partial<Target>): string =>
    figuresOf(caseWith({ what: 'ratio', unit: '×', value: (m) => m('other') / m('ours'), ...bounds }), cases)[0]!
      .verdict;

  it('reach what they must, or do not', () => {
    expect(verdictOf({ atLeast: 3 })).toBe('reached');
    expect(verdictOf({ atLeast: 3.1 })).toBe('not reached');
    expect(verdictOf({ atMost: 3 })).toBe('reached');
    expect(verdictOf({ atMost: 2.9 })).toBe('not reached');
  });

  it('go beyond it on the same side', () => {
    expect(verdictOf({ atLeast: 2, beyond: 3 })).toBe('beyond');
    expect(verdictOf({ atLeast: 2, beyond: 4 })).toBe('reached');
    expect(verdictOf({ atMost: 4, beyond: 3 })).toBe('beyond');
    expect(verdictOf({ atMost: 4, beyond: 2 })).toBe('reached');
    expect(verdictOf({ beyond: 4 })).toBe('short of beyond');
  });

  it('are unknown where a contender was left out', () => {
    const without = { one: { ours: measured(1), other: { samples: [], leftOut: 'not installed' } } };
    const target = { what: '', unit: '', value: (m: (name: string) => number) => m('other') / m('ours'), atLeast: 1 };
    expect(figuresOf(caseWith(target), without)[0]!.verdict).toBe('unknown');
  });
});
