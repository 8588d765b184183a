import { verdictOf } from '../../bench/runner/guard';

describe('the guard against getting slower', () => {
  const one = (more: boolean) => ({
    guarded: { ours: 'ours', against: 'baseline', ...(more ? { more: true as const } : {}) },
    metrics: [{ key: 'y', title: '' }],
  });
  const results = (ours: readonly number[], baseline: readonly number[]) => ({
    ours: { samples: ours.map((y) => ({ y })) },
    baseline: { samples: baseline.map((y) => ({ y })) },
  });
  const kept = { ratio: 2, margin: 1.5 };

  it('lets a ratio be as many times the kept one as the margin says', () => {
    expect(verdictOf(one(false), results([300], [100]), kept)).toEqual(
      jasmine.objectContaining({ is: 3, slower: false }),
    );
    expect(verdictOf(one(false), results([310], [100]), kept)).toEqual(jasmine.objectContaining({ slower: true }));
  });

  it('counts the best of the rounds', () => {
    expect(verdictOf(one(false), results([900, 200], [100, 700]), kept)).toEqual(
      jasmine.objectContaining({ is: 2, slower: false }),
    );
  });

  it('takes fewer calls a second for slower', () => {
    expect(verdictOf(one(true), results([40, 10], [100, 90]), kept)).toEqual(
      jasmine.objectContaining({ is: 2.5, slower: false }),
    );
    expect(verdictOf(one(true), results([30], [100]), kept)).toEqual(jasmine.objectContaining({ slower: true }));
  });

  it('names the contenders that were left out', () => {
    const without = { ...results([1], []), baseline: { samples: [], leftOut: 'not installed' } };
    expect(verdictOf(one(false), without, kept)).toBe('not installed');
  });
});
