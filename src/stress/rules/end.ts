import type { Cancel, Clock } from '../../pool/time/clock';
import type { ConnectionPool } from '../../pool/connection-pool';
import { messageWithKind } from '../../pool/values/describe';
import type { PoolEvent } from '../../pool/reports/events';
import type { PoolStats } from '../../pool/rx/stats';
import { shownMs } from '../ms';
import type { Findings } from './findings';
import { isTakenByDestroy } from './taken';
import type { Turns } from './turns';

/** Who else knows what there still is. */
export interface Leftovers {
  /** The operation that has waited longest. */
  readonly waiting: { readonly index: number } | null;
  /** How many operations work. */
  readonly working: number;
  /** Connections that have opened and were not closed, by their numbers. */
  readonly connections: readonly number[];
}

const order: readonly PoolStats['state'][] = ['open', 'draining', 'destroyed'];

/** A timer may fire so much (ms) before another clock says that it is time. */
const early = 2;

/**
 * Holds the end of a pool against its contract, whoever has begun it: nothing is lent and nothing opened any more, who waits fails at once,
 * what nobody uses is closed at once and what is lent when its time is up; then everything completes, once all is closed.
 */
export class EndRules {
  private state: PoolStats['state'];
  /** The pool when its end was first seen. */
  private begun: PoolStats | null = null;
  /** How long what is lent was to be left alone, and since when: where it was we who have called. */
  private patience: { readonly timeout: number; readonly since: number } | null = null;
  private cancelPatience: Cancel | null = null;
  /** Something lent was taken away: by then everything is. */
  private taking = false;
  private destroyedTold = false;
  private resolved = false;
  private statsOver = false;
  private eventsOver = false;
  /** A look at what should have come to rest is due, since this snapshot. */
  private looksSince: number | null = null;
  private over = false;
  private whenOver: (() => void) | null = null;

  constructor(
    private readonly pool: ConnectionPool<unknown>,
    private readonly findings: Findings,
    private readonly turns: Turns,
    private readonly clock: Clock,
    private readonly left: () => Leftovers,
  ) {
    this.state = pool.stats.state;
    // Of one that was over before, nothing is to be seen.
    this.over = this.state === 'destroyed';
  }

  // ---------------------------------------------------------------- what the pool shows

  see(stats: PoolStats, before: PoolStats): void {
    const { findings } = this;
    if (this.state === 'destroyed') findings.broken(`a snapshot came after the last one: ${JSON.stringify(stats)}`);
    if (order.indexOf(stats.state) < order.indexOf(this.state)) {
      findings.broken(`the pool was ${this.state}, and then ${stats.state} again`);
    }
    this.state = stats.state;
    if (stats.state === 'open') return;
    if (this.begun === null) this.begin(stats);
    else if (stats.openingConnections > before.openingConnections) findings.broken('a connect began after destroy');
    const lent = stats.acquired - this.begun!.acquired;
    if (lent > 0) findings.broken(`${lent} leases were lent after destroy`);
    if (stats.state === 'draining') this.lookLater(stats.seq);
    else if (!isEmpty(stats)) findings.broken(`something was left in the last snapshot: ${JSON.stringify(stats)}`);
  }

  hear(event: PoolEvent): void {
    if (this.destroyedTold) this.findings.broken(`the event ${event.type} came after destroyed`);
    if (event.type === 'destroyed') this.destroyedTold = true;
    else if (event.type === 'discarded' && isTakenByDestroy(event.reason, this.pool.name)) this.taken();
  }

  statsCompleted(): void {
    this.statsOver = true;
    if (this.state !== 'destroyed') this.findings.broken(`stats$ completed, although the pool was ${this.state}`);
    if (this.over) return;
    // In virtual time no promise is settled before all is over. One that is made now tells whether another should be.
    let settled = false;
    void Promise.resolve().then(() => {
      settled = true;
    });
    this.turns.later(() => {
      if (settled && !this.resolved) this.findings.broken('stats$ has completed, and destroy() has not resolved');
      if (!this.eventsOver) this.findings.broken('stats$ has completed, and events$ has not');
      this.finish();
    });
  }

  eventsCompleted(): void {
    this.eventsOver = true;
    if (!this.over && !this.destroyedTold) this.findings.broken('events$ completed without the event destroyed');
  }

