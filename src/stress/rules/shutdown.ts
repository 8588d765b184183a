import type { Cancel, Clock } from '../../pool/time/clock';
import type { ConnectionPool } from '../../pool/connection-pool';
import { messageWithKind } from '../../pool/values/describe';
import type { PoolEvent } from '../../pool/reports/events';
import type { PoolStats } from '../../pool/rx/stats';
import { formatMs } from '../format-ms';
import type { Findings } from './findings';
import { isRevokedByDestroy } from './revoked';
import type { DelayedChecks } from './delayed-checks';

/** Who else knows what there still is. */
export interface Remaining {
  /** The operation that has waited longest. */
  readonly waiting: { readonly index: number } | null;
  /** How many operations work. */
  readonly working: number;
  /** Connections that have opened and were not closed, by their numbers. */
  readonly connections: readonly number[];
}

const order: readonly PoolStats['state'][] = ['open', 'draining', 'destroyed'];

/** A timer may fire so much (ms) before another clock says that it is time. */
const timerTolerance = 2;

/**
 * Holds the end of a pool against its contract, whoever has begun it: nothing is lent and nothing opened any more, who waits fails at once,
 * what nobody uses is closed at once and what is lent when its time is up; then everything completes, once all is closed.
 */
export class ShutdownRules {
  private state: PoolStats['state'];
  /** The pool when its end was first seen. */
  private first: PoolStats | null = null;
  /** How long what is lent was to be left alone, and since when: where it was we who have called. */
  private grace: { readonly timeout: number; readonly since: number } | null = null;
  private cancelGraceTimer: Cancel | null = null;
  /** Something lent was taken away: by then everything is. */
  private revoking = false;
  private destroyedSeen = false;
  private resolved = false;
  private statsCompletedSeen = false;
  private eventsCompletedSeen = false;
  /** A look at what should have come to rest is due, since this snapshot. */
  private checkFromSeq: number | null = null;
  private over = false;
  private onDestroyed: (() => void) | null = null;

  constructor(
    private readonly pool: ConnectionPool<unknown>,
    private readonly findings: Findings,
    private readonly delayed: DelayedChecks,
    private readonly clock: Clock,
    private readonly remaining: () => Remaining,
  ) {
    this.state = pool.stats.state;
    // Of one that was over before, nothing is to be seen.
    this.over = this.state === 'destroyed';
  }

  // ---------------------------------------------------------------- what the pool shows

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
    else if (!isEmpty(stats)) findings.add(`something was left in the last snapshot: ${JSON.stringify(stats)}`);
  }

  onEvent(event: PoolEvent): void {
    if (this.destroyedSeen) this.findings.add(`the event ${event.type} came after destroyed`);
    if (event.type === 'destroyed') this.destroyedSeen = true;
    else if (event.type === 'discarded' && isRevokedByDestroy(event.reason, this.pool.name)) this.onRevoked();
  }

  statsCompleted(): void {
    this.statsCompletedSeen = true;
    if (this.state !== 'destroyed') this.findings.add(`stats$ completed, although the pool was ${this.state}`);
    if (this.over) return;
    // In virtual time no promise is settled before all is over. One that is made now tells whether another should be.
    let settled = false;
    void Promise.resolve().then(() => {
      settled = true;
    });
    this.delayed.add(() => {
      if (settled && !this.resolved) this.findings.add('stats$ has completed, and destroy() has not resolved');
      if (!this.eventsCompletedSeen) this.findings.add('stats$ has completed, and events$ has not');
      this.finish();
    });
  }

  eventsCompleted(): void {
    this.eventsCompletedSeen = true;
    if (!this.over && !this.destroyedSeen) this.findings.add('events$ completed without the event destroyed');
  }

  /** A lease was taken away because the time that destroy gave it was over. */
  private onRevoked(): void {
    const { grace, findings } = this;
    if (this.revoking) return;
    this.revoking = true;
    if (this.state === 'open') findings.add('a lease was taken away as if by destroy, and the pool was open');
    if (grace !== null) {
      const after = this.clock.now() - grace.since;
      if (after < grace.timeout - timerTolerance) {
        findings.add(
          `a lease was taken away ${formatMs(after)} after destroy, which left it ${formatMs(grace.timeout)}`,
        );
      }
    }
    this.delayed.add(() => {
      const { activeLeases } = this.pool.stats;
      if (activeLeases > 0) findings.add(`destroy took some leases away, and left ${activeLeases} others`);
    });
  }

  // ---------------------------------------------------------------- how it ends

  /** Destroys the pool, with so much time (ms) for what is lent. */
  destroy(timeout: number): void {
    if (this.pool.stats.state === 'open') {
      this.grace = { timeout, since: this.clock.now() };
      if (timeout !== Infinity) this.cancelGraceTimer = this.clock.after(timeout, this.onGraceOver, true);
    }
    this.callDestroy(() => this.pool.destroy({ timeout }))?.then(undefined, this.onRejected);
  }

  /** Whether the pool is on its way to its end, and that is to be awaited. */
  get isShuttingDown(): boolean {
    return !this.over && this.pool.stats.state !== 'open';
  }

  /** Calls back when the pool has come to its end. */
  whenDestroyed(done: () => void): void {
    if (this.over) done();
    else this.onDestroyed = done;
  }

  private begin(stats: PoolStats): void {
    this.first = stats;
    // What is destroyed cannot be destroyed again: that gives the promise of whoever has called.
    const promise = this.callDestroy(() => this.pool.destroy());
    if (promise === null) return;
    if (this.pool.destroy() !== promise) this.findings.add('destroy() called again did not give the same promise');
    promise.then(this.onResolved, this.onRejected);
  }

  private callDestroy(call: () => Promise<void>): Promise<void> | null {
    try {
      const promise = call();
      if (typeof (promise as Promise<void> | undefined)?.then === 'function') return promise;
      this.findings.add('destroy() gave no promise');
    } catch (error) {
      this.findings.add(`destroy() threw: ${messageWithKind(error)}`);
    }
    return null;
  }

  private readonly onResolved = (): void => {
    const { findings } = this;
    this.resolved = true;
    if (this.over) return;
    const { working, connections } = this.remaining();
    if (!this.statsCompletedSeen)
      findings.add(`destroy() resolved, and the pool was ${this.state}: stats$ had not completed`);
    if (working > 0) findings.add(`destroy() resolved, and ${working} operations were still at work`);
    for (const connection of connections) {
      findings.add(`destroy() resolved, and connection ${connection} was not closed`);
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
      this.findings.add(`${activeLeases} leases outlived the ${formatMs(this.grace!.timeout)} that destroy left them`);
    });
  };

  /** Nothing is looked at any more. */
  stop(): void {
    this.cancelGraceTimer?.();
    this.cancelGraceTimer = null;
  }

  private readonly finish = (): void => {
    this.over = true;
    this.stop();
    this.onDestroyed?.();
    this.onDestroyed = null;
  };

  // ---------------------------------------------------------------- what comes to rest

  private scheduleCheck(seq: number): void {
    if (this.checkFromSeq !== null) return;
    this.checkFromSeq = seq;
    this.delayed.add(this.checkQuiescent);
  }

  /** Everything that was to be decided has been decided. */
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
      findings.add(`${stats.availableConnections} connections that nobody uses are still open after destroy`);
    }
    if (stats.seq !== checkFromSeq) {
      this.scheduleCheck(stats.seq);
    } else if (isEmpty(stats)) {
      findings.add('everything is closed, and the pool is not destroyed');
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
