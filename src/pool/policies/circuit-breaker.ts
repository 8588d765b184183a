import type { Slot } from '../state/claim-and-slot';

export type BreakerState = 'closed' | 'open' | 'half-open';

export interface BreakerOptions {
  /** The number of failures in a row that opens the breaker. */
  readonly failures: number;
  /** The pause before each probe, in ms. */
  readonly probeAfter: number;
}

/** A connection whose connect or first validation may be under way. */
export type Attempt = Pick<Slot<unknown>, 'state' | 'checking' | 'generation'>;

/**
 * Opens after a number of failed connects in a row; then one probe at a time tries the target, until one succeeds. (The pattern is Michael
 * Nygard's, in "Release It!".)
 */
export class CircuitBreaker {
  private tripped = false;
  /** The last connect that began while the breaker was open. Its own state tells whether it is under way: it may be abandoned for many reasons. */
  private probe: Attempt | null = null;

  constructor(private readonly options: BreakerOptions) {}

  get state(): BreakerState {
    return this.tripped ? (this.isProbing ? 'half-open' : 'open') : 'closed';
  }

  get isTripped(): boolean {
    return this.tripped;
  }

  get isProbing(): boolean {
    const { probe } = this;
    return probe !== null && (probe.state === 'opening' || probe.checking === 'validate');
  }

  connectBegan(attempt: Attempt): void {
    if (this.tripped) this.probe = attempt;
  }

  connected(): void {
    this.tripped = false;
    this.probe = null;
  }

  /**
   * A connect has failed, the last of `failures` in a row; `permanent`: the next one would fail too. Returns whether the breaker has opened, for the
   * first time or again.
   */
  failed(attempt: Attempt, failures: number, permanent: boolean): boolean {
    const opens = this.tripped ? attempt === this.probe : permanent || failures >= this.options.failures;
    if (!opens) return false;
    this.tripped = true;
    this.probe = null;
    return true;
  }
}
