import { hair } from './clock';
import type { Clock } from './clock';

export interface OpeningOptions {
  readonly maxOpening: number;
  readonly retryDelay: { readonly initial: number; readonly max: number };
  readonly breaker: { readonly failures: number; readonly probeAfter: number };
}

export type BreakerState = 'closed' | 'open' | 'half-open';

/** With how many connects a pool that knows nothing yet begins. */
const firstWindow = 4;

/** No pause is shorter (ms), whatever the options and the die say: a dead target must never be a hot loop. */
const shortest = 1;

/**
 * When the pool may begin a connect, and how many at once. Three rules:
 *
 * - Slow start, as TCP has it: the window doubles when a connect arrives to find more than one waiting, and falls
 *   to 1 when the line empties or a connect fails. Connects that would come too late to help are not begun.
 * - After a failure, a delay that doubles from failure to failure, with full jitter
 *   (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 * - After so many failures in a row the breaker opens: then one probe at a time, after a pause.
 *
 * Failures are forgotten when a connection is lent, not when it opens: a connection that ends
 * before anyone could use it is a failed connect, and must not be tried again in a hot loop.
 */
export class Opening {
  breaker: BreakerState = 'closed';
  /** Connects that failed in a row. */
  failures = 0;
  lastFailure: unknown = undefined;

  private window: number;
  /** Connections in a row that were lost soon after they opened, before anyone had given them back. */
  private shortLives = 0;
  /** While there are failures or short lives, no connect begins before this time. */
  private notBefore = 0;

  constructor(
    private readonly options: OpeningOptions,
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {
    this.window = Math.min(firstWindow, options.maxOpening);
  }

  /** Whether one more connect may begin now, with so many under way, for so many connections that are asked for. */
  mayBegin(underWay: number, wanted: number, warmingUp: boolean): boolean {
    if (underWay >= wanted) return false;
    if (this.breaker === 'half-open') return underWay === 0;
    if (this.breaker === 'open') return underWay === 0 && this.pause() === 0;
    return underWay < (warmingUp && this.failures === 0 ? this.options.maxOpening : this.window) && this.pause() === 0;
  }

  get hasReasonToPause(): boolean {
    return this.failures > 0 || this.shortLives > 1;
  }

  private get pauseEnds(): number {
    return this.pause() > 0 ? this.notBefore : 0;
  }

  /** Milliseconds until the next connect may begin. */
  pause(): number {
    const rest = this.hasReasonToPause ? this.notBefore - this.clock.now() : 0;
    return rest > hair ? rest : 0;
  }

  begun(): void {
    if (this.breaker === 'open') this.breaker = 'half-open';
  }

  arrived(waiting: number): void {
    this.breaker = 'closed';
    if (waiting > 1) this.window = Math.min(this.window * 2, this.options.maxOpening);
  }

  proven(): void {
    // A connection from before the failures says nothing of the target as it is now.
    if (this.breaker !== 'closed') return;
    this.failures = 0;
    this.lastFailure = undefined;
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
    if (age >= this.options.retryDelay.max || this.breaker !== 'closed') return;
    this.shortLives++;
    if (this.shortLives > 1) this.pauseAfter(this.shortLives - 1);
  }

  lineEmptied(): void {
    this.window = 1;
  }

  failed(error: unknown): void {
    const { breaker } = this.options;
    this.failures++;
    this.lastFailure = error;
    this.window = 1;
    if (this.breaker === 'half-open' || (this.breaker === 'closed' && this.failures >= breaker.failures)) {
      this.breaker = 'open';
      this.notBefore = this.clock.now() + Math.max(shortest, breaker.probeAfter);
    } else if (this.breaker === 'closed') {
      this.pauseAfter(this.failures);
    }
  }

  private pauseAfter(times: number): void {
    const { initial, max } = this.options.retryDelay;
    const ceiling = Math.min(initial * 2 ** (times - 1), max);
    // A pause that there is for another reason is not cut short.
    this.notBefore = Math.max(this.pauseEnds, this.clock.now() + Math.max(shortest, this.random() * ceiling));
  }
}
