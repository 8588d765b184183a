import type { ConnectionPool, PoolOptions } from '../../src/index';
import type { PoolCore } from '../../src/pool/core/pool-core';
import { createPool } from '../../src/pool/create-pool';
import { internals, type PoolInternals } from '../../src/pool/rx/internals';
import { connect } from '../cases/warm-pool';

/**
 * A pool made from the sources, with all its connections open, and its core. The built package cannot be used: it has short names for the
 * members of the core.
 */
export async function warmCore(
  max: number,
  options: Omit<Partial<PoolOptions<object>>, 'max'> = {},
): Promise<{ readonly pool: ConnectionPool<object>; readonly core: PoolCore<object> }> {
  const pool = createPool({ connect, maxPending: Infinity, ...options, max });
  await pool.warmUp(max);
  const { core } = (pool as unknown as Record<typeof internals, PoolInternals<object>>)[internals];
  return { pool, core };
}
