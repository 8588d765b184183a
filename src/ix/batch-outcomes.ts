import type { AsyncIterableX } from 'ix/asynciterable/asynciterablex';
import type { ObservableInput } from 'rxjs';
import type { BatchOutcome } from '../operators/batch-outcomes';
import { OrderedEmitter } from '../operators/internal/ordered-emitter';
import type { Member } from '../operators/internal/member';
import { recordUnstarted } from '../operators/internal/unstarted';
import { isPoolError } from '../pool/errors';
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
 * A batch has `concurrency` slots, and draws the next task when one of them is free. A task has its slot from the moment at which
 * it is asked for until the consumer comes back from its outcome for the next one: so there are never more than `concurrency`
 * tasks that run or whose outcomes wait, and a consumer who has stopped pulling has stopped the drawing too.
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
): <R>(source: PullSource<ObservableInput<R>>) => AsyncIterableX<BatchOutcome<R>>;
export function batchOutcomes<R>(
  concurrency?: number | PullBatchOptions,
): PullOperator<ObservableInput<R>, BatchOutcome<R>>;
export function batchOutcomes(
  concurrency?: number | PullBatchOptions,
): <R>(source: PullSource<ObservableInput<R>>) => AsyncIterableX<BatchOutcome<R>> {
  const options = resolvePullOptions('batchOutcomes', concurrency);
  return <R>(source: PullSource<ObservableInput<R>>) => {
    checkSource('batchOutcomes', source);
    return new PullIterableOf<BatchOutcome<R>>((receiver, signal) =>
      new OutcomeBatch<R>(receiver, options).drawFrom(source, signal),
    );
  };
}

class OutcomeBatch<R> extends PullBatch<R, BatchOutcome<R>> {
  private readonly stopOnError: boolean;
  private readonly order: OrderedEmitter<BatchOutcome<R>> | null;
  private failedOnce = false;

  constructor(receiver: Receiver<BatchOutcome<R>>, options: ResolvedPullOptions) {
    const { concurrency, ordered, stopOnError, signal, patience } = options;
    super(receiver, 'batchOutcomes', concurrency, signal, patience);
    this.stopOnError = stopOnError;
    // Several may come at once, and a consumer that pulls inside of one must find the others there: so they are ready before the first is taken.
    this.order = ordered
      ? new OrderedEmitter((outcome) => {
          this.ready.push(outcome);
        })
      : null;
  }

  protected override get heldOutcomes(): number {
    return this.order === null ? 0 : this.order.size;
  }

  value(member: Member<R>, value: R): void {
    member.last = value;
  }

  completed(member: Member<R>): void {
    const { index, item, last } = member;
    this.add(member, { index, item, status: 'fulfilled', value: last as R });
  }

  failed(member: Member<R>, reason: unknown): void {
    // Every item that is left would fail with the same words.
    if (isPoolError(reason, 'INVALID_POOL')) {
      this.abort(reason);
      return;
    }
    const { index, item } = member;
    const outcome: BatchOutcome<R> = { index, item, status: 'rejected', reason };
    if (this.stopOnError && !this.failedOnce) {
      this.failedOnce = true;
      this.stopDrawing((count) => {
        recordUnstarted(outcome, count);
      });
    }
    this.add(member, outcome);
  }

  private add(member: Member<R>, outcome: BatchOutcome<R>): void {
    if (this.order === null) this.deliver(outcome);
    else this.order.push(member.position, outcome);
  }
}
