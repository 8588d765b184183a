import type { Claim } from './claim';
import type { Cancel, Clock } from './clock';
import type { OperationOutcome } from './counters';
import { Counters } from './counters';
import type { PoolError } from './errors';
import { Line } from './line';
import { LinkedList } from './linked-list';
import { Opening } from './opening';
import type { OpeningOptions } from './opening';
import {
  closedByDestroy,
  connectionLost,
  lineIsFull,
  notWarm,
  poolIsDestroyed,
  targetIsDead,
  waitedTooLong,
} from './refusals';
import type { Situation } from './refusals';
import { Room } from './room';
import type { Slot } from './slot';

export interface CoreOptions extends OpeningOptions {
  readonly name: string;
  readonly max: number;
  readonly capacity: number;
  readonly maxPending: number;
  readonly order: 'lifo' | 'fifo';
}

/** What the core needs of those around it. */
export interface Host<C> {
  /** A slot that knows how to connect. */
  createSlot(): Slot<C>;
  /** Something that the stats show has changed. */
  changed(): void;
  /** Everything is closed. */
  destroyed(): void;
}

/** In ms. */
const laterTask = 1;

interface Warming {
  readonly goal: number;
  readonly done: (error?: PoolError) => void;
  cancelTimeout: Cancel | null;
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
  /** Counts the changes of anything that the stats show. */
  version = 0;

  /** Every slot that is not gone. */
  private readonly slots = new Set<Slot<C>>();
  /** How many of them are opening, open and closing. */
  opening = 0;
  total = 0;
  closing = 0;
  /** Open ones with at least one lease. */
  inUse = 0;
  activeLeases = 0;

  private readonly line: Line<C>;
  /** Open slots that can take one more lease. */
  private readonly room: Room<C>;
  private readonly dialling: Opening;
  /** Standing requests that get in line again in a later task. */
  private readonly resting = new LinkedList<Claim<C>>();
  private cancelRest: Cancel | null = null;
  /** Hold a connection already, but have not been told so. */
  private readonly handedOver: Claim<C>[] = [];
  /** In state closing already, but not yet told so. */
  private readonly retired: Slot<C>[] = [];
  private warmings: Warming[] = [];
  /** Fires when the next connect may begin, while one is wanted. */
  private wake: Cancel | null = null;
  /** Ends the patience of `destroy`; null before, and when it has fired. */
  private patience: Cancel | null = null;
  private outOfPatience = false;
  /** Runs whose connection is gone, and that have this turn to end in their own way. */
  overtime = 0;
  /** A step is being taken, or user code is running. */
  private busy = false;
  /** Counts the drains. */
  drains = 0;
  private swept = false;

  constructor(
    readonly options: CoreOptions,
    readonly clock: Clock,
    random: () => number,
    private readonly host: Host<C>,
  ) {
    this.line = new Line(clock, this.timedOut);
    this.room = new Room(options.capacity, options.order);
    this.dialling = new Opening(options, clock, random);
  }

  get name(): string {
    return this.options.name;
  }

  /** How many leases the pool can have lent at once. */
  get leaseCapacity(): number {
    return this.options.max * this.options.capacity;
  }

  get pending(): number {
    return this.line.pending;
  }

  get breaker(): Opening['breaker'] {
    return this.dialling.breaker;
  }

  // ---------------------------------------------------------------- what callers ask for

  /** Ask for a connection: `granted` or `failed` will be called, perhaps before this returns. */
  ask(claim: Claim<C>, timeout: number): void {
    if (!this.busy && this.line.size === 0 && this.state === 'open' && !claim.standing) {
      const slot = this.room.best();
      if (slot !== null) {
        this.busy = true;
        try {
          this.lend(claim, slot);
        } finally {
          this.leave(false);
        }
        return;
      }
    }
    this.line.push(claim, timeout);
    this.changed();
    this.drain();
  }

  /** Leave the line. */
  withdraw(claim: Claim<C>): void {
    if (claim.state === 'waiting') {
      this.unqueue(claim);
    } else if (claim.state === 'resting') {
      this.resting.remove(claim);
      if (this.resting.size === 0) this.stopRest();
    } else return;
    claim.state = 'ended';
    this.changed();
    this.drain();
  }

  release(claim: Claim<C>): void {
    if (claim.state !== 'held') return;
    this.giveBack(claim, false);
    this.changed();
    this.drain();
  }

  /** The connection takes no new lease and is closed: at once, or when the others that share it have ended. */
  discard(claim: Claim<C>): void {
    if (claim.state !== 'held') return;
    this.giveBack(claim, true);
    this.changed();
    this.drain();
  }

