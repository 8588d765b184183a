import type { Subscription } from 'rxjs';
import { timeEpsilon } from '../pool/time/clock';
import type { ConnectionPool } from '../pool/connection-pool';
import type { WorkContext, WorkResult } from '../pool/rx/work';
import type { Load } from './load';
import { Measurements } from './measurements';
import type { RunState } from './measurements';
import { spansOf } from './operation';
import type { Operation } from './operation';
import type { Outcome } from './outcome';
import { PoolWatch } from './pool-watch';
import type { StressReport } from './report';
import { Rules } from './rules/rules';
import { Timeline } from './timeline';

/** Records a run: the ends of its operations, and the stats and events of the pool. */
export class RunRecorder<C> {
  private readonly poolWatch: PoolWatch;
  /** Null where the load does not watch everything. */
  private readonly rules: Rules<C> | null;
  private readonly measurements = new Measurements();
  private readonly timeline = new Timeline();
  private lastTick = { leaseTime: 0, opened: 0 };
  /** When the load ended. Figures leave out what the pool does afterwards. */
  private finishedAt: number | null = null;

  constructor(
    private readonly pool: ConnectionPool<C>,
    private readonly load: Load<C>,
    private readonly startedAt: number,
    abort: (why: string) => void,
  ) {
    this.poolWatch = new PoolWatch(pool, startedAt, startedAt + load.duration);
    this.rules = load.watch === 'everything' ? new Rules(pool, load, abort) : null;
  }

  // ---------------------------------------------------------------- stats and events of the pool

  /** Subscribes to the stats and events of the pool, if the load watches everything. */
  start(watching: Subscription): void {
    const { pool, poolWatch, rules, load } = this;
    if (rules === null) return;
    watching.add(() => {
      rules.stop();
    });
    // Events first: an event comes before the snapshot that shows its effect.
    watching.add(
      pool.events$.subscribe({
        next: (event) => {
          if (this.finishedAt === null) poolWatch.onEvent(event);
          rules.onEvent(event);
        },
        complete: () => {
          rules.shutdown.eventsCompleted();
        },
      }),
    );
    watching.add(
      pool.stats$.subscribe({
        next: (stats) => {
          rules.onSnapshot(stats);
          if (this.finishedAt === null) poolWatch.onSnapshot(stats, load.clock.now());
        },
        complete: () => {
          rules.shutdown.statsCompleted();
        },
      }),
    );
  }

  /** Reads the current stats, where the load does not watch everything. */
  private readSnapshot(now: number): void {
    if (this.rules === null) this.poolWatch.onSnapshot(this.pool.stats, now);
  }

  // ---------------------------------------------------------------- operations

  /** An operation is about to start; `inFlight` counts it. */
  starting(operation: Operation<C>, inFlight: number): void {
    this.planned(operation);
    this.measurements.recordConcurrency(inFlight);
    this.rules?.starting(operation);
  }

  /** The operation has asked for a connection, and may have got it already. */
  started(operation: Operation<C>): void {
    this.rules?.started(operation);
    this.readSnapshot(operation.startedAt);
  }

  lent(operation: Operation<C>, connection: C, context: WorkContext, now: number): void {
    this.rules?.lent(operation, connection, context);
    operation.lentAt = now;
    operation.connection = connection;
    this.readSnapshot(now);
  }

  /** Returns the work in a form in which its end is observed. */
  observeWork(operation: Operation<C>, work: WorkResult): WorkResult {
    return this.rules === null ? work : this.rules.observeWork(operation, work);
  }

  ended(operation: Operation<C>, outcome: Outcome, now: number, error?: unknown): void {
    const { measurements, rules } = this;
    const spans = spansOf(operation, outcome, now);
    const isMeasured = this.isMeasured(operation);
    if (outcome === 'succeeded') rules?.succeeded(operation);
    else if (outcome !== 'unfinished') rules?.failed(operation, error);
    else measurements.unfinished(operation);
    rules?.ended(operation);
    if (isMeasured && error !== undefined) measurements.errors.add(error, now - this.startedAt);
    if (outcome === 'succeeded' && this.poolWatch.isMeasuring(now, this.startedAt + this.load.warmup)) {
      measurements.succeededWhileMeasured++;
    }
    if (isMeasured) measurements.record(outcome, spans);
    else measurements.warmup++;
    this.timeline.ended(outcome, spans);
    this.readSnapshot(now);
  }

  /** The operation arrived, and was never started. */
  neverStarted(operation: Operation<C>): void {
    this.planned(operation);
    this.ended(operation, 'unfinished', operation.startedAt);
  }

  private planned(operation: Operation<C>): void {
    if (this.isMeasured(operation)) this.measurements.planned(operation.plannedAt - this.startedAt);
  }

  /** Operations of the warm-up are not measured. */
  private isMeasured({ plannedAt }: Operation<C>): boolean {
    return plannedAt - this.startedAt >= this.load.warmup - timeEpsilon;
  }

  // ---------------------------------------------------------------- progress of the run

  /** The warm-up is over. */
  beginMeasuring(now: number, inFlight: number): void {
    this.poolWatch.beginMeasuring(now);
    this.measurements.resetPeak(inFlight);
  }

  /** The load ends before its duration is over. */
  endEarly(now: number): void {
    this.poolWatch.endMeasuring(now);
  }

  /** One interval of the run is over. */
  tick(now: number): void {
    const { poolWatch } = this;
    if (this.finishedAt !== null) return;
    this.rules?.tick(now);
    poolWatch.accumulate(now);
    const { opened } = poolWatch.activity;
    this.timeline.tick(now - this.startedAt, {
      leaseTime: poolWatch.totalLeaseTime - this.lastTick.leaseTime,
      queueLength: poolWatch.takeQueuePeak(),
      connectionCount: poolWatch.stats.totalConnections,
      opened: opened - this.lastTick.opened,
    });
    this.lastTick = { leaseTime: poolWatch.totalLeaseTime, opened };
  }

  /** All operations have ended. With a label, checks that no lease with that label is held. */
  finish(now: number, label: string | null): void {
    this.readSnapshot(now);
    if (label !== null) this.rules?.allEnded(label);
    this.tick(now);
    this.timeline.finish();
    this.finishedAt = now;
  }

  /** Destroys the pool. Active leases get `timeout` ms. */
  destroyPool(timeout: number): void {
    if (this.rules === null) void this.pool.destroy({ timeout });
    else this.rules.shutdown.destroy(timeout);
  }

  /** Whether the pool is shutting down and the run has to wait for it. */
  get isPoolShuttingDown(): boolean {
    return this.rules?.shutdown.isShuttingDown === true;
  }

  /** Calls back when the pool is destroyed. */
  whenPoolDestroyed(done: () => void): void {
    this.rules?.shutdown.whenDestroyed(done);
  }

  report(now: number, run: RunState): StressReport {
    const at = this.finishedAt ?? now;
    this.poolWatch.accumulate(at);
    return this.measurements.report({
      ...run,
      pool: this.pool,
      load: this.load,
      watch: this.poolWatch,
      elapsed: at - this.startedAt,
      violations: this.rules?.violations ?? [],
      sharedConnections: this.rules?.sharedConnections === true,
      timeline: this.timeline.list(),
    });
  }
}
