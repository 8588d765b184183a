import { BehaviorSubject, Observable } from 'rxjs';
import type { PoolCore } from '../core/pool-core';
import { Listeners } from './listeners';

/**
 * The pool at one moment: a frozen plain object, safe to keep and to send. In every one of them
 * `totalConnections = availableConnections + inUseConnections`, and
 * `totalConnections + openingConnections + closingConnections ≤ maxConnections`; after the pool was made smaller, from when that
 * is so again.
 */
export interface PoolStats {
  /** The pool's name. */
  readonly name: string;
  /** Grows with every change; two snapshots with the same number are the same. */
  readonly seq: number;
  /** When the snapshot was made: milliseconds, by the pool's scheduler. */
  readonly at: number;
  /** `'draining'` from the call of `destroy` until everything is closed, then `'destroyed'`. */
  readonly state: 'open' | 'draining' | 'destroyed';
  /** `'open'` while the target is taken for dead, `'half-open'` while one connect tries it again. */
  readonly breaker: 'closed' | 'open' | 'half-open';
  /** The option `max`, or what `resize` has made of it. */
  readonly maxConnections: number;
  /** Connections that are open. */
  readonly totalConnections: number;
  /** Open connections that nobody uses. */
  readonly availableConnections: number;
  /** Open connections with at least one lease, and those that are being validated or reset. */
  readonly inUseConnections: number;
  /** Connects under way. */
  readonly openingConnections: number;
  /** Connections that are being closed. */
  readonly closingConnections: number;
  /** How many leases the pool can have lent at once: `max` times `capacity`. */
  readonly leaseCapacity: number;
  /** Leases that are lent. */
  readonly activeLeases: number;
  /** Callers who wait for a lease. */
  readonly pendingAcquires: number;
  /** Runs of `work` that completed. */
  readonly successfulOperations: number;
  /** Runs of `work` that ended with an error. */
  readonly failedOperations: number;
  /** Runs of `work` that were unsubscribed before they ended. */
  readonly cancelledOperations: number;
  /** Leases ever lent; always `released + discarded + activeLeases`. */
  readonly acquired: number;
  /** Leases that were given back. */
  readonly released: number;
  /** Leases that ended with their connection. */
  readonly discarded: number;
  /** Connections ever opened. */
  readonly opened: number;
  /** Connections that were open and have been closed. */
  readonly closed: number;
  /** Connects that failed, and connections that ended soon, or failed their validation, before their first lease. */
  readonly openFailures: number;
  /** Acquires that ended by `acquireTimeout`. */
  readonly timeouts: number;
  /** Acquires that were turned away: the line was full or too slow, the target dead, or the pool destroyed. */
  readonly rejected: number;
  /** Acquires that were unsubscribed, or whose signal was aborted, while they waited. */
  readonly cancelledAcquires: number;
}

/**
 * A `BehaviorSubject` of the pool's {@link PoolStats} that only the pool can write to: every subscriber gets the
 * snapshot of now, then one for every change, in the same order as all the others, and `complete` once the pool
 * is destroyed.
 *
 * ```
 * pool.stats$.pipe(map((s) => s.inUseConnections))
 *   use   --a-----b----c(released)-
 *   gives 0-1-----2----1-----------
 * ```
 */
export interface PoolStatsSubject extends Observable<PoolStats> {
  /** The snapshot of now. */
  readonly value: PoolStats;
  /** The snapshot of now. */
  getValue(): PoolStats;
  /** Whether anybody is subscribed. */
  readonly observed: boolean;
}

function snapshot(core: PoolCore<unknown>): PoolStats {
  const { connections, counters } = core;
  return Object.freeze({
    name: core.name,
    seq: core.version,
    at: core.clock.stamp(),
    state: core.state,
    breaker: core.breaker,
    maxConnections: connections.max,
    totalConnections: connections.total,
    availableConnections: connections.total - connections.inUse,
    inUseConnections: connections.inUse,
    openingConnections: connections.opening,
    closingConnections: connections.closing,
    leaseCapacity: core.leaseCapacity,
    activeLeases: connections.activeLeases,
    pendingAcquires: core.pending,
    successfulOperations: counters.successfulOperations,
    failedOperations: counters.failedOperations,
    cancelledOperations: counters.cancelledOperations,
    acquired: counters.acquired,
    released: counters.released,
    discarded: counters.discarded,
    opened: counters.opened,
    closed: counters.closed,
    openFailures: counters.openFailures,
    timeouts: counters.timeouts,
    rejected: counters.rejected,
    cancelledAcquires: counters.cancelledAcquires,
  });
}

/** Makes snapshots when somebody looks: with no subscriber a change costs one comparison. */
export class StatsSubject extends BehaviorSubject<PoolStats> implements PoolStatsSubject {
  private latest: PoolStats;
  /** What subscribers were shown last: a new one begins with it. When there was none, it is as old as the last that looked. */
  private shown: PoolStats;
  private readonly listeners = new Listeners<PoolStats>();
  private readonly stream = new Observable<PoolStats>((subscriber) => {
    if (this.finished) {
      subscriber.complete();
      return;
    }
    if (!this.listeners.any) this.shown = this.getValue();
    this.core.watch(true);
    this.listeners.add(subscriber);
    subscriber.next(this.shown);
  });
  private publishing = false;
  private finished = false;

  constructor(private readonly core: PoolCore<unknown>) {
    const first = snapshot(core);
    super(first);
    this.latest = this.shown = first;
  }

  override get observed(): boolean {
    return this.listeners.any;
  }

  override getValue(): PoolStats {
    if (this.latest.seq !== this.core.version) this.latest = snapshot(this.core);
    return this.latest;
  }

  override subscribe(...observer: unknown[]) {
    const outer = this.core.enter();
    try {
      return this.stream.subscribe(...(observer as []));
    } finally {
      this.core.leave(outer);
    }
  }

  /** Shows subscribers the pool as it is now. Changes that they make themselves are shown to all of them afterwards. */
  publish(): void {
    if (this.publishing) return;
    if (!this.listeners.any) {
      this.core.watch(false);
      return;
    }
    this.publishing = true;
    const outer = this.core.enter();
    try {
      // Not by `latest`: that is newer than what was shown as soon as anybody looks.
      do {
        this.shown = this.getValue();
        this.listeners.next(this.shown);
      } while (this.shown.seq !== this.core.version);
    } finally {
      this.publishing = false;
      this.core.leave(outer);
    }
  }

  /** Ends the stream; its value stays. */
  finish(): void {
    this.finished = true;
    // Made now, also when nobody looks: its time is that of the end.
    this.shown = this.getValue();
    super.complete();
    this.listeners.complete();
  }

  /** The snapshot of now, for `JSON.stringify`. */
  toJSON(): PoolStats {
    return this.getValue();
  }

  override next(): never {
    return readOnly('next');
  }

  override error(): never {
    return readOnly('error');
  }

  override complete(): never {
    return readOnly('complete');
  }

  override unsubscribe(): never {
    return readOnly('unsubscribe');
  }
}

function readOnly(method: string): never {
  throw new TypeError(
    `stats$ belongs to its pool: ${method}() cannot be called on it. Subscribe to it, or read stats$.value.`,
  );
}