  /** One claim takes the place of another that holds: the connection is not given back in between. */
  handOver(from: Claim<C>, to: Claim<C>): void {
    const { slot } = from;
    if (slot === null) return;
    slot.holders.remove(from);
    from.state = 'ended';
    from.slot = null;
    slot.holders.push(to);
    to.state = 'held';
    to.slot = slot;
    this.handedOver.push(to);
    this.drain();
  }

  /** A run of work has ended; unless it is `kept`, so has its lease. */
  operationEnded(claim: Claim<C>, outcome: OperationOutcome, lease: 'released' | 'discarded' | 'kept'): void {
    this.counters[outcome]++;
    if (lease !== 'kept' && claim.state === 'held') this.giveBack(claim, lease === 'discarded');
    this.changed();
    this.drain();
  }

  /** Have so many connections open. */
  warmUp(goal: number, timeout: number, done: Warming['done']): void {
    const warming: Warming = { goal, done, cancelTimeout: null };
    this.warmings.push(warming);
    if (timeout !== Infinity) {
      warming.cancelTimeout = this.clock.after(
        timeout,
        () => {
          warming.cancelTimeout = null;
          this.warmings = this.warmings.filter((other) => other !== warming);
          this.run(() => {
            done(notWarm(this.situation(), goal, timeout));
          });
        },
        true,
      );
    }
    this.drain();
  }

  /** Lend nothing more, and close everything: what is lent gets `timeout` ms to come back. */
  destroy(timeout: number): void {
    this.state = 'draining';
    if (timeout === 0) this.outOfPatience = true;
    else if (timeout !== Infinity) this.patience = this.clock.after(timeout, this.loseThePatience, true);
    this.changed();
    this.drain();
  }

  // ---------------------------------------------------------------- what connections report

  opened(slot: Slot<C>, connection: C): void {
    slot.state = 'open';
    slot.wasOpen = true;
    slot.connection = connection;
    this.opening--;
    this.total++;
    this.counters.opened++;
    this.dialling.arrived(this.line.size);
    this.room.add(slot);
    this.changed();
    this.drain();
  }

  /** The connect has failed; it may be `lingering`: still to be closed, should it arrive after all. */
  openFailed(slot: Slot<C>, error: unknown, lingering: boolean): void {
    this.opening--;
    if (lingering) {
      slot.state = 'closing';
      this.closing++;
    } else {
      slot.state = 'gone';
      this.slots.delete(slot);
    }
    this.counters.openFailures++;
    this.dialling.failed(error);
    this.changed();
    this.drain();
  }

  /** The other side of an open connection is gone. */
  lost(slot: Slot<C>, cause: unknown): void {
    if (slot.state !== 'open') return;
    if (!slot.proven) {
      this.counters.openFailures++;
      this.dialling.failed(cause ?? new Error('the connection ended before its first use'));
    }
    this.run(() => {
      this.revoke(slot, connectionLost(this.situation(), cause));
    });
  }

  closed(slot: Slot<C>): void {
    this.closing--;
    if (slot.wasOpen) this.counters.closed++;
    slot.state = 'gone';
    this.slots.delete(slot);
    this.changed();
    this.drain();
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
    this.drain();
  }

  run(userCode: () => void): void {
    const outer = this.enter();
    try {
      userCode();
    } finally {
      this.leave(outer);
    }
  }

  // ---------------------------------------------------------------- deciding

  private drain(): void {
    if (this.busy) return;
    this.busy = true;
    this.drains++;
    let thrown: { error: unknown } | null = null;
    for (;;) {
      try {
        if (!this.step()) break;
      } catch (error) {
        // One caller's exception is no reason not to serve the others.
        thrown ??= { error };
      }
    }
    this.busy = false;
    this.line.settle();
    this.setWake();
    if (thrown !== null) throw thrown.error;
  }

