import { Observable } from 'rxjs';
import type { ObservedValueOf, Subscriber } from 'rxjs';
import type { Claim } from './state/claim';
import { clockOutside, contextsOf } from './rx/context';
import { PoolCore } from './core/pool-core';
import type { Host } from './core/pool-core';
import { asyncDisposeSymbol } from './values/disposal';
import { InvalidConfigError } from './errors';
import { readOptions } from './values/read-options';
import { reportUnhandled } from './rx/report-unhandled';
import { inspectSymbol } from './values/inspect-symbol';
import { destroyCalledInWork, poolDestroyed } from './reports/error-texts';
import { internals } from './rx/internals';
import type { PoolInternals } from './rx/internals';
import { EventStream } from './rx/event-stream';
import type { PoolEvent } from './reports/events';
import { AbandonedLeases } from './rx/abandoned-leases';
import type { Holder } from './reports/holders';
import { Acquire, LeaseStream } from './rx/lease';
import type { Lease } from './rx/lease';
import { ConnectionLifecycle } from './rx/connection-lifecycle';
import { resolveAcquireOptions, countIssue, timeIssue } from './options';
import { describeValue } from './values/describe';
import type { AcquireOptions, ResolvedAcquireOptions, ResolvedOptions } from './options';
import { checkedRandom } from './values/random';
import { schedulerClock } from './rx/scheduler-clock';
import { StatsSubject } from './rx/stats';
import type { PoolStats, PoolStatsSubject } from './rx/stats';
import { StopOnAbort } from './rx/stop-on-abort';
import type { PoolTimings, TimingsOptions } from './metrics/timings';
import { unknownOption } from './values/unknown-option';
import type { WorkContext, WorkResult } from './rx/work';
import { WorkObservable } from './rx/work-observable';

/**
 * A pool of connections, which is an Observable of them.
 *
 * Subscribing to the pool itself is a standing request with one place in the waiting line: it emits a lease whenever its
 * turn comes, has no timeout, and completes when the pool is destroyed. Each lease belongs to the receiver until it is
 * released. A connection released inside the very `next` that brought it comes round again in a later task.
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
  /** The pool's state, live: a BehaviorSubject that only the pool writes to. */
  readonly stats$: PoolStatsSubject;
  /** The pool's state now: the same snapshot as `stats$.value`. */
  readonly stats: PoolStats;
  /**
   * What happens in the pool, as it happens, in one order for all; completes once the pool is destroyed. While nobody is subscribed no
   * event is made.
   *
   * ```ts
   * pool.events$.pipe(filter((event) => event.type === 'leaked')).subscribe(({ label, held, stack }) => log.warn(label, held, stack));
   * ```
   */
  readonly events$: Observable<PoolEvent>;
  /**
   * One lease, then complete. Unsubscribing before it came leaves the line; afterwards the lease is yours to release.
   * Errors: `PoolExhaustedError`, `ConnectionFailedError`, `InvalidPoolError`.
   *
   * ```ts
   * const lease = await firstValueFrom(pool.acquire({ acquireTimeout: 500 }));
   * try { … lease.connection … } finally { lease.release(); }
   * ```
   */
  acquire(options?: AcquireOptions): Observable<Lease<C>>;
  /**
   * Cold: each subscription leases a connection, runs `work` on it, and gives it back, whichever way the work ends.
   * Errors: those of `acquire`, and the work's own, unwrapped.
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
  /** Who holds a lease now, for how long (ms) and on which connection; those who have held it longest first. */
  holders(): Holder[];
  /**
   * How long callers waited, for a lease and in vain, leases were held and connects took, since the pool was created, or `since` earlier
   * timings: histograms, in ms. All empty with the option `timings: false`. Throws an `InvalidConfigError` when `since` is no timings of
   * this pool.
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
   * From now on, so many connections at the most. More are opened as they are wanted. Too many are closed: connects under way and idle
   * connections at once, lent ones when they come back. Throws an `InvalidConfigError` for what is no positive integer, and an
   * `InvalidPoolError` when the pool is destroyed.
   */
  resize(max: number): void;
  /**
   * Replaces every connection of today: idle ones are closed now, lent ones when they come back, connects under way are given up. For when
   * it is known that the target has moved, or that all connections are broken. Throws an `InvalidPoolError` when the pool is destroyed.
   */
  refresh(): void;
  /**
   * Opens connections until `count` are open (default: `min`, at least 1, at most `max`). Rejects with a `ConnectionFailedError` when the
   * target is dead or `acquireTimeout` is over, with an `InvalidPoolError` when the pool is destroyed.
   */
  warmUp(count?: number): Promise<void>;
  /**
   * Ends the pool, beginning at the call: who waits fails with an `InvalidPoolError`, idle connections are closed, lent
   * ones when they come back, and after `timeout` ms (default 30 000; 0: at once) all the same. Resolves when every
   * connection has finished closing. Calling it again gives the same promise. Work that calls it and has not ended by then gets one that
   * rejects at once with an `InvalidPoolError`, since each would wait for the other; the pool ends all the same.
   */
  destroy(options?: { timeout?: number | undefined }): Promise<void>;
  /** `destroy()`, at the end of the block that holds the pool by `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
  /** The name, the state and the counts of connections on one line; `util.inspect` shows the same. As JSON a pool is its `stats`. */
  toString(): string;
}

