import { Observable } from 'rxjs';
import type { ObservableInput, OperatorFunction } from 'rxjs';
import { PushBatch } from './internal/push-batch';
import { resolveSequentialOptions } from './internal/batch-options';
import type { BatchOptions } from './internal/batch-options';
import type { BatchRules } from './internal/member';

/**
 * Runs one task after the other, and passes on every value of every one of them, in order. The first error ends it, and so
 * does an error of the source. Takes what `from` takes beside the tasks of `withConnection`.
 *
 * ```
 * tasks      -A-B-C|
 * A           --a|
 * B              -b-c|
 * C                  #
 * result     ---a-b-c#
 * ```
 *
 * While the target is away, the task whose turn it is waits for it, for as long as `patience` says ({@link BatchOptions.patience}).
 *
 * Like `concatAll()`, which it differs from in that any number of synchronous tasks is no deep recursion.
 *
 * ```ts
 * from(lines).pipe(withConnection(pool, send), batchSequential())
 * ```
 */
export function batchSequential<R>(options?: Pick<BatchOptions, 'patience'>): OperatorFunction<ObservableInput<R>, R> {
  const { patience } = resolveSequentialOptions('batchSequential', options, ['patience']);
  return (source) =>
    new Observable<R>((out) => {
      const rules: BatchRules<R> = {
        value: (_member, value) => {
          out.next(value);
        },
        completed: () => undefined,
        failed: (_member, error) => {
          batch.abort(error);
        },
      };
      const batch = new PushBatch<R>('batchSequential', 1, out, rules, patience);
      batch.draw(source);
    });
}
