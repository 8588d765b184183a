import type { BatchDemand } from '../state/batch-demand';
import type { Claim } from '../state/claim-and-slot';
import type { Clock } from '../time/clock';
import { CoarseClock } from '../time/coarse-clock';
import { Connections } from '../state/connections';
import type { ConnectionsOptions } from '../state/connections';
import type { Context, Contexts } from '../state/context';
import type { OperationOutcome } from '../state/counters';
import { Counters } from '../state/counters';
import { Shutdown } from '../policies/shutdown';
import type { PoolError } from '../errors';
import type { EvictReason } from '../state/claim-and-slot';
import type { PoolEvent } from '../reports/events';
import { Evictions } from '../policies/evictions';
import type { EvictionOptions } from '../policies/evictions';
import { LeakWatch } from '../reports/holders';
import type { CloseUp } from '../reports/close-up';
import type { Holder } from '../reports/holders';
import { WaitQueue } from '../state/wait-queue';
import { ConnectPolicy } from '../policies/connect-policy';
import type { Demand, ConnectPolicyOptions } from '../policies/connect-policy';
import { LoadShedder } from '../policies/load-shedder';
import type { LoadShedderOptions } from '../policies/load-shedder';
import { Outliers } from '../policies/outliers';
import type { OutlierOptions } from '../policies/outliers';
import {
  closedByDestroy,
  connectionLost,
  queueFull,
  overloaded,
  warmUpTimedOut,
  poolDestroyed,
  targetDown,
  acquireTimedOut,
} from '../reports/error-texts';
import { Reports } from '../reports/reports';
import { Diagnostics } from '../reports/diagnostics';
import type { Slot } from '../state/claim-and-slot';
import { Timings } from '../metrics/timings';
import { expensive, nextTurnMs, TurnBudget } from '../time/turn-budget';
import { ConnectTimer } from '../policies/connect-timer';
import { WarmUps } from '../policies/warm-ups';

export interface CoreOptions extends ConnectionsOptions, ConnectPolicyOptions, EvictionOptions {
  readonly name: string;
  readonly maxPending: number;
  /** Whether a connection that nobody has used for so long (ms) is validated before it is lent. */
  readonly validates: boolean;
  readonly validateAfter: number;
  readonly leakThreshold: number;
  readonly overload: LoadShedderOptions | null;
  readonly outlier: OutlierOptions | null;
  readonly timings: boolean;
}

/** What the core needs of those around it. */
export interface Host<C> {
  /** The contexts that callers wait in; null where none is carried. */
  readonly contexts: Contexts | null;
  /** A slot that knows how to connect. */
  createSlot(id: number): Slot<C>;
  /** Something that the stats show has changed, and somebody may look at them. */
  changed(): void;
  /** Something has happened, and somebody listens. */
  emit(event: PoolEvent): void;
  /** Everything is closed. */
  destroyed(): void;
  /** A callback of a caller has thrown: it goes where errors go that nothing handles, and to no other caller. Must not throw. */
  reportUnhandled(error: unknown): void;
}

/**
 * The state of a pool, and the one place where it is decided what happens next.
 *
 * Whatever happens (somebody asks, gives back or leaves; a connect arrives, fails or is lost; a timer fires) only
 * changes the state and then calls `drain()`, which takes one step after the other until there is nothing to decide.
 * User code runs between `enter()` and `leave()`: what it asks for is noted, and decided when it has returned.
 * So nothing recurses, however deep the callers' pipelines are.
 */
export class PoolCore<C> {
  state: 'open' | 'draining' | 'destroyed' = 'open';
  readonly counters = new Counters();
  /** Counts the changes of anything that the stats show; the last one is that the pool is destroyed. */
  private changes = 0;
  private lastChange = Infinity;
  /** Whether anybody may look at the stats as they change. */
  private hasStatsObservers = false;
  /** Whether anybody is to be told of a change: a subscriber of the stats, or a listener of the events. */
  private hasChangeObservers = false;
  /** Whether a lease concerns others than its holder: a leak watch, the overload rule, or a listener of the events. */
  private hasLeaseObservers: boolean;

  readonly clock: CoarseClock;
  readonly connections: Connections<C>;
  readonly timings: Timings;
  private readonly queue: WaitQueue<C>;
  private readonly streamBudget: TurnBudget;
  private readonly rejectBudget: TurnBudget;
  private readonly connectPolicy: ConnectPolicy;
  private readonly warmUps: WarmUps;
  private readonly evictions: Evictions<C>;
  private readonly loadShedder: LoadShedder<C> | null;
  private readonly outliers: Outliers | null;
  private readonly reports: Reports<C>;
  private readonly shutdown: Shutdown;
  private readonly connectTimer: ConnectTimer;
  private readonly diagnostics: Diagnostics<C>;
  /** Hold a connection already, but have not been told so. */
  private readonly handedOver: Claim<C>[] = [];
  /** Batches with more items than they may start. */
  private readonly batches = new Set<BatchDemand>();
  /** Have passed their validation in this drain: lent now, they need no other. */
  private readonly validated: Slot<C>[] = [];
  /** Runs whose connection is gone, and that have this turn to end in their own way. */
  lossGrace = 0;

