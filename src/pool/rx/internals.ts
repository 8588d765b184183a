import type { SchedulerLike } from 'rxjs';
import type { PoolCore } from '../core/pool-core';
import type { AbandonedLeases } from './abandoned-leases';
import type { OnCancel } from '../connector';

/** The key under which pools and leases keep what the operators need and users do not; the same symbol in every copy of the package. */
export const internals = Symbol.for('rxjs-connection-pool.internals');

/** What a run has to know about its pool. */
export interface RunSettings<C> {
  readonly onCancel: OnCancel<C>;
  readonly cancelTimeout: number;
  readonly isFatal: ((error: unknown, connection: C) => boolean) | undefined;
}

export interface PoolInternals<C> {
  readonly core: PoolCore<C>;
  readonly runs: RunSettings<C>;
  readonly abandonedLeases: AbandonedLeases;
  readonly acquireTimeout: number;
  readonly scheduler: SchedulerLike;
  /** The defaults of leases that were acquired without options. */
  readonly label: undefined;
  readonly signal: undefined;
}

/** The internals of a pool, made by whichever copy of this version; undefined for any other value. A lease has those of its pool, and cannot acquire. */
export function internalsOf<C>(pool: unknown): PoolInternals<C> | undefined {
  const found = (pool as { readonly [internals]?: PoolInternals<C> } | null | undefined)?.[internals];
  return found !== undefined && 'acquire' in (pool as object) ? found : undefined;
}
