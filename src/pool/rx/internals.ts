import type { PoolCore } from '../core/pool-core';
import type { AbandonedLeases } from './abandoned-leases';
import type { RunSettings } from './work-run';

/** The key under which pools and leases keep what the operators need and users do not; the same symbol in every copy of the package. */
export const internals = Symbol.for('rxjs-connection-pool.internals');

export interface PoolInternals<C> {
  readonly core: PoolCore<C>;
  readonly runs: RunSettings<C>;
  readonly abandonedLeases: AbandonedLeases<C>;
  readonly acquireTimeout: number;
  /** The defaults of leases that were acquired without options. */
  readonly label: undefined;
  readonly signal: undefined;
}