  /** A step is being taken, or user code is running. */
  private busy = false;
  /** There was nothing to decide when it was last looked, and nothing has happened since but leases that came and went in one breath. */
  private quiescent = false;
  /** All is lent, and some wait: nothing else was due when it was last looked, and nothing has happened since but asks and returns. */
  private saturated = false;
  /** Whose newest holder is being told of its lease, as long as it has it: what is asked for meanwhile is asked for by that holder. */
  private slotBeingGranted: Slot<C> | null = null;
  /** Counts what steps have taken off a list, where that is no change that the stats show. */
  private dequeued = 0;
  /** Counts the drains. */
  passes = 0;
  /** In which drain the last caller was refused, and whether another is to be refused in a later turn. */
  private rejectedInPass = -1;
  private rejectsLater = false;
  /** Whether there was ever a stream of leases. Where there was none, it need not be known in which drain a lease comes back. */
  private hasStreams = false;
  /** In which drain a lease came back last. */
  private returnedInPass = -1;
  private slotCount = 0;
  /** How often the date had gone ahead when that was last looked at. */
  private leaps = 0;

  constructor(
    readonly options: CoreOptions,
    clock: Clock,
    random: () => number,
    private readonly host: Host<C>,
  ) {
    const drain = (): void => {
      this.drain();
    };
    this.clock = new CoarseClock(clock);
    this.timings = new Timings(options.timings, this.counters);
    this.connections = new Connections(options, this.counters);
    this.streamBudget = new TurnBudget(this.clock);
    this.rejectBudget = new TurnBudget(this.clock);
    this.queue = new WaitQueue(this.clock, this.onAcquireTimeout, () => {
      this.streamBudget.renew();
      this.drain();
    });
    this.connectPolicy = new ConnectPolicy(options, this.clock, random, this.timings);
    this.warmUps = new WarmUps(this.clock);
    this.evictions = new Evictions(options, this.clock, this.connections, this.warmUps, random, this.onExpired);
    this.loadShedder =
      options.overload === null ? null : new LoadShedder(options.overload, this.clock, this.queue, drain);
    this.outliers = options.outlier === null ? null : new Outliers(options.outlier, this.counters);
    const leaks =
      options.leakThreshold === Infinity ? null : new LeakWatch<C>(options.leakThreshold, this.clock, this.onLeak);
    this.reports = new Reports(options.name, this.clock, leaks, this.loadShedder, (event) => {
      host.emit(event);
    });
    this.hasLeaseObservers = this.reports.observesLeases;
    this.shutdown = new Shutdown(this.clock, drain);
    this.connectTimer = new ConnectTimer(this.clock, () => {
      this.connectPolicy.pauseOver();
      this.rejectBudget.renew();
      this.drain();
    });
    this.diagnostics = new Diagnostics(
      options.name,
      this.clock,
      this.connections,
      this.connectPolicy,
      this.queue,
      leaks,
    );
  }

  get name(): string {
    return this.options.name;
  }

  /** How many leases the pool can have lent at once. */
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

  /** Whether there is no connection, and the last connect has failed. */
  get isTargetDown(): boolean {
    return this.connections.total === 0 && this.connectPolicy.failures > 0;
  }

  // ---------------------------------------------------------------- what callers ask for

  /** The pool is ready to be used: opens what is to be kept open. */
  begin(): void {
    this.drain();
  }

  /** Ask for a connection: `granted` or `failed` will be called, perhaps before this returns. */
  acquire(claim: Claim<C>): void {
    if (this.hasLeaseObservers) this.reports.asked(claim);
    const slot = this.quiescent && !this.busy && !claim.isStream ? this.connections.next() : null;
    if (slot !== null && this.isReadyToLend(slot)) this.lendImmediately(claim, slot);
    else this.enqueue(claim);
  }

  private isReadyToLend(slot: Slot<C>): boolean {
    return !slot.expired && this.evictions.overdue(slot, this.clock.now()) === null && !this.mustValidate(slot);
  }

  private enqueue(claim: Claim<C>): void {
    if (claim.isStream) this.hasStreams = true;
    this.queue.push(claim, this.slotBeingGranted === null ? null : this.slotBeingGranted.holders.newest);
    this.changed();
    this.decide();
    this.keepContext(claim);
  }

  /** Of a caller that was not served at once: whatever serves it later does so in a context of its own. */
  private keepContext(claim: Claim<C>): void {
    if (claim.state !== 'waiting' && claim.state !== 'resting') return;
    const { contexts } = this.host;
    if (contexts !== null) claim.context ??= claim.capture(contexts);
  }

  /** The context of now, for what is to be gone on with later. */
  captureContext(): Context | null {
    return this.host.contexts?.capture() ?? null;
  }

  /** Leave the line. */
  withdraw(claim: Claim<C>): void {
    if (claim.state !== 'waiting' && claim.state !== 'resting') return;
    this.unqueue(claim);
    claim.state = 'ended';
    if (!claim.isStream) {
      this.counters.cancelledAcquires++;
      if (this.hasLeaseObservers) this.reports.cancelled(claim, this.waitOf(claim));
    }
    this.changed();
    this.drain();
  }

  /** For how long it has waited, in ms. */
  private waitOf(claim: Claim<C>): number {
    return claim.since < 0 ? 0 : this.clock.now() - claim.since;
  }

