import type { Observable, ObservedValueOf, OperatorFunction } from 'rxjs';
import type { ConnectionPool } from '../pool/connection-pool';
import type { AcquireOptions } from '../pool/options';
import type { WorkContext, WorkResult } from '../pool/rx/work';
import { resolveItemWork } from './internal/item-work';
import { isNumbered, notNumberedError } from './internal/numbered-item';
import type { NumberedItem } from './internal/numbered-item';
import type { ConnectionTask, LastValue } from './internal/task';
import { TaskStream } from './internal/task-stream';

/**
 * `withConnection` for what failed: takes the failures of a `BatchResult`, or anything else with an `item` and an `index`, and
 * makes every one of them a task for its item that keeps its index. So what comes of the second batch tells of the places of
 * the first.
 *
 * ```
 * failed     (ab|)       { index: 3, item, error }, { index: 8, item, error }
 * tasks      (AB|)       index 3 and index 8
 * ```
 *
 * ```ts
 * from(result.failed).pipe(retryFailed(pool, send), batchParallel(8))
 * ```
 */
export function retryFailed<C, T, O extends WorkResult>(
  pool: ConnectionPool<C>,
  work: (connection: C, item: T, index: number, context: WorkContext) => O,
  options?: AcquireOptions,
): OperatorFunction<NumberedItem<T>, ConnectionTask<T, ObservedValueOf<O>, LastValue<O>>> {
  const each = resolveItemWork<C, T>('retryFailed', pool, work, options);
  type Task = ConnectionTask<T, ObservedValueOf<O>, LastValue<O>>;
  return (source) => new FailedItemTaskStream(source, each) as Observable<unknown> as Observable<Task>;
}

class FailedItemTaskStream<C, T, R> extends TaskStream<C, NumberedItem<T>, T, R> {
  refuse(given: NumberedItem<T>): Error | null {
    return isNumbered(given) ? null : notNumberedError(given);
  }

  itemOf({ item }: NumberedItem<T>): T {
    return item;
  }

  indexOf({ index }: NumberedItem<T>): number {
    return index;
  }
}
