import type { ConnectionPool } from '../../src/index';
import type { PoolCore } from '../../src/pool/core/pool-core';
import { internals, type PoolInternals } from '../../src/pool/rx/internals';

/** The core of a pool of the built package. */
export const coreOf = <C>(pool: ConnectionPool<C>): PoolCore<C> =>
  (pool as unknown as Record<typeof internals, PoolInternals<C>>)[internals].core;
