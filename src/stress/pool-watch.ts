import { timeEpsilon } from '../pool/time/clock';
import type { ConnectionPool } from '../pool/connection-pool';
import type { EvictReason } from '../pool/state/claim-and-slot';
import type { PoolEvent } from '../pool/reports/events';
import { Histogram } from '../pool/metrics/histogram';
import type { PoolStats } from '../pool/rx/stats';
import { activityCounters } from './counters';

/** The most there ever was at a time, while it was measured. */
export interface Peaks {
  /** Operations that had begun and not ended. */
  readonly concurrency: number;
  /** The longest line of callers. */
  readonly queueLength: number;
  /** Leases. */
  readonly leases: number;
  /** Connections in use, connections open, connects under way. */
  readonly inUse: number;
  readonly connections: number;
  readonly opening: number;
}

/** What the pool did meanwhile, warm-up included. */
export interface PoolActivity {
  readonly acquired: number;
  readonly released: number;
  readonly discarded: number;
  readonly opened: number;
  readonly closed: number;
  readonly openFailures: number;
  readonly timeouts: number;
  readonly rejected: number;
  readonly cancelledAcquires: number;
  /** Why connections were closed, and how many; only what is watched in full is known. */
  readonly evicted: Readonly<Partial<Record<EvictReason, number>>>;
}

/** Adds up what the pool shows of itself, over time: how much of it is lent, and for how long all of it. */
export class PoolWatch {
  /** Connects that succeeded. */
  readonly open = new Histogram();
  /** Milliseconds that were measured, those in which every lease was lent, and the sum over all of leases times milliseconds. */
  time = 0;
  saturatedTime = 0;
  /** Milliseconds in which callers waited although fewer than `max` connections were open, and those times the connections that were open. */
  growingTime = 0;
  growingConnectionTime = 0;
  leaseTime = 0;
  /** The sum of what could have been lent, in the same unit. */
  capacityTime = 0;
  /** `leaseTime` from the beginning, whether or not it is measured. */
  totalLeaseTime = 0;

  private readonly before: PoolStats;
  private last: PoolStats;
  private lastAt: number;
  private peaks: { -readonly [K in keyof Peaks]: Peaks[K] };
  private queuePeak = 0;
  private readonly evicted: Partial<Record<EvictReason, number>> = {};

  constructor(
    pool: Pick<ConnectionPool<unknown>, 'stats'>,
    now: number,
    /** When the measuring ends; what comes later is not added up. */
    private until: number,
  ) {
    this.before = this.last = pool.stats;
    this.lastAt = now;
    this.peaks = none();
    this.raisePeaks(this.last);
  }

  get stats(): PoolStats {
    return this.last;
  }

  get activity(): PoolActivity {
    const done = Object.fromEntries(activityCounters.map((name) => [name, this.last[name] - this.before[name]]));
    return { ...(done as Record<(typeof activityCounters)[number], number>), evicted: { ...this.evicted } };
  }

  /** Measuring begins now: what was before was to get warm. */
  beginMeasuring(now: number): void {
    this.accumulate(now);
    this.time =
      this.saturatedTime =
      this.growingTime =
      this.growingConnectionTime =
      this.leaseTime =
      this.capacityTime =
        0;
    this.peaks = none();
    this.raisePeaks(this.last);
  }

  onSnapshot(stats: PoolStats, now: number): void {
    this.accumulate(now);
    this.last = stats;
    if (stats.pendingAcquires > this.queuePeak) this.queuePeak = stats.pendingAcquires;
    if (now <= this.until) this.raisePeaks(stats);
  }

  onEvent(event: PoolEvent): void {
    if (event.type === 'opened') this.open.record(event.took);
    else if (event.type === 'evicted') this.evicted[event.reason] = (this.evicted[event.reason] ?? 0) + 1;
  }

  /** Whether this is between the end of the warm-up and that of the load. */
  isMeasuring(now: number, since: number): boolean {
    return now >= since - timeEpsilon && now <= this.until;
  }

  /** The measuring ends now, and not when it was to. */
  endMeasuring(now: number): void {
    this.accumulate(now);
    this.until = Math.min(this.until, now);
  }

  /** Adds up until now. */
  accumulate(now: number): void {
    const { activeLeases, leaseCapacity, pendingAcquires, totalConnections, maxConnections } = this.last;
    const time = Math.min(now, this.until) - this.lastAt;
    this.totalLeaseTime += activeLeases * (now - this.lastAt);
    this.lastAt = now;
    if (!(time > 0)) return;
    this.time += time;
    this.leaseTime += activeLeases * time;
    this.capacityTime += leaseCapacity * time;
    if (activeLeases >= leaseCapacity) this.saturatedTime += time;
    if (pendingAcquires > 0 && totalConnections < maxConnections) {
      this.growingTime += time;
      this.growingConnectionTime += totalConnections * time;
    }
  }

  peaksWith(concurrency: number): Peaks {
    return { ...this.peaks, concurrency };
  }

  /** The longest line since it was last asked for. */
  takeQueuePeak(): number {
    const { queuePeak } = this;
    this.queuePeak = this.last.pendingAcquires;
    return queuePeak;
  }

  private raisePeaks(stats: PoolStats): void {
    const { peaks } = this;
    if (stats.pendingAcquires > peaks.queueLength) peaks.queueLength = stats.pendingAcquires;
    if (stats.activeLeases > peaks.leases) peaks.leases = stats.activeLeases;
    if (stats.inUseConnections > peaks.inUse) peaks.inUse = stats.inUseConnections;
    if (stats.totalConnections > peaks.connections) peaks.connections = stats.totalConnections;
    if (stats.openingConnections > peaks.opening) peaks.opening = stats.openingConnections;
  }
}

const none = () => ({ concurrency: 0, queueLength: 0, leases: 0, inUse: 0, connections: 0, opening: 0 });