  /** Decides one thing; false when there is nothing to decide. */
  private step(): boolean {
    const { line } = this;

    // Nobody wants anything: what most drains find.
    if (
      line.size === 0 &&
      this.retired.length === 0 &&
      this.handedOver.length === 0 &&
      this.warmings.length === 0 &&
      this.state === 'open'
    ) {
      return false;
    }

    // A connection is to be closed.
    if (this.retired.length > 0) {
      this.retired.pop()!.hangUp();
      return true;
    }

    // A lease has gone from one holder to another.
    if (this.handedOver.length > 0) {
      const heir = this.handedOver.shift()!;
      if (heir.slot !== null) heir.granted(heir.slot.connection as C);
      return true;
    }

    // Destroyed: turn everyone away, close what is free, and be done when nothing is left.
    if (this.state !== 'open') {
      if (this.resting.size > 0) this.restIsOver();
      else if (line.first !== null) this.turnAway(line.first, poolIsDestroyed(this.name));
      else if (this.warmings.length > 0) this.endWarmings(poolIsDestroyed(this.name));
      else if (!this.swept) this.sweep();
      else if (this.outOfPatience) this.closeWhatIsLent();
      else if (this.state === 'draining' && this.slots.size === 0 && this.overtime === 0) this.beDestroyed();
      else return false;
      return true;
    }

    // Someone waits and there is room: lend.
    if (line.first !== null) {
      if (line.first.abandoned) {
        this.withdraw(line.first);
        return true;
      }
      const slot = this.room.best();
      if (slot !== null) {
        const claim = line.first;
        this.unqueue(claim);
        if (this.goesRound(claim, slot)) this.rest(claim);
        else this.lend(claim, slot);
        return true;
      }
    }

    // More connections would help, and one may be opened.
    if (this.mayOpen()) {
      this.open();
      return true;
    }

    // As many are open as someone wanted to be open.
    if (this.warmings.length > 0 && this.endWarmings(null)) return true;

    // The target is dead: nobody should wait for it who cannot be served by what is open.
    if (this.breaker === 'open' && this.opening === 0) {
      if (this.warmings.length > 0) return this.endWarmings(targetIsDead(this.situation()));
      if (this.total === 0 && line.pending > 0) {
        this.turnAway(line.firstPending!, targetIsDead(this.situation()));
        return true;
      }
    }

    // More wait than may: the last one to come has to go.
    if (line.pending > this.options.maxPending + this.stillToCome()) {
      this.turnAway(line.lastPending!, lineIsFull(this.situation(), this.options.maxPending));
      return true;
    }

    return false;
  }

  private mayOpen(): boolean {
    const { line, warmings } = this;
    if (line.size === 0 && warmings.length === 0) return false;
    if (this.total + this.opening + this.closing >= this.options.max) return false;
    const forTheLine = Math.ceil(line.size / this.options.capacity);
    const toWarmUp = this.warmGoal() - this.total;
    return this.dialling.mayBegin(this.opening, Math.max(forTheLine, toWarmUp), toWarmUp > 0);
  }

  private warmGoal(): number {
    let goal = 0;
    for (const warming of this.warmings) goal = Math.max(goal, warming.goal);
    return goal;
  }

  /** How many leases the connections could carry that are not open now. */
  private stillToCome(): number {
    return (this.options.max - this.total) * this.options.capacity;
  }

  /** When a connect is wanted but may not begin yet, somebody has to come back. */
  private setWake(): void {
    if (this.dialling.failures === 0 && this.wake === null) return;
    const wanted = this.state === 'open' && (this.line.size > 0 || this.warmings.length > 0);
    const pause = wanted && this.total + this.opening + this.closing < this.options.max ? this.dialling.pause() : 0;
    if (pause > 0) {
      this.wake ??= this.clock.after(
        pause,
        () => {
          this.wake = null;
          this.drain();
        },
        true,
      );
    } else if (this.wake !== null) {
      this.wake();
      this.wake = null;
    }
  }

  // ---------------------------------------------------------------- changing the state

  /** Whether a stream that has been served in this very drain would get a connection that came back from one in it. */
  private goesRound(claim: Claim<C>, slot: Slot<C>): boolean {
    const { drains } = this;
    return claim.servedIn === drains && slot.streamedIn === drains && slot.returnedIn === drains;
  }

  /**
   * Let a stream ask again in a later task: a receiver that gives back at once would otherwise be served for ever, and nobody
   * else would run.
   */
  private rest(claim: Claim<C>): void {
    claim.state = 'resting';
    this.resting.push(claim);
    this.cancelRest ??= this.clock.after(laterTask, this.restIsOver, true);
  }

  private lend(claim: Claim<C>, slot: Slot<C>): void {
    const { holders } = slot;
    this.room.remove(slot);
    if (holders.size === 0) this.inUse++;
    holders.push(claim);
    this.room.add(slot);
    claim.state = 'held';
    claim.slot = slot;
    this.activeLeases++;
    this.counters.acquired++;
    if (claim.standing) slot.streamedIn = this.drains;
    if (!slot.proven) {
      slot.proven = true;
      this.dialling.proven();
    }
    if (this.line.size === 0) this.dialling.lineEmptied();
    this.changed();
    // A subscriber of the stats may have cancelled it just now.
    if (claim.state === 'held') claim.granted(slot.connection as C);
  }

