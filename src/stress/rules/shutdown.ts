import type { Cancel, Clock } from '../../pool/time/clock';
import type { ConnectionPool } from '../../pool/connection-pool';
import { messageWithKind } from '../../pool/values/describe';
import type { PoolEvent } from '../../pool/reports/events';
import type { PoolStats } from '../../pool/rx/stats';
import { formatMs } from '../format-ms';
import type { Findings } from './findings';
import { isRevokedByDestroy } from './revoked';
import type { DelayedChecks } from './delayed-checks';

/** What other rules know to be unfinished. */
export interface Remaining {
  /** The operation that has waited longest. */
  readonly waiting: { readonly index: number } | null;
  /** Number of operations that have a connection. */
  readonly working: number;
  /** Numbers of the connections that have opened and were not closed. */
  readonly connections: readonly number[];
}

const order: readonly PoolStats['state'][] = ['open', 'draining', 'destroyed'];

/** In ms: how much earlier a timer may fire by another clock. */
const timerTolerance = 2;

/**
 * Checks the shutdown of a pool against its contract, whether the load or another caller has begun it: no lease and no connect begins, waiting
 * callers are rejected at once, idle connections are closed at once, active ones after the grace; when all are closed, everything completes.
 */
export class ShutdownRules {
  private state: PoolStats['state'];
  /** The first snapshot of the shutdown. */
  private first: PoolStats | null = null;
  /** The grace for active leases, and since when; null unless this object has called `destroy`. */
  private grace: { readonly timeout: number; readonly since: number } | null = null;
  private cancelGraceTimer: Cancel | null = null;
  /** A lease was revoked: all others have to be revoked, too. */
  private revoking = false;
  private destroyedSeen = false;
  private resolved = false;
  private statsCompletedSeen = false;
  private eventsCompletedSeen = false;
  /** A check for completion is scheduled, since this snapshot. */
  private checkFromSeq: number | null = null;
  private ended = false;
  private onDestroyed: (() => void) | null = null;

  constructor(
    private readonly pool: ConnectionPool<unknown>,
    private readonly findings: Findings,
    private readonly delayed: DelayedChecks,
    private readonly clock: Clock,
    private readonly remaining: () => Remaining,
  ) {
    this.state = pool.stats.state;
    // A pool that was destroyed before shows nothing.
    this.ended = this.state === 'destroyed';
  }

  // ---------------------------------------------------------------- stats and events

  onSnapshot(stats: PoolStats, before: PoolStats): void {
    const { findings } = this;
    if (this.state === 'destroyed') findings.add(`a snapshot came after the last one: ${JSON.stringify(stats)}`);
    if (order.indexOf(stats.state) < order.indexOf(this.state)) {
      findings.add(`the pool was ${this.state}, and then ${stats.state} again`);
    }
    this.state = stats.state;
    if (stats.state === 'open') return;
    if (this.first === null) this.begin(stats);
    else if (stats.openingConnections > before.openingConnections) findings.add('a connect began after destroy');
    const lent = stats.acquired - this.first!.acquired;
    if (lent > 0) findings.add(`${lent} leases were lent after destroy`);
    if (stats.state === 'draining') this.scheduleCheck(stats.seq);
    else if (!isEmpty(stats)) findings.add(`the last snapshot is not empty: ${JSON.stringify(stats)}`);
  }

  onEvent(event: PoolEvent): void {
    if (this.destroyedSeen) this.findings.add(`the event ${event.type} came after destroyed`);
    if (event.type === 'destroyed') this.destroyedSeen = true;
    else if (event.type === 'discarded' && isRevokedByDestroy(event.reason, this.pool.name)) this.onRevoked();
  }

  statsCompleted(): void {
    this.statsCompletedSeen = true;
    if (this.state !== 'destroyed') this.findings.add(`stats$ completed, although the pool was ${this.state}`);
    if (this.ended) return;
    // In virtual time no promise settles before the run is over. A promise made here tells whether promises settle at all.
    let settled = false;
    void Promise.resolve().then(() => {
      settled = true;
    });
    this.delayed.add(() => {
      if (settled && !this.resolved) this.findings.add('stats$ has completed, but destroy() has not resolved');
      if (!this.eventsCompletedSeen) this.findings.add('stats$ has completed, but events$ has not');
      this.finish();
    });
  }

  eventsCompleted(): void {
    this.eventsCompletedSeen = true;
    if (!this.ended && !this.destroyedSeen) this.findings.add('events$ completed without the event destroyed');
  }

