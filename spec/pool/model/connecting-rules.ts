import type { ModelConnection, ModelOptions } from './shapes';

/** Below this nothing is tried again, whatever the options say (ms): no hot loop, ever. */
const shortestPause = 1;

/** Who lived for so long (ms) was connected, whatever the options say. */
const longLife = 1_000;

/** No pause is longer between connections that are closed unused, one after the other (ms). */
const longestVainPause = 100;

/** No timer is set for longer. */
const forEver = 2 ** 31 - 1;

/** Sums of fractions of a millisecond are a hair too small or too large; nobody shall have to care. */
export const hair = 1e-6;

/** Stands for a failure whose error the pool made itself, as when a connect has timed out. */
export const madeByThePool = Symbol('an error that the pool made');

/**
 * What the contract fixes about when a connect may begin, and when one must. Between the two the pool is free: how many it
 * opens at once, and where within the jitter a pause ends, is not for the model to say.
 */
export class ConnectingRules {
  private tripped = false;
  /** The last connect that began since then. */
  private probe: ModelConnection | null = null;
  failuresInRow = 0;
  lastFailure: unknown = undefined;
  /** What that was a failure of. */
  failedPhase: 'open' | 'validate' = 'open';
  /** Connections in a row that were lost early, before anyone had given them back: a target that hangs up is as good as dead. */
  private shortLives = 0;
  /** Connections since the last lease that the pool has closed, or given up, without one. */
  private unusedEnds = 0;
  private endedEarlyAt = 0;
  private failedAt = 0;
  private brokenAt = 0;
  /** No pause lasts longer than that. */
  private pausesEnd = -Infinity;

  /** Connections in a row that were lost after a long life in which nobody wanted them: no failures, but no reason to hurry either. */
  private unusedLives = 0;
  /** For `min` alone nothing is begun before. */
  private restsUntil = -Infinity;

  constructor(private readonly options: ModelOptions) {}

  /** While a probe is opening, or being validated for the first time, the breaker is half-open, and never after it was given up. */
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
    this.tripped = false;
    this.probe = null;
  }

  /** A connection has come to its first use. Before that it has proven nothing; and one from before the failures proves nothing. */
  proven(): void {
    this.unusedEnds = 0;
    if (this.breaker !== 'closed') return;
    this.failuresInRow = this.unusedLives = 0;
    this.lastFailure = undefined;
    this.failedPhase = 'open';
  }

  /** A connection was lost at that age, and nobody had given it back yet. */
  endedEarly(age: number, now: number): void {
    if (age >= Math.max(shortestPause, this.options.retryDelay.max) || this.breaker !== 'closed') return;
    // What ends together with others, or was opened before they ended, is one loss with them.
    if (this.shortLives > 0 && now - age < this.endedEarlyAt - hair) return;
    this.shortLives++;
    this.endedEarlyAt = now;
    // Once may be chance.
    if (this.shortLives > 1) this.pauseAtMost(now, this.longestPauseAfter(this.shortLives - 1));
  }

  /** Whether a connection that ended or failed its validation at that age, and that was never lent, was a failed connect. */
  failedUnused(age: number, now: number): boolean {
    if (age < Math.max(longLife, this.options.retryDelay.max)) return true;
    this.unusedLives++;
    this.restLonger(now);
    return false;
  }

  /** A connection was given back for the first time. */
  givenBack(): void {
    this.shortLives = 0;
  }

  /** The pool closes a connection that was never lent, or gives up a connect. Where that happens again and again, it may pause. */
  endsUnused(now: number): void {
    if (++this.unusedEnds > 2) this.pauseAtMost(now, longestVainPause);
  }

  /** A connect begins. Says what forbids it, or null. */
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

  /** From then on one that is wanted must be under way. A pause that began for an earlier reason may run to its end. */
  get mustBeginAt(): number {
    const paused = this.breaker === 'open' || this.failuresInRow > 0 || this.shortLives > 1 || this.unusedEnds > 2;
    return paused ? this.pausesEnd : -Infinity;
  }

  /** Nothing speaks against the target. */
  get undisturbed(): boolean {
    return (
      this.breaker === 'closed' && this.failuresInRow + this.unusedLives + this.shortLives === 0 && this.unusedEnds <= 2
    );
  }

  /** The same for `min`, while nobody waits. */
  get mustKeepAt(): number {
    return this.failuresInRow + this.unusedLives > 0 ? Math.max(this.mustBeginAt, this.restsUntil) : this.mustBeginAt;
  }

  /** While nobody waits, the pauses double without an end: those between connects, and those between probes. */
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
