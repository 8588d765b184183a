import { timeEpsilon } from '../time/clock';
import type { CoarseClock } from '../time/coarse-clock';
import { isNoConnectionReturned } from '../values/no-connection-returned';
import type { Slot } from '../state/claim-and-slot';
import type { Timings } from '../metrics/timings';
import { expensive, TurnBudget } from '../time/turn-budget';

export interface ConnectPolicyOptions {
  readonly maxOpening: number;
  readonly retryDelay: { readonly initial: number; readonly max: number };
  readonly breaker: { readonly failures: number; readonly probeAfter: number };
}

export type BreakerState = 'closed' | 'open' | 'half-open';

/** A connection, as far as can be seen from it whether its connect or its first validation is under way. */
type Attempt = Pick<Slot<unknown>, 'state' | 'checking' | 'generation'>;

/** What is asked of the pool, counted in connections. */
export interface Demand {
  /** For the callers in line. */
  readonly waiting: number;
  /** Callers that have come so far, those in line included. */
  readonly arrived: number;
  /** For the items that batches know of and have not started, and for the tasks of batches, started and in line alike. */
  readonly heldBack: number;
  readonly batchWidth: number;
  /** So many more are to be open, whoever waits: for a warm-up, or for `min`. */
  readonly toWarmUp: number;
  readonly toKeep: number;
  /** Open, and under way. */
  readonly total: number;
  readonly opening: number;
}

/** With how many connects a pool that knows nothing yet begins. */
const firstWindow = 4;

/**
 * Connects of less (ms) say nothing of the next one: what was measured is our own process. If they are all so quick, slow start is, too.
 */
const measurableMs = 5;

/** By how much less than it grows the time for which the queue has stood shrinks while the queue is empty. */
const decay = 0.1;

/** A connection that was open for so long (ms), whatever the options say, was no failed connect. */
const establishedMs = 1_000;

/** So often in a row a connection may be opened in place of one that was closed unused before there are pauses, and those last so long (ms) at the most. */
const unusedInARow = 2;
const maxUnusedPause = 100;

/** No pause is shorter (ms), whatever the options and the die say: a dead target must never be a hot loop. */
const minDelayMs = 1;
/** A pause of more is for ever: no timer is as long. */
const maxDelayMs = 2 ** 31 - 1;

/**
 * When the pool may begin a connect, and how many at once.
 *
 * - Turnover: once it is known how long leases are held and connects take, connects are begun only for the demand that the open
 *   connections will not have served before a new one is there, at most `maxOpening` at once.
 * - A queue that stands is demand, whatever turnover says: one that has not been empty for one connect time (the standing queue of CoDel,
 *   Nichols and Jacobson, ACM Queue 10/5, 2012). The time is counted over the queue, not over one caller: in a closed loop each caller is
 *   served soon, and the queue is never empty. While the queue is empty the time shrinks, ten times as slowly as it grows.
 * - Slow start, as TCP has it, for a queue that stands, and until hold and connect times are known. The window doubles when a connect
 *   arrives to find more than one waiting, and falls to 1 when the queue has been empty for a while or a connect fails. A batch knows its
 *   width, and needs no slow start.
 * - After a failure, a delay that doubles from failure to failure, with full jitter
 *   (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 * - After so many failures in a row the breaker opens: then one probe at a time, after a pause.
 * - For `min` alone, while nobody waits, the pauses go on doubling without an end: the target is looked at again when it has been
 *   away for as long again.
 *
 * Failures are forgotten when a connection is lent, not when it opens: a connection that ends
 * before anyone could use it is a failed connect, and must not be tried again in a hot loop.
 */
export class ConnectPolicy {
  /** Connects that failed in a row. */
  failures = 0;
  lastFailure: unknown = undefined;
  /** What the last failure was a failure of. */
  failedPhase: 'open' | 'validate' = 'open';

  private breakerTripped = false;
  /** The last connect that began since. Whether it is still being tried only its own state says: it may be given up for many reasons. */
  private probe: Attempt | null = null;
  private window: number;
  /** Whether a connection was ever lent. */
  private everLent = false;
  /** Whether callers wait, since when they do or do not, and for how long the queue had stood by then (ms). */
  private isQueued = false;
  private queueChangedAt = 0;
  private standingTimeBefore = 0;
  /** Callers that had come when the queue began. */
  private arrivedBefore = 0;
  /** Connections in a row that were lost soon after they opened, before anyone had given them back. */
  private earlyLosses = 0;
  /** When the last of them was lost. */
  private lastEarlyLossAt = 0;
  /** Connections since the last lease that were open for long, and were lost before anyone had wanted them. */
  private idleLosses = 0;
  /** Connections in a row that were closed unused, soon after they opened: by `refresh` or `resize`, for their age or their idleness. */
  private generation = 0;
  private readonly budget: TurnBudget;
  /** While there are failures or short lives, no connect begins before this time; and none for `min` alone before that one. */
  private notBefore = 0;
  private minNotBefore = 0;

