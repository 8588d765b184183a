import type { Clock } from '../../pool/time/clock';
import type { ConnectionPool } from '../../pool/connection-pool';
import type { PoolEvent } from '../../pool/reports/events';
import type { PoolStats } from '../../pool/rx/stats';
import type { WorkContext, WorkResult } from '../../pool/rx/work';
import type { Operation } from '../operation';
import { ConnectRules } from './connects';
import { EndRules } from './end';
import { Findings } from './findings';
import { LifeRules } from './lives';
import { SnapshotRules } from './snapshots';
import { Turns } from './turns';
import { WaitRules } from './waits';
import { WorkRules } from './works';

/** What is to be known of the load for that. */
export interface Watched {
  readonly clock: Clock;
  readonly acquireTimeout: number | undefined;
}

/**
 * Watches from outside whether a pool does what its contract says is always true: by its snapshots, by its events, and by what the operations
 * of a load see. What breaks a rule is kept as a sentence.
 */
export class Rules<C> {
  readonly end: EndRules;

  private readonly findings = new Findings();
  private readonly turns: Turns;
  private readonly snapshots: SnapshotRules;
  private readonly lives: LifeRules;
  private readonly connects: ConnectRules;
  private readonly waits: WaitRules<C>;
  private readonly works: WorkRules<C>;
  private last: PoolStats;

  constructor(
    pool: ConnectionPool<C>,
    { clock, acquireTimeout }: Watched,
    /** The pool does what has no end. */
    giveUp: (why: string) => void,
  ) {
    const { findings } = this;
    const first = (this.last = pool.stats);
    this.turns = new Turns(clock);
    this.snapshots = new SnapshotRules(findings, first);
    this.lives = new LifeRules(findings);
    this.connects = new ConnectRules(findings, first, giveUp);
    this.waits = new WaitRules(findings, this.turns, first, acquireTimeout);
    this.works = new WorkRules(pool, findings, this.turns);
    this.end = new EndRules(pool, findings, this.turns, clock, () => ({
      waiting: this.waits.first,
      working: this.works.size,
      connections: this.lives.left,
    }));
  }

  get violations(): readonly string[] {
    return this.findings.sentences;
  }

  /** Whether connections are one and the same object: who is on which of them cannot be told apart. */
  get sharedConnections(): boolean {
    return this.works.sharedConnections;
  }

  // ---------------------------------------------------------------- what the pool shows

  /** A snapshot, in the order in which they are shown. */
  see(stats: PoolStats): void {
    const before = this.last;
    if (stats === before) return;
    this.last = stats;
    this.snapshots.see(stats, before);
    this.connects.see(stats, before);
    this.waits.see(stats);
    this.end.see(stats, before);
  }

  /** An event, in the order in which they are told. */
  hear(event: PoolEvent): void {
    this.lives.hear(event, this.last);
    this.connects.hear(event, this.last);
    this.waits.hear(event);
    this.works.hear(event);
    this.end.hear(event);
  }

  // ---------------------------------------------------------------- what operations see

  asked(operation: Operation<C>): void {
    this.waits.asked(operation);
  }

  /** It has asked, and may have been answered already. */
  begun(operation: Operation<C>): void {
    this.waits.begun(operation);
  }

  lent(operation: Operation<C>, connection: C, context: WorkContext): void {
    this.waits.lent(operation);
    this.works.lent(operation, connection, context);
  }

  /** Returns the work so that its end is seen. */
  watched(operation: Operation<C>, work: WorkResult): WorkResult {
    return this.works.watched(operation, work);
  }

  succeeded(operation: Operation<C>): void {
    this.works.success(operation);
  }

  failed(operation: Operation<C>, error: unknown): void {
    if (operation.lentAt < 0) this.waits.failed(operation, error);
    else this.works.failure(operation, error);
  }

  ended(operation: Operation<C>): void {
    if (operation.lentAt >= 0) this.works.ended(operation);
  }

  /** Everything has ended: of these operations nobody holds a lease. */
  allEnded(label: string): void {
    this.works.allEnded(label);
  }

  // ---------------------------------------------------------------- as time goes by

  tick(now: number): void {
    this.waits.tick(now);
  }

  stop(): void {
    this.turns.end();
    this.end.stop();
  }
}
