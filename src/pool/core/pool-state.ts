import type { PoolError } from '../errors';
import { Timings } from '../metrics/timings';
import { Checks } from '../policies/checks';
import type { CheckOptions } from '../policies/checks';
import { ConnectPolicy } from '../policies/connect-policy';
import type { ConnectPolicyOptions } from '../policies/connect-policy';
import { ConnectTimer } from '../policies/connect-timer';
import { Evictions } from '../policies/evictions';
import type { EvictionOptions } from '../policies/evictions';
import { LoadShedder } from '../policies/load-shedder';
import type { LoadShedderOptions } from '../policies/load-shedder';
import { Outliers } from '../policies/outliers';
import type { OutlierOptions } from '../policies/outliers';
import { Shutdown } from '../policies/shutdown';
import { WarmUps } from '../policies/warm-ups';
import { Diagnostics } from '../reports/diagnostics';
import type { PoolEvent } from '../reports/events';
import { LeakWatch } from '../reports/holders';
import { Reports } from '../reports/reports';
import type { Channels, Tracer } from '../reports/tracer';
import { Tracing } from '../reports/tracing';
import type { BatchDemand } from '../state/batch-demand';
import type { Claim, EvictReason, Slot, Subject } from '../state/claim-and-slot';
import { Connections } from '../state/connections';
import type { ConnectionsOptions } from '../state/connections';
import type { Context, Contexts } from '../state/context';
import { Counters, ReasonCounters } from '../state/counters';
import { WaitQueue } from '../state/wait-queue';
import type { Clock } from '../time/clock';
import { CoarseClock } from '../time/coarse-clock';
import { TurnBudget } from '../time/turn-budget';
import { DrainLoop } from './drain-loop';

export interface CoreOptions extends ConnectionsOptions, ConnectPolicyOptions, EvictionOptions, CheckOptions {
  readonly name: string;
  readonly maxPending: number;
  readonly leakThreshold: number;
  readonly overload: LoadShedderOptions | null;
  readonly outlier: OutlierOptions | null;
  readonly timings: boolean;
}

/** The surroundings of the core. */
export interface Host<C> {
  /** The contexts that callers wait in; null if the pool carries none. */
  readonly contexts: Contexts | null;
  /** Publishes what happens to subscribers in this process. */
  readonly channels: Channels;
  /** Creates a slot that can connect. */
  createSlot(id: number): Slot<C>;
  /** The stats have changed, and have a subscriber. */
  changed(): void;
  /** An event has occurred, and has a listener. */
  emit(event: PoolEvent): void;
  /** Every connection is closed. */
  destroyed(): void;
  /** Reports the exception of a caller's callback where unhandled errors go, and to no other caller. Must not throw. */
  reportUnhandled(error: unknown): void;
}

/** The state of a pool: its connections, its wait queue, its policies, and the observers of changes. */
export abstract class PoolState<C> extends DrainLoop<C> {
  state: 'open' | 'draining' | 'destroyed' = 'open';
  readonly counters = new Counters();
  readonly reasons = new ReasonCounters();
  readonly clock: CoarseClock;
  readonly connections: Connections<C>;
  readonly timings: Timings;
  /** Runs that lost their connection and may still end by themselves in this turn. */
  lossGrace = 0;

  /** The version of the last change: that the pool is destroyed. */
  protected lastChange = Infinity;
  protected hasStatsObservers = false;
  /** Whether a subscriber of the stats or of the events observes changes, or an event is to be delivered after the next one. */
  protected hasChangeObservers = false;
  /** Whether the leak watch, the load shedder, a tracer or a subscriber of the events observes leases. */
  protected hasLeaseObservers: boolean;
  /** Whether the pool ever had a stream. Without one, the passes in which leases end need not be recorded. */
  protected hasStreams = false;

  readonly queue: WaitQueue<C>;
  protected readonly streamBudget: TurnBudget;
  protected readonly rejectBudget: TurnBudget;
  protected readonly connectPolicy: ConnectPolicy;
  readonly warmUps: WarmUps;
  readonly evictions: Evictions<C>;
  protected readonly checks: Checks<C>;
  readonly loadShedder: LoadShedder<C> | null;
  protected readonly outliers: Outliers | null;
  /** Asked in every lease, so not by way of `tracing`. */
  protected readonly channels: Channels;
  protected readonly tracing: Tracing;
  protected readonly reports: Reports<C>;
  readonly shutdown: Shutdown;
  protected readonly connectTimer: ConnectTimer;
  readonly diagnostics: Diagnostics<C>;
  /** Claims that have taken over a lease and have not been told so. */
  readonly handedOver: Claim<C>[] = [];
  /** Batches with more items than they may start. */
  protected readonly batches = new Set<BatchDemand>();

