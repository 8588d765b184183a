import { percentile } from '../runner/statistics';
import type { Metrics } from '../runner/case';

/** Counts calls until the time is over, and records the duration of each. */
export class Meter {
  over = false;
  private calls = 0;
  private readonly latencies = new Float64Array(2 ** 22);
  private readonly start = performance.now();
  private end = 0;

  constructor(private readonly ms: number) {}

  /** A call that began at `begun`, by `performance.now()`, has ended at `now`. */
  record(begun: number, now = performance.now()): void {
    if (this.over) return;
    this.latencies[this.calls++ % this.latencies.length] = now - begun;
    if (now - this.start < this.ms) return;
    this.over = true;
    this.end = now;
  }

  get count(): number {
    return this.calls;
  }

  get metrics(): Metrics {
    const latencies = Array.from(this.latencies.subarray(0, this.calls));
    return {
      rate: (this.calls / (this.end - this.start)) * 1000,
      p50: percentile(latencies, 0.5),
      p99: percentile(latencies, 0.99),
    };
  }
}
