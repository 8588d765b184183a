import type { ObservedValueOf } from 'rxjs';
import { isNumbered, notNumbered } from '../operators/retry-failed';
import type { NumberedItem } from '../operators/retry-failed';
import type { ConnectionTask } from '../operators/internal/connection-task';
import { itemWork } from '../operators/with-connection';
import type { ConnectionPool } from '../pool/connection-pool';
import type { AcquireOptions } from '../pool/options';
import type { WorkContext, WorkResult } from '../pool/rx/work';
import { checkSource } from './internal/open';
import { Opened } from './internal/pulled';
import type { PullOperator } from './internal/pulled';
import { TasksOfWork } from './internal/tasks';

/**
 * `withConnection` for what failed: takes the failures of a `BatchResult`, or anything else with an `item` and an `index`, and
 * makes every one of them a task for its item that keeps its index.
 *
 * ```ts
 * from(result.failed).pipe(retryFailed(pool, send), batchParallel(8))
 * ```
 */
export function retryFailed<C, T, O extends WorkResult>(
  pool: ConnectionPool<C>,
  work: (connection: C, item: T, index: number, context: WorkContext) => O,
  options?: AcquireOptions,
): PullOperator<NumberedItem, ConnectionTask<T, ObservedValueOf<O>>> {
  const each = itemWork<C, T>('retryFailed', pool, work, options);
  const { clock } = each.pool.core;
  return (source) => {
    checkSource('retryFailed', source);
    return new Opened((receiver, signal) => new NumberedTasks(receiver, each).drawFrom(source, signal, clock));
  };
}

class NumberedTasks<C, T, R> extends TasksOfWork<C, NumberedItem, T, R> {
  arrived(numbered: NumberedItem): void {
    if (isNumbered(numbered)) this.pass(numbered.item as T, numbered.index);
    else this.fail(notNumbered(numbered));
  }
}
