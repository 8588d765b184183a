import type { BatchDemand } from '../state/batch-demand';
import type { Claim } from '../state/claim';
import type { Clock } from '../time/clock';
import { CoarseClock } from '../time/coarse-clock';
import { Connections } from '../state/connections';
import type { ConnectionsOptions } from '../state/connections';
import type { Context, Contexts } from '../rx/context';
import type { OperationOutcome } from '../state/counters';
import { Counters } from '../state/counters';
import { Ending } from '../policies/ending';
import type { PoolError } from '../errors';
import type { EvictReason, PoolEvent } from '../reports/events';
import { Evictions } from '../policies/evictions';
import type { EvictionOptions } from '../policies/evictions';
import { LeakWatch } from '../reports/holders';
import type { Holder } from '../reports/holders';
import { Line } from '../state/line';
import { Opening } from '../policies/opening';
import type { Demand, OpeningOptions } from '../policies/opening';
import { Overload } from '../policies/overload';
import type { OverloadOptions } from '../policies/overload';
import { Outliers } from '../policies/outliers';
import type { OutlierOptions } from '../policies/outliers';
import {
  connectionLost,
  lineIsFull,
  lineIsTooSlow,
  notWarm,
  poolIsDestroyed,
  targetIsDead,
  waitedTooLong,
} from '../reports/refusals';
import { Reports } from '../reports/reports';
import { Situations } from '../reports/situation';
import type { Slot } from '../state/slot';
import { Timings } from '../metrics/timings';
import { dear, nextTurn, TurnBudget } from '../time/turn-budget';
import { Wake } from '../policies/wake';
import { WarmUps } from '../policies/warm-ups';

export interface CoreOptions extends ConnectionsOptions, OpeningOptions, EvictionOptions {
  readonly name: string;
  readonly maxPending: number;
  /** Whether a connection that nobody has used for so long (ms) is validated before it is lent. */
  readonly validates: boolean;
  readonly validateAfter: number;
  readonly leakThreshold: number;
  readonly overload: OverloadOptions | null;
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
  happened(event: PoolEvent): void;
  /** Everything is closed. */
  destroyed(): void;
  /** A callback of a caller has thrown: it goes where errors go that nothing handles, and to no other caller. Must not throw. */
  unhandled(error: unknown): void;
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
  private watched = false;
  /** Whether anybody is to be told of a change: a subscriber of the stats, or a listener of the events. */
  private followed = false;
  /** Whether a lease concerns others than its holder: a leak watch, the overload rule, or a listener of the events. */
  private attended: boolean;

  readonly clock: CoarseClock;
  readonly connections: Connections<C>;
  readonly timings: Timings;
  private readonly line: Line<C>;
  private readonly streamBudget: TurnBudget;
  private readonly refusals: TurnBudget;
  private readonly opening: Opening;
  private readonly warmUps: WarmUps;
  private readonly evictions: Evictions<C>;
  private readonly overload: Overload<C> | null;
  private readonly outliers: Outliers | null;
  private readonly reports: Reports<C>;
  private readonly ending: Ending;
  private readonly wake: Wake;
  private readonly situations: Situations<C>;
  /** Hold a connection already, but have not been told so. */
  private readonly handedOver: Claim<C>[] = [];
  /** Batches with more items than they may start. */
  private readonly batches = new Set<BatchDemand>();
  /** Have passed their validation in this drain: lent now, they need no other. */
  private readonly validated: Slot<C>[] = [];
  /** Runs whose connection is gone, and that have this turn to end in their own way. */
  overtime = 0;

