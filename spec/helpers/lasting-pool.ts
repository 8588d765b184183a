import { createPool } from '../../src/index';
import type { ConnectionPool, PoolOptions } from '../../src/index';

/**
 * A pool whose connections last until they are closed explicitly. Virtual time runs to the end of all timers, so a spec about another
 * subject would see every connection closed by the default `idleTimeout` or `maxLifetime` in the end.
 */
export function createLastingPool<C>(options: PoolOptions<C>): ConnectionPool<C> {
  return createPool({ idleTimeout: Infinity, maxLifetime: Infinity, ...options });
}