  release(claim: Claim<C>): void {
    if (claim.state !== 'held') return;
    this.releaseLease(claim);
    this.changed();
    this.decide();
  }

  /** The connection takes no new lease and is closed: at once, or when the others that share it have ended. */
  discard(claim: Claim<C>, reason?: unknown): void {
    if (claim.state !== 'held') return;
    this.discardLease(claim, reason);
    this.changed();
    this.drain();
  }

  /** One claim takes the place of another that holds: the connection is not given back in between. */
  handOver(from: Claim<C>, to: Claim<C>): void {
    if (from.slot === null) return;
    to.since = from.since;
    this.leaveGrant(from, from.slot);
    this.connections.handOver(from.slot, from, to);
    this.reports.handedOver(from, to);
    this.handedOver.push(to);
    // The other one is told by whatever is going on now.
    if (this.busy) to.context ??= this.captureContext();
    this.drain();
  }

  /** A run of work has ended; unless it is `kept`, so has its lease. Inside of user code, as everything that a run says. */
  operationEnded(
    claim: Claim<C>,
    outcome: OperationOutcome,
    lease: 'released' | 'discarded' | 'kept',
    reason?: unknown,
  ): void {
    this.counters.ended(outcome);
    const { slot } = claim;
    if (slot !== null && slot.failures !== 0 && outcome === 'successfulOperations') this.outliers!.runSucceeded(slot);
    // Most work that ends at once comes and goes like this: lent, and given back, in one breath.
    if (lease !== 'released' || claim.state !== 'held' || !this.releaseLease(claim)) this.quiescent = false;
    if (lease === 'discarded' && claim.state === 'held') this.discardLease(claim, reason);
    this.changed();
  }

  /** A run of work has failed; if that is `fatal` for its connection, so has its lease. */
  operationFailed(claim: Claim<C>, error: unknown, fatal: boolean): void {
    if (fatal) {
      this.operationEnded(claim, 'failedOperations', 'discarded', error);
      return;
    }
    const { outliers } = this;
    const { slot } = claim;
    if (outliers !== null && slot !== null && outliers.runFailed(slot)) this.eject(outliers, slot, error);
    this.operationEnded(claim, 'failedOperations', 'released');
  }

  /** Closes a connection whose last runs have all failed; the only one is asked, where it can be, whether it still works. */
  private eject(outliers: Outliers, slot: Slot<C>, error: unknown): void {
    if (this.options.validates && this.connections.total === 1 && slot.holders.size === 1) {
      outliers.kept(slot);
    } else {
      outliers.ejected(slot);
      this.connections.markForClose(slot, 'outlier', error);
    }
  }

  /** Somebody listens to the events from now on, or nobody does. */
  listen(listening: boolean): void {
    this.reports.listen(listening, this.breaker);
    this.hasLeaseObservers = this.reports.observesLeases;
    this.hasChangeObservers = this.hasStatsObservers || listening;
  }

  /** How many events have happened that listeners have not been told of yet. */
  get undeliveredEvents(): number {
    return this.reports.undelivered;
  }

  /** Somebody looks at the stats from now on, or nobody does. */
  watch(watched: boolean): void {
    this.hasStatsObservers = watched;
    this.hasChangeObservers = watched || this.reports.listening;
  }

  /** Have so many connections open. */
  warmUp(goal: number, timeout: number, done: (error?: PoolError) => void): void {
    const late = (): void => {
      this.run(() => {
        done(warmUpTimedOut(this.diagnostics.now(), goal, timeout));
      });
    };
    this.warmUps.add(goal, timeout, late, done);
    this.drain();
  }

  /** From now on have so many connections at the most: those that are too many are closed, lent ones when they come back. */
  resize(max: number): void {
    const from = this.connections.max;
    this.connections.max = max;
    this.reports.resized(from, max);
    this.changed();
    this.saturated = false;
    this.run(() => {
      if (max > from) for (const batch of this.batches) batch.resume();
    });
  }

  /** A batch has more items than it may start, until `batchEnded`. */
  batchWaits(batch: BatchDemand): void {
    this.batches.add(batch);
  }

  batchEnded(batch: BatchDemand): void {
    this.batches.delete(batch);
  }

  /** Replace every connection of today: idle ones now, lent ones when they come back, connects under way by new ones. */
  refresh(): void {
    const slots = this.connections.all().filter(({ state, markedForClose }) => state !== 'closing' && !markedForClose);
    for (const slot of slots) {
      if (slot.state === 'opening') this.connections.abandonConnect(slot);
      else this.connections.markForClose(slot, 'refresh');
    }
    this.reports.refreshed(slots.length);
    this.changed();
    this.drain();
  }

  /** Lend nothing more, and close everything: what is lent gets `timeout` ms to come back. */
  destroy(timeout: number): void {
    this.state = 'draining';
    this.shutdown.begin(timeout);
    this.changed();
    this.drain();
  }

  /** The work that is being started now: what calls the pool is called by it. */
  workBeingStarted(): Claim<C> | null {
    const claim = this.slotBeingGranted?.holders.newest;
    return claim?.isWork === true ? claim : null;
  }

