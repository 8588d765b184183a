import type { PoolStats } from '../../pool/rx/stats';
import { counters } from '../counters';
import type { Findings } from './findings';

/** Fields that are never negative and are no counters. */
const levels = [
  'totalConnections',
  'availableConnections',
  'inUseConnections',
  'openingConnections',
  'closingConnections',
  'activeLeases',
  'pendingAcquires',
] as const;

/** The invariants of a snapshot that do not hold, for any pool. */
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
  if (activeLeases > 0 && inUseConnections === 0) broken.push('there are leases, but no connection is in use');
  if (stats.opened < stats.closed + total) broken.push('opened < closed + totalConnections');
  for (const name of levels) if (!(stats[name] >= 0)) broken.push(`${name} is ${stats[name]}`);
  for (const name of counters) if (!(stats[name] >= 0)) broken.push(`${name} is ${stats[name]}`);
  return broken;
}

/** The invariants between two consecutive snapshots that do not hold. */
export function brokenOrder(before: PoolStats, after: PoolStats): readonly string[] {
  const broken: string[] = [];
  if (after.seq <= before.seq) broken.push(`stats$ went back: snapshot ${after.seq} came after ${before.seq}`);
  for (const name of counters) {
    if (after[name] < before[name]) broken.push(`${name} went down, from ${before[name]} to ${after[name]}`);
  }
  return broken;
}

/** Checks the snapshots of a pool against their invariants, in the order in which they are emitted. */
export class SnapshotRules {
  /** After `resize` to a smaller `max` there may be more connections than that, but never more than before. */
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
      this.report('more leases than leaseCapacity', stats);
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
