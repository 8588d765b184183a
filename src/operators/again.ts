import { Observable, Subscriber } from 'rxjs';
import type { ObservedValueOf, OperatorFunction } from 'rxjs';
import type { ConnectionPool } from '../pool/connection-pool';
import { shown } from '../pool/options';
import type { AcquireOptions } from '../pool/options';
import type { WorkContext, WorkResult } from '../pool/work';
import { ItemTask } from './connection-task';
import type { ConnectionTask, ItemWork } from './connection-task';
import { itemWork } from './with-connection';

/** An item and its place: a `BatchFailure`, a `BatchOutcome`, or what one likes. */
export interface NumberedItem {
  readonly index: number;
  readonly item: unknown;
}

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
 * from(result.failed).pipe(again(pool, send), batchParallel(8))
 * ```
 */
export function again<C, T, O extends WorkResult>(
  pool: ConnectionPool<C>,
  work: (connection: C, item: T, index: number, context: WorkContext) => O,
  options?: AcquireOptions,
): OperatorFunction<NumberedItem, ConnectionTask<T, ObservedValueOf<O>>> {
  const each = itemWork<C, T>('again', pool, work, options);
  return (source) => new Observable((out) => source.subscribe(new NumberedTasks(out, each)));
}

class NumberedTasks<C, T, R> extends Subscriber<NumberedItem> {
  constructor(
    private readonly out: Subscriber<ConnectionTask<T, R>>,
    private readonly each: ItemWork<C, T>,
  ) {
    super(out);
  }

  protected override _next(numbered: NumberedItem): void {
    if (isNumbered(numbered)) this.out.next(new ItemTask(this.each, numbered.item as T, numbered.index));
    else this.error(notNumbered(numbered));
  }
}

export function isNumbered(value: unknown): value is NumberedItem {
  return Number.isInteger((value as NumberedItem | null | undefined)?.index);
}

export function notNumbered(value: unknown): TypeError {
  return new TypeError(
    `again works on what failed, each with an item and an index, but got ${shown(value)}: ` +
      'write from(result.failed).pipe(again(pool, work)). For bare items there is withConnection(pool, work).',
  );
}
