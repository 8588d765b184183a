import { Observable } from 'rxjs';
import type { ObservedValueOf, Subscriber } from 'rxjs';
import type { Claim } from './state/claim-and-slot';
import type { ConnectionPool } from './connection-pool';
import { clockOutside, contextsOf } from './rx/async-context';
import { PoolChannels } from './rx/diagnostics-channels';
import { PoolCore } from './core/pool-core';
import type { Host } from './core/pool-state';
import { asyncDisposeSymbol } from './values/disposal';
import { InvalidConfigError } from './errors';
import { optionIssues } from './values/option-issues';
import { readOptions } from './values/read-options';
import { reportUnhandled } from './rx/report-unhandled';
import { lift } from './rx/rxjs-internals';
import { inspectSymbol } from './values/inspect-symbol';
import { destroyCalledInWork, poolDestroyed } from './reports/error-texts';
import { internals } from './rx/internals';
import type { PoolInternals } from './rx/internals';
import { EventStream } from './rx/event-stream';
import type { PoolEvent } from './reports/events';
import { AbandonedLeases } from './rx/abandoned-leases';
import type { Holder } from './reports/holders';
import { Acquire } from './rx/acquire';
import { LeaseStream } from './rx/lease-stream';
import type { Lease } from './rx/lease';
import { ConnectionLifecycle } from './rx/connection-lifecycle';
import { resolveAcquireOptions } from './resolve-options';
import { countIssue, timeIssue } from './option-checks';
import { describeValue, messageOf } from './values/describe';
import type { ResolvedAcquireOptions } from './state/claim-and-slot';
import type { AcquireOptions } from './options';
import type { ResolvedOptions } from './resolve-options';
import { checkedRandom } from './values/random';
import { schedulerClock } from './rx/scheduler-clock';
import { StatsSubject } from './rx/stats';
import type { PoolStats, PoolStatsSubject } from './rx/stats';
import { StopOnAbort } from './rx/stop-on-abort';
import { timingsBetween } from './metrics/timings';
import type { PoolTimings, TimingsOptions } from './metrics/timings';
import { unknownOption } from './values/unknown-option';
import type { WorkContext, WorkResult } from './rx/work';
import { WorkObservable } from './rx/work-observable';

