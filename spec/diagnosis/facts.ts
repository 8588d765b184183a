import { Histogram } from '../../src/pool/metrics/histogram';
import type { PoolStats } from '../../src/pool/rx/stats';

/** Stats of a pool of ten, idle, with what is given instead. */
export function statsOf(given: Partial<PoolStats> = {}): PoolStats {
  return {
    name: 'db',
    seq: 1,
    at: 60_000,
    state: 'open',
    breaker: 'closed',
    maxConnections: 10,
    totalConnections: 10,
    availableConnections: 10,
    inUseConnections: 0,
    openingConnections: 0,
    closingConnections: 0,
    leaseCapacity: 10,
    activeLeases: 0,
    pendingAcquires: 0,
    successfulOperations: 0,
    failedOperations: 0,
    cancelledOperations: 0,
    acquired: 0,
    released: 0,
    discarded: 0,
    opened: 10,
    closed: 0,
    openFailures: 0,
    timeouts: 0,
    rejected: 0,
    cancelledAcquires: 0,
    ...given,
  };
}

/** A histogram with values, each recorded a number of times. */
export function histogramOf(...values: readonly (readonly [ms: number, times: number])[]): Histogram {
  const histogram = new Histogram();
  for (const [ms, times] of values) histogram.record(ms, times);
  return histogram;
}
