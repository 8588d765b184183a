import type { AsyncIterableX } from 'ix/asynciterable/asynciterablex';
import type { ObservableInput } from 'rxjs';
import { ValuePolicy } from '../operators/internal/outcome-policy';
import { PullBatch } from './internal/pull-batch';
import { resolvePullSequential } from './internal/batch-options';
import type { PullBatchOptions, ResolvedPullOptions } from './internal/batch-options';
import { checkSource } from './internal/open-source';
import { PullIterableOf } from './internal/pull-iterable';
import type { PullOperator } from './internal/pull-iterable';
import type { PullSource, Receiver } from './internal/source';

/**
 * Runs one task after the other, and passes on every value of every one of them, in order. The first error ends it, and so does
 * an error of the source. A task is drawn and begun when the values of the one before it have all been taken, and the consumer
 * comes back for more.
 *
 * ```
 * pulled     1   2 3   4
 * tasks      A     B   |
 * A          --a|
 * B                -b|
 * result       a    b  |    the second pull: A has no more, B begins
 * ```
 *
 * A task may have values faster than they are pulled: an Observable pushes. Those of the one task that runs are kept until then.
 *
 * While the target is unreachable, the next task waits for it, at most for the option `patience` ({@link PullBatchOptions.patience}).
 *
 * ```ts
 * for await (const reply of from(lines).pipe(withConnection(pool, send), batchSequential())) { … }
 * ```
 */
export function batchSequential(
  options?: Pick<PullBatchOptions, 'signal' | 'patience'>,
): <R>(source: PullSource<ObservableInput<R>>) => AsyncIterableX<R>;
export function batchSequential<R>(
  options?: Pick<PullBatchOptions, 'signal' | 'patience'>,
): PullOperator<ObservableInput<R>, R>;
export function batchSequential(
  options?: Pick<PullBatchOptions, 'signal' | 'patience'>,
): <R>(source: PullSource<ObservableInput<R>>) => AsyncIterableX<R> {
  const resolved = resolvePullSequential('batchSequential', options);
  return <R>(source: PullSource<ObservableInput<R>>) => {
    checkSource('batchSequential', source);
    return new PullIterableOf<R>((receiver, outer) =>
      new SequentialBatch<R>(receiver, { ...resolved, concurrency: 1 }).drawFrom(source, outer),
    );
  };
}

class SequentialBatch<R> extends PullBatch<R, R> {
  readonly rules = new ValuePolicy<R>({
    abort: (error) => {
      this.abort(error);
    },
    emit: (value) => {
      this.deliver(value);
    },
  });

  constructor(receiver: Receiver<R>, options: ResolvedPullOptions) {
    super(receiver, 'batchSequential', options);
  }
}
