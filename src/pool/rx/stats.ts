import { BehaviorSubject, Observable } from 'rxjs';
import type { PoolCore } from '../core/pool-core';
import { Listeners } from './listeners';

/**
 * A snapshot of the pool: a frozen plain object, safe to keep and to send. In every snapshot
 * `totalConnections = availableConnections + inUseConnections`, and
 * `totalConnections + openingConnections + closingConnections ≤ maxConnections`; the latter may be violated after the pool was made
 * smaller, until the surplus connections are closed.
 */
export interface PoolStats {
  /** The pool's name. */
  readonly name: string;
  /** Increases with every change; two snapshots with the same number are equal. */
  readonly seq: number;
  /** The time of the snapshot: milliseconds, by the pool's scheduler. */
  readonly at: number;
  /** `'draining'` from the call of `destroy` until everything is closed, then `'destroyed'`. */
  readonly state: 'open' | 'draining' | 'destroyed';
  /** `'open'` while the target is considered down, `'half-open'` while a probe connect tries it again. */
  readonly breaker: 'closed' | 'open' | 'half-open';
  /** The option `max`, or the value that `resize` has set. */
  readonly maxConnections: number;
  /** Open connections. */
  readonly totalConnections: number;
  /** Idle connections. */
  readonly availableConnections: number;
  /** Open connections with at least one lease, and those that are being validated or reset. */
  readonly inUseConnections: number;
  /** Connects in progress. */
  readonly openingConnections: number;
  /** Connections that are being closed. */
  readonly closingConnections: number;
  /** The maximum number of concurrent leases: `max` times `capacity`. */
  readonly leaseCapacity: number;
  /** Active leases. */
  readonly activeLeases: number;
  /** Callers that wait for a lease. */
  readonly pendingAcquires: number;
  /** Runs of `work` that completed. */
  readonly successfulOperations: number;
  /** Runs of `work` that ended with an error. */
  readonly failedOperations: number;
  /** Runs of `work` that were unsubscribed before they ended. */
  readonly cancelledOperations: number;
  /** Leases ever lent; always `released + discarded + activeLeases`. */
  readonly acquired: number;
  /** Leases that were released. */
  readonly released: number;
  /** Leases that ended together with their connection. */
  readonly discarded: number;
  /** Connections ever opened. */
  readonly opened: number;
  /** Connections that were open and have been closed. */
  readonly closed: number;
  /** Connects that failed, and new connections that were lost, or failed their validation, before their first lease. */
  readonly openFailures: number;
  /** Acquires that timed out (`acquireTimeout`). */
  readonly timeouts: number;
  /** Acquires that were rejected: the wait queue was full, the load was shed, the target was down, or the pool was destroyed. */
  readonly rejected: number;
  /** Waiting acquires that were cancelled: they were unsubscribed, or their signal was aborted. */
  readonly cancelledAcquires: number;
}

/**
 * A `BehaviorSubject` of the pool's {@link PoolStats} that only the pool can write to: every subscriber receives the
 * current snapshot, then one for every change, in the same order as all other subscribers, and `complete` once the pool
 * is destroyed.
 *
 * ```
 * lease a      --(held)--------|
 * lease b      --------(held)----|
 * pool.stats$.pipe(map((stats) => stats.inUseConnections))
 *              0-1-----2-------1-0
 * ```
 */
export interface PoolStatsSubject extends Observable<PoolStats> {
  /** The current snapshot. */
  readonly value: PoolStats;
  /** The current snapshot. */
  getValue(): PoolStats;
  /** Whether there is a subscriber. */
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

/** Creates snapshots on demand: without a subscriber a change costs one comparison. */
export class StatsSubject extends BehaviorSubject<PoolStats> implements PoolStatsSubject {
  private latest: PoolStats;
  /** The last snapshot that subscribers received, with which a new subscriber begins; outdated while there is no subscriber. */
  private published: PoolStats;
  private readonly listeners = new Listeners<PoolStats>();
  private readonly stream = new Observable<PoolStats>((subscriber) => {
    if (this.finished) {
      subscriber.complete();
      return;
    }
    if (!this.listeners.any) this.published = this.getValue();
    this.core.watch(true);
    this.listeners.add(subscriber);
    subscriber.next(this.published);
  });
  private publishing = false;
  private finished = false;

  constructor(private readonly core: PoolCore<unknown>) {
    const first = snapshot(core);
    super(first);
    this.latest = this.published = first;
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

  /** Emits the current snapshot. Changes that subscribers make themselves are emitted to all of them afterwards. */
  publish(): void {
    if (this.publishing) return;
    if (!this.listeners.any) {
      this.core.watch(false);
      return;
    }
    this.publishing = true;
    const outer = this.core.enter();
    try {
      // Not by `latest`: a read of `value` makes it newer than the published snapshot.
      do {
        this.published = this.getValue();
        this.listeners.next(this.published);
      } while (this.published.seq !== this.core.version);
    } finally {
      this.publishing = false;
      this.core.leave(outer);
    }
  }

  /** Ends the stream; its value stays. */
  finish(): void {
    this.finished = true;
    // Created now even without a subscriber: its time is that of the end.
    this.published = this.getValue();
    super.complete();
    this.listeners.complete();
  }

  /** The current snapshot, for `JSON.stringify`. */
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
