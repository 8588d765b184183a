import { Confidence } from '../../src/simulation/confidence';
import type { StressReport } from '../../src/stress/index';

/** The report after a number of operations were served; each second one of them has waited, in turn or in a row. */
const reportOf = (served: number, waited: number, phase = 'running'): StressReport =>
  ({
    phase,
    operations: { ended: served, timedOut: 0, rejected: 0, noConnection: 0 },
    histograms: { wait: { count: served, mean: served === 0 ? 0 : waited / served, countUpTo: () => served - waited } },
  }) as unknown as StressReport;

describe('a margin of error', () => {
  it('is that of the means of 30 batches', () => {
    const confidence = new Confidence();
    confidence.add(reportOf(0, 0));
    let waited = 0;
    for (let batch = 1; batch <= 30; batch++) {
      waited += batch % 2;
      confidence.add(reportOf(batch, waited));
    }
    const figures = confidence.figures(reportOf(30, waited, 'done'));
    // The means are 15 times 0 and 15 times 1: their variance is 7.5 / 29, and Student's t 2.0452.
    const margin = 2.0452 * Math.sqrt(7.5 / 29 / 30);
    expect(figures.waited.value).toBe(0.5);
    expect(figures.waited.margin).toBeCloseTo(margin, 10);
    expect(figures.meanWait.margin).toBeCloseTo(margin, 10);
    expect(figures.unserved).toEqual({ value: 0, margin: 0 });
  });

  it('is not known of fewer than 30 intervals, nor of a batch without an operation', () => {
    const few = new Confidence();
    for (let i = 0; i < 30; i++) few.add(reportOf(i, 0));
    expect(few.figures(reportOf(29, 0)).waited).toEqual({ value: 0, margin: null });
    const still = new Confidence();
    for (let i = 0; i <= 30; i++) still.add(reportOf(Math.min(i, 20), 0));
    expect(still.figures(reportOf(20, 0)).waited.margin).toBeNull();
  });

  it('does not count what was before the warm-up had ended', () => {
    const confidence = new Confidence();
    confidence.add(reportOf(5, 5, 'warmup'));
    for (let i = 0; i <= 30; i++) confidence.add(reportOf(10 + i, 5));
    expect(confidence.figures(reportOf(40, 5)).waited.margin).toBe(0);
  });
});
