import type { Counters } from '../state/counters';
import { Histogram } from './histogram';

/** How long things took, from the creation of the pool on: copies, which can be kept, merged, and saved as JSON. */
export interface PoolTimings {
  /** From the ask to the lease. Who was served at once waited 0. */
  readonly wait: Histogram;
  /** From the ask to the refusal, of callers that got no lease: timed out, or turned away. Callers that left the line are not in it. */
  readonly failedWait: Histogram;
  /** How long leases were held, those of `use` and of `acquire` alike. */
  readonly use: Histogram;
  /** Connects that succeeded. */
  readonly open: Histogram;
}

/** What of the timings to give. */
export interface TimingsOptions {
  /** Only what has come since these, earlier timings of the same pool. Default: since the pool was created. */
  since?: PoolTimings | undefined;
}

/** In a mean that forgets, the newest value counts for one in so many. */
const memory = 8;

/** What was measured. The two means that the pool itself goes by are kept whether or not anyone wants the histograms. */
export class Timings {
  private readonly wait = new Histogram();
  private readonly failedWait = new Histogram();
  private readonly use = new Histogram();
  private readonly open = new Histogram();
  /** About how long the last leases were held, and the last connects took (ms); -1 while not known. */
  meanHold = -1;
  meanOpen = -1;
  /** Leases of streams, for which nobody has waited. */
  streamed = 0;

  constructor(
    private readonly enabled: boolean,
    private readonly counters: Counters,
  ) {}

  // Of no time at all are most waits, and holds, of a busy pool. They are all that is not recorded.

  waited(ms: number): void {
    if (ms !== 0 && this.enabled) this.wait.record(ms);
  }

  failedWaitRecorded(ms: number): void {
    if (this.enabled) this.failedWait.record(ms);
  }

  held(ms: number): void {
    if (ms !== 0 || this.meanHold !== 0) this.learnHold(ms);
  }

  private learnHold(ms: number): void {
    this.meanHold = this.meanHold < 0 ? ms : this.meanHold + (ms - this.meanHold) / memory;
    if (ms !== 0 && this.enabled) this.use.record(ms);
  }

  opened(ms: number): void {
    this.meanOpen = this.meanOpen < 0 ? ms : this.meanOpen + (ms - this.meanOpen) / memory;
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