  /** Who holds what, those who have held it longest first. */
  holders(): Holder[] {
    return this.diagnostics.holders();
  }

  /** Each connection, the first waiter, and the next connect. */
  closeUp(): CloseUp {
    return this.diagnostics.closeUp();
  }

  // ---------------------------------------------------------------- what connections report

  opened(slot: Slot<C>, connection: C): void {
    const now = this.clock.now();
    this.connections.opened(slot, connection);
    slot.openedInPass = this.passes;
    // Also when the clock has been set back.
    slot.openedAt = Math.max(0, now);
    slot.idleSince = now;
    this.timings.opened(now - slot.since);
    this.reports.opened(slot, now - slot.since);
    this.evictions.opened(slot);
    if (this.connections.total === 1) this.connectPolicy.queueRestarts();
    // What has still to be validated has proven nothing.
    if (!this.mustValidate(slot)) this.connectPolicy.connected(this.queue.size);
    this.changed();
    this.drain();
  }

  /** The connect has failed; it may be `lingering`: still to be closed, should it arrive after all. */
  openFailed(slot: Slot<C>, error: unknown, lingering: boolean): void {
    if (lingering) slot.since = this.clock.now();
    this.connections.connectFailed(slot, lingering);
    this.recordOpenFailure(slot, error, 'open');
    this.changed();
    this.drain();
  }

  /** The check of an open connection has ended. Only one that fails costs the connection. */
  checked(slot: Slot<C>, failure: { readonly error: unknown } | undefined): void {
    const { checking } = slot;
    if (checking === null) return;
    if (failure !== undefined) {
      if (!slot.everLent && this.connectPolicy.isFailedConnect(this.ageOf(slot)))
        this.recordOpenFailure(slot, failure.error, 'validate');
      this.connections.markForClose(slot, checking, failure.error);
    } else {
      slot.idleSince = this.clock.now();
      this.connections.endCheck(slot);
      if (checking === 'validate') {
        slot.validated = true;
        slot.mustValidate = false;
        this.validated.push(slot);
        if (!slot.everLent) this.connectPolicy.connected(this.queue.size);
      }
    }
    this.changed();
    this.drain();
  }

  /** The other side of an open connection is gone. */
  lost(slot: Slot<C>, cause: unknown): void {
    if (slot.state !== 'open') return;
    const age = this.ageOf(slot);
    if (!slot.everLent) {
      if (this.connectPolicy.isFailedConnect(age)) {
        this.recordOpenFailure(
          slot,
          cause ??
            new Error(
              'the connection ended before its first use: the Observable of connect must not complete while the connection is open',
            ),
          'open',
        );
      }
    } else if (!slot.everReturned) {
      this.connectPolicy.lostEarly(age);
    }
    this.run(() => {
      this.revoke(slot, 'lost', connectionLost(this.diagnostics.now(), cause), cause);
    });
  }

  private ageOf(slot: Slot<C>): number {
    return this.clock.now() - slot.openedAt;
  }

  closed(slot: Slot<C>, error?: unknown): void {
    this.connections.closed(slot);
    if (slot.wasOpen) this.reports.closed(slot, this.clock.now() - slot.since, error);
    this.changed();
    this.drain();
  }

  /** A lease was collected as garbage, and nobody has given it back: its connection may still be in use. */
  leaseCollected(claim: Claim<C>): void {
    if (claim.state !== 'held') return;
    this.reports.leaked(claim, true);
    this.deliverEvents();
    this.discard(claim, new Error('the lease was collected as garbage without having been released'));
  }

  // ---------------------------------------------------------------- user code

  /** User code follows. Until `leave` with what this returned, nothing is decided. */
  enter(): boolean {
    const outer = this.busy;
    this.busy = true;
    return outer;
  }

  leave(outer: boolean): void {
    this.busy = outer;
    this.decide();
  }

  /** What user code throws here is reported: the caller of this is seldom the one whose code it is. */
  run(userCode: () => void): void {
    const outer = this.enter();
    try {
      userCode();
    } catch (error) {
      this.unhandled(error);
    } finally {
      this.leave(outer);
    }
  }

  unhandled(error: unknown): void {
    this.host.reportUnhandled(error);
  }

  // ---------------------------------------------------------------- deciding

  /** Anything may be due. */
  private drain(): void {
    this.saturated = false;
    this.decide();
  }

  private decide(): void {
    this.quiescent = !this.busy && this.isQuiescent;
    if (this.busy || this.quiescent) return;
    this.busy = true;
    this.passes++;
    let thrownAt = -1;
    for (;;) {
      try {
        if (!this.step()) break;
      } catch (error) {
        // One caller's exception is no reason not to serve the others, and no outcome of the one that happens to be calling now.
        const slot = this.slotBeingGranted;
        this.slotBeingGranted = null;
        if (error instanceof RangeError) {
          this.busy = false;
          // No call before this: the stack may be full.
          void Promise.resolve().then(() => {
            this.recover(slot === null ? null : slot.holders.newest, error);
          });
          return;
        }
        this.unhandled(error);
        // But a step that has thrown twice and changed nothing would throw for ever.
        const progress = this.changes + this.dequeued;
        if (progress === thrownAt) break;
        thrownAt = progress;
      }
    }
    this.busy = false;
    this.endPass();
  }

