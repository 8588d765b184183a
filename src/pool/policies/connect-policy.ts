import type { Timings } from '../metrics/timings';
import { minDelayMs, timeEpsilon } from '../time/clock';
import type { CoarseClock } from '../time/coarse-clock';
import { expensive, TurnBudget } from '../time/turn-budget';
import { mistakeOf } from '../values/connector-mistake';
import { Backoff } from './backoff';
import type { BackoffOptions } from './backoff';
import { CircuitBreaker } from './circuit-breaker';
import type { Attempt, BreakerState } from './circuit-breaker';
import { SlowStart } from './slow-start';
import { StandingQueue } from './standing-queue';

export interface ConnectPolicyOptions extends BackoffOptions {
  readonly maxOpening: number;
}

/** The demand for connections, in numbers of connections. */
export interface Demand {
  /** For the waiting callers. */
  readonly waiting: number;
  /** All callers so far, including those that wait. */
  readonly arrived: number;
  /** For the items that batches have received and not started. */
  readonly heldBack: number;
  /** For the tasks of batches, working and waiting. */
  readonly batchWidth: number;
  /** The connections that a warm-up lacks, and those that `min` lacks. */
  readonly toWarmUp: number;
  readonly toKeep: number;
  /** The connections that are open, and the connects under way. */
  readonly total: number;
  readonly opening: number;
}

/** Connects faster than this (ms) predict nothing: their duration is that of our own process. If all are that fast, slow start is fast too. */
const measurableMs = 5;

/**
 * Decides when a connect may begin, and how many at once.
 *
 * - Turnover: once the durations of leases and connects are known, connects begin only for the demand that the open connections will not have
 *   served before a new one is open, at most `maxOpening` at once.
 * - A standing queue is demand, whatever turnover says: a queue that has not been empty for one connect time (see `StandingQueue`).
 * - Slow start, for a standing queue, and until those durations are known (see `SlowStart`). A batch states its width, and needs no slow start.
 * - After failures, pauses (see `Backoff`), and after a number of failures in a row, the breaker (see `CircuitBreaker`).
 */
export class ConnectPolicy {
  lastFailure: unknown = undefined;
  /** Whether the last failure was a failed connect or a failed validation. */
  failedPhase: 'open' | 'validate' = 'open';

  private readonly circuitBreaker: CircuitBreaker;
  private readonly backoff: Backoff;
  private readonly slowStart: SlowStart;
  private readonly standingQueue: StandingQueue;
  private readonly budget: TurnBudget;
  /** Whether a connection was ever lent. */
  private everLent = false;

  constructor(
    private readonly options: ConnectPolicyOptions,
    clock: CoarseClock,
    random: () => number,
    private readonly timings: Timings,
  ) {
    this.circuitBreaker = new CircuitBreaker(options.breaker);
    this.backoff = new Backoff(options, clock, random);
    this.slowStart = new SlowStart(options.maxOpening);
    this.standingQueue = new StandingQueue(clock);
    this.budget = new TurnBudget(clock);
  }

  get breaker(): BreakerState {
    return this.circuitBreaker.state;
  }

  /** The number of connects that failed in a row. */
  get failures(): number {
    return this.backoff.failures;
  }

  /** The pause (ms) until the next connect after failures; 0: none. */
  get nextConnectIn(): number {
    return this.backoff.pause;
  }

  /** The time (ms) until one more connect may begin for this demand: 0 is now, Infinity is not before another event. */
  due(demand: Demand): number {
    const { waiting, arrived, toWarmUp, toKeep, opening } = demand;
    const { standingQueue, backoff, circuitBreaker } = this;
    if (standingQueue.isEmpty || standingQueue.sinceChange < minDelayMs) standingQueue.startCounting(arrived);
    const wanted = Math.max(waiting, toWarmUp);
    if (opening >= Math.max(wanted, toKeep)) return Infinity;
    const pause = Math.max(backoff.pause, this.budget.isSpent ? minDelayMs : 0);
    const delay = opening < wanted ? pause : Math.max(pause, backoff.pauseForMin);
    if (circuitBreaker.isTripped) return opening > 0 || circuitBreaker.isProbing ? Infinity : delay;
    // Warm-ups and `min` want their connections whether or not a lease ends soon.
    if (opening < Math.max(toWarmUp, toKeep)) {
      return opening < (this.failures === 0 ? this.options.maxOpening : this.slowStart.window) ? delay : Infinity;
    }
    if (this.failures > 0) return opening < this.slowStart.window ? delay : Infinity;
    return Math.max(delay, this.dueForQueue(demand));
  }

