import { readRecording } from '../../src/dashboard/recordings';
import { operations, failures, ratesOf } from '../../src/dashboard/series';
import { statsOf } from '../diagnosis/facts';

const sample = {
  length: 1_000,
  throughput: 0,
  leases: 3,
  queueLength: 9,
  connectionCount: 3,
  opened: 0,
  waitP50: 5,
  waitP99: 40,
  totalP50: 8,
  totalP99: 50,
};

const report = {
  version: 1,
  pool: 'db',
  phase: 'done',
  verdict: 'Saturated 98 % of the time.',
  passed: false,
  elapsed: 3_000,
  violations: [],
  estimate: { max: 6, effect: 'the p99 wait would fall under 20 ms' },
  thresholds: [{ threshold: 'errors<1%', passed: false, summary: 'errors is 5 %' }],
  // As it is at the end: nothing is lent any more, and all is counted.
  stats: statsOf({ acquired: 600, released: 580, discarded: 20, timeouts: 30, opened: 3, closed: 3 }),
  timeline: [
    { ...sample, at: 0, succeeded: 190, failed: 10, exhausted: 10, opened: 3 },
    { ...sample, at: 1_000, succeeded: 190, failed: 15, exhausted: 5 },
    { ...sample, at: 2_000, succeeded: 200, failed: 0, exhausted: 0 },
  ],
};

const framesOf = (given: object) => readRecording(given, 'report.json').pools[0]!.frames;

describe('a report on the dashboard', () => {
  it('says whether it has passed, and of no pool what it suffers from', () => {
    const [frame] = framesOf(report);
    expect(frame!.diagnosis).toEqual({
      condition: 'not-passed',
      severity: 'warning',
      sentence: 'Saturated 98 % of the time.',
      advice: 'Set max to 6, and run it again.',
    });
    const [passed] = framesOf({ ...report, passed: true });
    expect(passed!.diagnosis).toEqual(
      jasmine.objectContaining({ condition: 'passed', severity: 'ok', advice: '' }) as never,
    );
  });

  it('has the rates of its samples, also in the last one', () => {
    const frames = framesOf(report);
    expect(ratesOf(frames, operations)).toEqual([null, 200, 200]);
    expect(ratesOf(frames, failures)).toEqual([null, 15, 0]);
    expect(ratesOf(frames, ({ timeouts }) => timeouts)).toEqual([null, 5, 0]);
    expect(ratesOf(frames, ({ acquired }) => acquired)).toEqual([null, 200, 200]);
    expect(ratesOf(frames, ({ opened }) => opened)).toEqual([null, 0, 0]);
    expect(frames.map(({ stats }) => [stats.inUseConnections, stats.pendingAcquires])).toEqual(
      Array.from({ length: 3 }, () => [3, 9]),
    );
  });
});
