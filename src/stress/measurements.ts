import type { ConnectionPool } from '../pool/connection-pool';
import { Histogram } from '../pool/metrics/histogram';
import { formatMs } from './format-ms';
import { ErrorTally } from './error-tally';
import type { Load } from './load';
import { measureOf } from './measure';
import type { Operation, Spans } from './operation';
import { outcomes } from './outcome';
import type { Outcome } from './outcome';
import type { PoolWatch } from './pool-watch';
import type { StressReport } from './report';
import type { Sample } from './timeline';
import { estimateOf, verdictOf } from './verdict';

/** The most operations that `neverEnded` lists. */
const maxListed = 20;

/** The state of a run at the moment of a report. */
export interface RunState {
  readonly phase: StressReport['phase'];
  readonly inFlight: number;
  /** When planning ended, if the duration ended it; otherwise null. */
  readonly plannedUntil: number | null;
  readonly endedEarly: boolean;
  /** Why the load was aborted; null if it was not. */
  readonly abortReason: string | null;
  /** How long (ms) the run waited in vain for the pool to be destroyed; null if it did not. */
  readonly notDestroyed: number | null;
}

/** What a report needs besides the measurements. */
interface ReportContext extends RunState {
  readonly pool: ConnectionPool<unknown>;
  readonly load: Omit<Load<never>, 'work'>;
  readonly watch: PoolWatch;
  readonly elapsed: number;
  readonly violations: readonly string[];
  readonly sharedConnections: boolean;
  readonly timeline: readonly Sample[];
}

/** Collects the figures of the measured operations. */
export class Measurements {
  readonly counts: Record<Outcome, number> = Object.fromEntries(outcomes.map((name) => [name, 0])) as Record<
    Outcome,
    number
  >;
  readonly errors = new ErrorTally();
  /** Operations that succeeded while measuring, also those that started in the warm-up: the basis of the throughput. */
  succeededWhileMeasured = 0;
  /** Operations of the warm-up that have ended. */
  warmup = 0;

  private readonly wait = new Histogram();
  private readonly use = new Histogram();
  private readonly total = new Histogram();
  private readonly lag = new Histogram();
  private readonly waitFromStart = new Histogram();
  private readonly totalFromStart = new Histogram();
  /** Operations that had a connection when the grace was over. */
  private readonly neverEnded: number[] = [];
  private plannedCount = 0;
  private lastPlanned = 0;
  private peakConcurrency = 0;

  record(outcome: Outcome, { lag, wait, use }: Spans): void {
    this.counts[outcome]++;
    this.lag.record(lag);
    if (wait === null) return;
    this.wait.record(lag + wait);
    this.waitFromStart.record(wait);
    if (use !== null) this.use.record(use);
    this.total.record(lag + wait + (use ?? 0));
    this.totalFromStart.record(wait + (use ?? 0));
  }

  unfinished({ index, lentAt }: Pick<Operation<unknown>, 'index' | 'lentAt'>): void {
    if (lentAt >= 0) this.neverEnded.push(index);
  }

  /** An operation was planned for `at` ms. */
  planned(at: number): void {
    this.plannedCount++;
    this.lastPlanned = at;
  }

  recordConcurrency(count: number): void {
    if (count > this.peakConcurrency) this.peakConcurrency = count;
  }

  resetPeak(count: number): void {
    this.peakConcurrency = count;
  }

  report(context: ReportContext): StressReport {
    const { pool, phase, load, watch, elapsed, inFlight, violations } = context;
    const { counts, wait, use, total, lag, waitFromStart, totalFromStart } = this;
    const ended = outcomes.reduce((sum, name) => sum + counts[name], 0);
    const { description } = load;
    const measured = watch.time;
    const throughput = measured > 0 ? (this.succeededWhileMeasured * 1_000) / measured : 0;
    const share = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);
    const saturated = share(watch.saturatedTime, measured);
    const utilisation = share(watch.leaseTime, watch.capacityTime);
    const peaks = watch.peaksWith(this.peakConcurrency);
    const times = { wait, use, total, lag, 'fromStart.wait': waitFromStart, 'fromStart.total': totalFromStart };
    const figures = { ended, throughput, saturated, utilisation, queueLength: peaks.queueLength, times, counts };
    const thresholds = load.thresholds.map((threshold) => threshold.check(figures));
    // Without events only the pool itself knows how long connects took.
    const open = load.watch === 'everything' ? watch.open : pool.timings().open;
    const judged = {
      version: 1 as const,
      pool: pool.name,
      phase,
      thresholds,
      violations,
      abortReason: context.abortReason,
      notes: notesOf(context),
      load: description,
      elapsed,
      measured,
      operations: { ...counts, ended, inFlight, warmup: this.warmup },
      throughput,
      offered: description.model === 'open' ? this.offered(context) : null,
      wait: measureOf(wait),
      use: measureOf(use),
      total: measureOf(total),
      fromStart: { wait: measureOf(waitFromStart), total: measureOf(totalFromStart) },
      lag: measureOf(lag),
      open: measureOf(open),
      saturated,
      utilisation,
      growing: share(watch.growingTime, measured),
      openWhileGrowing: share(watch.growingConnectionTime, watch.growingTime),
      peaks,
      activity: watch.activity,
      errors: this.errors.list(),
      neverEnded: [...this.neverEnded].sort((a, b) => a - b).slice(0, maxListed),
      timeline: context.timeline,
      histograms: { wait: wait.clone(), use: use.clone(), total: total.clone(), open: open.clone() },
      stats: watch.stats,
    };
    const estimate = estimateOf(judged, load.thresholds);
    const passed = violations.length === 0 && context.abortReason === null && thresholds.every(({ passed }) => passed);
    return { ...judged, verdict: verdictOf(judged, estimate, load.thresholds), passed, estimate };
  }

  /** Planned operations per second. */
  private offered({ load, plannedUntil }: ReportContext): number {
    const span = (plannedUntil ?? this.lastPlanned) - load.warmup;
    return span > 0 ? (this.plannedCount * 1_000) / span : 0;
  }
}

function notesOf({ sharedConnections, endedEarly, abortReason, notDestroyed }: ReportContext): string[] {
  const notes: string[] = [];
  if (endedEarly && abortReason === null) notes.push('The load was ended early.');
  if (notDestroyed !== null) {
    notes.push(`The pool was not destroyed within ${formatMs(notDestroyed)}: its shutdown was not checked.`);
  }
  if (sharedConnections) {
    notes.push(
      'Several connections are one and the same object: whether each has one holder at a time cannot be checked.',
    );
  }
  return notes;
}
