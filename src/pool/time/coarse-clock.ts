import { longestTimer } from './clock';
import type { Cancel, Clock } from './clock';

/** So many calls a turn read the real clock: those of a pool that is used a few times in each. */
const exactCalls = 48;
/** So many times in a turn {@link CoarseClock.whenCalm} calls back at once. */
const callsAtOnce = 8;
/** Of a busy pool, one call in so many reads it: also when the event loop is blocked, and no millisecond ever ends. */
const oneIn = 32;
/** In ms. A turn that lasts longer is taken for over: the timer that is to say so may be lost, as where somebody replaces timers for a test. */
const longestTurn = 1_000;
/** In ms. A timer that fires so late was kept from it by a thread that was blocked, or by a process that was stopped. */
const blocked = 10;
/** So many more turns it gives to what has arrived meanwhile: a handshake takes some. */
const turnsAfterBlock = 4;

/**
 * The pool's clock, which is asked several times for every lease, made cheap: reading the real one costs up to 100 ns. What it says is
 * exact for every timer, and for a pool that is used a few times in a millisecond; else it is a millisecond old at the most, or
 * {@link oneIn} calls. In virtual time it is always exact.
 */
export class CoarseClock implements Clock {
  /** Counts the turns of the event loop, as far as timers tell: a chain of promises is one. */
  turns = 0;
  private time = 0;
  /** The date then. */
  private dateRead = 0;
  /** For so many calls more the time that was read last will do. */
  private left = 0;
  private exact = exactCalls;
  private tick: Cancel | null = null;
  private tickSince = 0;
  private atOnce = callsAtOnce;
  private readonly postponed = new Set<() => void>();
  private over = false;

  /** What the real clock said when this one began. */
  private readonly epoch: number;

  constructor(private readonly clock: Clock) {
    this.epoch = clock.now();
  }

  /** Milliseconds since the pool began. */
  now(): number {
    return this.left === 0 ? this.read() : this.reuse();
  }

  private reuse(): number {
    this.left--;
    return this.time;
  }

  /** The same for who only looks on: it leaves no trace. */
  peek(): number {
    return this.left === 0 ? this.clock.now() - this.epoch : this.time;
  }

  /** The time, read anew: for decisions that a blocked turn must not falsify. */
  exactly(): number {
    this.left = 0;
    return this.read();
  }

  /** What is shown to the outside: the date. It leaves no trace either. */
  stamp(): number {
    return this.left === 0 ? this.clock.date() : this.dateRead;
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
    const due = ms > longestTimer ? Infinity : this.clock.now() - this.epoch + ms;
    let turns = turnsAfterBlock;
    const fire = (): void => {
      this.turns++;
      this.left = 0;
      const isLate = turns === turnsAfterBlock ? due !== Infinity && this.fired(due) > blocked : turns > 0;
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
  whenCalm(callback: () => void): void {
    if (this.atOnce === 0 && !this.over) {
      this.postponed.add(callback);
      this.awaitEnd();
    } else {
      if (this.atOnce > 0) this.atOnce--;
      callback();
    }
  }

  /** Does not call back any more. */
  forget(callback: () => void): void {
    this.postponed.delete(callback);
  }

  /** From now on every call reads the real clock, and no timer of its own is left. */
  end(): void {
    this.over = true;
    this.left = 0;
    this.tick?.();
    this.tick = null;
    this.beCalm();
  }

  private read(): number {
    const time = this.clock.now() - this.epoch;
    const whole = time | 0;
    // An integer that is known for one is kept in a field as it is. The difference of two large numbers is a fraction to the engine, whatever
    // its value, and each field that it is ever stored in costs an allocation from then on.
    this.time = whole === time ? whole : time;
    if (this.exact > 0) {
      this.exact--;
    } else if (!this.over) {
      this.dateRead = this.clock.dateBefore();
      this.left = oneIn - 1;
      this.awaitEnd();
    }
    return this.time;
  }

  /** Of the turn. */
  private awaitEnd(): void {
    if (this.tick === null) {
      this.tickSince = this.time;
      this.tick = this.clock.after(0, this.renew, false);
    } else if (this.time - this.tickSince > longestTurn) {
      this.tick();
      this.renew();
    }
  }

  private readonly renew = (): void => {
    this.tick = null;
    this.turns++;
    this.left = 0;
    this.exact = exactCalls;
    this.beCalm();
  };

  private beCalm(): void {
    this.atOnce = callsAtOnce;
    for (const callback of this.postponed) {
      this.postponed.delete(callback);
      callback();
    }
  }
}
