import { timeEpsilon } from '../pool/time/clock';
import type { ConnectionPool } from '../pool/connection-pool';
import type { EvictReason } from '../pool/state/claim-and-slot';
import type { PoolEvent } from '../pool/reports/events';
import { Histogram } from '../pool/metrics/histogram';
import type { PoolStats } from '../pool/rx/stats';
import { activityCounters } from './counters';

/** The maximum of each number while the run was measured. */
export interface Peaks {
  /** Operations in flight. */
  readonly concurrency: number;
  /** Callers waiting in the queue. */
  readonly queueLength: number;
  /** Active leases. */
  readonly leases: number;
  /** Connections in use, open connections, connections being opened. */
  readonly inUse: number;
  readonly connections: number;
  readonly opening: number;
}

/** Counts of what the pool did during the run, warm-up included. */
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
  /** Closed connections by reason; empty unless the load watches everything. */
  readonly evicted: Readonly<Partial<Record<EvictReason, number>>>;
}

/** Integrates the stats of the pool over time: utilisation, saturation, growth. */
export class PoolWatch {
  /** Durations of successful connects. */
  readonly open = new Histogram();
  /** Measured ms; ms in which every lease was active; below, `leaseTime`: the sum of active leases times ms. */
  time = 0;
  saturatedTime = 0;
  /** Ms in which callers waited while fewer than `max` connections were open; the same times the number of open connections. */
  growingTime = 0;
  growingConnectionTime = 0;
  leaseTime = 0;
  /** The sum of the lease capacity times ms. */
  capacityTime = 0;
  /** `leaseTime` since the pool is watched, also outside of the measurement. */
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
    /** When measuring ends. */
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

  /** Ends the warm-up: measuring begins now. */
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

  /** Whether `now` is between the end of the warm-up and the end of the load. */
  isMeasuring(now: number, since: number): boolean {
    return now >= since - timeEpsilon && now <= this.until;
  }

  /** Ends measuring early. */
  endMeasuring(now: number): void {
    this.accumulate(now);
    this.until = Math.min(this.until, now);
  }

  /** Adds the time since the last call. */
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

  /** The longest queue since the last call. */
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
