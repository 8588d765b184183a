import type { ConnectionPool } from './connection-pool';
import { Pool } from './pool';
import { resolveOptions } from './resolve-options';
import type { PoolOptions } from './options';

/**
 * Creates a pool. Connections are opened on demand, by `warmUp`, or to keep `min` open.
 *
 * ```ts
 * const pool = createPool({ connect: connectNode('worker@127.0.0.1:7000'), max: 10 });
 * ```
 *
 * Throws an `InvalidConfigError` that lists every invalid option.
 */
export function createPool<C>(options: PoolOptions<C>): ConnectionPool<C> {
  return new Pool(resolveOptions(options));
}
