import type { Claim } from './claim-and-slot';
import { timeEpsilon } from '../time/clock';
import type { CoarseClock } from '../time/coarse-clock';
import { DeferredCancelTimer } from '../time/deferred-cancel-timer';
import { Ring } from '../collections/ring';

/**
 * Waiting claims with the same timeout, in the order of their deadlines, which is the order of arrival. One timer is enough for all of
 * them: that of the first.
 */
export class TimeoutQueue<C> {
  /** The first claim is still waiting; some of the others may have left the wait queue. */
  private readonly claims = new Ring<Claim<C>>();
  /** The number of claims in it that have left the wait queue. */
  private leftCount = 0;
  private readonly timer: DeferredCancelTimer;

  constructor(
    readonly timeout: number,
    private readonly clock: CoarseClock,
    private readonly onTimeout: (claim: Claim<C>, waited: number) => void,
  ) {
    this.timer = new DeferredCancelTimer(clock, true, () => {
      this.expire();
    });
  }

  get isEmpty(): boolean {
    return this.claims.size === 0;
  }

  push(claim: Claim<C>): void {
    this.claims.push(claim);
    if (!this.timer.isSet) this.timer.set(this.timeout);
  }

  /** Call it when the claim leaves the wait queue, before anything else changes. */
  remove(claim: Claim<C>): void {
    const { claims } = this;
    if (claim !== claims.peek()) {
      this.leftCount++;
      // Keeps the number of claims that have left below the number of those that wait.
      if (this.leftCount * 2 >= claims.size) this.compact(claim);
      return;
    }
    claims.shift();
    for (; this.leftCount > 0 && claims.peek().state !== 'waiting'; this.leftCount--) claims.shift();
    // The timer of a first claim that has left continues; when it fires, it is set for the next deadline.
    if (claims.size > 0) return;
    this.timer.stop();
    // A queue that was long once would keep its memory.
    claims.clear();
  }

  /** Stops the timer: no claim will be added any more. */
  end(): void {
    this.timer.end();
  }

  private compact(leaving: Claim<C>): void {
    const { claims } = this;
    for (let remaining = claims.size; remaining > 0; remaining--) {
      const claim = claims.shift();
      if (claim !== leaving && claim.state === 'waiting') claims.push(claim);
    }
    this.leftCount = 0;
  }

  private expire(): void {
    const { claims, timeout } = this;
    const now = this.clock.now();
    try {
      while (claims.size > 0 && now - claims.peek().waitingSince >= timeout - timeEpsilon) {
        const claim = claims.peek();
        this.onTimeout(claim, now - claim.waitingSince);
      }
    } finally {
      // Also if a claim that began to wait meanwhile has set it, to a later deadline.
      if (claims.size > 0) this.timer.set(Math.max(0, claims.peek().waitingSince + timeout - now));
    }
  }
}
