import { Histogram } from '../pool/metrics/histogram';
import type { Spans } from './operation';
import type { Outcome } from './outcome';

/** What happened in a part of the run. */
export interface Sample {
  /** When it began: milliseconds since the beginning of the run, warm-up included. */
  readonly at: number;
  /** Its length, in ms. */
  readonly length: number;
  /** Operations that succeeded in it, those that failed in any way, and those of them that the pool had no connection for. */
  readonly succeeded: number;
  readonly failed: number;
  readonly exhausted: number;
  /** Operations a second that succeeded. */
  readonly throughput: number;
  /** Leases lent, on average; the longest line; connections open at its end, and connects that succeeded in it. */
  readonly leases: number;
  readonly waiting: number;
  readonly connections: number;
  readonly opened: number;
  /** Of the operations that ended in it, in ms, from the planned start. */
  readonly waitP50: number;
  readonly waitP99: number;
  readonly totalP50: number;
  readonly totalP99: number;
}

/** More are joined, two and two, so that a run of any length fits. */
const most = 600;

/** Everything that a sample is made of, in a form that can be joined. */
class Part {
  end = 0;
  succeeded = 0;
  failed = 0;
  exhausted = 0;
  leaseTime = 0;
  waiting = 0;
  connections = 0;
  opened = 0;
  wait = new Histogram();
  total = new Histogram();

  constructor(readonly at: number) {}

  join(next: Part): Part {
    const joined = new Part(this.at);
    joined.end = next.end;
    joined.succeeded = this.succeeded + next.succeeded;
    joined.failed = this.failed + next.failed;
    joined.exhausted = this.exhausted + next.exhausted;
    joined.leaseTime = this.leaseTime + next.leaseTime;
    joined.waiting = Math.max(this.waiting, next.waiting);
    joined.connections = next.connections;
    joined.opened = this.opened + next.opened;
    joined.wait = this.wait.merge(next.wait);
    joined.total = this.total.merge(next.total);
    return joined;
  }

  sample(): Sample {
    const { at, end, succeeded, failed, exhausted, waiting, connections, opened, wait, total } = this;
    const length = end - at;
    return {
      at,
      length,
      succeeded,
      failed,
      exhausted,
      throughput: length > 0 ? (succeeded * 1_000) / length : 0,
      leases: length > 0 ? this.leaseTime / length : 0,
      waiting,
      connections,
      opened,
      waitP50: wait.p50,
      waitP99: wait.p99,
      totalP50: total.p50,
      totalP99: total.p99,
    };
  }
}

/** The run in parts of equal length. */
export class Timeline {
  private parts: Part[] = [];
  private samples: Sample[] = [];
  private part = new Part(0);
  /** So many of the ticks make a part. */
  private ticksAPart = 1;
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

  /** So much time is over: `leaseTime` and the like are what came to it since the last tick. */
  tick(at: number, since: { leaseTime: number; waiting: number; connections: number; opened: number }): void {
    const { part } = this;
    if (!(at > part.at)) return;
    part.end = at;
    part.leaseTime += since.leaseTime;
    part.waiting = Math.max(part.waiting, since.waiting);
    part.connections = since.connections;
    part.opened += since.opened;
    if (++this.ticks % this.ticksAPart !== 0) return;
    this.parts.push(part);
    this.samples.push(part.sample());
    this.part = new Part(at);
    if (this.parts.length > most) this.halve();
  }

  /** Without the part that is not over. */
  list(): readonly Sample[] {
    return [...this.samples];
  }

  /** The rest, which is shorter than the others. */
  finish(): void {
    const { part } = this;
    if (part.end <= part.at) return;
    this.parts.push(part);
    this.samples.push(part.sample());
    this.part = new Part(part.end);
  }

  private halve(): void {
    const joined: Part[] = [];
    for (let i = 0; i < this.parts.length; i += 2) {
      const [first, second] = [this.parts[i]!, this.parts[i + 1]];
      joined.push(second === undefined ? first : first.join(second));
    }
    // The odd one at the end goes on.
    const odd = this.parts.length % 2 === 1 ? joined.pop() : undefined;
    this.ticksAPart *= 2;
    this.ticks = odd === undefined ? 0 : this.ticksAPart / 2;
    this.part = odd ?? this.part;
    this.parts = joined;
    this.samples = joined.map((part) => part.sample());
  }
}