export class Pool<C> extends Observable<Lease<C>> implements ConnectionPool<C> {
  readonly name: string;
  readonly stats$: PoolStatsSubject;
  readonly events$: Observable<PoolEvent>;
  readonly [internals]: PoolInternals<C>;
  private readonly core: PoolCore<C>;
  private readonly defaultAcquireOptions: ResolvedAcquireOptions;
  private readonly destroyed: { promise: Promise<void> | null; resolve: () => void } = {
    promise: null,
    resolve: () => undefined,
  };

  /** What the last work that called `destroy` has got. */
  private destroyCalledInWork: { readonly work: Claim<C>; readonly promise: Promise<void> } | null = null;

  constructor(private readonly options: ResolvedOptions<C>) {
    super((subscriber: Subscriber<Lease<C>>) => {
      const request = new LeaseStream(this[internals], subscriber);
      subscriber.add(request);
      if (!subscriber.closed) request.enqueue();
    });
    const contexts = contextsOf(options.name, options.context);
    const host: Host<C> = {
      contexts,
      createSlot: (id) => new ConnectionLifecycle(id, core, options),
      changed: () => {
        stats.publish();
      },
      emit: (event) => {
        events.tell(event);
      },
      destroyed: () => {
        forgotten.end();
        events.finish();
        stats.finish();
        this.destroyed.resolve();
      },
      reportUnhandled: reportUnhandled,
    };
    const clock = clockOutside(schedulerClock(options.scheduler), contexts);
    const core = new PoolCore<C>(options, clock, checkedRandom(options.random), host);
    const stats = new StatsSubject(core as PoolCore<unknown>);
    const events = new EventStream(core as PoolCore<unknown>);
    const forgotten = new AbandonedLeases<C>(core.clock);
    this.core = core;
    this.defaultAcquireOptions = resolveAcquireOptions(options.name, options.acquireTimeout, undefined);
    this.stats$ = stats;
    this.events$ = events;
    this.name = options.name;
    this[internals] = {
      core,
      runs: options,
      abandonedLeases: forgotten,
      acquireTimeout: options.acquireTimeout,
      label: undefined,
      signal: undefined,
    };
    core.begin();
  }

  get stats(): PoolStats {
    return this.stats$.value;
  }

  acquire(options?: AcquireOptions): Observable<Lease<C>> {
    const resolveAcquireOptions = this.asking(options);
    return this.withSignal(new Acquire(this[internals], resolveAcquireOptions), resolveAcquireOptions);
  }

  use<O extends WorkResult>(
    work: (connection: C, context: WorkContext) => O,
    options?: AcquireOptions,
  ): Observable<ObservedValueOf<O>> {
    if (typeof work !== 'function') {
      throw new InvalidConfigError(this.name, `pool.use of '${this.name}' cannot work`, [
        `work must be a function of a connection, but got ${describeValue(work)}`,
      ]);
    }
    const asking = this.asking(options);
    return this.withSignal(new Use<C, ObservedValueOf<O>>(this[internals], asking, work), asking);
  }

  holders(): Holder[] {
    return this.core.holders();
  }

  timings(options: TimingsOptions = {}): PoolTimings {
    const now = this.core.timings.snapshot();
    const since = sinceOf(this.name, options);
    if (since === undefined) return now;
    return {
      wait: now.wait.minus(since.wait),
      failedWait: now.failedWait.minus(since.failedWait),
      use: now.use.minus(since.use),
      open: now.open.minus(since.open),
    };
  }

  resize(max: number): void {
    const issue = countIssue('max', max);
    if (issue !== null) throw new InvalidConfigError(this.name, `Pool '${this.name}' cannot be resized so`, [issue]);
    this.assertOpen();
    this.core.resize(max);
  }

  refresh(): void {
    this.assertOpen();
    this.core.refresh();
  }

  warmUp(count = Math.min(Math.max(1, this.options.min), this.core.connections.max)): Promise<void> {
    const { name, acquireTimeout } = this.options;
    const { max } = this.core.connections;
    const issue =
      countIssue('count', count, { least: 0 }) ??
      (count > max ? `count must be at most max (${max}), but got ${count}` : null);
    if (issue !== null) return Promise.reject(new InvalidConfigError(name, `Pool '${name}' cannot warm up`, [issue]));
    return new Promise((resolve, reject) => {
      this.core.warmUp(count, acquireTimeout, (error) => {
        if (error === undefined) resolve();
        else reject(error);
      });
    });
  }

