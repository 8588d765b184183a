import { Observable } from 'rxjs';
import type { ObservableInput, OperatorFunction } from 'rxjs';
import { isPoolError } from '../pool/errors';
import { Batch } from './batch';
import { resolveBatchOptions } from './batch-options';
import type { BatchOptions } from './batch-options';
import { InOrder } from './in-order';
import type { Member } from './member';
import { noteUnstarted } from './unstarted';

/** How one of a batch ended: with its last value (`undefined` if it had none), or with an error. */
export type BatchOutcome<R> =
  | { readonly index: number; readonly item: unknown; readonly status: 'fulfilled'; readonly value: R }
  | { readonly index: number; readonly item: unknown; readonly status: 'rejected'; readonly reason: unknown };

/**
 * Runs tasks in parallel and emits an outcome for each, as they end: an error of one is an outcome, not the end. What ends the
 * batch is an error of the source, or a pool that has been destroyed.
 *
 * ```
 * tasks              -A-B-C|
 * A                   ----a|
 * B                     -#
 * C                       --c|
 * batchOutcomes(2)   ----b-a-c|    b: rejected, and C begins then
 * ```
 *
 * `index` and `item` are those of the task; of an inner that is no task, its place in the batch and the inner itself.
 *
 * ```ts
 * from(lines).pipe(withConnection(pool, send), batchOutcomes(8), trackProgress(bar), collectBatch())
 * ```
 */
export function batchOutcomes<R>(
  concurrency?: number | BatchOptions,
): OperatorFunction<ObservableInput<R>, BatchOutcome<R>> {
  const { concurrency: atATime, ordered, stopOnError } = resolveBatchOptions('batchOutcomes', concurrency);
  return (source) =>
    new Observable<BatchOutcome<R>>((out) => {
      const next = (outcome: BatchOutcome<R>): void => out.next(outcome);
      const order = ordered ? new InOrder(next) : null;
      const emit = ({ position }: Member<R>, outcome: BatchOutcome<R>): void =>
        order === null ? next(outcome) : order.push(position, outcome);
      let stopped = false;
      const batch = new Batch<R>('batchOutcomes', atATime, out, {
        value: (member, value) => {
          member.last = value;
        },
        completed: (member) => {
          const { index, item, last } = member;
          emit(member, { index, item, status: 'fulfilled', value: last as R });
        },
        failed: (member, reason) => {
          // Every item that is left would fail with the same words.
          if (isPoolError(reason, 'INVALID_POOL')) {
            batch.abort(reason);
            return;
          }
          const { index, item } = member;
          const outcome: BatchOutcome<R> = { index, item, status: 'rejected', reason };
          if (stopOnError && !stopped) {
            stopped = true;
            noteUnstarted(outcome, batch.stop());
          }
          emit(member, outcome);
        },
      });
      batch.draw(source);
    });
}
