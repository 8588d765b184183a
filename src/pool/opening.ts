import { hair } from './clock';
import type { Clock } from './clock';
import type { Slot } from './slot';
import type { Timings } from './timings';

export interface OpeningOptions {
  readonly maxOpening: number;
  readonly retryDelay: { readonly initial: number; readonly max: number };
  readonly breaker: { readonly failures: number; readonly probeAfter: number };
}

export type BreakerState = 'closed' | 'open' | 'half-open';

/** A connection, as far as can be seen from it whether its connect or its first validation is under way. */
type Attempt = Pick<Slot<unknown>, 'state' | 'checking'>;

/** What is asked of the pool, counted in connections. */
export interface Demand {
  /** For those in line: how many, and how long the first of them has been there (ms). */
  readonly waiting: number;
  readonly waited: number;
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
const measurable = 5;

/** A connection that was open for so long (ms), whatever the options say, was no failed connect. */
const longLife = 1_000;

/** No pause is shorter (ms), whatever the options and the die say: a dead target must never be a hot loop. */
const shortest = 1;
/** A pause of more is for ever: no timer is as long. */
const longest = 2 ** 31 - 1;

/**
 * When the pool may begin a connect, and how many at once.
 *
 * - Turnover: once it is known how long leases are held and connects take, connects are begun only for those whom the open
 *   connections will not have served before a new one is there, at most `maxOpening` at once.
 * - Slow start, as TCP has it, until that is known, and whenever it turns out wrong: when somebody has waited for as long as a connect
 *   takes. The window doubles when a connect arrives to find more than one waiting, and falls to 1 when the line empties or a
 *   connect fails.
 * - After a failure, a delay that doubles from failure to failure, with full jitter
 *   (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 * - After so many failures in a row the breaker opens: then one probe at a time, after a pause.
 * - For `min` alone, while nobody waits, the pauses go on doubling without an end: the target is looked at again when it has been
 *   away for as long again.
 *
 * Failures are forgotten when a connection is lent, not when it opens: a connection that ends
 * before anyone could use it is a failed connect, and must not be tried again in a hot loop.
 */
export class Opening {
  /** Connects that failed in a row. */
  failures = 0;
  lastFailure: unknown = undefined;
  /** What the last failure was a failure of. */
  failedPhase: 'open' | 'validate' = 'open';

  private tripped = false;
  /** The last connect that began since. Whether it is still being tried only its own state says: it may be given up for many reasons. */
  private probe: Attempt | null = null;
  private window: number;
  /** Connections in a row that were lost soon after they opened, before anyone had given them back. */
  private shortLives = 0;
  /** Connections since the last lease that were open for long, and were lost before anyone had wanted them. */
  private unusedLives = 0;
  /** While there are failures or short lives, no connect begins before this time; and none for `min` alone before that one. */
  private notBefore = 0;
  private keepNotBefore = 0;

  constructor(
    private readonly options: OpeningOptions,
    private readonly clock: Clock,
    private readonly random: () => number,
    private readonly timings: Timings,
  ) {
    this.window = Math.min(firstWindow, options.maxOpening);
  }

  get breaker(): BreakerState {
    return this.tripped ? (this.isProbing ? 'half-open' : 'open') : 'closed';
  }

  private get isProbing(): boolean {
    const { probe } = this;
    return probe !== null && (probe.state === 'opening' || probe.checking === 'validate');
  }

  /** How long until one more connect may begin for this demand: 0 is now, and Infinity until something else happens. */
  due(demand: Demand): number {
    const { waiting, toWarmUp, toKeep, opening } = demand;
    const asked = Math.max(waiting, toWarmUp);
    if (opening >= Math.max(asked, toKeep)) return Infinity;
    const rest =
      opening < asked ? this.restUntil(this.notBefore) : Math.max(this.restUntil(this.notBefore), this.restToKeep);
    if (this.tripped) return opening > 0 || this.isProbing ? Infinity : rest;
    // What is to be kept or warmed up is wanted whether or not somebody comes back soon.
    if (opening < Math.max(toWarmUp, toKeep)) {
      return opening < (this.failures === 0 ? this.options.maxOpening : this.window) ? rest : Infinity;
    }
    if (this.failures > 0) return opening < this.window ? rest : Infinity;
    return Math.max(rest, this.dueForTheLine(demand));
  }