  /** Whether nobody waits and nothing is due: so most leases end, and then there is no need to go through the table. */
  private get isQuiescent(): boolean {
    const { connections } = this;
    return (
      this.queue.size === 0 &&
      !connections.anyToClose &&
      !connections.anyToReset &&
      !connections.isOverMax &&
      connections.total >= this.options.min &&
      this.state === 'open' &&
      this.handedOver.length === 0 &&
      this.validated.length === 0 &&
      this.connectTimer.isIdle &&
      !this.warmUps.any &&
      this.evictions.isQuiescent &&
      (this.loadShedder === null || this.loadShedder.isQuiescent)
    );
  }

  /** Decides one thing; false when there is nothing to decide. */
  private step(): boolean {
    const { connections } = this;
    // Whatever comes before anybody is served: most drains find nothing of it.
    if (connections.anyToClose || connections.anyToReset || this.handedOver.length > 0 || this.state !== 'open') {
      return this.stepBeforeServing();
    }

    // Someone waits and there is room: lend.
    const { first } = this.queue;
    if (first !== null) {
      if (first.isUnsubscribed) {
        this.withdraw(first);
        return true;
      }
      const slot = this.nextToLend();
      if (slot !== null && this.serve(first, slot)) return true;
      if (slot === null && this.saturated && this.queue.pending <= this.options.maxPending) return false;
    }
    return this.stepAfterServing();
  }

  private stepBeforeServing(): boolean {
    const { connections } = this;

    // A connection is to be closed.
    if (connections.anyToClose) {
      this.dequeued++;
      this.close(connections.nextToClose());
      return true;
    }

    // A lease has gone from one holder to another.
    if (this.handedOver.length > 0) {
      this.dequeued++;
      const newHolder = this.handedOver.shift()!;
      if (newHolder.slot !== null) this.grant(newHolder, newHolder.slot);
      return true;
    }

    // Destroyed: turn everyone away, close what is free, and be done when nothing is left.
    if (this.state !== 'open') return this.stepShutdown();

    // A connection is to be reset before it is lent again.
    this.dequeued++;
    this.outside(() => {
      connections.nextToReset()?.check('reset');
    });
    return true;
  }

  private stepAfterServing(): boolean {
    const { queue, connections, warmUps } = this;

    // There are more than there may be: one that nobody needs has to go.
    if (connections.isOverMax && this.shrink()) return true;

    // A warm-up has ended that kept some open which are too old.
    if (this.evictions.evictKept()) return true;

    // More connections would help, and one may be opened.
    if (this.connectDue() === 0) {
      this.open();
      return true;
    }

    return (queue.size > 0 || warmUps.any) && this.stepForWaiters();
  }

  private stepForWaiters(): boolean {
    const { queue, connections, warmUps } = this;

    // As many are open as someone wanted to be open.
    if (warmUps.any && warmUps.end(connections.total, connections.max)) return true;

    // The target is dead: nobody should wait for it who cannot be served by what is open.
    if (this.breaker === 'open' && connections.opening === 0) {
      if (warmUps.any) {
        return this.canReject() && warmUps.end(connections.total, connections.max, targetDown(this.diagnostics.now()));
      }
      if (connections.total === 0 && queue.pending > 0 && this.canReject()) {
        this.reject(queue.firstPending!, targetDown(this.diagnostics.now()));
        return true;
      }
    }

    // More wait than may: the last one to come has to go.
    if (
      queue.pending > this.options.maxPending + connections.pendingCapacity &&
      (this.rejectedInPass !== this.passes || this.canReject())
    ) {
      const { lastPending } = queue;
      this.rejectedInPass = this.passes;
      this.reject(lastPending!, queueFull(this.diagnostics.now(lastPending), this.options.maxPending));
      return true;
    }

    // The line stands still: the first one has waited for too long.
    if (this.loadShedder?.sheds === true) {
      const { firstPending } = queue;
      const waited = this.clock.now() - firstPending!.since;
      this.loadShedder.shed();
      this.reject(firstPending!, overloaded(this.diagnostics.now(firstPending), waited));
      return true;
    }

    return false;
  }

  /**
   * A caller that asks again as soon as it is refused would be refused again, and again: after a number of them the next one hears of it in a
   * later turn. Where the line is full, those that come by themselves are refused at once, however many they are.
   */
  private canReject(): boolean {
    if (this.rejectBudget.spent) {
      this.rejectsLater = true;
      this.saturated = false;
      return false;
    }
    this.rejectBudget.spend(1);
    return true;
  }

  private stepShutdown(): boolean {
    const { queue, connections, warmUps, shutdown } = this;
    if (queue.anyDeferred) queue.endDeferral();
    else if (queue.first !== null) this.reject(queue.first, poolDestroyed(this.name));
    else if (warmUps.any) warmUps.end(0, Infinity, poolDestroyed(this.name));
    else if (shutdown.takeCloseIdle()) this.closeIdle();
    else if (shutdown.takeCloseActive()) this.closeActive();
    else if (this.state === 'draining' && connections.isEmpty && this.lossGrace === 0) this.finishDestroy();
    else return false;
    return true;
  }

