import { folded, legendOf } from '../../src/dashboard/lane-rows';
import type { LaneRow } from '../../src/dashboard/lane-rows';

const rowsOf = (count: number): LaneRow[] =>
  Array.from({ length: count }, (_, i) => ({
    connection: i + 1,
    bars: [],
    ends: [],
    // Not in the order of the numbers.
    busy: ((i * 37) % count) / count,
  }));

describe('the lanes of a dashboard', () => {
  it('have a legend that says of the last colour for how many labels it stands', () => {
    expect(legendOf(['import', ''], 3)).toEqual(['import', 'no label']);
    expect(legendOf(['a', 'b', 'c'], 3)).toEqual(['a', 'b', 'c']);
    expect(legendOf(['a', 'b', 'c', 'd'], 3)).toEqual(['a', 'b', '2 other labels']);
  });

  it('are drawn one by one up to sixty, by the number of the connection', () => {
    const folds = folded([...rowsOf(59), { connection: null, bars: [], ends: [], busy: 0 }]);
    expect(folds.map(({ title }) => title)).toEqual([...Array.from({ length: 59 }, (_, i) => `${i + 1}`), '–']);
    expect(folds.every(({ rows }) => rows.length === 1)).toBeTrue();
  });

  for (const count of [61, 100, 1_000, 10_000]) {
    it(`are folded beyond that, those of like load together, the busiest first (${count})`, () => {
      const rows = rowsOf(count);
      const folds = folded(rows);
      expect(folds.length).toBeLessThanOrEqual(30);
      expect(folds.length).toBeGreaterThan(15);
      const drawn = folds.flatMap((fold) => fold.rows);
      expect(new Set(drawn).size).toBe(count);
      expect(drawn.map(({ busy }) => busy)).toEqual(rows.map(({ busy }) => busy).sort((a, b) => b - a));
      for (const { rows: part, title } of folds) {
        const mean = part.reduce((sum, { busy }) => sum + busy, 0) / part.length;
        expect(title).toBe(`${part.length} × ${Math.round(mean * 100)} %`);
      }
    });
  }
});
