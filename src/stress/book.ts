import type { Subscription } from 'rxjs';
import { hair } from '../pool/clock';
import type { ConnectionPool } from '../pool/connection-pool';
import { Invariants } from './invariants';
import type { Load } from './load';
import { Measurements } from './measurements';
import { spansOf } from './operation';
import type { Operation } from './operation';
import type { Outcome } from './outcome';
import { PoolWatch } from './pool-watch';
import type { StressReport } from './report';
import { Timeline } from './timeline';
import { WorkWatch } from './watch-works';

/** Everything that is written down about a run: what its operations say, and what the pool shows. */
export class Book<C> {
  private readonly pool: PoolWatch;
  private readonly invariants: Invariants;
  /** Null where only a part is looked at. */
  private readonly works: WorkWatch<C> | null;
  private readonly measurements = new Measurements();
  private readonly timeline = new Timeline();
  private ticked = { leaseTime: 0, opened: 0 };

  constructor(
    private readonly subject: ConnectionPool<C>,
    private readonly load: Load<C>,
    private readonly startedAt: number,
  ) {
    this.pool = new PoolWatch(subject, startedAt, startedAt + load.duration);
    this.invariants = new Invariants(subject.stats);
    this.works = load.watch === 'everything' ? new WorkWatch(subject, this.invariants) : null;
  }

  // ---------------------------------------------------------------- what the pool shows

  /** Looks at all that the pool shows, if that is wanted. */
  open(watching: Subscription): void {
    if (this.works === null) return;
    const { subject, pool, invariants, load } = this;
    // Events first: what a snapshot shows has happened before.
    watching.add(
      subject.events$.subscribe((event) => {
        pool.hear(event);
        invariants.hear(event);
      }),
    );
    watching.add(
      subject.stats$.subscribe((stats) => {
        invariants.see(stats);
        pool.see(stats, load.clock.now());
      }),
    );
  }

  /** What the pool shows now, where not everything is looked at. */
  private look(now: number): void {
    if (this.works === null) this.pool.see(this.subject.stats, now);
  }

  // ---------------------------------------------------------------- what operations say

  /** One is to begin, and so many are under way then. */
  asked(operation: Operation<C>, underWay: number): void {
    this.planned(operation);
    this.measurements.underWay(underWay);
    this.works?.asked(operation);
  }

  /** It has asked, and may have been served already. */
  begun(operation: Operation<C>): void {
    this.look(operation.startedAt);
  }

  lent(operation: Operation<C>, connection: C, now: number): void {
    this.works?.lent(operation, connection);
    operation.lentAt = now;
    operation.connection = connection;
    this.look(now);
  }

  ended(operation: Operation<C>, outcome: Outcome, now: number, error?: unknown): void {
    const { measurements, works } = this;
    const spans = spansOf(operation, outcome, now);
    const isMeasured = this.isMeasured(operation);
    if (outcome === 'succeeded') works?.success(operation);
    works?.ended(operation);
    if (isMeasured && error !== undefined) measurements.errors.add(error, now - this.startedAt);
    if (outcome === 'succeeded' && this.pool.isMeasuring(now, this.startedAt + this.load.warmup)) {
      measurements.succeededInTime++;
    }
    if (isMeasured) measurements.record(outcome, spans);
    else measurements.warmup++;
    this.timeline.ended(outcome, spans);
    this.look(now);
  }

  /** It had come, and was never begun. */
  unbegun(operation: Operation<C>): void {
    this.planned(operation);
    this.ended(operation, 'unfinished', operation.startedAt);
  }

  private planned(operation: Operation<C>): void {
    if (this.isMeasured(operation)) this.measurements.planned(operation.plannedAt - this.startedAt);
  }

  /** An operation of the warm-up is in no figure. */
  private isMeasured({ plannedAt }: Operation<C>): boolean {
    return plannedAt - this.startedAt >= this.load.warmup - hair;
  }

  // ---------------------------------------------------------------- how far the run is

  /** The warm-up is over. */
  beginMeasuring(now: number, underWay: number): void {
    this.pool.begin(now);
    this.measurements.beginPeak(underWay);
  }

  /** The load ends now, and not when it was to. */
  cut(now: number): void {
    this.pool.cut(now);
  }

  /** A part of the run is over. */
  tick(now: number): void {
    const { pool } = this;
    pool.settle(now);
    const { opened } = pool.deeds;
    this.timeline.tick(now - this.startedAt, {
      leaseTime: pool.leaseTimeEver - this.ticked.leaseTime,
      waiting: pool.takeLine(),
      connections: pool.stats.totalConnections,
      opened: opened - this.ticked.opened,
    });
    this.ticked = { leaseTime: pool.leaseTimeEver, opened };
  }

  /** Everything has ended: nothing is left that holds a lease with this label. */
  close(now: number, label: string | null): void {
    this.look(now);
    if (label !== null) this.works?.allEnded(label);
    this.tick(now);
    this.timeline.finish();
  }

  report(
    now: number,
    phase: StressReport['phase'],
    underWay: number,
    plannedUntil: number | null,
    endedEarly: boolean,
  ): StressReport {
    this.pool.settle(now);
    return this.measurements.report({
      pool: this.subject,
      phase,
      load: this.load,
      watch: this.pool,
      elapsed: now - this.startedAt,
      underWay,
      plannedUntil,
      endedEarly,
      violations: this.invariants.violations,
      sharedConnections: this.works?.sharedConnections === true,
      timeline: this.timeline.list(),
    });
  }
}