  constructor(
    readonly options: CoreOptions,
    clock: Clock,
    random: () => number,
    protected readonly host: Host<C>,
  ) {
    super();
    const drain = (): void => {
      this.drain();
    };
    const onTimeout = (claim: Claim<C>, waited: number): void => {
      this.onAcquireTimeout(claim, waited);
    };
    const onDeferralOver = (): void => {
      this.streamBudget.renew();
      this.drain();
    };
    const evict = (slot: Slot<C>, reason: EvictReason): void => {
      this.onExpired(slot, reason);
    };
    const onConnectDue = (): void => {
      this.connectPolicy.pauseOver();
      this.rejectBudget.renew();
      this.drain();
    };
    const onLeak = (claim: Claim<C>): void => {
      this.reports.leaked(claim, false);
      this.deliverEvents();
    };
    this.clock = new CoarseClock(clock);
    this.timings = new Timings(options.timings, this.counters);
    this.connections = new Connections(options, this.counters);
    this.streamBudget = new TurnBudget(this.clock);
    this.rejectBudget = new TurnBudget(this.clock);
    this.queue = new WaitQueue(this.clock, onTimeout, onDeferralOver);
    this.connectPolicy = new ConnectPolicy(options, this.clock, random, this.timings);
    this.warmUps = new WarmUps(this.clock);
    this.evictions = new Evictions(options, this.clock, this.connections, this.warmUps, random, evict);
    this.checks = new Checks(options, this.clock, this.connections);
    this.loadShedder =
      options.overload === null ? null : new LoadShedder(options.overload, this.clock, this.queue, drain);
    this.outliers = options.outlier === null ? null : new Outliers(options.outlier, this.counters);
    const leaks =
      options.leakThreshold === Infinity ? null : new LeakWatch<C>(options.leakThreshold, this.clock, onLeak);
    this.channels = host.channels;
    this.tracing = new Tracing(host.channels, (error) => {
      host.reportUnhandled(error);
    });
    const emit = (event: PoolEvent, subject: Subject | null): void => {
      host.emit(event);
      this.tracing.happened(event, subject);
    };
    this.reports = new Reports(options.name, this.clock, leaks, this.loadShedder, this.tracing, emit, () => {
      this.hasChangeObservers = true;
    });
    this.hasLeaseObservers = this.reports.observesLeases;
    this.shutdown = new Shutdown(this.clock, drain);
    this.connectTimer = new ConnectTimer(this.clock, onConnectDue);
    this.diagnostics = new Diagnostics(
      options.name,
      this.clock,
      this.connections,
      this.connectPolicy,
      this.queue,
      leaks,
    );
  }

  protected abstract onAcquireTimeout(claim: Claim<C>, waited: number): void;

  protected abstract onExpired(slot: Slot<C>, reason: EvictReason): void;

  get name(): string {
    return this.options.name;
  }

  /** The maximum number of concurrent leases. */
  get leaseCapacity(): number {
    return this.connections.max * this.connections.capacity;
  }

  get version(): number {
    return Math.min(this.changes, this.lastChange);
  }

  get pending(): number {
    return this.queue.pending;
  }

  get breaker(): ConnectPolicy['breaker'] {
    return this.connectPolicy.breaker;
  }

  /** Whether no connection is open and the last connect has failed. */
  get isTargetDown(): boolean {
    return this.connections.total === 0 && this.connectPolicy.failures > 0;
  }

  /** The number of events that are not delivered yet. */
  get undeliveredEvents(): number {
    return this.reports.undelivered;
  }

  reportUnhandled(error: unknown): void {
    this.host.reportUnhandled(error);
  }

  /** The current async context, for what is continued later. */
  captureContext(): Context | null {
    return this.host.contexts?.capture() ?? null;
  }

  /** Runs what outlives the caller that it is done for: a connect, a check, a close. */
  protected outside(action: () => void): void {
    const { contexts } = this.host;
    if (contexts === null) action();
    else contexts.outside.runInAsyncScope(action);
  }

  /** Runs a callback of a claim, in the context of its caller. */
  protected notify({ context }: Claim<C>, callback: () => void): void {
    if (context === null) callback();
    else context.runInAsyncScope(callback);
  }

  // ---------------------------------------------------------------- changes

  protected changed(): void {
    this.changes++;
    if (this.hasChangeObservers) this.notifyChange();
  }

  private notifyChange(): void {
    // The last snapshot stays the last; an acquire that is traced is rejected all the same.
    if (this.state !== 'destroyed') {
      // Before the subscribers of the stats: a listener that subscribes then has seen this state of the breaker.
      this.reports.breakerChanged(this.connectPolicy);
      if (this.hasStatsObservers) this.host.changed();
    }
    this.deliverEvents();
    this.updateObservers();
  }

  protected deliverEvents(): void {
    if (this.reports.undelivered === 0) return;
    this.run(() => {
      this.reports.deliver();
    });
  }

  protected updateObservers(): void {
    this.hasLeaseObservers = this.reports.observesLeases;
    this.hasChangeObservers = this.hasStatsObservers || this.reports.observesChanges;
  }

  // ---------------------------------------------------------------- tracers

  /** Returns the function that removes the tracer. */
  addTracer(tracer: Tracer): () => void {
    this.tracing.add(tracer);
    this.updateObservers();
    return () => {
      this.tracing.remove(tracer);
      this.updateObservers();
    };
  }

  /** Runs what a tracer does in the context of a caller. */
  protected trace(claim: Claim<C>, what: () => void): void {
    const { contexts } = this.host;
    const context = claim.context ?? (contexts === null ? null : claim.capture(contexts));
    this.run(() => {
      if (context === null) what();
      else context.runInAsyncScope(what);
    });
  }

  // ---------------------------------------------------------------- times

  /** The wait so far, in ms. */
  protected waitOf(claim: Claim<C>): number {
    return claim.waitingSince < 0 ? 0 : this.clock.now() - claim.waitingSince;
  }

  /** The time since the connection opened, in ms. */
  protected ageOf(slot: Slot<C>): number {
    return this.clock.now() - slot.openedAt;
  }

  // ---------------------------------------------------------------- failures of the target

  /** A connect has failed, or a connection before its first lease. */
  protected recordOpenFailure(slot: Slot<C>, error: unknown, phase: 'open' | 'validate'): void {
    this.counters.openFailures++;
    this.connectPolicy.failed(slot, error, phase);
    // The breaker may have opened; from then on every change is observed until it is closed again.
    this.hasChangeObservers = true;
    this.reports.openFailed(slot, this.connectPolicy.failures, error);
  }

  endWarmUps(error?: PoolError): boolean {
    const { connections } = this;
    return this.warmUps.end(connections.total, connections.max, error);
  }
}
