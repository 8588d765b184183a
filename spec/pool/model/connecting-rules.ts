import type { ModelConnection, ModelOptions } from './shapes';

/** The shortest pause before another connect, whatever the options say (ms): never a hot loop. */
const shortestPause = 1;

/** A connection that lasted for this time (ms) was established, whatever the options say. */
const longLife = 1_000;

/** The longest pause between connections that are closed unused, one after the other (ms). */
const longestVainPause = 100;

/** The longest timer. */
const forEver = 2 ** 31 - 1;

/** Sums of fractions of a millisecond have rounding errors, which must not matter. */
export const hair = 1e-6;

/** Stands for a failure whose error the pool created itself, for example when a connect timed out. */
export const madeByThePool = Symbol('an error that the pool made');

/**
 * What the contract requires about when a connect may begin, and when one must. In between the pool is free: the model does not predict
 * how many it opens at once, and where within the jitter a pause ends.
 */
export class ConnectingRules {
  private tripped = false;
  /** The last connect that began since then. */
  private probe: ModelConnection | null = null;
  failuresInRow = 0;
  lastFailure: unknown = undefined;
  /** The phase that failed. */
  failedPhase: 'open' | 'validate' = 'open';
  /** Connections in a row that were lost early, before they were first released: a target that disconnects at once counts as down. */
  private shortLives = 0;
  /** Connections since the last lease that the pool has closed, or abandoned, without one. */
  private unusedEnds = 0;
  private endedEarlyAt = 0;
  private failedAt = 0;
  private brokenAt = 0;
  /** No pause is longer than that. */
  private pausesEnd = -Infinity;

  /** Connections in a row that were lost unused after a long time: no failures, but the pool connects with pauses. */
  private unusedLives = 0;
  /** For `min` alone no connect begins before this time. */
  private restsUntil = -Infinity;

  constructor(private readonly options: ModelOptions) {}

  /** While a probe is opening, or being validated for the first time, the breaker is half-open, but not after it was abandoned. */
  get breaker(): 'closed' | 'open' | 'half-open' {
    const { probe } = this;
    if (!this.tripped) return 'closed';
    const isTried = probe?.state === 'opening' || (probe?.state === 'open' && probe.check === 'validate');
    return isTried ? 'half-open' : 'open';
  }

  failed(connection: ModelConnection | null, error: unknown, now: number, phase: 'open' | 'validate'): void {
    const { breaker } = this.options;
    this.failuresInRow++;
    this.lastFailure = error;
    this.failedPhase = phase;
    this.failedAt = now;
    if (this.tripped && connection !== this.probe) {
      this.restLonger(now);
      return;
    }
    if (breaker !== false && (this.tripped || this.failuresInRow >= breaker.failures)) {
      this.tripped = true;
      this.probe = null;
      this.brokenAt = now;
      this.pauseAtMost(now, this.probeAfter);
    } else {
      this.pauseAtMost(now, this.longestPauseAfter(this.failuresInRow));
    }
    this.restLonger(now);
  }

  arrived(): void {
    // The probe shows that the target works: a failure beside it calls for no pause.
    if (this.tripped) this.failedAt = -Infinity;
    this.tripped = false;
    this.probe = null;
  }

  /** A connection has been lent for the first time. Before that it has proven nothing; nor does one that opened before the failures. */
  proven(): void {
    this.unusedEnds = 0;
    if (this.breaker !== 'closed') return;
    this.failuresInRow = this.unusedLives = 0;
    this.lastFailure = undefined;
    this.failedPhase = 'open';
  }

  /** A connection was lost at that age, and had never been released. */
  endedEarly(age: number, now: number): void {
    if (age >= Math.max(shortestPause, this.options.retryDelay.max) || this.breaker !== 'closed') return;
    // Connections that end together, or were opened before the others ended, count as one loss.
    if (this.shortLives > 0 && now - age < this.endedEarlyAt - hair) return;
    this.shortLives++;
    this.endedEarlyAt = now;
    // A single loss may be chance.
    if (this.shortLives > 1) this.pauseAtMost(now, this.longestPauseAfter(this.shortLives - 1));
  }