  /** A lease was taken away because the time that destroy gave it was over. */
  private taken(): void {
    const { patience, findings } = this;
    if (this.taking) return;
    this.taking = true;
    if (this.state === 'open') findings.broken('a lease was taken away as if by destroy, and the pool was open');
    if (patience !== null) {
      const after = this.clock.now() - patience.since;
      if (after < patience.timeout - early) {
        findings.broken(
          `a lease was taken away ${shownMs(after)} after destroy, which left it ${shownMs(patience.timeout)}`,
        );
      }
    }
    this.turns.later(() => {
      const { activeLeases } = this.pool.stats;
      if (activeLeases > 0) findings.broken(`destroy took some leases away, and left ${activeLeases} others`);
    });
  }

  // ---------------------------------------------------------------- how it ends

  /** Destroys the pool, with so much time (ms) for what is lent. */
  destroy(timeout: number): void {
    if (this.pool.stats.state === 'open') {
      this.patience = { timeout, since: this.clock.now() };
      if (timeout !== Infinity) this.cancelPatience = this.clock.after(timeout, this.timeIsUp, true);
    }
    this.destroyed(() => this.pool.destroy({ timeout }))?.then(undefined, this.rejected);
  }

  /** Whether the pool is on its way to its end, and that is to be awaited. */
  get isComing(): boolean {
    return !this.over && this.pool.stats.state !== 'open';
  }

  /** Calls back when the pool has come to its end. */
  await(done: () => void): void {
    if (this.over) done();
    else this.whenOver = done;
  }

  private begin(stats: PoolStats): void {
    this.begun = stats;
    // What is destroyed cannot be destroyed again: that gives the promise of whoever has called.
    const promise = this.destroyed(() => this.pool.destroy());
    if (promise === null) return;
    if (this.pool.destroy() !== promise) this.findings.broken('destroy() called again did not give the same promise');
    promise.then(this.isResolved, this.rejected);
  }

  private destroyed(call: () => Promise<void>): Promise<void> | null {
    try {
      const promise = call();
      if (typeof (promise as Promise<void> | undefined)?.then === 'function') return promise;
      this.findings.broken('destroy() gave no promise');
    } catch (error) {
      this.findings.broken(`destroy() threw: ${messageWithKind(error)}`);
    }
    return null;
  }

  private readonly isResolved = (): void => {
    const { findings } = this;
    this.resolved = true;
    if (this.over) return;
    const { working, connections } = this.left();
    if (!this.statsOver)
      findings.broken(`destroy() resolved, and the pool was ${this.state}: stats$ had not completed`);
    if (working > 0) findings.broken(`destroy() resolved, and ${working} operations were still at work`);
    for (const connection of connections) {
      findings.broken(`destroy() resolved, and connection ${connection} was not closed`);
    }
    if (!this.statsOver) this.turns.later(this.finish);
  };

  private readonly rejected = (error: unknown): void => {
    this.findings.broken(`destroy() rejected: ${messageWithKind(error)}`);
  };

  private readonly timeIsUp = (): void => {
    this.turns.later(() => {
      const { activeLeases } = this.pool.stats;
      if (activeLeases === 0) return;
      this.findings.broken(
        `${activeLeases} leases outlived the ${shownMs(this.patience!.timeout)} that destroy left them`,
      );
    });
  };

  /** Nothing is looked at any more. */
  stop(): void {
    this.cancelPatience?.();
    this.cancelPatience = null;
  }

  private readonly finish = (): void => {
    this.over = true;
    this.stop();
    this.whenOver?.();
    this.whenOver = null;
  };

  // ---------------------------------------------------------------- what comes to rest

  private lookLater(seq: number): void {
    if (this.looksSince !== null) return;
    this.looksSince = seq;
    this.turns.later(this.look);
  }

  /** Everything that was to be decided has been decided. */
  private readonly look = (): void => {
    const { findings, looksSince } = this;
    const { stats } = this.pool;
    this.looksSince = null;
    if (stats.state !== 'draining') return;
    const { waiting } = this.left();
    if (stats.pendingAcquires > 0) findings.broken(`${stats.pendingAcquires} callers still wait after destroy`);
    else if (waiting !== null) findings.broken(`operation ${waiting.index} still waits after destroy`);
    if (stats.openingConnections > 0) findings.broken(`${stats.openingConnections} connects go on after destroy`);
    if (stats.availableConnections > 0) {
      findings.broken(`${stats.availableConnections} connections that nobody uses are still open after destroy`);
    }
    if (stats.seq !== looksSince) {
      this.lookLater(stats.seq);
    } else if (isEmpty(stats)) {
      findings.broken('everything is closed, and the pool is not destroyed');
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