  /** Who has just passed its validation goes first: with `order: 'fifo'` the next one would be asked for the same waiter. */
  private nextToLend(): Slot<C> | null {
    return (this.validated.length > 0 ? this.nextValidated() : null) ?? this.connections.next();
  }

  private nextValidated(): Slot<C> | null {
    return this.validated.find(({ validated, markedForClose }) => validated && !markedForClose) ?? null;
  }

  /** Serves the first in line from this connection, or sees to it that it can be; false when there is nothing to be done now. */
  private serve(first: Claim<C>, slot: Slot<C>): boolean {
    if (!this.isReadyToLend(slot) || (first.isStream && (first.takesNoLease || this.mustDefer(first, slot)))) {
      return this.prepareSlot(first, slot);
    }
    this.unqueue(first);
    this.lendFromQueue(first, slot);
    return true;
  }

  private prepareSlot(first: Claim<C>, slot: Slot<C>): boolean {
    const { queue, connections } = this;
    const overdue = slot.expired ? 'lifetime' : this.evictions.overdue(slot, this.clock.now());
    // While the breaker is open, one that may still work is better than none: its validation is the probe.
    if (overdue !== null && (this.breaker === 'closed' || !this.mustValidate(slot))) {
      connections.markForClose(slot, overdue);
      this.changed();
    } else if (first.takesNoLease && !this.mustValidate(slot)) {
      this.notifyRecovered(first, slot);
    } else if (first.isStream && this.mustDefer(first, slot)) {
      queue.defer(first);
    } else if (connections.validating * connections.capacity < queue.size) {
      connections.beginValidation(slot);
      this.changed();
      this.outside(() => {
        slot.check('validate');
      });
    } else {
      // Enough are being asked. One that need not be may be further down.
      const other = connections.nextFresh((one) => !this.mustValidate(one));
      return other !== null && this.serve(first, other);
    }
    return true;
  }

  /** It makes room for those who asked for it to wait, so the line is not taken for emptied. */
  private notifyRecovered(first: Claim<C>, slot: Slot<C>): void {
    this.queue.remove(first);
    first.state = 'ended';
    this.grantInContext(first, slot);
  }

  private mustValidate(slot: Slot<C>): boolean {
    return this.options.validates && this.isStale(slot);
  }

  /** The machine may have slept, and with it the clock that tells for how long a connection was idle. */
  private requireValidation(): void {
    this.leaps = this.clock.leaps();
    for (const slot of this.connections.all()) if (slot.holders.size === 0) slot.mustValidate = true;
  }

  private isStale(slot: Slot<C>): boolean {
    const { validateAfter } = this.options;
    if (slot.holders.size > 0 || slot.validated) return false;
    if (validateAfter === 0) return true;
    const now = this.clock.exactly();
    if (this.clock.leaps() !== this.leaps) this.requireValidation();
    return slot.mustValidate || now - slot.idleSince >= validateAfter;
  }

  /** How long until a connect is to begin: 0 is now, Infinity is not before something else happens. */
  private connectDue(): number {
    return this.connections.canOpen ? this.nextConnectDue() : Infinity;
  }

  private nextConnectDue(): number {
    const { queue, connections, warmUps, connectPolicy } = this;
    const toKeep = Math.min(this.options.min, connections.max) - connections.total;
    if (queue.size === 0 && toKeep <= 0 && !warmUps.any) return Infinity;
    const { capacity } = connections;
    let heldBack = 0;
    let started = 0;
    for (const batch of this.batches) {
      heldBack += batch.heldBack;
      started += batch.started;
    }
    const demand: Demand = {
      waiting: Math.ceil(queue.size / capacity) - connections.validating,
      arrived: (this.counters.acquired + queue.size) / capacity,
      heldBack: heldBack / capacity,
      batchWidth: Math.ceil(started / capacity),
      toWarmUp: warmUps.any ? Math.min(warmUps.goal, connections.max) - connections.total : 0,
      toKeep,
      total: connections.total,
      opening: connections.opening,
    };
    return connectPolicy.due(demand);
  }

  /** Whether a stream is to be served in a later turn. */
  private mustDefer(claim: Claim<C>, slot: Slot<C>): boolean {
    return this.streamBudget.spent || this.wouldRepeatInPass(claim, slot);
  }

  /** Whether a stream that has been served in this very drain, in which something came back, would get that again, or a new one for it. */
  private wouldRepeatInPass(claim: Claim<C>, slot: Slot<C>): boolean {
    const { passes } = this;
    if (claim.servedInPass !== passes || this.returnedInPass !== passes) return false;
    return slot.openedInPass === passes || (slot.streamedInPass === passes && slot.returnedInPass === passes);
  }

  /** Nothing is left to decide: sets the timers that somebody waits for. */
  private endPass(): void {
    this.queue.beginWaiting();
    if (this.queue.size > 0) this.connectPolicy.queueFilled();
    if (!this.saturated || this.queue.size === 0 || this.connections.idle > 0) this.armTimers();
  }

