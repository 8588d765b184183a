import { effort } from '../helpers/effort';
import { againstErlangB, againstErlangC, distance } from './against-erlang';

/** In half widths of the 95 % interval: 99 % lie within. The seeds are fixed, so that chance has spoken. */
const bound = 1.35;

describe('a simulation', () => {
  for (const [servers, load] of effort<readonly (readonly [number, number])[]>(
    [[5, 4]],
    [
      [1, 0.5],
      [5, 4],
      [20, 16],
    ],
  )) {
    it(`of ${servers} connections at ${load} Erlang has the waits of Erlang C`, async () => {
      const { waited, meanWait } = await againstErlangC(servers, load, 60_000);
      expect(distance(waited)).withContext(JSON.stringify(waited)).toBeLessThan(bound);
      expect(distance(meanWait)).withContext(JSON.stringify(meanWait)).toBeLessThan(bound);
      // An interval that is too wide would hold anything.
      expect(waited.simulated.margin).toBeLessThan(waited.theory * 0.2);
      expect(meanWait.simulated.margin).toBeLessThan(meanWait.theory * 0.5);
    });
  }

  for (const [servers, load] of effort<readonly (readonly [number, number])[]>(
    [[10, 10]],
    [
      [1, 1],
      [10, 10],
      [50, 60],
    ],
  )) {
    it(`of ${servers} connections without a queue rejects at ${load} Erlang the share of Erlang B`, async () => {
      const lost = await againstErlangB(servers, load, 60_000);
      expect(distance(lost)).withContext(JSON.stringify(lost)).toBeLessThan(bound);
      expect(lost.simulated.margin).toBeLessThan(lost.theory * 0.1);
    });
  }

  it('is detected where the theory differs', async () => {
    const { waited, meanWait } = await againstErlangC(5, 4, 60_000);
    expect(distance({ ...waited, theory: waited.theory * 1.2 })).toBeGreaterThan(bound);
    expect(distance({ ...meanWait, theory: meanWait.theory * 1.5 })).toBeGreaterThan(bound);
  });
});