  begun(attempt: Attempt): void {
    if (this.tripped) this.probe = attempt;
  }

  arrived(waiting: number): void {
    this.tripped = false;
    this.probe = null;
    if (waiting > 1) this.window = Math.min(this.window * 2, this.options.maxOpening);
  }

  proven(): void {
    // A connection from before the failures says nothing of the target as it is now.
    if (this.tripped) return;
    this.failures = 0;
    this.unusedLives = 0;
    this.lastFailure = undefined;
    this.failedPhase = 'open';
  }

  /** A connection has been given back by its first user. */
  provenByUse(): void {
    this.shortLives = 0;
  }

  /**
   * A connection that was open for so long (ms) was lost under its first user. A target that accepts and hangs up at once is as
   * good as dead, and must not be dialled again and again without a pause; once may be chance.
   */
  endedEarly(age: number): void {
    if (age >= Math.max(shortest, this.options.retryDelay.max) || this.tripped) return;
    this.shortLives++;
    if (this.shortLives > 1) this.pauseAfter(this.shortLives - 1);
  }

  /**
   * Whether a connection that was open for so long (ms), and ended or failed its validation before its first lease, was a failed connect.
   * Servers hang up on those who are silent: that says nothing against the target. What is kept is only renewed less and less often.
   */
  failedUnused(age: number): boolean {
    if (age < Math.max(longLife, this.options.retryDelay.max)) return true;
    this.unusedLives++;
    this.pauseToKeep();
    return false;
  }

  lineEmptied(): void {
    this.window = 1;
  }

  failed(attempt: Attempt, error: unknown, phase: 'open' | 'validate'): void {
    const { breaker } = this.options;
    this.failures++;
    this.lastFailure = error;
    this.failedPhase = phase;
    this.window = 1;
    if (this.tripped ? attempt === this.probe : this.failures >= breaker.failures) {
      this.tripped = true;
      this.probe = null;
      this.notBefore = this.clock.now() + Math.max(shortest, breaker.probeAfter);
    } else if (!this.tripped) {
      this.pauseAfter(this.failures);
    }
    this.pauseToKeep();
  }

  /** Whom the open connections will not have served by the time a new one is there, needs one. */
  private dueForTheLine({ waiting, waited, total, opening }: Demand): number {
    const { meanHold, meanOpen } = this.timings;
    if (total === 0 || meanHold < 0 || meanOpen < measurable) return opening < this.window ? 0 : Infinity;
    const unserved = meanHold > 0 ? waiting - (total * meanOpen) / meanHold : 0;
    if (opening < unserved) return opening < this.options.maxOpening ? 0 : Infinity;
    // They should have been served by then. If not, those who hold the connections are slower than it seemed.
    return opening < this.window ? orNow(Math.max(shortest, meanOpen) - waited) : Infinity;
  }

  private restUntil(time: number): number {
    return this.failures > 0 || this.shortLives > 1 ? orNow(time - this.clock.now()) : 0;
  }

  private get restToKeep(): number {
    return this.failures + this.unusedLives > 0 ? orNow(this.keepNotBefore - this.clock.now()) : 0;
  }

  private pauseAfter(times: number): void {
    const { initial, max } = this.options.retryDelay;
    const ceiling = Math.min(doubled(initial, times - 1), max);
    // A pause that there is for another reason is not cut short.
    const now = this.clock.now();
    this.notBefore = Math.max(now + this.restUntil(this.notBefore), now + Math.max(shortest, this.random() * ceiling));
  }

  private pauseToKeep(): void {
    const { retryDelay, breaker } = this.options;
    const pauses = doubled(Math.max(shortest, retryDelay.initial), this.failures + this.unusedLives - 1);
    const probes = doubled(breaker.probeAfter, Math.max(0, this.failures - breaker.failures));
    const pause = this.tripped ? Math.max(pauses, probes) : pauses;
    this.keepNotBefore = pause > longest ? Infinity : this.clock.now() + pause;
  }
}

/** Doubled so often, but never by an infinite factor: of 0 that would make no number at all. */
const doubled = (ms: number, times: number): number => ms * 2 ** Math.min(times, 1_000);

const orNow = (ms: number): number => (ms > hair ? ms : 0);
