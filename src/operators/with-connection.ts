import { map, Observable } from 'rxjs';
import type { ObservedValueOf, OperatorFunction } from 'rxjs';
import type { ConnectionPool } from '../pool/connection-pool';
import type { AcquireOptions } from '../pool/options';
import type { Lease } from '../pool/rx/lease';
import type { WorkContext, WorkResult } from '../pool/rx/work';
import { isLeaseOf, leasedTwiceError, resolveItemWork } from './internal/item-work';
import { LeaseTaskSubscriber } from './internal/lease-task';
import { withSignal } from './internal/task';
import type { ConnectionTask, LastValue } from './internal/task';
import { TaskStream } from './internal/task-stream';

/**
 * Makes every item a cold task that leases a connection, works on it, and releases it. What follows decides
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
): OperatorFunction<T, ConnectionTask<T, ObservedValueOf<O>, LastValue<O>>>;
/**
 * With the pool itself as the source: makes every lease that it emits a task that works on it and releases it. A task
 * that has not run when the pipeline ends releases its lease then.
 *
 * ```ts
 * pool.pipe(take(3), withConnection((node) => node.call('ping')), mergeAll())
 * ```
 */
export function withConnection<C, O extends WorkResult>(
  work: (connection: C, context: WorkContext) => O,
): OperatorFunction<Lease<C>, ConnectionTask<Lease<C>, ObservedValueOf<O>, LastValue<O>>>;
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
    const { signal } = each.acquireOptions;
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
