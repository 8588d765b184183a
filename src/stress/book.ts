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

/** Everything that is written down about a run: what its operations say, and what the pool shows. */
export class Book<C> {
  private readonly pool: PoolWatch;
  /** Null where only a part is looked at. */
  private readonly rules: Rules<C> | null;
  private readonly measurements = new Measurements();
  private readonly timeline = new Timeline();
  private ticked = { leaseTime: 0, opened: 0 };
  /** When the load was over; what the pool does from then on is in no figure. */
  private closedAt: number | null = null;

  constructor(
    private readonly subject: ConnectionPool<C>,
    private readonly load: Load<C>,
    private readonly startedAt: number,
    giveUp: (why: string) => void,
  ) {
    this.pool = new PoolWatch(subject, startedAt, startedAt + load.duration);
    this.rules = load.watch === 'everything' ? new Rules(subject, load, giveUp) : null;
  }

  // ---------------------------------------------------------------- what the pool shows

  /** Looks at all that the pool shows, if that is wanted. */
  open(watching: Subscription): void {
    const { subject, pool, rules, load } = this;
    if (rules === null) return;
    watching.add(() => {
      rules.stop();
    });
    // Events first: what a snapshot shows has happened before.
    watching.add(
      subject.events$.subscribe({
        next: (event) => {
          if (this.closedAt === null) pool.hear(event);
          rules.hear(event);
        },
        complete: () => {
          rules.end.eventsCompleted();
        },
      }),
    );
    watching.add(
      subject.stats$.subscribe({
        next: (stats) => {
          rules.see(stats);
          if (this.closedAt === null) pool.see(stats, load.clock.now());
        },
        complete: () => {
          rules.end.statsCompleted();
        },
      }),
    );
  }

  /** What the pool shows now, where not everything is looked at. */
  private look(now: number): void {
    if (this.rules === null) this.pool.see(this.subject.stats, now);
  }

  // ---------------------------------------------------------------- what operations say

  /** One is to begin, and so many are under way then. */
  asked(operation: Operation<C>, underWay: number): void {
    this.planned(operation);
    this.measurements.underWay(underWay);
    this.rules?.asked(operation);
  }

  /** It has asked, and may have been served already. */
  begun(operation: Operation<C>): void {
    this.rules?.begun(operation);
    this.look(operation.startedAt);
  }

  lent(operation: Operation<C>, connection: C, context: WorkContext, now: number): void {
    this.rules?.lent(operation, connection, context);
    operation.lentAt = now;
    operation.connection = connection;
    this.look(now);
  }

  /** Returns the work so that its end is seen. */
  watched(operation: Operation<C>, work: WorkResult): WorkResult {
    return this.rules === null ? work : this.rules.watched(operation, work);
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
    return plannedAt - this.startedAt >= this.load.warmup - timeEpsilon;
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
    if (this.closedAt !== null) return;
    this.rules?.tick(now);
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
    if (label !== null) this.rules?.allEnded(label);
    this.tick(now);
    this.timeline.finish();
    this.closedAt = now;
  }

  /** Destroys the pool, with so much time (ms) for what is lent. */
  destroyPool(timeout: number): void {
    if (this.rules === null) void this.subject.destroy({ timeout });
    else this.rules.end.destroy(timeout);
  }

  /** Whether the pool is on its way to its end, and that is to be seen. */
  get poolEnds(): boolean {
    return this.rules?.end.isComing === true;
  }

  /** Calls back when it has come to its end. */
  afterPool(done: () => void): void {
    this.rules?.end.await(done);
  }

  report(now: number, run: RunState): StressReport {
    const at = this.closedAt ?? now;
    this.pool.settle(at);
    return this.measurements.report({
      ...run,
      pool: this.subject,
      load: this.load,
      watch: this.pool,
      elapsed: at - this.startedAt,
      violations: this.rules?.violations ?? [],
      sharedConnections: this.rules?.sharedConnections === true,
      timeline: this.timeline.list(),
    });
  }
}
