import type { Claim } from './claim';
import type { Cancel, Clock } from './clock';
import { Connections } from './connections';
import type { OperationOutcome } from './counters';
import { Counters } from './counters';
import type { PoolError } from './errors';
import { Line } from './line';
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
import { WarmUps } from './warm-ups';
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

  readonly connections: Connections<C>;
  private readonly line: Line<C>;
  private readonly opening: Opening;
  private readonly warmUps: WarmUps;
  /** Hold a connection already, but have not been told so. */
  private readonly handedOver: Claim<C>[] = [];
  /** Runs whose connection is gone, and that have this turn to end in their own way. */
  overtime = 0;

  /** A step is being taken, or user code is running. */
  private busy = false;
  /** Counts the drains. */
  drains = 0;
  /** In which drain a lease came back last. */
  private gaveBackIn = -1;
  /** Fires when the next connect may begin, while one is wanted. */
  private wake: Cancel | null = null;

  /** Whether `destroy` has begun to close. */
  private swept = false;
  /** Ends the patience of `destroy` with what is lent; null before, and when it has fired. */
  private patience: Cancel | null = null;
  private outOfPatience = false;
  /** Keeps the process alive until `destroy` has come to its end: somebody waits for it. */
  private cancelVigil: Cancel | null = null;

  constructor(
    readonly options: CoreOptions,
    readonly clock: Clock,
    random: () => number,
    private readonly host: Host<C>,
  ) {
    const drain = (): void => {
      this.drain();
    };
    this.connections = new Connections(options.max, options.capacity, options.order, this.counters);
    this.line = new Line(clock, this.timedOut, drain);
    this.opening = new Opening(options, clock, random);
    this.warmUps = new WarmUps(clock);
  }

  get name(): string {
    return this.options.name;
  }

  /** How many leases the pool can have lent at once. */
  get leaseCapacity(): number {
    return this.connections.max * this.connections.capacity;
  }

  get pending(): number {
    return this.line.pending;
  }

  get breaker(): Opening['breaker'] {
    return this.opening.breaker;
  }

  // ---------------------------------------------------------------- what callers ask for

  /** Ask for a connection: `granted` or `failed` will be called, perhaps before this returns. */
  ask(claim: Claim<C>, timeout: number): void {
    if (!this.busy && this.line.size === 0 && this.state === 'open' && !claim.standing) {
      const slot = this.connections.best();
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
    if (claim.state !== 'waiting' && claim.state !== 'resting') return;
    this.unqueue(claim);
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
    if (from.slot === null) return;
    this.connections.handOver(from.slot, from, to);
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
  warmUp(goal: number, timeout: number, done: (error?: PoolError) => void): void {
    const late = (): void => {
      this.run(() => {
        done(notWarm(this.situation(), goal, timeout));
      });
    };
    this.warmUps.add(goal, timeout, late, done);
    this.drain();
  }

  /** Lend nothing more, and close everything: what is lent gets `timeout` ms to come back. */
  destroy(timeout: number): void {
    this.state = 'draining';
    this.cancelVigil = this.clock.after(Infinity, () => undefined, true);
    if (timeout === 0) this.outOfPatience = true;
    else if (timeout !== Infinity) this.patience = this.clock.after(timeout, this.loseThePatience, true);
    this.changed();
    this.drain();
  }

  // ---------------------------------------------------------------- what connections report

  opened(slot: Slot<C>, connection: C): void {
    this.connections.opened(slot, connection);
    slot.openedIn = this.drains;
    slot.openedAt = this.clock.now();
    this.opening.arrived(this.line.size);
    this.changed();
    this.drain();
  }

  /** The connect has failed; it may be `lingering`: still to be closed, should it arrive after all. */
  openFailed(slot: Slot<C>, error: unknown, lingering: boolean): void {
    this.connections.failed(slot, lingering);
    this.counters.openFailures++;
    this.opening.failed(error);
    this.changed();
    this.drain();
  }

  /** The other side of an open connection is gone. */
  lost(slot: Slot<C>, cause: unknown): void {
    if (slot.state !== 'open') return;
    if (!slot.proven) {
      this.counters.openFailures++;
      this.opening.failed(cause ?? new Error('the connection ended before its first use'));
    } else if (!slot.provenByUse) {
      this.opening.endedEarly(this.clock.now() - slot.openedAt);
    }
    this.run(() => {
      this.revoke(slot, connectionLost(this.situation(), cause));
    });
  }

  closed(slot: Slot<C>): void {
    this.connections.closed(slot);
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
    const { line, connections, warmUps } = this;

    // Nobody wants anything: what most drains find.
    if (
      line.size === 0 &&
      !connections.anyRetired &&
      this.handedOver.length === 0 &&
      !warmUps.any &&
      this.state === 'open'
    ) {
      return false;
    }

    // A connection is to be closed.
    if (connections.anyRetired) {
      connections.nextRetired().hangUp();
      return true;
    }

    // A lease has gone from one holder to another.
    if (this.handedOver.length > 0) {
      const heir = this.handedOver.shift()!;
      if (heir.slot !== null) heir.granted(heir.slot.connection as C);
      return true;
    }

    // Destroyed: turn everyone away, close what is free, and be done when nothing is left.
    if (this.state !== 'open') return this.stepToTheEnd();

    // Someone waits and there is room: lend.
    const { first } = line;
    if (first !== null) {
      if (first.abandoned) {
        this.withdraw(first);
        return true;
      }
      const slot = connections.best();
      if (slot !== null) {
        if (this.goesRound(first, slot)) {
          line.rest(first);
        } else {
          this.unqueue(first);
          this.lend(first, slot);
        }
        return true;
      }
    }

    // More connections would help, and one may be opened.
    if (connections.mayOpenOneMore && this.wantsOneMore()) {
      this.open();
      return true;
    }

    // As many are open as someone wanted to be open.
    if (warmUps.any && warmUps.end(connections.total)) return true;

    // The target is dead: nobody should wait for it who cannot be served by what is open.
    if (this.breaker === 'open' && connections.opening === 0) {
      if (warmUps.any) return warmUps.end(connections.total, targetIsDead(this.situation()));
      if (connections.total === 0 && line.pending > 0) {
        this.turnAway(line.firstPending!, targetIsDead(this.situation()));
        return true;
      }
    }

    // More wait than may: the last one to come has to go.
    if (line.pending > this.options.maxPending + connections.stillToCome) {
      this.turnAway(line.lastPending!, lineIsFull(this.situation(), this.options.maxPending));
      return true;
    }

    return false;
  }

  private stepToTheEnd(): boolean {
    const { line, connections, warmUps } = this;
    if (line.anyResting) line.endRest();
    else if (line.first !== null) this.turnAway(line.first, poolIsDestroyed(this.name));
    else if (warmUps.any) warmUps.end(0, poolIsDestroyed(this.name));
    else if (!this.swept) this.sweep();
    else if (this.outOfPatience) this.closeWhatIsLent();
    else if (this.state === 'draining' && connections.none && this.overtime === 0) this.beDestroyed();
    else return false;
    return true;
  }

  private wantsOneMore(): boolean {
    const { line, connections, warmUps } = this;
    const forTheLine = Math.ceil(line.size / connections.capacity);
    const toWarmUp = warmUps.any ? warmUps.goal - connections.total : 0;
    return this.opening.mayBegin(connections.opening, Math.max(forTheLine, toWarmUp), toWarmUp > 0);
  }

  /** Whether a stream that has been served in this very drain, in which something came back, would get that again, or a new one for it. */
  private goesRound(claim: Claim<C>, slot: Slot<C>): boolean {
    const { drains } = this;
    if (claim.servedIn !== drains || this.gaveBackIn !== drains) return false;
    return slot.openedIn === drains || (slot.streamedIn === drains && slot.returnedIn === drains);
  }

  /** When a connect is wanted but may not begin yet, somebody has to come back. */
  private setWake(): void {
    if (!this.opening.hasReasonToPause && this.wake === null) return;
    const wanted = this.state === 'open' && (this.line.size > 0 || this.warmUps.any);
    const pause = wanted && this.connections.mayOpenOneMore ? this.opening.pause() : 0;
    // The pause may have ended since the last step looked at the clock.
    if (pause > 0 || (wanted && this.connections.mayOpenOneMore && this.wantsOneMore())) {
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

  private lend(claim: Claim<C>, slot: Slot<C>): void {
    this.connections.lend(slot, claim);
    if (claim.standing) slot.streamedIn = this.drains;
    if (!slot.proven) {
      slot.proven = true;
      this.opening.proven();
    }
    if (this.line.size === 0) this.opening.lineEmptied();
    this.changed();
    // A subscriber of the stats may have cancelled it just now.
    if (claim.state === 'held') claim.granted(slot.connection as C);
  }

  private giveBack(claim: Claim<C>, discarded: boolean): void {
    const slot = claim.slot!;
    slot.returnedIn = this.gaveBackIn = this.drains;
    if (!discarded && !slot.provenByUse) {
      slot.provenByUse = true;
      this.opening.provenByUse();
    }
    this.connections.giveBack(claim, discarded);
  }

  /** Ends every lease on the slot, closes it, and tells the holders. */
  private revoke(slot: Slot<C>, error: PoolError): void {
    const holders = [...slot.holders];
    this.connections.condemn(slot);
    for (const claim of holders) this.giveBack(claim, true);
    this.changed();
    for (const claim of holders) claim.revoked(error);
  }

  private open(): void {
    const slot = this.host.createSlot();
    this.connections.begin(slot);
    this.opening.begun();
    this.changed();
    slot.dial();
  }

  private unqueue(claim: Claim<C>): void {
    this.line.remove(claim);
    if (this.line.size === 0) this.opening.lineEmptied();
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

  /** Begins the end: connects are given up, idle connections closed, lent ones closed when they come back. */
  private sweep(): void {
    this.swept = true;
    for (const slot of this.connections.all()) {
      if (slot.state === 'opening') this.connections.giveUp(slot);
      else if (slot.state === 'open') this.connections.condemn(slot);
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
    for (const slot of this.connections.all()) {
      if (slot.state === 'open') this.revoke(slot, closedByDestroy(this.name));
    }
  }

  private beDestroyed(): void {
    this.wake?.();
    this.wake = null;
    this.cancelVigil?.();
    this.patience?.();
    this.patience = null;
    this.state = 'destroyed';
    this.version++;
    this.host.changed();
    this.host.destroyed();
  }

  private situation(): Situation {
    const { connections, opening } = this;
    return {
      name: this.name,
      max: connections.max,
      total: connections.total,
      inUse: connections.inUse,
      opening: connections.opening,
      closing: connections.closing,
      pending: this.line.pending,
      attempts: opening.failures,
      lastFailure: opening.lastFailure,
    };
  }

  private changed(): void {
    // The last snapshot stays the last.
    if (this.state === 'destroyed') return;
    this.version++;
    this.host.changed();
  }
}
