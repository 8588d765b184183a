import { Observable } from 'rxjs';
import type { ObservableInput, OperatorFunction } from 'rxjs';
import { resolveSequentialOptions } from './internal/batch-options';
import type { BatchOptions } from './internal/batch-options';
import { ValuePolicy } from './internal/outcome-policy';
import { PushBatch } from './internal/push-batch';

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
 * While the target is unreachable, the next task waits for it, at most for the option `patience` ({@link BatchOptions.patience}).
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
      const batch = new PushBatch<R, R>('batchSequential', { concurrency: 1, patience }, out, (value) => {
        out.next(value);
      });
      batch.run(source, new ValuePolicy<R>(batch));
    });
}
