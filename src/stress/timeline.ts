import { Histogram } from '../pool/metrics/histogram';
import type { Spans } from './operation';
import type { Outcome } from './outcome';

/** What happened during one part of the run. */
export interface Sample {
  /** When the part began: ms since the beginning of the run, warm-up included. */
  readonly at: number;
  /** Its length, in ms. */
  readonly length: number;
  /** Operations that succeeded, operations that failed in any way, and how many of these got no connection. */
  readonly succeeded: number;
  readonly failed: number;
  readonly exhausted: number;
  /** Successful operations per second. */
  readonly throughput: number;
  /** Mean number of leases; the longest queue; connections open at the end of the part; connects that succeeded in it. */
  readonly leases: number;
  readonly queueLength: number;
  readonly connectionCount: number;
  readonly opened: number;
  /** Percentiles of the operations that ended in this part, in ms, from the planned start. */
  readonly waitP50: number;
  readonly waitP99: number;
  readonly totalP50: number;
  readonly totalP99: number;
}

/** With more samples, neighbours are merged in pairs, so that a run of any length fits. */
const maxSamples = 600;

/** The data of a sample in a form that can be merged. */
class TimelinePart {
  end = 0;
  succeeded = 0;
  failed = 0;
  exhausted = 0;
  leaseTime = 0;
  queueLength = 0;
  connectionCount = 0;
  opened = 0;
  wait = new Histogram();
  total = new Histogram();

  constructor(readonly at: number) {}

  join(next: TimelinePart): TimelinePart {
    const joined = new TimelinePart(this.at);
    joined.end = next.end;
    joined.succeeded = this.succeeded + next.succeeded;
    joined.failed = this.failed + next.failed;
    joined.exhausted = this.exhausted + next.exhausted;
    joined.leaseTime = this.leaseTime + next.leaseTime;
    joined.queueLength = Math.max(this.queueLength, next.queueLength);
    joined.connectionCount = next.connectionCount;
    joined.opened = this.opened + next.opened;
    joined.wait = this.wait.merge(next.wait);
    joined.total = this.total.merge(next.total);
    return joined;
  }

  sample(): Sample {
    const { at, end, succeeded, failed, exhausted, queueLength, connectionCount, opened, wait, total } = this;
    const length = end - at;
    return {
      at,
      length,
      succeeded,
      failed,
      exhausted,
      throughput: length > 0 ? (succeeded * 1_000) / length : 0,
      leases: length > 0 ? this.leaseTime / length : 0,
      queueLength,
      connectionCount,
      opened,
      waitP50: wait.p50,
      waitP99: wait.p99,
      totalP50: total.p50,
      totalP99: total.p99,
    };
  }
}

/** Divides the run into parts of equal length. */
export class Timeline {
  private parts: TimelinePart[] = [];
  private samples: Sample[] = [];
  private part = new TimelinePart(0);
  /** The number of ticks in one part. */
  private ticksPerPart = 1;
  private ticks = 0;

  ended(outcome: Outcome, { lag, wait, use }: Spans): void {
    const { part } = this;
    if (outcome === 'succeeded') part.succeeded++;
    else part.failed++;
    if (outcome === 'timedOut' || outcome === 'rejected' || outcome === 'noConnection') part.exhausted++;
    if (wait === null) return;
    part.wait.record(lag + wait);
    part.total.record(lag + wait + (use ?? 0));
  }

  /** Ends a tick at `at`. `since` has what happened since the tick before. */
  tick(at: number, since: { leaseTime: number; queueLength: number; connectionCount: number; opened: number }): void {
    const { part } = this;
    if (!(at > part.at)) return;
    part.end = at;
    part.leaseTime += since.leaseTime;
    part.queueLength = Math.max(part.queueLength, since.queueLength);
    part.connectionCount = since.connectionCount;
    part.opened += since.opened;
    if (++this.ticks % this.ticksPerPart !== 0) return;
    this.parts.push(part);
    this.samples.push(part.sample());
    this.part = new TimelinePart(at);
    if (this.parts.length > maxSamples) this.mergePairs();
  }

  /** All complete samples. */
  list(): readonly Sample[] {
    return [...this.samples];
  }

  /** Ends the current part, which may be shorter than the others. */
  finish(): void {
    const { part } = this;
    if (part.end <= part.at) return;
    this.parts.push(part);
    this.samples.push(part.sample());
    this.part = new TimelinePart(part.end);
  }

  private mergePairs(): void {
    const joined: TimelinePart[] = [];
    for (let i = 0; i < this.parts.length; i += 2) {
      const [first, second] = [this.parts[i]!, this.parts[i + 1]];
      joined.push(second === undefined ? first : first.join(second));
    }
    // With an odd number of parts the last one continues.
    const odd = this.parts.length % 2 === 1 ? joined.pop() : undefined;
    this.ticksPerPart *= 2;
    this.ticks = odd === undefined ? 0 : this.ticksPerPart / 2;
    this.part = odd ?? this.part;
    this.parts = joined;
    this.samples = joined.map((part) => part.sample());
  }
}
