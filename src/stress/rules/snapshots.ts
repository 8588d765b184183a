import type { PoolStats } from '../../pool/rx/stats';
import { counters } from '../counters';
import type { Findings } from './findings';

/** What is never below 0, and no counter. */
const levels = [
  'totalConnections',
  'availableConnections',
  'inUseConnections',
  'openingConnections',
  'closingConnections',
  'activeLeases',
  'pendingAcquires',
] as const;

/** What is not so in a snapshot, and always is, whatever the pool. */
export function brokenSums(stats: PoolStats): readonly string[] {
  const { totalConnections: total, availableConnections, inUseConnections, activeLeases } = stats;
  const broken: string[] = [];
  if (!Object.isFrozen(stats)) broken.push('a snapshot was not frozen');
  if (total !== availableConnections + inUseConnections) {
    broken.push('totalConnections ≠ availableConnections + inUseConnections');
  }
  if (stats.acquired !== stats.released + stats.discarded + activeLeases) {
    broken.push('acquired ≠ released + discarded + activeLeases');
  }
  if (activeLeases > 0 && inUseConnections === 0) broken.push('there are leases, and no connection is in use');
  if (stats.opened < stats.closed + total) broken.push('opened < closed + totalConnections');
  for (const name of levels) if (!(stats[name] >= 0)) broken.push(`${name} is ${stats[name]}`);
  for (const name of counters) if (!(stats[name] >= 0)) broken.push(`${name} is ${stats[name]}`);
  return broken;
}

/** What may not be between a snapshot and one that comes after it. */
export function brokenOrder(before: PoolStats, after: PoolStats): readonly string[] {
  const broken: string[] = [];
  if (after.seq <= before.seq) broken.push(`stats$ went back: snapshot ${after.seq} came after ${before.seq}`);
  for (const name of counters) {
    if (after[name] < before[name]) broken.push(`${name} went down, from ${before[name]} to ${after[name]}`);
  }
  return broken;
}

/** Holds the snapshots of a pool against what is always true of them, in the order in which they are shown. */
export class SnapshotRules {
  /** A pool that has been made smaller may have more than it may: until it has come down, only never more than before. */
  private shrinking = false;

  constructor(
    private readonly findings: Findings,
    first: PoolStats,
  ) {
    this.shrinking = slotsOf(first) > first.maxConnections;
    this.check(first);
  }

  onSnapshot(stats: PoolStats, before: PoolStats): void {
    for (const sentence of brokenOrder(before, stats)) this.findings.add(sentence);
    this.checkMax(stats, before);
    this.check(stats);
  }

  private check(stats: PoolStats): void {
    for (const sentence of brokenSums(stats)) this.report(sentence, stats);
    if (!this.shrinking && stats.activeLeases > stats.leaseCapacity) {
      this.report('more leases than the pool can lend', stats);
    }
  }

  private checkMax(stats: PoolStats, before: PoolStats): void {
    const slots = slotsOf(stats);
    if (stats.maxConnections < before.maxConnections) this.shrinking = true;
    if (slots <= stats.maxConnections) this.shrinking = false;
    else if (!this.shrinking || slots > slotsOf(before)) {
      this.report(`more connections than max: ${slots} of ${stats.maxConnections}`, stats);
    }
  }

  private report(sentence: string, stats: PoolStats): void {
    this.findings.add(`${sentence}, in the snapshot ${JSON.stringify(stats)}`);
  }
}

const slotsOf = ({ totalConnections, openingConnections, closingConnections }: PoolStats): number =>
  totalConnections + openingConnections + closingConnections;
