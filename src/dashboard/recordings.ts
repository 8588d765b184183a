import { InvalidConfigError } from '../pool/errors';
import type { PoolStats } from '../pool/rx/stats';
import type { StressReport } from '../stress/report';
import type { Sample } from '../stress/timeline';
import { noHeat } from './collect/heat';
import type { DashboardState, Frame, Heat, RunRow } from './frames';

/** A stress test so far, as a page shows it. */
export const runRowOf = (report: StressReport): RunRow => ({
  phase: report.phase,
  verdict: report.verdict,
  passed: report.passed,
  elapsed: report.elapsed,
  thresholds: report.thresholds.map(({ threshold, passed, summary }) => ({ threshold, passed, summary })),
  violations: report.violations.slice(0, 20),
});

/** In a file, a recording of frames of more than this is none of ours, or none that a page could show. */
const mostPools = 1_000;

/**
 * What a saved file shows: a recording of the dashboard, or the report of a stress test or of a simulation. Throws an `InvalidConfigError` for
 * anything else.
 */
export function readRecording(json: unknown, title: string): DashboardState {
  if (isRecord(json) && json['format'] === 'rxjs-connection-pool dashboard') return readState(json, title);
  if (isRecord(json) && isReport(json)) return stateOfReport(json as unknown as StressReport, title);
  throw wrong([
    `${title} must be a recording that the dashboard has saved, or the report of a stress test or a simulation (--json), but it is neither`,
  ]);
}

function readState(json: Record<string, unknown>, title: string): DashboardState {
  const state = json as unknown as DashboardState;
  const issues: string[] = [];
  if (state.version !== 1) issues.push(`version must be 1, but got ${JSON.stringify(state.version)}`);
  const { pools } = state;
  if (!Array.isArray(pools) || pools.length > mostPools) issues.push('pools must be an array of pools');
  else {
    for (const [index, pool] of (pools as unknown[]).entries()) {
      const frames = isRecord(pool) ? pool['frames'] : undefined;
      if (!Array.isArray(frames) || !frames.every(isFrame))
        issues.push(`pools[${index}].frames must be an array of frames`);
    }
  }
  if (issues.length > 0) throw wrong(issues.map((issue) => `${title}: ${issue}`));
  return { ...state, source: state.source === 'pools' ? 'recording' : state.source, title: state.title || title };
}

/** As much of a frame as a page that draws it takes for granted. */
function isFrame(frame: unknown): boolean {
  if (!isRecord(frame)) return false;
  const lists = ['connections', 'pieces', 'marks', 'labels', 'holders', 'events'];
  const records = ['stats', 'diagnosis', 'wait', 'use', 'open'];
  return (
    typeof frame['at'] === 'number' &&
    typeof frame['length'] === 'number' &&
    lists.every((name) => Array.isArray(frame[name])) &&
    records.every((name) => isRecord(frame[name])) &&
    ['wait', 'use', 'open'].every((name) => Array.isArray((frame[name] as Record<string, unknown>)['cells']))
  );
}

const isReport = (json: Record<string, unknown>): boolean =>
  json['version'] === 1 &&
  typeof json['verdict'] === 'string' &&
  Array.isArray(json['timeline']) &&
  Array.isArray(json['thresholds']) &&
  isRecord(json['stats']);

/** A report as frames: a sample each. What a report does not have, such as single leases, is empty. */
function stateOfReport(report: StressReport, title: string): DashboardState {
  const run = runRowOf(report);
  const sums = { ended: 0, succeeded: 0, failed: 0, exhausted: 0, opened: 0 };
  const frames = report.timeline.map((sample): Frame => {
    sums.succeeded += sample.succeeded;
    sums.failed += sample.failed - sample.exhausted;
    sums.exhausted += sample.exhausted;
    sums.ended = sums.succeeded + sums.failed;
    sums.opened += sample.opened;
    return {
      at: sample.at + sample.length,
      length: sample.length,
      stats: statsOf(report, sample, sums),
      diagnosis: {
        condition: report.passed ? 'passed' : 'not-passed',
        severity: report.passed ? 'ok' : 'warning',
        sentence: report.verdict,
        advice: report.passed || report.estimate === null ? '' : `Set max to ${report.estimate.max}, and run it again.`,
      },
      wait: heat(sample.succeeded + sample.failed, sample.waitP50, sample.waitP99),
      use: noHeat,
      open: noHeat,
      connections: [],
      pieces: [],
      marks: [],
      labels: [],
      gap: -1,
      holders: [],
      moreHolders: 0,
      events: [],
      run,
    };
  });
  return {
    format: 'rxjs-connection-pool dashboard',
    version: 1,
    source: 'seed' in report ? 'simulation' : 'stress',
    title,
    period: report.timeline[0]?.length ?? 1_000,
    keep: Math.max(1, frames.length),
    pools: [{ name: report.pool, frames }],
  };
}

interface Sums {
  /** With a lease. */
  readonly ended: number;
  readonly succeeded: number;
  /** Of those with a lease; and those that got none. */
  readonly failed: number;
  readonly exhausted: number;
  readonly opened: number;
}

function statsOf({ stats }: StressReport, sample: Sample, sums: Sums): PoolStats {
  const leases = Math.round(sample.leases);
  const inUse = Math.min(sample.connectionCount, leases);
  return {
    ...stats,
    at: sample.at + sample.length,
    state: 'open',
    breaker: 'closed',
    totalConnections: sample.connectionCount,
    inUseConnections: inUse,
    availableConnections: sample.connectionCount - inUse,
    openingConnections: 0,
    closingConnections: 0,
    activeLeases: leases,
    pendingAcquires: sample.queueLength,
    acquired: sums.ended + leases,
    released: sums.ended,
    discarded: 0,
    successfulOperations: sums.succeeded,
    failedOperations: sums.failed,
    opened: sums.opened,
    // Which of them were rejected is not in a sample.
    timeouts: sums.exhausted,
    rejected: 0,
  };
}

const heat = (count: number, p50: number, p99: number): Heat => ({ ...noHeat, count, p50, p90: p99, p99, max: p99 });

const wrong = (issues: readonly string[]): InvalidConfigError =>
  new InvalidConfigError('dashboard', 'This cannot be shown', issues);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