  constructor(
    private readonly options: ConnectPolicyOptions,
    private readonly clock: CoarseClock,
    private readonly random: () => number,
    private readonly timings: Timings,
  ) {
    this.window = Math.min(firstWindow, options.maxOpening);
    this.budget = new TurnBudget(clock);
  }

  get breaker(): BreakerState {
    return this.breakerTripped ? (this.isProbing ? 'half-open' : 'open') : 'closed';
  }

  private get isProbing(): boolean {
    const { probe } = this;
    return probe !== null && (probe.state === 'opening' || probe.checking === 'validate');
  }

  /** How long until one more connect may begin for this demand: 0 is now, and Infinity until something else happens. */
  due(demand: Demand): number {
    const { waiting, arrived, toWarmUp, toKeep, opening } = demand;
    // Those with whom the queue began are no rate.
    if (!this.isQueued || this.sinceQueueChanged < minDelayMs) this.arrivedBefore = arrived;
    const asked = Math.max(waiting, toWarmUp);
    if (opening >= Math.max(asked, toKeep)) return Infinity;
    const pause = Math.max(this.pauseUntil(this.notBefore), this.budget.isSpent ? minDelayMs : 0);
    const rest = opening < asked ? pause : Math.max(pause, this.pauseToKeepMin);
    if (this.breakerTripped) return opening > 0 || this.isProbing ? Infinity : rest;
    // What is to be kept or warmed up is wanted whether or not somebody comes back soon.
    if (opening < Math.max(toWarmUp, toKeep)) {
      return opening < (this.failures === 0 ? this.options.maxOpening : this.window) ? rest : Infinity;
    }
    if (this.failures > 0) return opening < this.window ? rest : Infinity;
    return Math.max(rest, this.dueForQueue(demand));
  }

  connectBegan(attempt: Attempt): void {
    this.budget.spend(1);
    attempt.generation = this.generation;
    if (this.breakerTripped) this.probe = attempt;
  }

  connected(waiting: number): void {
    this.breakerTripped = false;
    this.probe = null;
    if (waiting > 1) this.window = Math.min(this.window * 2, this.options.maxOpening);
  }

  /** The time has come for which a connect had to wait. */
  pauseOver(): void {
    this.budget.renew();
  }

  firstLent(): void {
    this.everLent = true;
    this.generation = 0;
    // A connection from before the failures says nothing of the target as it is now.
    if (this.breakerTripped) return;
    this.failures = 0;
    this.idleLosses = 0;
    this.lastFailure = undefined;
    this.failedPhase = 'open';
  }

  /** A connection has been given back by its first user. */
  firstReturned(): void {
    this.earlyLosses = 0;
  }

  /**
   * A connection that was open for so long (ms) was lost under its first user. A target that accepts and hangs up at once is as
   * good as dead, and must not be dialled again and again without a pause; once may be chance.
   */
  lostEarly(age: number): void {
    if (age >= Math.max(minDelayMs, this.options.retryDelay.max) || this.breakerTripped) return;
    // Connections that an outage ends together are one loss: only one that was opened after the last loss says more of the target.
    const now = this.clock.now();
    if (this.earlyLosses > 0 && this.lastEarlyLossAt - (now - age) > timeEpsilon) return;
    this.lastEarlyLossAt = now;
    this.earlyLosses++;
    if (this.earlyLosses > 1) this.pauseAfter(this.earlyLosses - 1);
  }

  /**
   * Whether a connection that was open for so long (ms), and ended or failed its validation before its first lease, was a failed connect.
   * Servers hang up on those who are silent: that says nothing against the target. What is kept is only renewed less and less often.
   */
  isFailedConnect(age: number): boolean {
    if (age < Math.max(establishedMs, this.options.retryDelay.max)) return true;
    this.idleLosses++;
    this.scheduleMinRetry();
    return false;
  }

  /** A connect was given up, or a connection closed before anyone had given it back. */
  openedInVain(): void {
    this.budget.spend(expensive - 1);
  }

  /**
   * A connection that was open for so long (ms) is closed by the pool itself, unused. That the pool opens one only to close it may be, where
   * it is renewed or made smaller just then; if the next goes the same way, and the next, something closes whatever is opened.
   */
  closedUnused({ generation }: Attempt, age: number): void {
    if (age >= establishedMs || generation !== this.generation) return;
    const times = ++this.generation - unusedInARow;
    if (times > 0) this.pauseFor(Math.min(doubled(minDelayMs, times - 1), maxUnusedPause));
  }

  /** Nothing more is decided for now, and callers wait. */
  queueFilled(): void {
    if (!this.isQueued) this.beginQueue();
  }

  /** A queue that is filled and emptied before anything else happens was none. */
  queueEmptied(): void {
    if (this.isQueued) this.endQueue();
  }

  /** The first connection is open: until then it was no matter of turnover. */
  queueRestarts(): void {
    this.standingTimeBefore = 0;
    this.queueChangedAt = this.clock.now();
  }

  private beginQueue(): void {
    this.shrinkWindow();
    this.standingTimeBefore = this.standingTime;
    this.queueChangedAt = this.clock.now();
    this.isQueued = true;
  }

