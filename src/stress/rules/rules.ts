import type { Clock } from '../../pool/time/clock';
import type { ConnectionPool } from '../../pool/connection-pool';
import type { PoolEvent } from '../../pool/reports/events';
import type { PoolStats } from '../../pool/rx/stats';
import type { WorkContext, WorkResult } from '../../pool/rx/work';
import type { Operation } from '../operation';
import { ConnectRules } from './connects';
import { ShutdownRules } from './shutdown';
import { Findings } from './findings';
import { LifecycleRules } from './lifecycle';
import { SnapshotRules } from './snapshots';
import { DelayedChecks } from './delayed-checks';
import { WaitRules } from './waits';
import { WorkRules } from './work';

/** What the rules need to know of the load. */
export interface RulesOptions {
  readonly clock: Clock;
  readonly acquireTimeout: number | undefined;
}

/**
 * Checks from outside whether a pool keeps its contract: by its snapshots, by its events, and by what the operations of a load observe. Each
 * violation is a sentence.
 */
export class Rules<C> {
  readonly shutdown: ShutdownRules;

  private readonly findings = new Findings();
  private readonly delayed: DelayedChecks;
  private readonly snapshots: SnapshotRules;
  private readonly lifecycle: LifecycleRules;
  private readonly connects: ConnectRules;
  private readonly waits: WaitRules<C>;
  private readonly work: WorkRules<C>;
  private last: PoolStats;

  constructor(
    pool: ConnectionPool<C>,
    { clock, acquireTimeout }: RulesOptions,
    /** Called when the pool is in an endless loop. */
    abort: (why: string) => void,
  ) {
    const { findings } = this;
    const first = (this.last = pool.stats);
    this.delayed = new DelayedChecks(clock);
    this.snapshots = new SnapshotRules(findings, first);
    this.lifecycle = new LifecycleRules(findings);
    this.connects = new ConnectRules(findings, first, abort);
    this.waits = new WaitRules(findings, this.delayed, first, acquireTimeout);
    this.work = new WorkRules(pool, findings, this.delayed);
    this.shutdown = new ShutdownRules(pool, findings, this.delayed, clock, () => ({
      waiting: this.waits.first,
      working: this.work.size,
      connections: this.lifecycle.stillOpen,
    }));
  }

  get violations(): readonly string[] {
    return this.findings.sentences;
  }

  /** Whether several connections are one object, so that their holders cannot be told apart. */
  get sharedConnections(): boolean {
    return this.work.sharedConnections;
  }

  // ---------------------------------------------------------------- stats and events

  /** Called for each snapshot, in order. */
  onSnapshot(stats: PoolStats): void {
    const before = this.last;
    if (stats === before) return;
    this.last = stats;
    this.snapshots.onSnapshot(stats, before);
    this.connects.onSnapshot(stats, before);
    this.waits.onSnapshot(stats);
    this.shutdown.onSnapshot(stats, before);
  }

  /** Called for each event, in order. */
  onEvent(event: PoolEvent): void {
    this.lifecycle.onEvent(event, this.last);
    this.connects.onEvent(event, this.last);
    this.waits.onEvent(event);
    this.work.onEvent(event);
    this.shutdown.onEvent(event);
  }

  // ---------------------------------------------------------------- operations

  starting(operation: Operation<C>): void {
    this.waits.starting(operation);
  }

  /** The operation has asked for a connection, and may have an answer already. */
  started(operation: Operation<C>): void {
    this.waits.started(operation);
  }

  lent(operation: Operation<C>, connection: C, context: WorkContext): void {
    this.waits.lent(operation);
    this.work.lent(operation, connection, context);
  }

  /** Returns the work in a form in which its end is observed. */
  observeWork(operation: Operation<C>, work: WorkResult): WorkResult {
    return this.work.observe(operation, work);
  }

  succeeded(operation: Operation<C>): void {
    this.work.success(operation);
  }

  failed(operation: Operation<C>, error: unknown): void {
    if (operation.lentAt < 0) this.waits.failed(operation, error);
    else this.work.failure(operation, error);
  }

  ended(operation: Operation<C>): void {
    if (operation.lentAt >= 0) this.work.ended(operation);
  }

  /** All operations have ended: no lease with this label may be held. */
  allEnded(label: string): void {
    this.work.allEnded(label);
  }

  // ---------------------------------------------------------------- time

  tick(now: number): void {
    this.waits.tick(now);
  }

  stop(): void {
    this.delayed.stop();
    this.shutdown.stop();
  }
}