  private giveBack(claim: Claim<C>, discarded: boolean): void {
    const slot = claim.slot!;
    const { holders } = slot;
    claim.state = 'ended';
    claim.slot = null;
    slot.returnedIn = this.drains;
    if (!slot.condemned) this.room.remove(slot);
    holders.remove(claim);
    this.activeLeases--;
    if (holders.size === 0) this.inUse--;
    if (discarded) {
      this.counters.discarded++;
      slot.condemned = true;
    } else {
      this.counters.released++;
    }
    if (!slot.condemned) this.room.add(slot);
    else if (holders.size === 0) this.retire(slot);
  }

  /** Takes an open slot with no holder out of use; it is told to close at the next step. */
  private retire(slot: Slot<C>): void {
    slot.state = 'closing';
    this.total--;
    this.closing++;
    this.retired.push(slot);
  }

  private condemn(slot: Slot<C>): void {
    if (slot.condemned) return;
    this.room.remove(slot);
    slot.condemned = true;
    if (slot.holders.size === 0) this.retire(slot);
  }

  /** Ends every lease on the slot, closes it, and tells the holders. */
  private revoke(slot: Slot<C>, error: PoolError): void {
    const holders: Claim<C>[] = [];
    for (let claim = slot.holders.first; claim !== null; claim = claim.behind) holders.push(claim);
    this.condemn(slot);
    for (const claim of holders) this.giveBack(claim, true);
    this.changed();
    for (const claim of holders) claim.revoked(error);
  }

  private open(): void {
    const slot = this.host.createSlot();
    this.slots.add(slot);
    this.opening++;
    this.dialling.begun();
    this.changed();
    slot.dial();
  }

  private unqueue(claim: Claim<C>): void {
    this.line.remove(claim);
    if (this.line.size === 0) this.dialling.lineEmptied();
  }

  private readonly restIsOver = (): void => {
    this.stopRest();
    for (let claim = this.resting.first; claim !== null; claim = this.resting.first) {
      this.resting.remove(claim);
      this.line.push(claim, Infinity);
    }
    this.drain();
  };

  private stopRest(): void {
    this.cancelRest?.();
    this.cancelRest = null;
  }

  private turnAway(claim: Claim<C>, error: PoolError): void {
    this.unqueue(claim);
    claim.state = 'ended';
    if (!claim.standing) this.counters.rejected++;
    this.changed();
    claim.failed(error);
  }

  private readonly timedOut = (claim: Claim<C>, waited: number): void => {
    const error = waitedTooLong(this.situation(), waited);
    this.unqueue(claim);
    claim.state = 'ended';
    this.counters.timeouts++;
    this.run(() => {
      this.changed();
      claim.failed(error);
    });
  };

  /** Tells the warm-ups that have come to their end: all of them when there is an error. */
  private endWarmings(error: PoolError | null): boolean {
    const ended = this.warmings.filter(({ goal }) => error !== null || goal <= this.total);
    if (ended.length === 0) return false;
    this.warmings = this.warmings.filter((warming) => !ended.includes(warming));
    for (const { cancelTimeout, done } of ended) {
      cancelTimeout?.();
      done(error ?? undefined);
    }
    return true;
  }

  /** Begins the end: connects are given up, idle connections closed, lent ones closed when they come back. */
  private sweep(): void {
    this.swept = true;
    for (const slot of this.slots) {
      if (slot.state === 'opening') {
        slot.state = 'closing';
        this.opening--;
        this.closing++;
        this.retired.push(slot);
      } else if (slot.state === 'open') {
        this.condemn(slot);
      }
    }
    this.changed();
  }

  private readonly loseThePatience = (): void => {
    this.patience = null;
    this.outOfPatience = true;
    this.drain();
  };

  private closeWhatIsLent(): void {
    this.outOfPatience = false;
    for (const slot of [...this.slots]) {
      if (slot.state === 'open') this.revoke(slot, closedByDestroy(this.name));
    }
  }

  private beDestroyed(): void {
    this.patience?.();
    this.patience = null;
    this.state = 'destroyed';
    this.version++;
    this.host.changed();
    this.host.destroyed();
  }

  private situation(): Situation {
    return {
      name: this.name,
      max: this.options.max,
      total: this.total,
      inUse: this.inUse,
      pending: this.line.pending,
      attempts: this.dialling.failures,
      lastFailure: this.dialling.lastFailure,
    };
  }

  private changed(): void {
    // The last snapshot stays the last.
    if (this.state === 'destroyed') return;
    this.version++;
    this.host.changed();
  }
}