  /** Whether a connection that ended or failed its validation at that age, and that was never lent, was a failed connect. */
  failedUnused(age: number, now: number): boolean {
    if (age < Math.max(longLife, this.options.retryDelay.max)) return true;
    this.unusedLives++;
    this.restLonger(now);
    return false;
  }

  /** A connection was released for the first time. */
  givenBack(): void {
    this.shortLives = 0;
  }

  /** The pool closes a connection that was never lent, or abandons a connect. When that happens repeatedly, it may pause. */
  endsUnused(now: number): void {
    if (++this.unusedEnds > 2) this.pauseAtMost(now, longestVainPause);
  }

  /** A connect begins. Returns what forbids it, or null. */
  begun(now: number, underWay: number, forMinAlone: boolean): string | null {
    if (forMinAlone && this.failuresInRow + this.unusedLives > 0 && now < this.restsUntil - hair)
      return 'a connect for min alone, which could wait longer';
    if (this.breaker === 'open') {
      if (underWay > 0) return 'a probe of a dead target while another connect is under way';
      return now < this.brokenAt + this.probeAfter - hair ? 'a probe of a dead target before its time' : null;
    }
    if (this.breaker === 'half-open') return 'a second connect beside the probe of a dead target';
    if (underWay >= this.options.maxOpening) return 'more connects under way than maxOpening';
    if (this.failuresInRow > 0 && now < this.failedAt + shortestPause - hair)
      return 'a connect right after one that failed';
    if (this.shortLives > 1 && now < this.endedEarlyAt + shortestPause - hair)
      return 'a connect to a target that hangs up';
    return null;
  }

  hasBegun(connection: ModelConnection): void {
    if (this.tripped) this.probe = connection;
  }

  /** From then on a wanted connect must be in progress. A pause that began for an earlier reason may run to its end. */
  get mustBeginAt(): number {
    const paused = this.breaker === 'open' || this.failuresInRow > 0 || this.shortLives > 1 || this.unusedEnds > 2;
    return paused ? this.pausesEnd : -Infinity;
  }

  /** There are no failures of the target. */
  get undisturbed(): boolean {
    return (
      this.breaker === 'closed' && this.failuresInRow + this.unusedLives + this.shortLives === 0 && this.unusedEnds <= 2
    );
  }

  /** The same for `min`, while no caller waits. */
  get mustKeepAt(): number {
    return this.failuresInRow + this.unusedLives > 0 ? Math.max(this.mustBeginAt, this.restsUntil) : this.mustBeginAt;
  }

  /** While no caller waits, the pauses double without an end: those between connects, and those between probes. */
  private restLonger(now: number): void {
    const { retryDelay, breaker } = this.options;
    const pause = Math.max(shortestPause, retryDelay.initial) * 2 ** (this.failuresInRow + this.unusedLives - 1);
    const beyond = breaker === false ? 0 : Math.max(0, this.failuresInRow - breaker.failures);
    const probe = breaker === false || this.breaker === 'closed' ? 0 : breaker.probeAfter * 2 ** beyond;
    const longer = Math.max(pause, probe);
    this.restsUntil = longer > forEver ? Infinity : now + longer;
  }

  private pauseAtMost(now: number, ms: number): void {
    this.pausesEnd = Math.max(this.pausesEnd, now + Math.max(shortestPause, ms));
  }

  private longestPauseAfter(times: number): number {
    const { initial, max } = this.options.retryDelay;
    return Math.min(initial * 2 ** (times - 1), max);
  }

  private get probeAfter(): number {
    const { breaker } = this.options;
    return breaker === false ? Infinity : Math.max(shortestPause, breaker.probeAfter);
  }
}
