import { maxTimerMs } from './clock';
import type { Cancel, Clock } from './clock';

/** So many calls a turn read the real clock: those of a pool that is used a few times in each. */
const exactReads = 48;
/** So many times in a turn {@link CoarseClock.onTurnEnd} calls back at once. */
const immediateCalls = 8;
/** Of a busy pool, one call in so many reads it: also when the event loop is blocked, and no millisecond ever ends. */
const callsPerRead = 32;
/** In ms. A turn that lasts longer is taken for over: the timer that is to say so may be lost, as where somebody replaces timers for a test. */
const maxTurnMs = 1_000;
/** In ms. A timer that fires so late was kept from it by a thread that was blocked, or by a process that was stopped. */
const blockedMs = 10;
/** So many more turns it gives to what has arrived meanwhile: a handshake takes some. */
const turnsAfterBlock = 4;

/**
 * The pool's clock, which is asked several times for every lease, made cheap: reading the real one costs up to 100 ns. What it says is
 * exact for every timer, and for a pool that is used a few times in a millisecond; else it is a millisecond old at the most, or
 * {@link callsPerRead} calls. In virtual time it is always exact.
 */
export class CoarseClock implements Clock {
  /** Counts the turns of the event loop, as far as timers tell: a chain of promises is one. */
  turns = 0;
  private time = 0;
  /** The date then. */
  private dateRead = 0;
  /** For so many calls more the time that was read last will do. */
  private readsLeft = 0;
  private exactReadsLeft = exactReads;
  private tick: Cancel | null = null;
  private tickSince = 0;
  private immediateLeft = immediateCalls;
  private readonly postponed = new Set<() => void>();
  private ended = false;

  /** What the real clock said when this one began. */
  private readonly epoch: number;

  constructor(private readonly clock: Clock) {
    this.epoch = clock.now();
  }

  /** Milliseconds since the pool began. */
  now(): number {
    return this.readsLeft === 0 ? this.read() : this.reuse();
  }

  private reuse(): number {
    this.readsLeft--;
    return this.time;
  }

  /** The same for who only looks on: it leaves no trace. */
  peek(): number {
    return this.readsLeft === 0 ? this.clock.now() - this.epoch : this.time;
  }

  /** The time, read anew: for decisions that a blocked turn must not falsify. */
  exactly(): number {
    this.readsLeft = 0;
    return this.read();
  }

  /** What is shown to the outside: the date. It leaves no trace either. */
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
   * A timer that is late because the thread was blocked lets the event loop turn some more times first: what has arrived meanwhile counts before
   * a deadline does.
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

  /** For what costs more than a lease, and may wait: calls back at once, unless it did so often in this turn; then at its end. */
  onTurnEnd(callback: () => void): void {
    if (this.immediateLeft === 0 && !this.ended) {
      this.postponed.add(callback);
      this.awaitTurnEnd();
    } else {
      if (this.immediateLeft > 0) this.immediateLeft--;
      callback();
    }
  }

  /** Does not call back any more. */
  forget(callback: () => void): void {
    this.postponed.delete(callback);
  }

  /** From now on every call reads the real clock, and no timer of its own is left. */
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
    // An integer that is known for one is kept in a field as it is. The difference of two large numbers is a fraction to the engine, whatever
    // its value, and each field that it is ever stored in costs an allocation from then on.
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

  /** Of the turn. */
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
