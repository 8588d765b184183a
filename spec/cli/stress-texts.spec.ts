import { Histogram } from '../../src/index';
import { barsOf } from '../../src/cli/bars';
import { StatusBlock } from '../../src/cli/status-block';

const histogramOf = (values: readonly number[]): Histogram => {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
};
const range = (from: number, to: number, step = 1): number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);

describe('bars', () => {
  it('are a row for each range, and no more than eight, however far the values lie apart', () => {
    for (const values of [[1], range(1, 9), range(10, 30), range(0.01, 5_000, 0.5), [0, 0, 0, 1e6], [1e-4, 1e7]]) {
      const bars = barsOf(histogramOf(values));
      expect(bars.length).toBeGreaterThan(0);
      expect(bars.length).toBeLessThanOrEqual(8);
      const shares = bars.map((bar) => Number(/([\d.]+) %$/.exec(bar)?.[1] ?? 0));
      expect(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 100)).toBeLessThan(2);
    }
  });

  it('are as long as their share, the longest of them 30', () => {
    const bars = barsOf(histogramOf([...range(11, 12, 0.1), ...range(13, 15.5, 0.5)]));
    expect(bars).toEqual([
      `≤ 12.5 ms ${'█'.repeat(30)}   65 %`,
      `≤ 16 ms   ${'█'.repeat(16)}▍${' '.repeat(13)}   35 %`,
    ]);
  });

  it('are none where there is nothing to show', () => {
    expect(barsOf(new Histogram())).toEqual([]);
  });
});

describe('the block of lines', () => {
  const terminal = (size: { columns?: number; rows?: number; isTTY?: boolean }) => {
    const written: string[] = [];
    return { written, sink: { isTTY: true, ...size, write: (text: string) => written.push(text) } as never };
  };

  it('is written over from its first line, and erased', () => {
    const { written, sink } = terminal({ columns: 80, rows: 24 });
    const block = new StatusBlock(sink);
    block.show(['a', 'b', 'c']);
    block.show(['d']);
    block.clear();
    block.clear();
    expect(written).toEqual(['a\nb\nc', '\r\u001b[2A\u001b[Jd', '\r\u001b[J']);
  });

  it('is no wider and no higher than the terminal', () => {
    const { written, sink } = terminal({ columns: 5, rows: 3 });
    new StatusBlock(sink).show(['abcdefgh', 'b', 'c', 'd']);
    expect(written).toEqual(['abcd\nb']);
  });

  it('is nothing elsewhere', () => {
    const { written, sink } = terminal({ isTTY: false });
    const block = new StatusBlock(sink);
    block.show(['a']);
    block.clear();
    expect([written, block.visible]).toEqual([[], false]);
  });
});
