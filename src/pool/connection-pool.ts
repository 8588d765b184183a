import type { Observable, ObservedValueOf } from 'rxjs';
import type { PoolTimings, TimingsOptions } from './metrics/timings';
import type { AcquireOptions } from './options';
import type { PoolEvent } from './reports/events';
import type { Holder } from './reports/holders';
import type { Lease } from './rx/lease';
import type { PoolStats, PoolStatsSubject } from './rx/stats';
import type { WorkContext, WorkResult } from './rx/work';

/**
 * A pool of connections, and an Observable of leases.
 *
 * A subscription to the pool itself has one place in the wait queue at a time: it emits a lease whenever it is first in the queue, has no
 * timeout, and completes when the pool is destroyed. The subscriber holds each lease until it releases it. A connection that is released
 * inside the `next` that delivered it is lent to the subscription again in a later task.
 *
 * ```
 * max 2     opens     ab
 * pool      --a-b-----a-----b--   each when it is free
 * released  --------a-----b----
 * ```
 */
export interface ConnectionPool<C> extends Observable<Lease<C>> {
  /** The option `name`. */
  readonly name: string;
  /** The pool's current state as a BehaviorSubject that only the pool writes to. */
  readonly stats$: PoolStatsSubject;
  /** The current snapshot: the same as `stats$.value`. */
  readonly stats: PoolStats;
  /**
   * The pool's events. All subscribers receive them in the same order; completes once the pool is destroyed. Without a subscriber no event
   * is created.
   *
   * ```ts
   * pool.events$.pipe(filter((event) => event.type === 'leaked')).subscribe(({ label, held, stack }) => log.warn(label, held, stack));
   * ```
   */
  readonly events$: Observable<PoolEvent>;
  /**
   * Emits one lease, then completes. Unsubscribing before the lease is delivered leaves the wait queue; afterwards the caller must release it.
   * Errors: `PoolExhaustedError`, `ConnectionFailedError`, `InvalidPoolError`.
   *
   * ```ts
   * const lease = await firstValueFrom(pool.acquire({ acquireTimeout: 500 }));
   * try { … lease.connection … } finally { lease.release(); }
   * ```
   */
  acquire(options?: AcquireOptions): Observable<Lease<C>>;
  /**
   * Cold: each subscription leases a connection, runs `work` on it, and releases it when the work ends in any way.
   * Errors: those of `acquire`, and the work's own errors, not wrapped.
   *
   * ```
   * work    --x--y|
   * use     --x--y|     the lease ends before the complete is seen
   * ```
   *
   * ```ts
   * const reply = await lastValueFrom(pool.use((node) => node.call('word_count', text)));
   * ```
   */
  use<O extends WorkResult>(
    work: (connection: C, context: WorkContext) => O,
    options?: AcquireOptions,
  ): Observable<ObservedValueOf<O>>;
  /** The current holders: for how long each has held its lease (ms), and on which connection; the longest first. */
  holders(): Holder[];
  /**
   * Histograms in ms: the waits of served and of failed acquires, how long leases were held, and how long connects took, since the pool was
   * created, or `since` earlier timings. All are empty with the option `timings: false`. Throws an `InvalidConfigError` when `since` is not
   * a result of `timings()`.
   *
   * ```ts
   * let last = pool.timings();
   * setInterval(() => {
   *   const { wait } = pool.timings({ since: last });
   *   last = pool.timings();
   *   console.log(`p99 of the last minute: ${wait.p99} ms`);
   * }, 60_000);
   * ```
   */
  timings(options?: TimingsOptions): PoolTimings;
  /**
   * Sets the maximum number of connections. More are opened on demand. Surplus connections are closed: connects in progress and idle
   * connections at once, lent ones when they are released. Throws an `InvalidConfigError` unless `max` is a positive integer, and an
   * `InvalidPoolError` when the pool is destroyed.
   */
  resize(max: number): void;
  /**
   * Replaces every current connection: closes idle ones now and lent ones when they are released, and abandons connects in progress. Use it
   * when the target has moved, or when all connections are broken. Throws an `InvalidPoolError` when the pool is destroyed.
   */
  refresh(): void;
  /**
   * Opens connections until `count` are open (default: `min`, at least 1, at most `max`). Rejects with a `ConnectionFailedError` when the
   * target is down or `acquireTimeout` has expired, with an `InvalidPoolError` when the pool is destroyed, and with an `InvalidConfigError` when
   * `count` is not an integer from 0 to `max`.
   */
  warmUp(count?: number): Promise<void>;
  /**
   * Shuts the pool down: rejects waiting callers with an `InvalidPoolError`, closes idle connections, and closes lent ones when they are
   * released, or after `timeout` ms (default 30 000; 0: at once). Resolves when every connection has finished closing. Further calls return
   * the same promise. Work that calls it, and has not ended when the call returns, gets a promise that rejects at once with an
   * `InvalidPoolError`, because the work and the shutdown would wait for each other; the pool is destroyed nevertheless.
   */
  destroy(options?: { timeout?: number | undefined }): Promise<void>;
  /** Calls `destroy()` at the end of the block that declares the pool by `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
  /** The name, the state and the connection counts on one line; `util.inspect` shows the same. `JSON.stringify` shows the `stats`. */
  toString(): string;
}