/** A connection pool: checks what each method is given, and hands it to the core. */
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

  /** The last work that called `destroy`, and the promise it received. */
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
      channels: new PoolChannels(options.name),
      createSlot: (id) => new ConnectionLifecycle(id, core, options),
      changed: () => {
        stats.publish();
      },
      emit: (event) => {
        events.tell(event);
      },
      destroyed: () => {
        abandonedLeases.end();
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
    const abandonedLeases = new AbandonedLeases(core.clock);
    this.core = core;
    this.defaultAcquireOptions = resolveAcquireOptions(options.name, options.acquireTimeout, undefined);
    this.stats$ = stats;
    this.events$ = events;
    this.name = options.name;
    this[internals] = {
      core,
      runs: options,
      abandonedLeases,
      acquireTimeout: options.acquireTimeout,
      scheduler: options.scheduler,
      label: undefined,
      signal: undefined,
    };
    core.begin();
  }

  get stats(): PoolStats {
    return this.stats$.value;
  }

  acquire(options?: AcquireOptions): Observable<Lease<C>> {
    const resolved = this.resolveAcquireOptions(options);
    return this.withSignal(new Acquire(this[internals], resolved), resolved);
  }

  use<O extends WorkResult>(
    work: (connection: C, context: WorkContext) => O,
    options?: AcquireOptions,
  ): Observable<ObservedValueOf<O>> {
    if (typeof work !== 'function') {
      throw new InvalidConfigError(this.name, `pool.use of '${this.name}' cannot run`, [
        `work must be a function of a connection, but got ${describeValue(work)}`,
      ]);
    }
    const resolved = this.resolveAcquireOptions(options);
    return this.withSignal(new Use<C, ObservedValueOf<O>>(this[internals], resolved, work), resolved);
  }

  holders(): Holder[] {
    return this.core.holders();
  }

  timings(options: TimingsOptions = {}): PoolTimings {
    const now = this.core.timings.snapshot();
    const since = sinceOf(this.name, options);
    if (since === undefined) return now;
    try {
      return timingsBetween(since, now);
    } catch (error) {
      throw new InvalidConfigError(this.name, `Pool '${this.name}' got invalid timings options`, [
        `since must be earlier timings of this pool: ${messageOf(error)}`,
      ]);
    }
  }

  resize(max: number): void {
    const issue = countIssue('max', max);
    if (issue !== null) throw new InvalidConfigError(this.name, `Pool '${this.name}' cannot be resized`, [issue]);
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

  destroy(options: { timeout?: number | undefined } = {}): Promise<void> {
    const issues = destroyIssues(options);
    if (issues.length > 0) {
      return Promise.reject(new InvalidConfigError(this.name, `Pool '${this.name}' cannot be destroyed`, issues));
    }
    const { timeout = 30_000 } = options;
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
    const details = [
      opening > 0 && `${opening} opening`,
      closing > 0 && `${closing} closing`,
      waiting > 0 && `${waiting} waiting`,
    ].filter((part) => part !== false);
    return `ConnectionPool '${name}' (${state}: ${[`${used}/${max} in use`, `${open} open`, ...details].join(', ')})`;
  }

  [inspectSymbol](): string {
    return this.toString();
  }

  /** The stats, for `JSON.stringify`. */
  toJSON(): PoolStats {
    return this.stats;
  }

  private resolveAcquireOptions(options: AcquireOptions | undefined): ResolvedAcquireOptions {
    return options === undefined
      ? this.defaultAcquireOptions
      : resolveAcquireOptions(this.name, this.options.acquireTimeout, options);
  }

  private withSignal<T>(source: Observable<T>, { signal }: ResolvedAcquireOptions): Observable<T> {
    if (signal === undefined) return source;
    return lift(source, new StopOnAbort<T>(this.core, signal));
  }

  private assertOpen(): void {
    if (this.core.state !== 'open') throw poolDestroyed(this.name);
  }
}

function destroyIssues(options: unknown): string[] {
  if (typeof options === 'object' && options !== null) {
    return optionIssues(readOptions(options, ['timeout']), { timeout: (value, what) => timeIssue(what, value) });
  }
  return [`options must be an object such as { timeout: 5000 }, but got ${describeValue(options)}`];
}

function sinceOf(name: string, options: TimingsOptions): PoolTimings | undefined {
  const known = ['since'];
  const given: unknown = options;
  const read = typeof given === 'object' && given !== null ? readOptions(given, known) : null;
  const odd = read === null ? [] : Object.keys(read).filter((key) => !known.includes(key));
  if (read === null || odd.length > 0) {
    throw new InvalidConfigError(name, `Pool '${name}' got invalid timings options`, [
      ...odd.map((key) => unknownOption(key, known)),
      ...(read === null ? [`options must be an object such as { since }, but got ${describeValue(given)}`] : []),
    ]);
  }
  const since = read['since'] as PoolTimings | undefined;
  if (since === undefined) return undefined;
  const parts = ['wait', 'failedWait', 'use', 'open'] as const;
  if (typeof since === 'object' && since !== null && parts.every((part) => part in since)) return since;
  throw new InvalidConfigError(name, `Pool '${name}' got invalid timings options`, [
    `since must be an earlier result of timings(), but got ${describeValue(since)}`,
  ]);
}

/**
 * For work that calls `destroy`: the work would wait for the shutdown and the shutdown for the work, so the promise rejects at once. Work
 * that ends without awaiting it never sees the error, which then does not count as unhandled.
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
    options: ResolvedAcquireOptions,
    private readonly work: (connection: C, context: WorkContext) => unknown,
  ) {
    super(pool, options);
  }

  invoke(connection: C, context: WorkContext): unknown {
    return this.work(connection, context);
  }
}