  private dueForQueue({ waiting, arrived, heldBack, batchWidth, total, opening }: Demand): number {
    const { meanHold, meanOpen } = this.timings;
    const { maxOpening } = this.options;
    const { standingQueue, slowStart, connectTime } = this;
    if (standingQueue.isEmpty) this.restartIfLapsed();
    if (meanHold < 0 || meanOpen < measurableMs) return opening < slowStart.window ? 0 : Infinity;
    const expected = standingQueue.expectedArrivals(arrived, connectTime);
    if (opening < this.unserved(waiting + heldBack + expected, total)) return opening < maxOpening ? 0 : Infinity;
    // Either the estimate is wrong, or callers come back as soon as they have been served.
    const window = Math.min(maxOpening, Math.max(slowStart.window, batchWidth - total));
    if (opening >= window) return Infinity;
    const due = connectTime - standingQueue.standingTime;
    return due > timeEpsilon ? due : 0;
  }

  /**
   * The number of connections that the demand needs beyond the open ones, which will have served part of it by the time a new one is open. A
   * connection that serves several callers in a connect time is needed once for all of them.
   */
  private unserved(demand: number, total: number): number {
    const { meanHold, meanOpen } = this.timings;
    if (meanHold === 0) return total === 0 ? Math.min(1, demand) : 0;
    return (demand - (total * meanOpen) / meanHold) * Math.min(1, meanHold / meanOpen);
  }

  private get connectTime(): number {
    return Math.max(minDelayMs, this.timings.meanOpen);
  }

  // ---------------------------------------------------------------- the queue

  /** Callers wait at the end of a pass. */
  queueFilled(): void {
    if (!this.standingQueue.isEmpty) return;
    this.restartIfLapsed();
    this.standingQueue.filled();
  }

  /** A queue that fills and empties within one pass does not count. */
  queueEmptied(): void {
    if (!this.standingQueue.isEmpty) this.standingQueue.emptied(this.connectTime);
  }

  /** The first connection is open: turnover begins with it. */
  queueRestarts(): void {
    this.standingQueue.restart();
  }

  private restartIfLapsed(): void {
    if (this.everLent && this.standingQueue.hasLapsed(this.connectTime)) this.slowStart.restart();
  }

  // ---------------------------------------------------------------- connects

  connectBegan(attempt: Attempt): void {
    this.budget.spend(1);
    this.backoff.connectBegan(attempt);
    this.circuitBreaker.connectBegan(attempt);
  }

  connected(waiting: number): void {
    this.circuitBreaker.connected();
    this.slowStart.connected(waiting);
  }

  failed(attempt: Attempt, error: unknown, phase: 'open' | 'validate'): void {
    const { backoff, circuitBreaker } = this;
    backoff.failures++;
    this.lastFailure = error;
    this.failedPhase = phase;
    this.slowStart.restart();
    const permanent = mistakeOf(error)?.isPermanent === true;
    if (circuitBreaker.failed(attempt, backoff.failures, permanent)) backoff.pauseForProbe();
    else if (!circuitBreaker.isTripped) backoff.pauseAfterFailure();
    backoff.scheduleMinRetry(circuitBreaker.isTripped);
  }

  /** The pause before a connect is over. */
  pauseOver(): void {
    this.budget.renew();
  }

  // ---------------------------------------------------------------- what becomes of a connection

  firstLent(): void {
    this.everLent = true;
    this.backoff.firstLent();
    // A connection that was opened before the failures tells nothing of the target now.
    if (this.circuitBreaker.isTripped) return;
    this.backoff.forgetFailures();
    this.lastFailure = undefined;
    this.failedPhase = 'open';
  }

  firstReturned(): void {
    this.backoff.firstReturned();
  }

  /** A connection was lost during its first lease, `age` ms after it opened. */
  lostEarly(age: number): void {
    if (!this.circuitBreaker.isTripped) this.backoff.lostEarly(age);
  }

  /** Whether a connection that ended `age` ms after it opened, before its first lease, was a failed connect. */
  isFailedConnect(age: number): boolean {
    return this.backoff.isFailedConnect(age, this.circuitBreaker.isTripped);
  }

  /** A connect was abandoned, or a connection closed before its first lease was released. */
  openedInVain(): void {
    this.budget.spend(expensive - 1);
  }

  /** The pool itself closes a connection `age` ms after it opened, unused. */
  closedUnused(attempt: Attempt, age: number): void {
    this.backoff.closedUnused(attempt, age);
  }
}
