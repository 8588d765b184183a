import { Pool } from './connection-pool';
import type { ConnectionPool } from './connection-pool';
import { resolveOptions } from './options';
import type { PoolOptions } from './options';

/**
 * Creates a pool. No connection is opened before somebody asks for one, or for `warmUp`.
 *
 * ```ts
 * const pool = createPool({ connect: connectNode('worker@127.0.0.1:7000'), max: 10 });
 * ```
 *
 * Throws an `InvalidConfigError` that names every impossible option at once.
 */
export function createPool<C>(options: PoolOptions<C>): ConnectionPool<C> {
  return new Pool(resolveOptions(options));
}
