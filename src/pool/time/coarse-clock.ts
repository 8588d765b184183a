import { maxTimerMs } from './clock';
import type { Cancel, Clock } from './clock';

/** The number of calls in a turn that read the real clock: enough for a pool that is used a few times in each turn. */
const exactReads = 48;
/** The number of times in a turn that {@link CoarseClock.onTurnEnd} calls back at once. */
const immediateCalls = 8;
/** In a busy pool, one of this number of calls reads the real clock, even if the event loop is blocked and no turn ends. */
const callsPerRead = 32;
/** In ms. A longer turn is considered over: the timer that ends it may be lost, for example if a test replaces the timers. */
const maxTurnMs = 1_000;
/** In ms. A timer that is later than this was delayed by a blocked thread or a stopped process. */
const blockedMs = 10;
/** The number of turns that a late timer waits for input that has arrived meanwhile: a handshake takes several. */
const turnsAfterBlock = 4;

/**
 * A cheap clock for the pool, which reads the time several times for every lease: reading the real clock costs up to 100 ns. The time is
 * exact for every timer, and for a pool that is used a few times in a millisecond; otherwise it is at most one millisecond or
 * {@link callsPerRead} calls old. In virtual time it is always exact.
 */
export class CoarseClock implements Clock {
  /** The number of turns of the event loop, as far as timers show: a chain of promises counts as one. */
  turns = 0;
  private time = 0;
  /** The date of the last reading. */
  private dateRead = 0;
  /** The number of calls for which the last reading is reused. */
  private readsLeft = 0;
  private exactReadsLeft = exactReads;
  private tick: Cancel | null = null;
  private tickSince = 0;
  private immediateLeft = immediateCalls;
  private readonly postponed = new Set<() => void>();
  private ended = false;

  /** The reading of the real clock when this one was created. */
  private readonly epoch: number;

  constructor(private readonly clock: Clock) {
    this.epoch = clock.now();
  }

  /** Milliseconds since the pool was created. */
  now(): number {
    return this.readsLeft === 0 ? this.read() : this.reuse();
  }

  private reuse(): number {
    this.readsLeft--;
    return this.time;
  }

  /** The same for observers: it changes nothing in the clock. */
  peek(): number {
    return this.readsLeft === 0 ? this.clock.now() - this.epoch : this.time;
  }

  /** The time, read from the real clock: for decisions that a blocked turn must not distort. */
  readExactly(): number {
    this.readsLeft = 0;
    return this.read();
  }

  /** The date, as stats and events show it. It changes nothing in the clock either. */
  stamp(): number {
    return this.readsLeft === 0 ? this.clock.date() : this.dateRead;
  }

  date(): number {
    return this.stamp();
  }

  dateBefore(): number {
    return this.dateRead;
  }

  leaps(): number {
    return this.clock.leaps();
  }

  fired(due: number): number {
    return this.clock.fired(due + this.epoch);
  }

  /**
   * A timer that is late because the thread was blocked waits for some more turns of the event loop first: input that has arrived meanwhile
   * is processed before a deadline expires.
   */
  after(ms: number, callback: () => void, held: boolean): Cancel {
    const due = ms > maxTimerMs ? Infinity : this.clock.now() - this.epoch + ms;
    let turns = turnsAfterBlock;
    const fire = (): void => {
      this.turns++;
      this.readsLeft = 0;
      const isLate = turns === turnsAfterBlock ? due !== Infinity && this.fired(due) > blockedMs : turns > 0;
      if (!isLate) {
        callback();
        return;
      }
      turns--;
      cancel = this.clock.after(0, fire, held);
    };
    let cancel = this.clock.after(ms, fire, held);
    return () => {
      cancel();
    };
  }

  /** For callbacks that cost more than a lease and may be delayed: calls back at once a few times in a turn, afterwards at its end. */
  onTurnEnd(callback: () => void): void {
    if (this.immediateLeft === 0 && !this.ended) {
      this.postponed.add(callback);
      this.awaitTurnEnd();
    } else {
      if (this.immediateLeft > 0) this.immediateLeft--;
      callback();
    }
  }

  /** Removes a callback that waits for the end of the turn. */
  forget(callback: () => void): void {
    this.postponed.delete(callback);
  }

  /** Stops its own timer; from now on every call reads the real clock. */
  end(): void {
    this.ended = true;
    this.readsLeft = 0;
    this.tick?.();
    this.tick = null;
    this.flushTurn();
  }

  private read(): number {
    const time = this.clock.now() - this.epoch;
    const whole = time | 0;
    // V8 stores a small integer in a field directly. It treats the difference of two large numbers as a double, whatever its value, and each
    // field in which that is stored costs an allocation from then on.
    this.time = whole === time ? whole : time;
    if (this.exactReadsLeft > 0) {
      this.exactReadsLeft--;
    } else if (!this.ended) {
      this.dateRead = this.clock.dateBefore();
      this.readsLeft = callsPerRead - 1;
      this.awaitTurnEnd();
    }
    return this.time;
  }

  /** Sets the timer that ends the turn. */
  private awaitTurnEnd(): void {
    if (this.tick === null) {
      this.tickSince = this.time;
      this.tick = this.clock.after(0, this.renew, false);
    } else if (this.time - this.tickSince > maxTurnMs) {
      this.tick();
      this.renew();
    }
  }

  private readonly renew = (): void => {
    this.tick = null;
    this.turns++;
    this.readsLeft = 0;
    this.exactReadsLeft = exactReads;
    this.flushTurn();
  };

  private flushTurn(): void {
    this.immediateLeft = immediateCalls;
    for (const callback of this.postponed) {
      this.postponed.delete(callback);
      callback();
    }
  }
}
