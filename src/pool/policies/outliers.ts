import type { Counters } from '../state/counters';
import type { Slot } from '../state/claim-and-slot';

export interface OutlierOptions {
  readonly consecutive: number;
}

/** After this number of successful runs, half of what was learned about streaks of failures is forgotten. */
const halfLife = 1_000;

/** While runs succeed at all, no more than this multiple of `consecutive` failures in a row is needed. */
const mostTolerance = 16;

/**
 * Finds connections that fail every run: a connection that fails at once is the first to be free again, and would be lent to one caller
 * after another.
 *
 * A connection is an outlier when its last runs failed, at least `consecutive` of them, and more than twice as many as have been seen to
 * come from the work and not from the connection. That is seen in two ways: a streak of failures ends with a success on the same
 * connection; or the first run on a connection that was opened after an ejection fails as well, so the ejection did not help. Work
 * that fails by chance, and work that always fails, therefore raise what is needed, and a replacement is not replaced in a loop.
 */
export class Outliers {
  /** The longest streak of failures that the work is known to have caused. */
  private tolerated = 0;
  /** The number of successful runs when that was last adjusted. */
  private toleratedAt = 0;
  /** The number of failures of the last ejected connection, until a replacement has shown whether the ejection helped; 0: none. */
  private lastStreak = 0;
  /** The number of successful runs when a connection was last ejected; -1: never. */
  private ejectedAt = -1;

  constructor(
    private readonly options: OutlierOptions,
    private readonly counters: Counters,
  ) {}

  /** A connect begins. After an ejection the first run on the new connection tells whether that helped. */
  connectBegan(slot: Slot<unknown>): void {
    if (this.lastStreak > 0) slot.failures = onTrial;
  }

  /** A run has succeeded on a connection whose last runs had failed, or that is on trial. */
  runSucceeded(slot: Slot<unknown>): void {
    const streak = slot.failures;
    // Its number of failures is part of its `evicted` event.
    if (slot.markedForClose) return;
    slot.failures = 0;
    slot.mustValidate = false;
    if (streak === onTrial) this.lastStreak = 0;
    // Shorter ones change nothing.
    else if (2 * streak >= this.options.consecutive && streak < this.needed()) this.tolerate(streak);
  }

  /** A run has failed; returns whether its connection is an outlier. */
  runFailed(slot: Slot<unknown>): boolean {
    if (slot.markedForClose) return false;
    if (slot.failures === onTrial) {
      slot.failures = 0;
      this.tolerate(this.lastStreak);
      this.lastStreak = 0;
    }
    return ++slot.failures >= this.options.consecutive && slot.failures >= this.needed();
  }

  ejected({ failures }: Slot<unknown>): void {
    const { successfulOperations } = this.counters;
    // No run has succeeded since the last ejection, and this connection has failed more runs: the others need not be tried one by one.
    if (successfulOperations === this.ejectedAt && failures > this.options.consecutive) this.tolerate(failures);
    this.lastStreak = failures;
    this.ejectedAt = successfulOperations;
  }

  /** The connection is validated instead: the work counts as the cause until the number of failed runs has doubled. */
  kept(slot: Slot<unknown>): void {
    slot.mustValidate = true;
    this.tolerate(slot.failures);
    this.ejectedAt = this.counters.successfulOperations;
  }

  private tolerate(streak: number): void {
    this.forget();
    this.tolerated = Math.max(this.tolerated, streak);
  }

  /** The number of failures in a row that make a connection an outlier. */
  private needed(): number {
    this.forget();
    const { consecutive } = this.options;
    const needed = Math.max(consecutive, 2 * this.tolerated + 1);
    // Without a bound while no run succeeds: each connect would be useless again.
    return this.counters.successfulOperations === this.ejectedAt
      ? needed
      : Math.min(needed, mostTolerance * consecutive);
  }

  private forget(): void {
    const { successfulOperations } = this.counters;
    this.tolerated *= 2 ** ((this.toleratedAt - successfulOperations) / halfLife);
    this.toleratedAt = successfulOperations;
  }
}

/** What `failures` of a slot is until its first run has ended, if it was opened after an ejection. */
const onTrial = -1;