  /** To be called before a queue begins. One that is filled again in the instant in which it was emptied, as by a closed loop, goes on. */
  private shrinkWindow(): void {
    if (this.everLent && this.sinceQueueChanged > this.connectTime * decay) this.window = 1;
  }

  private endQueue(): void {
    this.standingTimeBefore = Math.min(this.standingTime, this.connectTime);
    this.queueChangedAt = this.clock.now();
    this.isQueued = false;
  }

  /** For how long the queue has stood (ms). */
  private get standingTime(): number {
    const since = this.sinceQueueChanged;
    return this.isQueued ? this.standingTimeBefore + since : Math.max(0, this.standingTimeBefore - since * decay);
  }

  /** Never less than 0, also when the clock has been set back. */
  private get sinceQueueChanged(): number {
    return Math.max(0, this.clock.now() - this.queueChangedAt);
  }

  private get connectTime(): number {
    return Math.max(minDelayMs, this.timings.meanOpen);
  }

  failed(attempt: Attempt, error: unknown, phase: 'open' | 'validate'): void {
    const { breaker } = this.options;
    this.failures++;
    this.lastFailure = error;
    this.failedPhase = phase;
    this.window = 1;
    // What connect returns does not get better by itself: nobody should wait for it.
    const hopeless = isNoConnectionReturned(error);
    if (this.breakerTripped ? attempt === this.probe : hopeless || this.failures >= breaker.failures) {
      this.breakerTripped = true;
      this.probe = null;
      this.notBefore = this.clock.now() + Math.max(minDelayMs, breaker.probeAfter);
    } else if (!this.breakerTripped) {
      this.pauseAfter(this.failures);
    }
    this.scheduleMinRetry();
  }

  private dueForQueue({ waiting, arrived, heldBack, batchWidth, total, opening }: Demand): number {
    const { meanHold, meanOpen } = this.timings;
    const { maxOpening } = this.options;
    if (!this.isQueued) this.shrinkWindow();
    if (meanHold < 0 || meanOpen < measurableMs) return opening < this.window ? 0 : Infinity;
    if (opening < this.unserved(waiting + heldBack + this.expectedArrivals(arrived), total))
      return opening < maxOpening ? 0 : Infinity;
    // Either the estimate is wrong, or callers come back as soon as they have been served.
    const window = Math.min(maxOpening, Math.max(this.window, batchWidth - total));
    return opening < window ? orNow(this.connectTime - this.standingTime) : Infinity;
  }

  /** How many more callers come in the time of a connect, when they come as they have come since the queue began. */
  private expectedArrivals(arrived: number): number {
    const { connectTime } = this;
    return ((arrived - this.arrivedBefore) * connectTime) / Math.max(connectTime, this.sinceQueueChanged);
  }

  /**
   * How many more connections the demand needs that the open ones will not have served by the time a new one is there. One that serves
   * several in the time of a connect is needed once for all of them.
   */
  private unserved(demand: number, total: number): number {
    const { meanHold, meanOpen } = this.timings;
    if (meanHold === 0) return total === 0 ? Math.min(1, demand) : 0;
    return (demand - (total * meanOpen) / meanHold) * Math.min(1, meanHold / meanOpen);
  }

  private pauseUntil(time: number): number {
    return this.failures > 0 || this.earlyLosses > 1 || this.generation > unusedInARow
      ? orNow(time - this.clock.now())
      : 0;
  }

  /** How long until a connect may begin after those that failed (ms); 0 is now. */
  get nextConnectIn(): number {
    return this.pauseUntil(this.notBefore);
  }

  private get pauseToKeepMin(): number {
    return this.failures + this.idleLosses > 0 ? orNow(this.minNotBefore - this.clock.now()) : 0;
  }

  private pauseAfter(times: number): void {
    const { initial, max } = this.options.retryDelay;
    const ceiling = Math.min(doubled(initial, times - 1), max);
    this.pauseFor(Math.max(minDelayMs, this.random() * ceiling));
  }

  private pauseFor(ms: number): void {
    // A pause that there is for another reason is not cut short.
    const now = this.clock.now();
    this.notBefore = now + Math.max(this.pauseUntil(this.notBefore), ms);
  }

  private scheduleMinRetry(): void {
    const { retryDelay, breaker } = this.options;
    const pauses = doubled(Math.max(minDelayMs, retryDelay.initial), this.failures + this.idleLosses - 1);
    const probes = doubled(breaker.probeAfter, Math.max(0, this.failures - breaker.failures));
    const pause = this.breakerTripped ? Math.max(pauses, probes) : pauses;
    this.minNotBefore = pause > maxDelayMs ? Infinity : this.clock.now() + pause;
  }
}

/** Doubled so often, but never by an infinite factor: of 0 that would make no number at all. */
const doubled = (ms: number, times: number): number => ms * 2 ** Math.min(times, 1_000);

const orNow = (ms: number): number => (ms > timeEpsilon ? ms : 0);