  destroy({ timeout = 30_000 }: { timeout?: number | undefined } = {}): Promise<void> {
    const issue = timeIssue('timeout', timeout);
    if (issue !== null) {
      return Promise.reject(new InvalidConfigError(this.name, `Pool '${this.name}' cannot be destroyed so`, [issue]));
    }
    const work = timeout === 0 ? null : this.core.workBeingStarted();
    const promise = this.beginDestroy(timeout);
    if (work === null) return promise;
    if (this.destroyCalledInWork?.work !== work) {
      this.destroyCalledInWork = { work, promise: destroyedFrom(work, promise, this.name) };
    }
    return this.destroyCalledInWork.promise;
  }

  private beginDestroy(timeout: number): Promise<void> {
    const { destroyed } = this;
    if (destroyed.promise !== null) return destroyed.promise;
    const promise = new Promise<void>((resolve) => {
      destroyed.resolve = resolve;
    });
    destroyed.promise = promise;
    this.core.destroy(timeout);
    return promise;
  }

  [asyncDisposeSymbol](): Promise<void> {
    return this.destroy();
  }

  get [Symbol.toStringTag](): string {
    return 'ConnectionPool';
  }

  /** For messages and logs; also what `util.inspect` shows. */
  override toString(): string {
    const { name, state, maxConnections: max, inUseConnections: used, totalConnections: open } = this.stats;
    const { openingConnections: opening, closingConnections: closing, pendingAcquires: waiting } = this.stats;
    const rest = [
      opening > 0 && `${opening} opening`,
      closing > 0 && `${closing} closing`,
      waiting > 0 && `${waiting} waiting`,
    ].filter((part) => part !== false);
    return `ConnectionPool '${name}' (${state}: ${[`${used}/${max} in use`, `${open} open`, ...rest].join(', ')})`;
  }

  [inspectSymbol](): string {
    return this.toString();
  }

  /** The stats, for `JSON.stringify`. */
  toJSON(): PoolStats {
    return this.stats;
  }

  private asking(options: AcquireOptions | undefined): ResolvedAcquireOptions {
    return options === undefined
      ? this.defaultAcquireOptions
      : resolveAcquireOptions(this.name, this.options.acquireTimeout, options);
  }

  private withSignal<T>(source: Observable<T>, { signal }: ResolvedAcquireOptions): Observable<T> {
    if (signal === undefined) return source;
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- as RxJS's own operators are put on
    return source.lift(new StopOnAbort<T>(this.core, signal));
  }

  private assertOpen(): void {
    if (this.core.state !== 'open') throw poolDestroyed(this.name);
  }
}

function sinceOf(name: string, options: TimingsOptions): PoolTimings | undefined {
  const known = ['since'];
  const given: unknown = options;
  const read = typeof given === 'object' && given !== null ? readOptions(given, known) : null;
  const odd = read === null ? [] : Object.keys(read).filter((key) => !known.includes(key));
  if (read === null || odd.length > 0) {
    throw new InvalidConfigError(name, `Pool '${name}' has no such timings`, [
      ...odd.map((key) => unknownOption(key, known)),
      ...(read === null ? [`options must be an object such as { since }, but got ${describeValue(given)}`] : []),
    ]);
  }
  const since = read['since'] as PoolTimings | undefined;
  if (since === undefined) return undefined;
  const parts = ['wait', 'failedWait', 'use', 'open'] as const;
  if (typeof since === 'object' && since !== null && parts.every((part) => part in since)) return since;
  throw new InvalidConfigError(name, `Pool '${name}' has no such timings`, [
    `since must be what timings() has returned earlier, but got ${describeValue(since)}`,
  ]);
}

/**
 * Work that waits for the end of the pool, which waits for the work: it is told so at once. Work that ends without waiting for it never
 * sees the error, which is no unhandled one then.
 */
function destroyedFrom<C>(work: Claim<C>, destroyed: Promise<void>, name: string): Promise<void> {
  const promise = Promise.resolve().then(() => {
    if (work.state === 'held') throw destroyCalledInWork(name);
    return destroyed;
  });
  promise.catch(() => undefined);
  return promise;
}

class Use<C, R> extends WorkObservable<C, R> {
  constructor(
    pool: PoolInternals<C>,
    asking: ResolvedAcquireOptions,
    private readonly work: (connection: C, context: WorkContext) => unknown,
  ) {
    super(pool, asking);
  }

  invoke(connection: C, context: WorkContext): unknown {
    return this.work(connection, context);
  }
}
