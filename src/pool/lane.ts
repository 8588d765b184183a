import type { Claim } from './claim';
import { hair } from './clock';
import type { Cancel, Clock } from './clock';
import { Ring } from './ring';

/**
 * Claims that wait for the same time: in the order of their deadlines, since that is the order in which they came. One timer is enough
 * for all of them, that of the first.
 */
export class Lane<C> {
  /** The first of them is in line still; among the others are some that have left. */
  private readonly claims = new Ring<Claim<C>>();
  /** How many of them have left before it was their turn. */
  private left = 0;
  private cancel: Cancel | null = null;

  constructor(
    readonly timeout: number,
    private readonly clock: Clock,
    private readonly onTimeout: (claim: Claim<C>, waited: number) => void,
  ) {}

  get empty(): boolean {
    return this.claims.size === 0;
  }

  push(claim: Claim<C>): void {
    this.claims.push(claim);
    this.cancel ??= this.clock.after(this.timeout, this.expire, true);
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
    this.cancel?.();
    this.cancel = null;
    // A line that was long once would keep its memory.
    claims.clear();
  }

  private sweep(leaving: Claim<C>): void {
    const { claims } = this;
    for (let rest = claims.size; rest > 0; rest--) {
      const claim = claims.shift();
      if (claim !== leaving && claim.state === 'waiting') claims.push(claim);
    }
    this.left = 0;
  }

  private readonly expire = (): void => {
    const { claims, timeout } = this;
    // Not null while it runs, or one who gets in line meanwhile would set the timer to a later deadline.
    this.cancel = noTimer;
    const now = this.clock.now();
    while (claims.size > 0 && now - claims.peek().since >= timeout - hair) {
      const claim = claims.peek();
      this.onTimeout(claim, now - claim.since);
    }
    if (this.cancel !== noTimer) return;
    this.cancel = claims.size === 0 ? null : this.clock.after(claims.peek().since + timeout - now, this.expire, true);
  };
}

const noTimer: Cancel = () => undefined;