  /** A step is being taken, or user code is running. */
  private busy = false;
  /** There was nothing to decide when it was last looked, and nothing has happened since but leases that came and went in one breath. */
  private lull = false;
  /** All is lent, and some wait: nothing else was due when it was last looked, and nothing has happened since but asks and returns. */
  private rush = false;
  /** Whose newest holder is being told of its lease, as long as it has it: what is asked for meanwhile is asked for by that holder. */
  private granting: Slot<C> | null = null;
  /** Counts what steps have taken off a list, where that is no change that the stats show. */
  private takenUp = 0;
  /** Counts the drains. */
  drains = 0;
  /** In which drain the last caller was refused, and whether another is to be refused in a later turn. */
  private refusedIn = -1;
  private refusesLater = false;
  /** Whether there was ever a stream of leases. Where there was none, it need not be known in which drain a lease comes back. */
  private streaming = false;
  /** In which drain a lease came back last. */
  private gaveBackIn = -1;
  private slotsBegun = 0;
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
    this.refusals = new TurnBudget(this.clock);
    this.line = new Line(this.clock, this.timedOut, () => {
      this.streamBudget.renew();
      this.drain();
    });
    this.opening = new Opening(options, this.clock, random, this.timings);
    this.warmUps = new WarmUps(this.clock);
    this.evictions = new Evictions(options, this.clock, this.connections, this.warmUps, random, this.timeIsUp);
    this.overload = options.overload === null ? null : new Overload(options.overload, this.clock, this.line, drain);
    this.outliers = options.outlier === null ? null : new Outliers(options.outlier, this.counters);
    const leaks =
      options.leakThreshold === Infinity ? null : new LeakWatch<C>(options.leakThreshold, this.clock, this.leaked);
    this.reports = new Reports(options.name, this.clock, leaks, this.overload, (event) => {
      host.happened(event);
    });
    this.attended = this.reports.attendLeases;
    this.ending = new Ending(this.clock, drain);
    this.wake = new Wake(this.clock, () => {
      this.opening.rested();
      this.refusals.renew();
      this.drain();
    });
    this.situations = new Situations(options.name, this.clock, this.connections, this.opening, this.line, leaks);
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
    return this.line.pending;
  }

  get breaker(): Opening['breaker'] {
    return this.opening.breaker;
  }

  /** Whether there is no connection, and the last connect has failed. */
  get targetIsDown(): boolean {
    return this.connections.total === 0 && this.opening.failures > 0;
  }

  // ---------------------------------------------------------------- what callers ask for

  /** The pool is ready to be used: opens what is to be kept open. */
  begin(): void {
    this.drain();
  }

  /** Ask for a connection: `granted` or `failed` will be called, perhaps before this returns. */
  ask(claim: Claim<C>): void {
    if (this.attended) this.reports.asked(claim);
    const slot = this.lull && !this.busy && !claim.standing ? this.connections.best() : null;
    if (slot !== null && this.mayGoAsItIs(slot)) this.lendAtOnce(claim, slot);
    else this.getInLine(claim);
  }

  private mayGoAsItIs(slot: Slot<C>): boolean {
    return !slot.expired && this.evictions.overdue(slot, this.clock.now()) === null && !this.mustValidate(slot);
  }

  private getInLine(claim: Claim<C>): void {
    if (claim.standing) this.streaming = true;
    this.line.push(claim, this.granting === null ? null : this.granting.holders.newest);
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
    if (!claim.standing) {
      this.counters.cancelledAcquires++;
      if (this.attended) this.reports.cancelled(claim, this.waitOf(claim));
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
    this.giveBack(claim);
    this.changed();
    this.decide();
  }

  /** The connection takes no new lease and is closed: at once, or when the others that share it have ended. */
  discard(claim: Claim<C>, reason?: unknown): void {
    if (claim.state !== 'held') return;
    this.takeAway(claim, reason);
    this.changed();
    this.drain();
  }

  /** One claim takes the place of another that holds: the connection is not given back in between. */
  handOver(from: Claim<C>, to: Claim<C>): void {
    if (from.slot === null) return;
    to.since = from.since;
    this.leaves(from, from.slot);
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
    if (slot !== null && slot.failures !== 0 && outcome === 'successfulOperations') this.outliers!.recovered(slot);
    // Most work that ends at once comes and goes like this: lent, and given back, in one breath.
    if (lease !== 'released' || claim.state !== 'held' || !this.giveBack(claim)) this.lull = false;
    if (lease === 'discarded' && claim.state === 'held') this.takeAway(claim, reason);
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
    if (outliers !== null && slot !== null && outliers.failed(slot)) this.eject(outliers, slot, error);
    this.operationEnded(claim, 'failedOperations', 'released');
  }

  /** Closes a connection whose last runs have all failed; the only one is asked, where it can be, whether it still works. */
  private eject(outliers: Outliers, slot: Slot<C>, error: unknown): void {
    if (this.options.validates && this.connections.total === 1 && slot.holders.size === 1) {
      outliers.kept(slot);
    } else {
      outliers.ejected(slot);
      this.connections.condemn(slot, 'outlier', error);
    }
  }

  /** Somebody listens to the events from now on, or nobody does. */
  listen(listening: boolean): void {
    this.reports.listen(listening, this.breaker);
    this.attended = this.reports.attendLeases;
    this.followed = this.watched || listening;
  }

  /** How many events have happened that listeners have not been told of yet. */
  get untold(): number {
    return this.reports.untold;
  }

  /** Somebody looks at the stats from now on, or nobody does. */
  watch(watched: boolean): void {
    this.watched = watched;
    this.followed = watched || this.reports.listening;
  }

  /** Have so many connections open. */
  warmUp(goal: number, timeout: number, done: (error?: PoolError) => void): void {
    const late = (): void => {
      this.run(() => {
        done(notWarm(this.situations.now(), goal, timeout));
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
    this.rush = false;
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
    const slots = this.connections.all().filter(({ state, condemned }) => state !== 'closing' && !condemned);
    for (const slot of slots) {
      if (slot.state === 'opening') this.connections.giveUp(slot);
      else this.connections.condemn(slot, 'refresh');
    }
    this.reports.refreshed(slots.length);
    this.changed();
    this.drain();
  }

  /** Lend nothing more, and close everything: what is lent gets `timeout` ms to come back. */
  destroy(timeout: number): void {
    this.state = 'draining';
    this.ending.begin(timeout);
    this.changed();
    this.drain();
  }

  /** The work that is being started now: what calls the pool is called by it. */
  workBeingStarted(): Claim<C> | null {
    const claim = this.granting?.holders.newest;
    return claim?.works === true ? claim : null;
  }

  /** Who holds what, those who have held it longest first. */
  holders(): Holder[] {
    return this.situations.holders();
  }

  // ---------------------------------------------------------------- what connections report

  opened(slot: Slot<C>, connection: C): void {
    const now = this.clock.now();
    this.connections.opened(slot, connection);
    slot.openedIn = this.drains;
    // Also when the clock has been set back.
    slot.openedAt = Math.max(0, now);
    slot.idleSince = now;
    this.timings.opened(now - slot.since);
    this.reports.opened(slot, now - slot.since);
    this.evictions.opened(slot);
    if (this.connections.total === 1) this.opening.queueRestarts();
    // What has still to be validated has proven nothing.
    if (!this.mustValidate(slot)) this.opening.arrived(this.line.size);
    this.changed();
    this.drain();
  }

  /** The connect has failed; it may be `lingering`: still to be closed, should it arrive after all. */
  openFailed(slot: Slot<C>, error: unknown, lingering: boolean): void {
    if (lingering) slot.since = this.clock.now();
    this.connections.failed(slot, lingering);
    this.unusable(slot, error, 'open');
    this.changed();
    this.drain();
  }

  /** The check of an open connection has ended. Only one that fails costs the connection. */
  checked(slot: Slot<C>, failure: { readonly error: unknown } | undefined): void {
    const { checking } = slot;
    if (checking === null) return;
    if (failure !== undefined) {
      if (!slot.proven && this.opening.failedUnused(this.ageOf(slot))) this.unusable(slot, failure.error, 'validate');
      this.connections.condemn(slot, checking, failure.error);
    } else {
      slot.idleSince = this.clock.now();
      this.connections.endCheck(slot);
      if (checking === 'validate') {
        slot.validated = true;
        slot.suspect = false;
        this.validated.push(slot);
        if (!slot.proven) this.opening.arrived(this.line.size);
      }
    }
    this.changed();
    this.drain();
  }

  /** The other side of an open connection is gone. */
  lost(slot: Slot<C>, cause: unknown): void {
    if (slot.state !== 'open') return;
    const age = this.ageOf(slot);
    if (!slot.proven) {
      if (this.opening.failedUnused(age)) {
        this.unusable(
          slot,
          cause ??
            new Error(
              'the connection ended before its first use: the Observable of connect must not complete while the connection is open',
            ),
          'open',
        );
      }
    } else if (!slot.provenByUse) {
      this.opening.endedEarly(age);
    }
    this.run(() => {
      this.revoke(slot, 'lost', connectionLost(this.situations.now(), cause), cause);
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
  forgotten(claim: Claim<C>): void {
    if (claim.state !== 'held') return;
    this.reports.leaked(claim, true);
    this.tellEvents();
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
    this.host.unhandled(error);
  }

  // ---------------------------------------------------------------- deciding

  /** Anything may be due. */
  private drain(): void {
    this.rush = false;
    this.decide();
  }

  private decide(): void {
    this.lull = !this.busy && this.atRest;
    if (this.busy || this.lull) return;
    this.busy = true;
    this.drains++;
    let thrownAt = -1;
    for (;;) {
      try {
        if (!this.step()) break;
      } catch (error) {
        // One caller's exception is no reason not to serve the others, and no outcome of the one that happens to be calling now.
        const slot = this.granting;
        this.granting = null;
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
        const progress = this.changes + this.takenUp;
        if (progress === thrownAt) break;
        thrownAt = progress;
      }
    }
    this.busy = false;
    this.settle();
  }

  /** Whether nobody waits and nothing is due: so most leases end, and then there is no need to go through the table. */
  private get atRest(): boolean {
    const { connections } = this;
    return (
      this.line.size === 0 &&
      !connections.anyRetired &&
      !connections.anyToReset &&
      !connections.tooMany &&
      connections.total >= this.options.min &&
      this.state === 'open' &&
      this.handedOver.length === 0 &&
      this.validated.length === 0 &&
      this.wake.atRest &&
      !this.warmUps.any &&
      this.evictions.atRest &&
      (this.overload === null || this.overload.atRest)
    );
  }

  /** Decides one thing; false when there is nothing to decide. */
  private step(): boolean {
    const { connections } = this;
    // Whatever comes before anybody is served: most drains find nothing of it.
    if (connections.anyRetired || connections.anyToReset || this.handedOver.length > 0 || this.state !== 'open') {
      return this.stepBeforeServing();
    }

    // Someone waits and there is room: lend.
    const { first } = this.line;
    if (first !== null) {
      if (first.abandoned) {
        this.withdraw(first);
        return true;
      }
      const slot = this.nextToLend();
      if (slot !== null && this.serve(first, slot)) return true;
      if (slot === null && this.rush && this.line.pending <= this.options.maxPending) return false;
    }
    return this.stepAfterServing();
  }

  private stepBeforeServing(): boolean {
    const { connections } = this;

    // A connection is to be closed.
    if (connections.anyRetired) {
      this.takenUp++;
      this.close(connections.nextRetired());
      return true;
    }

    // A lease has gone from one holder to another.
    if (this.handedOver.length > 0) {
      this.takenUp++;
      const heir = this.handedOver.shift()!;
      if (heir.slot !== null) this.grant(heir, heir.slot);
      return true;
    }

    // Destroyed: turn everyone away, close what is free, and be done when nothing is left.
    if (this.state !== 'open') return this.stepToTheEnd();

    // A connection is to be reset before it is lent again.
    this.takenUp++;
    this.outside(() => {
      connections.nextToReset()?.check('reset');
    });
    return true;
  }

  private stepAfterServing(): boolean {
    const { line, connections, warmUps } = this;

    // There are more than there may be: one that nobody needs has to go.
    if (connections.tooMany && this.shrink()) return true;

    // A warm-up has ended that kept some open which are too old.
    if (this.evictions.endKept()) return true;

    // More connections would help, and one may be opened.
    if (this.connectDue() === 0) {
      this.open();
      return true;
    }

    return (line.size > 0 || warmUps.any) && this.stepWhileSomeoneWaits();
  }

  private stepWhileSomeoneWaits(): boolean {
    const { line, connections, warmUps } = this;

    // As many are open as someone wanted to be open.
    if (warmUps.any && warmUps.end(connections.total, connections.max)) return true;

    // The target is dead: nobody should wait for it who cannot be served by what is open.
    if (this.breaker === 'open' && connections.opening === 0) {
      if (warmUps.any) {
        return this.mayRefuse() && warmUps.end(connections.total, connections.max, targetIsDead(this.situations.now()));
      }
      if (connections.total === 0 && line.pending > 0 && this.mayRefuse()) {
        this.turnAway(line.firstPending!, targetIsDead(this.situations.now()));
        return true;
      }
    }

    // More wait than may: the last one to come has to go.
    if (
      line.pending > this.options.maxPending + connections.stillToCome &&
      (this.refusedIn !== this.drains || this.mayRefuse())
    ) {
      const { lastPending } = line;
      this.refusedIn = this.drains;
      this.turnAway(lastPending!, lineIsFull(this.situations.now(lastPending), this.options.maxPending));
      return true;
    }

    // The line stands still: the first one has waited for too long.
    if (this.overload?.sheds === true) {
      const { firstPending } = line;
      const waited = this.clock.now() - firstPending!.since;
      this.overload.shed();
      this.turnAway(firstPending!, lineIsTooSlow(this.situations.now(firstPending), waited));
      return true;
    }

    return false;
  }

  /**
   * A caller that asks again as soon as it is refused would be refused again, and again: after a number of them the next one hears of it in a
   * later turn. Where the line is full, those that come by themselves are refused at once, however many they are.
   */
  private mayRefuse(): boolean {
    if (this.refusals.spent) {
      this.refusesLater = true;
      this.rush = false;
      return false;
    }
    this.refusals.spend(1);
    return true;
  }

  private stepToTheEnd(): boolean {
    const { line, connections, warmUps, ending } = this;
    if (line.anyResting) line.endRest();
    else if (line.first !== null) this.turnAway(line.first, poolIsDestroyed(this.name));
    else if (warmUps.any) warmUps.end(0, Infinity, poolIsDestroyed(this.name));
    else if (ending.mayCloseWhatIsFree()) this.closeWhatIsFree();
    else if (ending.mayCloseWhatIsLent()) this.closeWhatIsLent();
    else if (this.state === 'draining' && connections.none && this.overtime === 0) this.beDestroyed();
    else return false;
    return true;
  }

  /** Who has just passed its validation goes first: with `order: 'fifo'` the next one would be asked for the same waiter. */
  private nextToLend(): Slot<C> | null {
    return (this.validated.length > 0 ? this.nextValidated() : null) ?? this.connections.best();
  }

  private nextValidated(): Slot<C> | null {
    return this.validated.find(({ validated, condemned }) => validated && !condemned) ?? null;
  }

  /** Serves the first in line from this connection, or sees to it that it can be; false when there is nothing to be done now. */
  private serve(first: Claim<C>, slot: Slot<C>): boolean {
    if (!this.mayGoAsItIs(slot) || (first.standing && (first.takesNone || this.mustRest(first, slot)))) {
      return this.serveOtherwise(first, slot);
    }
    this.unqueue(first);
    this.lendInTurn(first, slot);
    return true;
  }

  private serveOtherwise(first: Claim<C>, slot: Slot<C>): boolean {
    const { line, connections } = this;
    const overdue = slot.expired ? 'lifetime' : this.evictions.overdue(slot, this.clock.now());
    // While the breaker is open, one that may still work is better than none: its validation is the probe.
    if (overdue !== null && (this.breaker === 'closed' || !this.mustValidate(slot))) {
      connections.condemn(slot, overdue);
      this.changed();
    } else if (first.takesNone && !this.mustValidate(slot)) {
      this.tellRecovered(first, slot);
    } else if (first.standing && this.mustRest(first, slot)) {
      line.rest(first);
    } else if (connections.validating * connections.capacity < line.size) {
      connections.beginValidation(slot);
      this.changed();
      this.outside(() => {
        slot.check('validate');
      });
    } else {
      // Enough are being asked. One that need not be may be further down.
      const other = connections.bestFresh((one) => !this.mustValidate(one));
      return other !== null && this.serve(first, other);
    }
    return true;
  }

  /** It makes room for those who asked for it to wait, so the line is not taken for emptied. */
  private tellRecovered(first: Claim<C>, slot: Slot<C>): void {
    this.line.remove(first);
    first.state = 'ended';
    this.grantInContext(first, slot);
  }

  private mustValidate(slot: Slot<C>): boolean {
    return this.options.validates && this.isStale(slot);
  }

  /** The machine may have slept, and with it the clock that tells for how long a connection was idle. */
  private distrust(): void {
    this.leaps = this.clock.leaps();
    for (const slot of this.connections.all()) if (slot.holders.size === 0) slot.suspect = true;
  }

  private isStale(slot: Slot<C>): boolean {
    const { validateAfter } = this.options;
    if (slot.holders.size > 0 || slot.validated) return false;
    if (validateAfter === 0) return true;
    const now = this.clock.exactly();
    if (this.clock.leaps() !== this.leaps) this.distrust();
    return slot.suspect || now - slot.idleSince >= validateAfter;
  }

  /** How long until a connect is to begin: 0 is now, Infinity is not before something else happens. */
  private connectDue(): number {
    return this.connections.mayOpenOneMore ? this.nextConnectDue() : Infinity;
  }

  private nextConnectDue(): number {
    const { line, connections, warmUps, opening } = this;
    const toKeep = Math.min(this.options.min, connections.max) - connections.total;
    if (line.size === 0 && toKeep <= 0 && !warmUps.any) return Infinity;
    const { capacity } = connections;
    let heldBack = 0;
    let started = 0;
    for (const batch of this.batches) {
      heldBack += batch.heldBack;
      started += batch.started;
    }
    const demand: Demand = {
      waiting: Math.ceil(line.size / capacity) - connections.validating,
      came: (this.counters.acquired + line.size) / capacity,
      heldBack: heldBack / capacity,
      batchWidth: Math.ceil(started / capacity),
      toWarmUp: warmUps.any ? Math.min(warmUps.goal, connections.max) - connections.total : 0,
      toKeep,
      total: connections.total,
      opening: connections.opening,
    };
    return opening.due(demand);
  }

  /** Whether a stream is to be served in a later turn. */
  private mustRest(claim: Claim<C>, slot: Slot<C>): boolean {
    return this.streamBudget.spent || this.goesRound(claim, slot);
  }

  /** Whether a stream that has been served in this very drain, in which something came back, would get that again, or a new one for it. */
  private goesRound(claim: Claim<C>, slot: Slot<C>): boolean {
    const { drains } = this;
    if (claim.servedIn !== drains || this.gaveBackIn !== drains) return false;
    return slot.openedIn === drains || (slot.streamedIn === drains && slot.returnedIn === drains);
  }

  /** Nothing is left to decide: sets the timers that somebody waits for. */
  private settle(): void {
    this.line.settle();
    if (this.line.size > 0) this.opening.queueFilled();
    if (!this.rush || this.line.size === 0 || this.connections.idle > 0) this.settleTheRest();
  }

  private settleTheRest(): void {
    if (this.validated.length > 0) this.forgetValidated();
    this.overload?.settle();
    if (this.state !== 'open') return;
    this.evictions.settle();
    const due = this.refusesLater ? Math.min(this.connectDue(), nextTurn) : this.connectDue();
    this.refusesLater = false;
    if (due < Infinity || !this.wake.atRest) this.wake.set(due, this.line.size > 0 || this.warmUps.any);
    this.lull = this.atRest;
    this.rush = this.nothingElseIsDue;
  }

  /** Whether no more can be opened, and none has to go, until something happens that is not a lease's own coming and going. */
  private get nothingElseIsDue(): boolean {
    const { connections } = this;
    return (
      !connections.mayOpenOneMore &&
      !connections.tooMany &&
      this.breaker === 'closed' &&
      this.wake.atRest &&
      !this.warmUps.any &&
      this.overload === null
    );
  }

  private forgetValidated(): void {
    for (const slot of this.validated) slot.validated = false;
    this.validated.length = 0;
  }

  // ---------------------------------------------------------------- changing the state

  /** Nobody is in line, and nothing else is being done. */
  private lendAtOnce(claim: Claim<C>, slot: Slot<C>): void {
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
      this.granting = null;
      this.busy = false;
      if (!this.lull) this.drain();
    }
  }

  /**
   * The stack of a caller was full when it was served, and it is not known how far that came: its lease ends with its connection, which it
   * may still use. Called in a later microtask, with a stack that is empty.
   */
  private recover(claim: Claim<C> | null, error: RangeError): void {
    this.run(() => {
      if (claim !== null && claim.state === 'held') {
        this.takeAway(claim, error);
        this.changed();
        const loss = connectionLost(this.situations.now(), error);
        this.tell(claim, () => {
          claim.interrupted(loss);
        });
      }
      this.unhandled(error);
    });
    this.drain();
  }

  private lendInTurn(claim: Claim<C>, slot: Slot<C>): void {
    const now = this.clock.now();
    const waited = claim.since < 0 ? 0 : now - claim.since;
    slot.validated = false;
    if (claim.standing) this.lendToStream(slot);
    else this.timings.waited(waited);
    this.lend(claim, slot, now, waited);
  }

  private lend(claim: Claim<C>, slot: Slot<C>, now: number, waited: number): void {
    this.connections.lend(slot, claim);
    claim.since = now;
    if (!slot.proven) this.firstLease(slot);
    if (this.attended) this.reports.lent(claim, slot, waited);
    this.changed();
    // A subscriber of the stats may have cancelled it just now.
    if (claim.state === 'held') this.grant(claim, slot);
  }

  private tell({ context }: Claim<C>, say: () => void): void {
    if (context === null) say();
    else context.runInAsyncScope(say);
  }

  private lendToStream(slot: Slot<C>): void {
    slot.streamedIn = this.drains;
    this.streamBudget.spend(slot.proven ? 1 : dear);
    this.timings.streamed++;
  }

  private firstLease(slot: Slot<C>): void {
    slot.proven = true;
    this.opening.proven();
  }

  private grant(claim: Claim<C>, slot: Slot<C>): void {
    this.granting = slot;
    if (claim.context === null) claim.granted(slot.connection as C);
    else this.grantInContext(claim, slot);
    this.granting = null;
  }

  /** Apart from `grant`: the closure would cost every grant. */
  private grantInContext(claim: Claim<C>, slot: Slot<C>): void {
    this.tell(claim, () => {
      claim.granted(slot.connection as C);
    });
  }

  /** Whether its connection is free again, as it was before. */
  private giveBack(claim: Claim<C>): boolean {
    const slot = claim.slot!;
    if (!slot.provenByUse) this.firstReturn(slot);
    const held = this.cameBack(claim, slot);
    if (this.attended) this.reports.released(claim, slot, held);
    return this.connections.giveBack(claim, slot);
  }

  private takeAway(claim: Claim<C>, reason: unknown): void {
    const slot = claim.slot!;
    const held = this.cameBack(claim, slot);
    if (this.attended) this.reports.discarded(claim, slot, held, reason);
    slot.evictedBy ??= reason;
    this.connections.discard(claim, slot);
  }

  /** Returns for how long it was held. */
  private cameBack(claim: Claim<C>, slot: Slot<C>): number {
    this.leaves(claim, slot);
    const now = this.clock.now();
    const held = now - claim.since;
    if (this.streaming) slot.returnedIn = this.gaveBackIn = this.drains;
    slot.idleSince = now;
    this.timings.held(held);
    return held;
  }

  private leaves(claim: Claim<C>, slot: Slot<C>): void {
    if (slot === this.granting && slot.holders.newest === claim) this.granting = null;
  }

  private firstReturn(slot: Slot<C>): void {
    slot.provenByUse = true;
    this.opening.provenByUse();
  }

  /** Ends every lease on the slot, closes it, and tells the holders. */
  private revoke(slot: Slot<C>, reason: EvictReason, error: PoolError, cause?: unknown): void {
    const holders = slot.holders.all();
    this.connections.condemn(slot, reason, cause);
    for (const claim of holders) this.takeAway(claim, error);
    this.changed();
    for (const claim of holders) {
      this.run(() => {
        this.tell(claim, () => {
          claim.revoked(error);
        });
      });
    }
  }

  private open(): void {
    const slot = this.host.createSlot(++this.slotsBegun);
    slot.since = this.clock.now();
    this.connections.begin(slot);
    this.outliers?.begun(slot);
    this.opening.begun(slot);
    this.changed();
    this.outside(() => {
      slot.dial();
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
    if (!slot.provenByUse) this.closesInVain(slot);
    if (slot.wasOpen) {
      this.reports.evicted(slot, now - slot.openedAt);
      this.tellEvents();
    }
    this.outside(() => {
      slot.hangUp();
    });
  }

  private closesInVain(slot: Slot<C>): void {
    this.opening.inVain();
    // These two are held against the target where they happen.
    if (slot.proven || slot.evicted === 'lost' || slot.evicted === 'validate') return;
    this.opening.closedUnused(slot, slot.wasOpen ? this.ageOf(slot) : 0);
  }

  /** A connect, or a connection before its first lease, has come to nothing. */
  private unusable(slot: Slot<C>, error: unknown, phase: 'open' | 'validate'): void {
    this.counters.openFailures++;
    this.opening.failed(slot, error, phase);
    this.reports.openFailed(slot, this.opening.failures, error);
  }

  private readonly timeIsUp = (slot: Slot<C>, reason: EvictReason): void => {
    this.connections.condemn(slot, reason);
    this.changed();
    this.drain();
  };

  /** Lets one go that is too many; false when enough of them will go in their time. */
  private shrink(): boolean {
    const slot = this.connections.nextToGo();
    if (slot === null) return false;
    if (slot.state === 'opening') this.connections.giveUp(slot);
    else this.connections.condemn(slot, 'resize');
    this.changed();
    return true;
  }

  private unqueue(claim: Claim<C>): void {
    this.line.remove(claim);
    if (this.line.size === 0) this.opening.queueEmptied();
  }

  private turnAway(claim: Claim<C>, error: PoolError): void {
    this.unqueue(claim);
    claim.state = 'ended';
    if (!claim.standing) {
      this.counters.rejected++;
      this.timings.waitedInVain(this.waitOf(claim));
      this.reports.rejected(claim, error);
    }
    this.changed();
    this.tell(claim, () => {
      claim.failed(error);
    });
  }

  private readonly timedOut = (claim: Claim<C>, waited: number): void => {
    const error = waitedTooLong(this.situations.now(claim), waited);
    this.unqueue(claim);
    claim.state = 'ended';
    this.counters.timeouts++;
    this.timings.waitedInVain(waited);
    this.reports.timedOut(claim, waited, error);
    this.run(() => {
      this.changed();
      this.tell(claim, () => {
        claim.failed(error);
      });
    });
  };

  private readonly leaked = (claim: Claim<C>): void => {
    this.reports.leaked(claim, false);
    this.tellEvents();
  };

  /** Begins the end: connects are given up, idle connections closed, lent ones closed when they come back. */
  private closeWhatIsFree(): void {
    for (const slot of this.connections.all()) {
      if (slot.state === 'opening') this.connections.giveUp(slot);
      else if (slot.state === 'open') this.connections.condemn(slot, 'destroy');
    }
    this.evictions.end();
    this.wake.end();
    this.changed();
  }

  private closeWhatIsLent(): void {
    for (const slot of this.connections.all()) {
      if (slot.state === 'open') this.revoke(slot, 'destroy', this.ending.impatience(this.name));
    }
  }

  private beDestroyed(): void {
    this.ending.end();
    this.clock.end();
    this.state = 'destroyed';
    this.reports.destroyed();
    this.lastChange = ++this.changes;
    this.host.changed();
    this.tellEvents();
    this.host.destroyed();
  }

  // ---------------------------------------------------------------- telling

  private changed(): void {
    this.changes++;
    if (this.followed) this.tellChange();
  }

  private tellChange(): void {
    // The last snapshot stays the last.
    if (this.state === 'destroyed') return;
    // Before anyone looks at the stats: whoever begins to listen then has seen it.
    if (this.reports.listening) this.reports.breakerIs(this.opening);
    if (this.watched) this.host.changed();
    this.tellEvents();
  }

  private tellEvents(): void {
    if (this.reports.untold === 0) return;
    this.run(() => {
      this.reports.deliver();
    });
  }
}