  /** A lease was revoked because the grace of `destroy` was over. */
  private onRevoked(): void {
    const { grace, findings } = this;
    if (this.revoking) return;
    this.revoking = true;
    if (this.state === 'open') findings.add('a lease was revoked as by destroy, although the pool was open');
    if (grace !== null) {
      const after = this.clock.now() - grace.since;
      if (after < grace.timeout - timerTolerance) {
        findings.add(
          `a lease was revoked ${formatMs(after)} after destroy, whose timeout was ${formatMs(grace.timeout)}`,
        );
      }
    }
    this.delayed.add(() => {
      const { activeLeases } = this.pool.stats;
      if (activeLeases > 0) findings.add(`destroy revoked some leases, and left ${activeLeases} others`);
    });
  }

  // ---------------------------------------------------------------- the shutdown

  /** Destroys the pool. Active leases get `timeout` ms. */
  destroy(timeout: number): void {
    if (this.pool.stats.state === 'open') {
      this.grace = { timeout, since: this.clock.now() };
      if (timeout !== Infinity) this.cancelGraceTimer = this.clock.after(timeout, this.onGraceOver, true);
    }
    this.callDestroy(() => this.pool.destroy({ timeout }))?.then(undefined, this.onRejected);
  }

  /** Whether the pool is shutting down. */
  get isShuttingDown(): boolean {
    return !this.ended && this.pool.stats.state !== 'open';
  }

  /** Calls back when the shutdown is complete. */
  whenDestroyed(done: () => void): void {
    if (this.ended) done();
    else this.onDestroyed = done;
  }

  private begin(stats: PoolStats): void {
    this.first = stats;
    // Calling destroy again has no effect. It returns the promise of the first call.
    const promise = this.callDestroy(() => this.pool.destroy());
    if (promise === null) return;
    if (this.pool.destroy() !== promise) this.findings.add('destroy() called again did not return the same promise');
    promise.then(this.onResolved, this.onRejected);
  }

  private callDestroy(call: () => Promise<void>): Promise<void> | null {
    try {
      const promise = call();
      if (typeof (promise as Promise<void> | undefined)?.then === 'function') return promise;
      this.findings.add('destroy() returned no promise');
    } catch (error) {
      this.findings.add(`destroy() threw: ${messageWithKind(error)}`);
    }
    return null;
  }

  private readonly onResolved = (): void => {
    const { findings } = this;
    this.resolved = true;
    if (this.ended) return;
    const { working, connections } = this.remaining();
    if (!this.statsCompletedSeen)
      findings.add(`destroy() resolved while the pool was ${this.state}: stats$ had not completed`);
    if (working > 0) findings.add(`destroy() resolved while ${working} operations were still at work`);
    for (const connection of connections) {
      findings.add(`destroy() resolved, although connection ${connection} was not closed`);
    }
    if (!this.statsCompletedSeen) this.delayed.add(this.finish);
  };

  private readonly onRejected = (error: unknown): void => {
    this.findings.add(`destroy() rejected: ${messageWithKind(error)}`);
  };

  private readonly onGraceOver = (): void => {
    this.delayed.add(() => {
      const { activeLeases } = this.pool.stats;
      if (activeLeases === 0) return;
      this.findings.add(
        `${activeLeases} leases outlived the ${formatMs(this.grace!.timeout)} of the timeout of destroy`,
      );
    });
  };

  /** Ends the checks. */
  stop(): void {
    this.cancelGraceTimer?.();
    this.cancelGraceTimer = null;
  }

  private readonly finish = (): void => {
    this.ended = true;
    this.stop();
    this.onDestroyed?.();
    this.onDestroyed = null;
  };

  // ---------------------------------------------------------------- completion

  private scheduleCheck(seq: number): void {
    if (this.checkFromSeq !== null) return;
    this.checkFromSeq = seq;
    this.delayed.add(this.checkQuiescent);
  }

  /** Runs when every pending decision has been made. */
  private readonly checkQuiescent = (): void => {
    const { findings, checkFromSeq } = this;
    const { stats } = this.pool;
    this.checkFromSeq = null;
    if (stats.state !== 'draining') return;
    const { waiting } = this.remaining();
    if (stats.pendingAcquires > 0) findings.add(`${stats.pendingAcquires} callers still wait after destroy`);
    else if (waiting !== null) findings.add(`operation ${waiting.index} still waits after destroy`);
    if (stats.openingConnections > 0) findings.add(`${stats.openingConnections} connects go on after destroy`);
    if (stats.availableConnections > 0) {
      findings.add(`${stats.availableConnections} idle connections are still open after destroy`);
    }
    if (stats.seq !== checkFromSeq) {
      this.scheduleCheck(stats.seq);
    } else if (isEmpty(stats)) {
      findings.add('everything is closed, but the pool is not destroyed');
      this.finish();
    }
  };
}

const isEmpty = (stats: PoolStats): boolean =>
  stats.totalConnections +
    stats.openingConnections +
    stats.closingConnections +
    stats.activeLeases +
    stats.pendingAcquires ===
  0;
