import type { ConnectionPool } from '../../pool/connection-pool';
import { InvalidConfigError } from '../../pool/errors';
import { resolveAcquireOptions } from '../../pool/resolve-options';
import type { AcquireOptions } from '../../pool/options';
import { internals, internalsOf } from '../../pool/rx/internals';
import type { PoolInternals } from '../../pool/rx/internals';
import type { HeldLease } from '../../pool/rx/lease';
import { describeValue } from '../../pool/values/describe';
import { isHeldLease } from './lease-task';
import type { ItemWork } from './task';

/** Checks what an operator was given, and keeps it once for all items. */
export function resolveItemWork<C, T>(
  operator: string,
  pool: ConnectionPool<C>,
  work: ItemWork<C, T>['work'] | undefined,
  options: AcquireOptions | undefined,
): ItemWork<C, T> {
  const found = internalsOf<C>(pool);
  if (found === undefined) {
    const orWork = operator === 'withConnection' ? ', or the work for the leases of a pool' : '';
    throw new InvalidConfigError('pool', `${operator} cannot work`, [
      `the first argument must be a pool made by createPool${orWork}, but got ${describeValue(pool)}`,
    ]);
  }
  const { name } = found.core;
  if (typeof work !== 'function') {
    throw new InvalidConfigError(name, `${operator} cannot work`, [
      `work must be a function of a connection and an item, but got ${describeValue(work)}`,
    ]);
  }
  return { pool: found, work, acquireOptions: resolveAcquireOptions(name, found.acquireTimeout, options) };
}

/** Whether an item is itself a lease of the pool that is to work on it. */
export function isLeaseOf<C>(pool: PoolInternals<C>, item: unknown): item is HeldLease<C> {
  return isHeldLease<C>(item) && item[internals] === pool;
}

export function leasedTwiceError(name: string): InvalidConfigError {
  return new InvalidConfigError(name, `withConnection would lease from pool '${name}' twice over`, [
    'its source is that same pool, whose every item is a lease already: ' +
      'write pool.pipe(withConnection(work)) to work on those, or items$.pipe(withConnection(pool, work)) for items of your own',
  ]);
}
