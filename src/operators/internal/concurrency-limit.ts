import { InvalidConfigError } from '../../pool/errors';
import type { BatchPool } from '../../pool/state/batch-demand';
import { isTask } from './task';

/**
 * The maximum number of members that run, once this one has been started. More tasks than the pool can lend would only wait in its queue,
 * where the last ones time out.
 */
export function limitFor(inner: unknown, concurrency: number | undefined, operator: string): number {
  if (isTask(inner)) return limitOf(inner.pool, concurrency);
  if (concurrency !== undefined) return concurrency;
  throw new InvalidConfigError('pool', `${operator} does not know how many may run at a time`, [
    'concurrency must be given for what is not a task of withConnection: only a task knows what its pool can lend',
  ]);
}

export function limitOf(
  pool: { readonly core: Pick<BatchPool, 'leaseCapacity'> },
  concurrency: number | undefined,
): number {
  const { leaseCapacity } = pool.core;
  return concurrency === undefined || concurrency > leaseCapacity ? leaseCapacity : concurrency;
}
