import { chartAsSvg } from '../../bench/report/chart';

describe('a plot', () => {
  const line = (name: string, ...points: readonly (readonly [number, number])[]) => ({
    name,
    kind: 'ours' as const,
    points,
  });
  const svgOf = (...lines: Parameters<typeof chartAsSvg>[0]['lines']): string =>
    chartAsSvg({ title: 'Cost', x: 'size', y: 'ns', lines });
  const dotsOf = (svg: string): { x: number; y: number }[] =>
    [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => ({ x: Number(x), y: Number(y) }));

  it('gives every decade the same width', () => {
    const [a, b, c] = dotsOf(svgOf(line('one', [1, 10], [10, 100], [100, 1000])));
    expect(b!.x - a!.x).toBeCloseTo(c!.x - b!.x, 0);
    expect(a!.y - b!.y).toBeCloseTo(b!.y - c!.y, 0);
    expect(a!.y).toBeGreaterThan(c!.y);
  });

  it('has a place for 0 before the first decade', () => {
    const [zero, one, ten] = dotsOf(svgOf(line('one', [0, 5], [1, 5], [10, 5])));
    expect(zero!.x).toBeLessThan(one!.x);
    expect(one!.x - zero!.x).toBeCloseTo(ten!.x - one!.x, 0);
  });

  it('keeps the names of lines that end in one place apart', () => {
    const svg = svgOf(...['a', 'b', 'c', 'd'].map((name) => line(name, [1, 100], [10, 100])));
    const rows = [...svg.matchAll(/y="([\d.]+)"[^>]*font-weight="600">[abcd]</g)].map(([, y]) => Number(y));
    expect(rows.length).toBe(4);
    rows.sort((p, q) => p - q);
    for (let i = 1; i < rows.length; i++) expect(rows[i]! - rows[i - 1]!).toBeGreaterThanOrEqual(15);
  });

  it('writes names as text', () => {
    expect(svgOf(line('a<b & c', [1, 1], [2, 2]))).toContain('a&lt;b &amp; c');
  });
});
