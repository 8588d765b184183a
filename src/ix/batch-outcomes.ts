import type { AsyncIterableX } from 'ix/asynciterable/asynciterablex';
import type { ObservableInput } from 'rxjs';
import type { BatchOutcome } from '../operators/internal/batch-outcome';
import type { ItemOf, LastValue } from '../operators/internal/task';
import { OutcomePolicy } from '../operators/internal/outcome-policy';
import { PullBatch } from './internal/pull-batch';
import { resolvePullOptions } from './internal/batch-options';
import type { PullBatchOptions, ResolvedPullOptions } from './internal/batch-options';
import { checkSource } from './internal/open-source';
import { PullIterableOf } from './internal/pull-iterable';
import type { PullOperator } from './internal/pull-iterable';
import type { PullSource, Receiver } from './internal/source';

/**
 * Runs tasks in parallel and gives an outcome for each, as they end: an error of one is an outcome, not the end. What ends the
 * batch is an error of the source, or a pool that has been destroyed.
 *
 * A batch has `concurrency` slots, and draws the next task when one of them is free. A slot is taken when the task is pulled from the source,
 * and free again when the consumer has taken its outcome and pulls the next one. So there are never more than `concurrency` tasks that
 * run or whose outcomes wait, and a consumer that stops pulling also stops the drawing.
 *
 * ```
 * pulled             1       2   3      4
 * tasks              (AB)    C   |
 * A                  ----a|
 * B                  -#
 * C                          --c|
 * batchOutcomes(2)   -b------a---c------|    b: rejected
 * ```
 *
 * `index` and `item` are those of the task; of an inner that is no task, its place in the batch and the inner itself.
 *
 * ```ts
 * for await (const outcome of from(lines).pipe(withConnection(pool, send), batchOutcomes(8))) { … }
 * ```
 */
export function batchOutcomes(
  concurrency?: number | PullBatchOptions,
): <I extends ObservableInput<unknown>>(source: PullSource<I>) => AsyncIterableX<BatchOutcome<LastValue<I>, ItemOf<I>>>;
export function batchOutcomes<I extends ObservableInput<unknown>>(
  concurrency?: number | PullBatchOptions,
): PullOperator<I, BatchOutcome<LastValue<I>, ItemOf<I>>>;
export function batchOutcomes(
  concurrency?: number | PullBatchOptions,
): <I extends ObservableInput<unknown>>(
  source: PullSource<I>,
) => AsyncIterableX<BatchOutcome<LastValue<I>, ItemOf<I>>> {
  const options = resolvePullOptions('batchOutcomes', concurrency);
  return (source) => outcomesOf('batchOutcomes', options, source);
}

/** `operator`: by which name the user knows the batch. */
export function outcomesOf<I extends ObservableInput<unknown>>(
  operator: string,
  options: ResolvedPullOptions,
  source: PullSource<I>,
): AsyncIterableX<BatchOutcome<LastValue<I>, ItemOf<I>>> {
  type Outcome = BatchOutcome<LastValue<I>, ItemOf<I>>;
  checkSource(operator, source);
  return new PullIterableOf<Outcome>((receiver, signal) =>
    new OutcomeBatch<LastValue<I>>(receiver, operator, options).drawFrom(
      source as PullSource<ObservableInput<LastValue<I>>>,
      signal,
    ),
  );
}

class OutcomeBatch<R> extends PullBatch<R, BatchOutcome<R>> {
  readonly rules: OutcomePolicy<R>;

  constructor(receiver: Receiver<BatchOutcome<R>>, operator: string, options: ResolvedPullOptions) {
    super(receiver, operator, options);
    this.rules = new OutcomePolicy<R>(
      {
        abort: (error) => {
          this.abort(error);
        },
        stop: (unstarted) => {
          this.stopDrawing(unstarted);
        },
        emit: options.ordered
          ? (outcome) => {
              // One end may release several outcomes: all of them are ready before the consumer takes the first.
              this.ready.push(outcome);
            }
          : (outcome) => {
              this.deliver(outcome);
            },
      },
      options,
    );
  }

  protected override get heldOutcomes(): number {
    return this.rules.heldOutcomes;
  }
}