  private armTimers(): void {
    if (this.validated.length > 0) this.forgetValidated();
    this.loadShedder?.armTimer();
    if (this.state !== 'open') return;
    this.evictions.armTimers();
    const due = this.rejectsLater ? Math.min(this.connectDue(), nextTurnMs) : this.connectDue();
    this.rejectsLater = false;
    if (due < Infinity || !this.connectTimer.isIdle)
      this.connectTimer.set(due, this.queue.size > 0 || this.warmUps.any);
    this.quiescent = this.isQuiescent;
    this.saturated = this.isSaturated;
  }

  /** Whether no more can be opened, and none has to go, until something happens that is not a lease's own coming and going. */
  private get isSaturated(): boolean {
    const { connections } = this;
    return (
      !connections.canOpen &&
      !connections.isOverMax &&
      this.breaker === 'closed' &&
      this.connectTimer.isIdle &&
      !this.warmUps.any &&
      this.loadShedder === null
    );
  }

  private forgetValidated(): void {
    for (const slot of this.validated) slot.validated = false;
    this.validated.length = 0;
  }

  // ---------------------------------------------------------------- changing the state

  /** Nobody is in line, and nothing else is being done. */
  private lendImmediately(claim: Claim<C>, slot: Slot<C>): void {
    this.busy = true;
    try {
      this.lend(claim, slot, this.clock.now(), 0);
    } catch (error) {
      if (error instanceof RangeError) {
        void Promise.resolve().then(() => {
          this.recover(claim, error);
        });
      } else {
        this.unhandled(error);
      }
    } finally {
      this.slotBeingGranted = null;
      this.busy = false;
      if (!this.quiescent) this.drain();
    }
  }

  /**
   * The stack of a caller was full when it was served, and it is not known how far that came: its lease ends with its connection, which it
   * may still use. Called in a later microtask, with a stack that is empty.
   */
  private recover(claim: Claim<C> | null, error: RangeError): void {
    this.run(() => {
      if (claim !== null && claim.state === 'held') {
        this.discardLease(claim, error);
        this.changed();
        const loss = connectionLost(this.diagnostics.now(), error);
        this.notify(claim, () => {
          claim.interrupted(loss);
        });
      }
      this.unhandled(error);
    });
    this.drain();
  }

  private lendFromQueue(claim: Claim<C>, slot: Slot<C>): void {
    const now = this.clock.now();
    const waited = claim.since < 0 ? 0 : now - claim.since;
    slot.validated = false;
    if (claim.isStream) this.lendToStream(slot);
    else this.timings.waited(waited);
    this.lend(claim, slot, now, waited);
  }

  private lend(claim: Claim<C>, slot: Slot<C>, now: number, waited: number): void {
    this.connections.lend(slot, claim);
    claim.since = now;
    if (!slot.everLent) this.firstLease(slot);
    if (this.hasLeaseObservers) this.reports.lent(claim, slot, waited);
    this.changed();
    // A subscriber of the stats may have cancelled it just now.
    if (claim.state === 'held') this.grant(claim, slot);
  }

  private notify({ context }: Claim<C>, say: () => void): void {
    if (context === null) say();
    else context.runInAsyncScope(say);
  }

  private lendToStream(slot: Slot<C>): void {
    slot.streamedInPass = this.passes;
    this.streamBudget.spend(slot.everLent ? 1 : expensive);
    this.timings.streamed++;
  }

  private firstLease(slot: Slot<C>): void {
    slot.everLent = true;
    this.connectPolicy.firstLent();
  }

  private grant(claim: Claim<C>, slot: Slot<C>): void {
    this.slotBeingGranted = slot;
    if (claim.context === null) claim.granted(slot.connection as C);
    else this.grantInContext(claim, slot);
    this.slotBeingGranted = null;
  }

  /** Apart from `grant`: the closure would cost every grant. */
  private grantInContext(claim: Claim<C>, slot: Slot<C>): void {
    this.notify(claim, () => {
      claim.granted(slot.connection as C);
    });
  }

  /** Whether its connection is free again, as it was before. */
  private releaseLease(claim: Claim<C>): boolean {
    const slot = claim.slot!;
    if (!slot.everReturned) this.firstReturn(slot);
    const held = this.recordReturn(claim, slot);
    if (this.hasLeaseObservers) this.reports.released(claim, slot, held);
    return this.connections.release(claim, slot);
  }

  private discardLease(claim: Claim<C>, reason: unknown): void {
    const slot = claim.slot!;
    const held = this.recordReturn(claim, slot);
    if (this.hasLeaseObservers) this.reports.discarded(claim, slot, held, reason);
    slot.evictError ??= reason;
    this.connections.discard(claim, slot);
  }

  /** Returns for how long it was held. */
  private recordReturn(claim: Claim<C>, slot: Slot<C>): number {
    this.leaveGrant(claim, slot);
    const now = this.clock.now();
    const held = now - claim.since;
    if (this.hasStreams) slot.returnedInPass = this.returnedInPass = this.passes;
    slot.idleSince = now;
    this.timings.held(held);
    return held;
  }

  private leaveGrant(claim: Claim<C>, slot: Slot<C>): void {
    if (slot === this.slotBeingGranted && slot.holders.newest === claim) this.slotBeingGranted = null;
  }

  private firstReturn(slot: Slot<C>): void {
    slot.everReturned = true;
    this.connectPolicy.firstReturned();
  }

