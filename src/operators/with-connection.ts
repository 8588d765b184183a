import { map, Observable } from 'rxjs';
import type { ObservedValueOf, OperatorFunction } from 'rxjs';
import type { ConnectionPool } from '../pool/connection-pool';
import { InvalidConfigError } from '../pool/errors';
import { internals } from '../pool/rx/internals';
import type { PoolInternals } from '../pool/rx/internals';
import type { HeldLease, Lease } from '../pool/rx/lease';
import { resolveAcquireOptions } from '../pool/options';
import { describeValue } from '../pool/values/describe';
import type { AcquireOptions } from '../pool/options';
import type { WorkContext, WorkResult } from '../pool/rx/work';
import { withSignal } from './internal/task';
import type { ConnectionTask, ItemWork } from './internal/task';
import { isHeldLease, LeaseTaskSubscriber } from './internal/lease-task';
import { TaskStream } from './internal/task-stream';

/**
 * Makes every item a cold task that leases a connection, works on it, and gives it back. What follows decides
 * how many run at a time.
 *
 * ```
 * source     --a-----b--|
 * work(a)      ---x|
 * tasks      --A-----B--|
 * batched    -----x-----y|    A and B, one after the other
 * ```
 *
 * ```ts
 * from(lines).pipe(
 *   withConnection(pool, (node, line) => node.call('word_count', line)),
 *   batchParallel(8),
 * )
 * ```
 *
 * A task's errors: those of `pool.acquire()`, and the work's own, unwrapped.
 */
export function withConnection<C, T, O extends WorkResult>(
  pool: ConnectionPool<C>,
  work: (connection: C, item: T, index: number, context: WorkContext) => O,
  options?: AcquireOptions,
): OperatorFunction<T, ConnectionTask<T, ObservedValueOf<O>>>;
/**
 * With the pool itself as the source: makes every lease that it emits a task that works on it and gives it back. A task
 * that has not run when the pipeline ends gives its lease back then.
 *
 * ```ts
 * pool.pipe(take(3), withConnection((node) => node.call('ping')), mergeAll())
 * ```
 */
export function withConnection<C, O extends WorkResult>(
  work: (connection: C, context: WorkContext) => O,
): OperatorFunction<Lease<C>, ConnectionTask<Lease<C>, ObservedValueOf<O>>>;
export function withConnection<C>(
  poolOrWork: ConnectionPool<C> | ((connection: C, context: WorkContext) => WorkResult),
  work?: (connection: C, item: unknown, index: number, context: WorkContext) => WorkResult,
  options?: AcquireOptions,
): OperatorFunction<never, ConnectionTask<unknown, unknown>> {
  if (typeof poolOrWork === 'function') {
    return (source) => new Observable((out) => source.subscribe(new LeaseTaskSubscriber<C, unknown>(out, poolOrWork)));
  }
  const each = resolveItemWork('withConnection', poolOrWork, work, options);
  return (source) => {
    if ((source as unknown) === poolOrWork) throw leasedTwiceError(each.pool.core.name);
    const tasks = new ItemTaskStream<C, unknown, unknown>(source, each);
    const { signal } = each.asking;
    return signal === undefined ? tasks : tasks.pipe(map((task) => withSignal(task, each)));
  };
}

class ItemTaskStream<C, T, R> extends TaskStream<C, T, T, R> {
  refuse(item: T): Error | null {
    if (!isLeaseOf(this.each.pool, item)) return null;
    item.release();
    return leasedTwiceError(this.each.pool.core.name);
  }

  itemOf(item: T): T {
    return item;
  }

  indexOf(_item: T, place: number): number {
    return place;
  }
}

/** Checks what an operator was given, and keeps it once for all items. */
export function resolveItemWork<C, T>(
  operator: string,
  pool: ConnectionPool<C>,
  work: ItemWork<C, T>['work'] | undefined,
  options: AcquireOptions | undefined,
): ItemWork<C, T> {
  const found = (pool as { [internals]?: PoolInternals<C> } | null | undefined)?.[internals];
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
  return { pool: found, work, asking: resolveAcquireOptions(name, found.acquireTimeout, options) };
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
