import type { Claim } from './claim';
import { timeEpsilon } from '../time/clock';
import type { CoarseClock } from '../time/coarse-clock';
import { DeferredCancelTimer } from '../time/deferred-cancel-timer';
import { Ring } from '../collections/ring';

/**
 * Claims that wait for the same time: in the order of their deadlines, since that is the order in which they came. One timer is enough
 * for all of them, that of the first.
 */
export class TimeoutQueue<C> {
  /** The first of them is in line still; among the others are some that have left. */
  private readonly claims = new Ring<Claim<C>>();
  /** How many of them have left before it was their turn. */
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

  /** To be told before anything else is asked of the line. */
  remove(claim: Claim<C>): void {
    const { claims } = this;
    if (claim !== claims.peek()) {
      this.leftCount++;
      // So that those who have left are never more than those who wait, whoever leaves.
      if (this.leftCount * 2 >= claims.size) this.compact(claim);
      return;
    }
    claims.shift();
    for (; this.leftCount > 0 && claims.peek().state !== 'waiting'; this.leftCount--) claims.shift();
    // The timer of a head that has left runs on, and finds out for whom when it fires.
    if (claims.size > 0) return;
    this.timer.stop();
    // A line that was long once would keep its memory.
    claims.clear();
  }

  /** Nobody will be in it any more. */
  end(): void {
    this.timer.end();
  }

  private compact(leaving: Claim<C>): void {
    const { claims } = this;
    for (let rest = claims.size; rest > 0; rest--) {
      const claim = claims.shift();
      if (claim !== leaving && claim.state === 'waiting') claims.push(claim);
    }
    this.leftCount = 0;
  }

  private expire(): void {
    const { claims, timeout } = this;
    const now = this.clock.now();
    try {
      while (claims.size > 0 && now - claims.peek().since >= timeout - timeEpsilon) {
        const claim = claims.peek();
        this.onTimeout(claim, now - claim.since);
      }
    } finally {
      // Also when one who got in line meanwhile has set it, to a later deadline.
      if (claims.size > 0) this.timer.set(Math.max(0, claims.peek().since + timeout - now));
    }
  }
}
