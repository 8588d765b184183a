import type { Counters } from '../state/counters';
import { Histogram } from './histogram';

/** Durations since the pool was created: copies, which can be kept, merged, and saved as JSON. */
export interface PoolTimings {
  /** The waits from the acquire to the lease; 0 for a caller that was served at once. */
  readonly wait: Histogram;
  /** The waits from the acquire to the error, for acquires that timed out or were rejected. Cancelled acquires are not counted. */
  readonly failedWait: Histogram;
  /** How long leases were held, both of `use` and of `acquire`. */
  readonly use: Histogram;
  /** The durations of successful connects. */
  readonly open: Histogram;
}

/** The options of `timings()`. */
export interface TimingsOptions {
  /** Earlier timings of the same pool: the result contains only values since then. Default: since the pool was created. */
  since?: PoolTimings | undefined;
}

/** What was recorded between two results of `timings()`. Throws a `RangeError` if they are not of one pool, in this order. */
export const timingsBetween = (before: PoolTimings, now: PoolTimings): PoolTimings => ({
  wait: now.wait.minus(before.wait),
  failedWait: now.failedWait.minus(before.failedWait),
  use: now.use.minus(before.use),
  open: now.open.minus(before.open),
});

/** The newest value has a weight of 1/8 in a moving mean. */
const meanWeight = 8;

/** Records durations. The two means that the pool itself uses are kept even if the histograms are disabled. */
export class Timings {
  private readonly wait = new Histogram();
  private readonly failedWait = new Histogram();
  private readonly use = new Histogram();
  private readonly open = new Histogram();
  /** Moving means of how long leases were held and connects took (ms); -1 while unknown. */
  meanHold = -1;
  meanOpen = -1;
  /** The number of leases of streams, which have no wait. */
  streamed = 0;

  constructor(
    private readonly enabled: boolean,
    private readonly counters: Counters,
  ) {}

  // Waits and holds of 0 ms are the most frequent ones in a busy pool. They are not recorded, but computed from the counters.

  recordWait(ms: number): void {
    if (ms !== 0 && this.enabled) this.wait.record(ms);
  }

  recordFailedWait(ms: number): void {
    if (this.enabled) this.failedWait.record(ms);
  }

  recordHold(ms: number): void {
    if (ms !== 0 || this.meanHold !== 0) this.learnHold(ms);
  }

  private learnHold(ms: number): void {
    this.meanHold = this.meanHold < 0 ? ms : this.meanHold + (ms - this.meanHold) / meanWeight;
    if (ms !== 0 && this.enabled) this.use.record(ms);
  }

  recordConnect(ms: number): void {
    this.meanOpen = this.meanOpen < 0 ? ms : this.meanOpen + (ms - this.meanOpen) / meanWeight;
    if (this.enabled) this.open.record(ms);
  }

  snapshot(): PoolTimings {
    const [wait, use, open] = [this.wait.clone(), this.use.clone(), this.open.clone()];
    if (this.enabled) {
      const { acquired, released, discarded } = this.counters;
      wait.record(0, acquired - this.streamed - wait.count);
      use.record(0, released + discarded - use.count);
    }
    return { wait, failedWait: this.failedWait.clone(), use, open };
  }
}
