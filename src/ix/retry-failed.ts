import type { ObservedValueOf } from 'rxjs';
import { isNumbered, notNumberedError } from '../operators/internal/numbered-item';
import type { NumberedItem } from '../operators/internal/numbered-item';
import type { ConnectionTask, LastValue } from '../operators/internal/task';
import { resolveItemWork } from '../operators/internal/item-work';
import type { ConnectionPool } from '../pool/connection-pool';
import type { AcquireOptions } from '../pool/options';
import type { WorkContext, WorkResult } from '../pool/rx/work';
import { checkSource } from './internal/open-source';
import { PullIterableOf } from './internal/pull-iterable';
import type { PullOperator } from './internal/pull-iterable';
import { ItemTaskStage } from './internal/task-stage';

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
): PullOperator<NumberedItem<T>, ConnectionTask<T, ObservedValueOf<O>, LastValue<O>>> {
  const each = resolveItemWork<C, T>('retryFailed', pool, work, options);
  const { clock } = each.pool.core;
  return (source) => {
    checkSource('retryFailed', source);
    return new PullIterableOf((receiver, signal) =>
      new FailedItemStage(receiver, each).drawFrom(source, signal, clock),
    );
  };
}

class FailedItemStage<C, T, R> extends ItemTaskStage<C, NumberedItem<T>, T, R> {
  next(numbered: NumberedItem<T>): void {
    if (isNumbered(numbered)) this.pass(numbered.item, numbered.index);
    else this.fail(notNumberedError(numbered));
  }
}
