import { maxTimerMs, minDelayMs, timeEpsilon } from '../time/clock';
import type { CoarseClock } from '../time/coarse-clock';
import type { BreakerOptions } from './circuit-breaker';

export interface BackoffOptions {
  /** In ms. */
  readonly retryDelay: { readonly initial: number; readonly max: number };
  readonly breaker: BreakerOptions;
}

/** A connection that was open for this time (ms), whatever the options, was not a failed connect. */
const establishedMs = 1_000;

/** The number of connections in a row that may be opened in place of one that was closed unused, before there are pauses of at most `maxUnusedPause` ms. */
const unusedInARow = 2;
const maxUnusedPause = 100;

/**
 * Counts what went wrong in a row, and derives the pauses before the next connect: a delay that doubles from failure to failure, with full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 *
 * For `min` alone, while no caller waits, the pauses go on doubling without an end: the target is tried again when it has been down for twice
 * as long.
 *
 * Failures are forgotten when a connection is lent, not when it opens: a connection that ends before its first lease is a failed connect, and
 * must not be opened again in a hot loop.
 */
export class Backoff {
  /** The number of connects that failed in a row. */
  failures = 0;
  /** The number of connections in a row that were lost soon after they opened, before their first lease was released. */
  private earlyLosses = 0;
  private lastEarlyLossAt = 0;
  /** The number of connections since the last lease that were open for long, and were lost before their first lease. */
  private idleLosses = 0;
  /** The number of connections in a row that were closed unused soon after they opened: by `refresh` or `resize`, for their age or idle time. */
  private generation = 0;
  /** No connect begins before this time while failures or losses count. */
  private notBefore = 0;
  /** No connect for `min` alone begins before this time. */
  private minNotBefore = 0;

  constructor(
    private readonly options: BackoffOptions,
    private readonly clock: CoarseClock,
    private readonly random: () => number,
  ) {}

  /** The pause (ms) until the next connect; 0: none. */
  get pause(): number {
    return this.pauseUntil(this.notBefore);
  }

  /** The pause (ms) until the next connect for `min` alone; 0: none. */
  get pauseForMin(): number {
    return this.failures + this.idleLosses > 0 ? orNow(this.minNotBefore - this.clock.now()) : 0;
  }

  connectBegan(attempt: { generation: number }): void {
    attempt.generation = this.generation;
  }

  // ---------------------------------------------------------------- forgotten

  firstLent(): void {
    this.generation = 0;
  }

  forgetFailures(): void {
    this.failures = 0;
    this.idleLosses = 0;
  }

  firstReturned(): void {
    this.earlyLosses = 0;
  }

  // ---------------------------------------------------------------- counted

  /** A connect has failed while the breaker is closed. */
  pauseAfterFailure(): void {
    this.pauseAfter(this.failures);
  }

  /** The breaker has opened: its own pause replaces the others. */
  pauseForProbe(): void {
    this.notBefore = this.clock.now() + Math.max(minDelayMs, this.options.breaker.probeAfter);
  }

  /**
   * A connection was lost during its first lease, `age` ms after it opened. A target that accepts connections and closes them at once is as good as
   * down, and must not be connected to again and again without a pause. The first such loss may be chance.
   */
  lostEarly(age: number): void {
    if (age >= Math.max(minDelayMs, this.options.retryDelay.max)) return;
    // Connections that one outage ends together are one loss: only a connection that was opened after the last loss tells more of the target.
    const now = this.clock.now();
    if (this.earlyLosses > 0 && this.lastEarlyLossAt - (now - age) > timeEpsilon) return;
    this.lastEarlyLossAt = now;
    this.earlyLosses++;
    if (this.earlyLosses > 1) this.pauseAfter(this.earlyLosses - 1);
  }

  /**
   * Whether a connection that was lost, or failed its validation, `age` ms after it opened and before its first lease, was a failed connect. Servers
   * close idle connections: that does not mean that the target is down. A connection of `min` is then opened again less and less often.
   */
  isFailedConnect(age: number, isTripped: boolean): boolean {
    if (age < Math.max(establishedMs, this.options.retryDelay.max)) return true;
    this.idleLosses++;
    this.scheduleMinRetry(isTripped);
    return false;
  }

  /**
   * The pool itself closes a connection `age` ms after it opened, unused. A `refresh` or `resize` just then may cause that; if it happens to the
   * next connection too, and to the one after it, something closes whatever is opened.
   */
  closedUnused({ generation }: { generation: number }, age: number): void {
    if (age >= establishedMs || generation !== this.generation) return;
    const times = ++this.generation - unusedInARow;
    if (times > 0) this.pauseFor(Math.min(doubled(minDelayMs, times - 1), maxUnusedPause));
  }

  scheduleMinRetry(isTripped: boolean): void {
    const { retryDelay, breaker } = this.options;
    const pauses = doubled(Math.max(minDelayMs, retryDelay.initial), this.failures + this.idleLosses - 1);
    const probes = doubled(breaker.probeAfter, Math.max(0, this.failures - breaker.failures));
    const pause = isTripped ? Math.max(pauses, probes) : pauses;
    this.minNotBefore = pause > maxTimerMs ? Infinity : this.clock.now() + pause;
  }

  private pauseAfter(times: number): void {
    const { initial, max } = this.options.retryDelay;
    const ceiling = Math.min(doubled(initial, times - 1), max);
    this.pauseFor(Math.max(minDelayMs, this.random() * ceiling));
  }

  private pauseFor(ms: number): void {
    // A pause that has another reason is not cut short.
    const now = this.clock.now();
    this.notBefore = now + Math.max(this.pauseUntil(this.notBefore), ms);
  }

  private pauseUntil(time: number): number {
    return this.failures > 0 || this.earlyLosses > 1 || this.generation > unusedInARow
      ? orNow(time - this.clock.now())
      : 0;
  }
}

/** Doubled `times` times, but never by an infinite factor: 0 · ∞ is no number. */
const doubled = (ms: number, times: number): number => ms * 2 ** Math.min(times, 1_000);

const orNow = (ms: number): number => (ms > timeEpsilon ? ms : 0);
