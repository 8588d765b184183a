import { erlangB, erlangC, serversFor } from '../../src/stress/erlang';

/**
 * The formulas in their original form, as sums of powers over factorials: exact for small numbers, and independent of the implementation.
 */
const terms = (servers: number, load: number): number[] => {
  const found = [1];
  for (let n = 1; n <= servers; n++) found.push((found[n - 1]! * load) / n);
  return found;
};
const plainB = (servers: number, load: number): number => {
  const all = terms(servers, load);
  return all[servers]! / all.reduce((sum, term) => sum + term, 0);
};
const plainC = (servers: number, load: number): number => {
  const all = terms(servers, load);
  const last = (all.pop()! * servers) / (servers - load);
  return last / (all.reduce((sum, term) => sum + term, 0) + last);
};

describe("Erlang's formulas", () => {
  it('agree with their sums, and with published tables', () => {
    for (const [servers, load] of [
      [1, 0.5],
      [2, 1],
      [10, 5],
      [10, 9.9],
      [30, 20],
    ] as const) {
      expect(erlangB(servers, load)).toBeCloseTo(plainB(servers, load), 12);
      expect(erlangC(servers, load)).toBeCloseTo(plainC(servers, load), 12);
    }
    // One in a hundred calls blocked: 4.46 Erlang on 10 circuits, 84.1 on 100.
    expect(erlangB(10, 4.46)).toBeCloseTo(0.01, 4);
    expect(erlangB(100, 84.06)).toBeCloseTo(0.01, 4);
  });

  it('let every caller wait where the load exceeds the servers', () => {
    expect(erlangC(5, 5)).toBe(1);
    expect(erlangC(5, 7)).toBe(1);
  });
});

describe('the fewest servers', () => {
  it('are the first number with which few enough wait for longer', () => {
    const [load, mean, within] = [20, 50, 5];
    const late = (servers: number): number => erlangC(servers, load) * Math.exp((-(servers - load) * within) / mean);
    const servers = serversFor(load, mean, within, 0.01)!;
    expect(late(servers)).toBeLessThanOrEqual(0.01);
    expect(late(servers - 1)).toBeGreaterThan(0.01);
  });

  it('are not known where they would be too many', () => {
    expect(serversFor(50, 10, 1, 0.01, 20)).toBeNull();
  });
});
