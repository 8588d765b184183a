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

/** What is to be known of the load for that. */
export interface RulesOptions {
  readonly clock: Clock;
  readonly acquireTimeout: number | undefined;
}

/**
 * Watches from outside whether a pool does what its contract says is always true: by its snapshots, by its events, and by what the operations
 * of a load see. What breaks a rule is kept as a sentence.
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
    /** The pool does what has no end. */
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

  /** Whether connections are one and the same object: who is on which of them cannot be told apart. */
  get sharedConnections(): boolean {
    return this.work.sharedConnections;
  }

  // ---------------------------------------------------------------- what the pool shows

  /** A snapshot, in the order in which they are shown. */
  onSnapshot(stats: PoolStats): void {
    const before = this.last;
    if (stats === before) return;
    this.last = stats;
    this.snapshots.onSnapshot(stats, before);
    this.connects.onSnapshot(stats, before);
    this.waits.onSnapshot(stats);
    this.shutdown.onSnapshot(stats, before);
  }

  /** An event, in the order in which they are told. */
  onEvent(event: PoolEvent): void {
    this.lifecycle.onEvent(event, this.last);
    this.connects.onEvent(event, this.last);
    this.waits.onEvent(event);
    this.work.onEvent(event);
    this.shutdown.onEvent(event);
  }

  // ---------------------------------------------------------------- what operations see

  starting(operation: Operation<C>): void {
    this.waits.starting(operation);
  }

  /** It has asked, and may have been answered already. */
  started(operation: Operation<C>): void {
    this.waits.started(operation);
  }

  lent(operation: Operation<C>, connection: C, context: WorkContext): void {
    this.waits.lent(operation);
    this.work.lent(operation, connection, context);
  }

  /** Returns the work so that its end is seen. */
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

  /** Everything has ended: of these operations nobody holds a lease. */
  allEnded(label: string): void {
    this.work.allEnded(label);
  }

  // ---------------------------------------------------------------- as time goes by

  tick(now: number): void {
    this.waits.tick(now);
  }

  stop(): void {
    this.delayed.stop();
    this.shutdown.stop();
  }
}
