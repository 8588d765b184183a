import type { Holder } from '../pool/reports/holders';
import type { PoolStats } from '../pool/rx/stats';
import { byFrequency } from './evictions';
import type { Diagnosis, PoolFacts } from './facts';

/** The counters of the stats, which only grow. */
type Counter = {
  [K in keyof PoolStats]: PoolStats[K] extends number ? K : never;
}[keyof PoolStats];

/** A lease that is held for less (ms) is not taken for leaked, whatever the others do. */
const leastLeak = 10_000;
/** A lease that is held for this multiple of the 99th percentile of the others looks leaked. */
const leakFactor = 20;
/** The number of leases that must have ended before one can be called unusual. */
const enough = 10;

/** One condition: null where it does not apply. */
export type Rule = (at: Findings) => Diagnosis | null;

/** What follows from the facts, and several rules ask for. */
export class Findings {
  readonly holders: readonly Holder[];

  constructor(readonly facts: PoolFacts) {
    this.holders = facts.holders ?? [];
  }

  /** `6 of 10 lent`. */
  get lent(): string {
    const { activeLeases, leaseCapacity } = this.facts.stats;
    return `${activeLeases} of ${leaseCapacity} lent`;
  }

  /** In ms. */
  get window(): number {
    const { stats, since } = this.facts;
    return since === undefined ? 0 : Math.max(0, stats.at - since.at);
  }

  /** By how much a counter has grown in the window; 0 where there is no window. */
  readonly moved = (counter: Counter): number => {
    const { stats, since } = this.facts;
    return since === undefined ? 0 : Math.max(0, stats[counter] - since[counter]);
  };

  perSecond(counter: Counter): number {
    return this.window === 0 ? 0 : (this.moved(counter) * 1_000) / this.window;
  }

  /** Whether callers wait because every lease is lent. */
  get isShort(): boolean {
    const { activeLeases, leaseCapacity, pendingAcquires } = this.facts.stats;
    return pendingAcquires > 0 && activeLeases >= leaseCapacity;
  }

  /** Whether callers have waited in vain in the window. */
  get isFailing(): boolean {
    return this.moved('timeouts') + this.moved('rejected') > 0;
  }

  /** How long leases are held, at the 99th percentile of those that ended in the window; 0 where it is not known. */
  get longestUse(): number {
    const use = this.facts.timings?.use;
    return use === undefined || use.count < enough ? 0 : use.p99;
  }

  /** Leases that the pool has reported as leaked, or that are held for much longer than any other. Longest first. */
  get forgotten(): readonly Holder[] {
    const { leaked = [] } = this.facts;
    const unusual = this.longestUse > 0 ? Math.max(leastLeak, leakFactor * this.longestUse) : Infinity;
    return this.holders.filter(({ age, connection }) => age >= unusual || leaked.includes(connection));
  }

  /** How many connections the callers of the window keep busy, as advice behind `raise max`: by Little's law, arrivals times mean use. */
  get wanted(): string {
    const { stats, since, timings } = this.facts;
    if (since === undefined || timings === undefined || this.window === 0 || timings.use.count < enough) return '';
    const grown = Math.max(0, stats.pendingAcquires - since.pendingAcquires);
    const asked = this.moved('acquired') + this.moved('timeouts') + this.moved('rejected') + grown;
    const leases = (asked / this.window) * timings.use.mean;
    // Callers that only come back when they have been served ask for no more than there is: then it cannot be known.
    if (leases < stats.leaseCapacity * excess) return '';
    return ` to about ${Math.ceil((leases * headroom * stats.maxConnections) / stats.leaseCapacity)}`;
  }

  /** What closed connections in the window: `: 38 lost, 4 idle`. */
  get evictions(): string {
    const reasons = byFrequency(this.facts.evicted ?? {}).slice(0, 3);
    return reasons.length === 0 ? '' : `: ${reasons.map(([reason, times]) => `${times} ${reason}`).join(', ')}`;
  }
}

/** More than rounding. */
const excess = 1.05;
/** Callers that come at random need more than the mean. */
const headroom = 1.2;
