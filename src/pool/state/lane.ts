import type { Claim } from './claim';
import { hair } from '../time/clock';
import type { CoarseClock } from '../time/coarse-clock';
import { PatientTimer } from '../time/patient-timer';
import { Ring } from '../collections/ring';

/**
 * Claims that wait for the same time: in the order of their deadlines, since that is the order in which they came. One timer is enough
 * for all of them, that of the first.
 */
export class Lane<C> {
  /** The first of them is in line still; among the others are some that have left. */
  private readonly claims = new Ring<Claim<C>>();
  /** How many of them have left before it was their turn. */
  private left = 0;
  private readonly timer: PatientTimer;

  constructor(
    readonly timeout: number,
    private readonly clock: CoarseClock,
    private readonly onTimeout: (claim: Claim<C>, waited: number) => void,
  ) {
    this.timer = new PatientTimer(clock, true, () => {
      this.expire();
    });
  }

  get empty(): boolean {
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
      this.left++;
      // So that those who have left are never more than those who wait, whoever leaves.
      if (this.left * 2 >= claims.size) this.sweep(claim);
      return;
    }
    claims.shift();
    for (; this.left > 0 && claims.peek().state !== 'waiting'; this.left--) claims.shift();
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

  private sweep(leaving: Claim<C>): void {
    const { claims } = this;
    for (let rest = claims.size; rest > 0; rest--) {
      const claim = claims.shift();
      if (claim !== leaving && claim.state === 'waiting') claims.push(claim);
    }
    this.left = 0;
  }

  private expire(): void {
    const { claims, timeout } = this;
    const now = this.clock.now();
    try {
      while (claims.size > 0 && now - claims.peek().since >= timeout - hair) {
        const claim = claims.peek();
        this.onTimeout(claim, now - claim.since);
      }
    } finally {
      // Also when one who got in line meanwhile has set it, to a later deadline.
      if (claims.size > 0) this.timer.set(Math.max(0, claims.peek().since + timeout - now));
    }
  }
}