  /** Ends every lease on the slot, closes it, and tells the holders. */
  private revoke(slot: Slot<C>, reason: EvictReason, error: PoolError, cause?: unknown): void {
    const holders = slot.holders.all();
    this.connections.markForClose(slot, reason, cause);
    for (const claim of holders) this.discardLease(claim, error);
    this.changed();
    for (const claim of holders) {
      this.run(() => {
        this.notify(claim, () => {
          claim.revoked(error);
        });
      });
    }
  }

  private open(): void {
    const slot = this.host.createSlot(++this.slotCount);
    slot.since = this.clock.now();
    this.connections.connecting(slot);
    this.outliers?.connectBegan(slot);
    this.connectPolicy.connectBegan(slot);
    this.changed();
    this.outside(() => {
      slot.connect();
    });
  }

  /** A connection outlives the caller that it is opened, checked or closed for. */
  private outside(what: () => void): void {
    const { contexts } = this.host;
    if (contexts === null) what();
    else contexts.outside.runInAsyncScope(what);
  }

  private close(slot: Slot<C>): void {
    const now = this.clock.now();
    slot.since = now;
    if (!slot.everReturned) this.closedUnused(slot);
    if (slot.wasOpen) {
      this.reports.evicted(slot, now - slot.openedAt);
      this.deliverEvents();
    }
    this.outside(() => {
      slot.close();
    });
  }

  private closedUnused(slot: Slot<C>): void {
    this.connectPolicy.openedInVain();
    // These two are held against the target where they happen.
    if (slot.everLent || slot.evictReason === 'lost' || slot.evictReason === 'validate') return;
    this.connectPolicy.closedUnused(slot, slot.wasOpen ? this.ageOf(slot) : 0);
  }

  /** A connect, or a connection before its first lease, has come to nothing. */
  private recordOpenFailure(slot: Slot<C>, error: unknown, phase: 'open' | 'validate'): void {
    this.counters.openFailures++;
    this.connectPolicy.failed(slot, error, phase);
    this.reports.openFailed(slot, this.connectPolicy.failures, error);
  }

  private readonly onExpired = (slot: Slot<C>, reason: EvictReason): void => {
    this.connections.markForClose(slot, reason);
    this.changed();
    this.drain();
  };

  /** Lets one go that is too many; false when enough of them will go in their time. */
  private shrink(): boolean {
    const slot = this.connections.nextSurplus();
    if (slot === null) return false;
    if (slot.state === 'opening') this.connections.abandonConnect(slot);
    else this.connections.markForClose(slot, 'resize');
    this.changed();
    return true;
  }

  private unqueue(claim: Claim<C>): void {
    this.queue.remove(claim);
    if (this.queue.size === 0) this.connectPolicy.queueEmptied();
  }

  private reject(claim: Claim<C>, error: PoolError): void {
    this.unqueue(claim);
    claim.state = 'ended';
    if (!claim.isStream) {
      this.counters.rejected++;
      this.timings.failedWaitRecorded(this.waitOf(claim));
      this.reports.rejected(claim, error);
    }
    this.changed();
    this.notify(claim, () => {
      claim.failed(error);
    });
  }

  private readonly onAcquireTimeout = (claim: Claim<C>, waited: number): void => {
    const error = acquireTimedOut(this.diagnostics.now(claim), waited);
    this.unqueue(claim);
    claim.state = 'ended';
    this.counters.timeouts++;
    this.timings.failedWaitRecorded(waited);
    this.reports.timedOut(claim, waited, error);
    this.run(() => {
      this.changed();
      this.notify(claim, () => {
        claim.failed(error);
      });
    });
  };

  private readonly onLeak = (claim: Claim<C>): void => {
    this.reports.leaked(claim, false);
    this.deliverEvents();
  };

  /** Begins the end: connects are given up, idle connections closed, lent ones closed when they come back. */
  private closeIdle(): void {
    for (const slot of this.connections.all()) {
      if (slot.state === 'opening') this.connections.abandonConnect(slot);
      else if (slot.state === 'open') this.connections.markForClose(slot, 'destroy');
    }
    this.evictions.end();
    this.connectTimer.stop();
    this.changed();
  }

  private closeActive(): void {
    for (const slot of this.connections.all()) {
      if (slot.state === 'open') this.revoke(slot, 'destroy', closedByDestroy(this.name));
    }
  }

  private finishDestroy(): void {
    this.shutdown.end();
    this.clock.end();
    this.state = 'destroyed';
    this.reports.finished();
    this.lastChange = ++this.changes;
    this.host.changed();
    this.deliverEvents();
    this.host.destroyed();
  }

  // ---------------------------------------------------------------- telling

  private changed(): void {
    this.changes++;
    if (this.hasChangeObservers) this.notifyChange();
  }

  private notifyChange(): void {
    // The last snapshot stays the last.
    if (this.state === 'destroyed') return;
    // Before anyone looks at the stats: whoever begins to listen then has seen it.
    if (this.reports.listening) this.reports.breakerChanged(this.connectPolicy);
    if (this.hasStatsObservers) this.host.changed();
    this.deliverEvents();
  }

  private deliverEvents(): void {
    if (this.reports.undelivered === 0) return;
    this.run(() => {
      this.reports.deliver();
    });
  }
}
