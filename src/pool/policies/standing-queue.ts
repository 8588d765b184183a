import type { CoarseClock } from '../time/coarse-clock';

/** The rate at which the standing time shrinks while the queue is empty, relative to its growth. */
const decay = 0.1;

/**
 * How long the wait queue has not been empty: the standing queue of CoDel (Nichols and Jacobson, ACM Queue 10/5, 2012). The time is measured over
 * the queue, not over one caller: in a closed loop each caller is served soon, and the queue is never empty. While the queue is empty the
 * time shrinks, at a tenth of the rate at which it grows.
 */
export class StandingQueue {
  private isQueued = false;
  private changedAt = 0;
  /** The standing time when the queue last filled or emptied, in ms. */
  private before = 0;
  /** The number of callers that had arrived when the queue filled. */
  private arrivedBefore = 0;

  constructor(private readonly clock: CoarseClock) {}

  get isEmpty(): boolean {
    return !this.isQueued;
  }

  /** In ms. */
  get standingTime(): number {
    const since = this.sinceChange;
    return this.isQueued ? this.before + since : Math.max(0, this.before - since * decay);
  }

  /** In ms; at least 0, even when the clock has been set back. */
  get sinceChange(): number {
    return Math.max(0, this.clock.now() - this.changedAt);
  }

  /**
   * Whether the queue, now empty, has been so for long enough to count as a new queue when it fills. A queue that a closed loop fills again in the
   * same instant goes on.
   */
  hasLapsed(connectTime: number): boolean {
    return this.sinceChange > connectTime * decay;
  }

  filled(): void {
    this.before = this.standingTime;
    this.changedAt = this.clock.now();
    this.isQueued = true;
  }

  emptied(connectTime: number): void {
    this.before = Math.min(this.standingTime, connectTime);
    this.changedAt = this.clock.now();
    this.isQueued = false;
  }

  restart(): void {
    this.before = 0;
    this.changedAt = this.clock.now();
  }

  /** The callers that the queue begins with do not count as a rate of arrivals. */
  startCounting(arrived: number): void {
    this.arrivedBefore = arrived;
  }

  /** The number of callers that will arrive within a connect time, at the rate of arrivals since the queue filled. */
  expectedArrivals(arrived: number, connectTime: number): number {
    const newCallers = Math.max(0, arrived - this.arrivedBefore);
    return (newCallers * connectTime) / Math.max(connectTime, this.sinceChange);
  }
}
