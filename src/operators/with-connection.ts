import { Observable, Subscriber } from 'rxjs';
import type { ObservedValueOf, OperatorFunction } from 'rxjs';
import type { ConnectionPool } from '../pool/connection-pool';
import { InvalidConfigError } from '../pool/errors';
import { internals } from '../pool/internals';
import type { PoolInternals } from '../pool/internals';
import type { Lease } from '../pool/lease';
import { askingOf, shown } from '../pool/options';
import type { AcquireOptions } from '../pool/options';
import type { WorkContext, WorkResult } from '../pool/work';
import { ItemTask } from './connection-task';
import type { ConnectionTask, ItemWork } from './connection-task';
import { isHeldLease, LeaseTasks } from './lease-task';

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
    return (source) => new Observable((out) => source.subscribe(new LeaseTasks<C, unknown>(out, poolOrWork)));
  }
  const pool = internalsOf(poolOrWork);
  if (typeof work !== 'function') {
    throw new InvalidConfigError(pool.core.name, 'withConnection cannot work', [
      `work must be a function of a connection and an item, but got ${shown(work)}`,
    ]);
  }
  const each: ItemWork<C, unknown> = {
    pool,
    work,
    asking: askingOf(pool.core.name, pool.acquireTimeout, options),
  };
  return (source) => {
    if ((source as unknown) === poolOrWork) throw leasedTwice(pool.core.name);
    return new Observable((out) => source.subscribe(new ItemTasks(out, each)));
  };
}

class ItemTasks<C, T, R> extends Subscriber<T> {
  private index = 0;

  constructor(
    private readonly out: Subscriber<ConnectionTask<T, R>>,
    private readonly each: ItemWork<C, T>,
  ) {
    super(out);
  }

  protected override _next(item: T): void {
    if (isHeldLease<C>(item) && item[internals] === this.each.pool) {
      item.release();
      this.error(leasedTwice(this.each.pool.core.name));
      return;
    }
    this.out.next(new ItemTask(this.each, item, this.index++));
  }
}

function internalsOf<C>(pool: ConnectionPool<C>): PoolInternals<C> {
  const found = (pool as { [internals]?: PoolInternals<C> } | null | undefined)?.[internals];
  if (found !== undefined) return found;
  throw new InvalidConfigError('pool', 'withConnection cannot work', [
    `the first argument must be a pool made by createPool, or the work for the leases of a pool, but got ${shown(pool)}`,
  ]);
}

function leasedTwice(name: string): InvalidConfigError {
  return new InvalidConfigError(name, `withConnection would lease from pool '${name}' twice over`, [
    'its source is that same pool, whose every item is a lease already: ' +
      'write pool.pipe(withConnection(work)) to work on those, or items$.pipe(withConnection(pool, work)) for items of your own',
  ]);
}
