import { createPool } from '../../src/index';
import type { ConnectionPool, PoolOptions } from '../../src/index';

/**
 * A pool whose connections live until somebody ends them. Virtual time runs to the end of all timers, so a spec about something else
 * would see every connection closed by the default `idleTimeout` or `maxLifetime` at last.
 */
export function createLastingPool<C>(options: PoolOptions<C>): ConnectionPool<C> {
  return createPool({ idleTimeout: Infinity, maxLifetime: Infinity, ...options });
}
