import { Observable } from 'rxjs';
import type { ObservableInput, OperatorFunction, Subscriber } from 'rxjs';
import { isPoolError } from '../pool/errors';
import { PushBatch } from './internal/push-batch';
import { resolveBatchOptions } from './internal/batch-options';
import type { BatchOptions, ResolvedBatchOptions } from './internal/batch-options';
import { OrderedEmitter } from './internal/ordered-emitter';
import type { BatchRules, Member } from './internal/member';
import { recordUnstarted } from './internal/unstarted';

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
  const options = resolveBatchOptions('batchOutcomes', concurrency);
  return (source) =>
    new Observable<BatchOutcome<R>>((out) => {
      const next = (outcome: BatchOutcome<R>): void => out.next(outcome);
      const order = options.ordered ? new OrderedEmitter(next) : null;
      const emit = ({ position }: Member<R>, outcome: BatchOutcome<R>): void =>
        order === null ? next(outcome) : order.push(position, outcome);
      runToOutcomes<R>('batchOutcomes', source, options, out, {
        fulfilled: (member) => {
          const { index, item, last } = member;
          emit(member, { index, item, status: 'fulfilled', value: last as R });
        },
        rejected: (member, reason, unstarted) => {
          const { index, item } = member;
          const outcome: BatchOutcome<R> = { index, item, status: 'rejected', reason };
          if (unstarted !== null) recordUnstarted(outcome, unstarted);
          emit(member, outcome);
        },
      });
    });
}

/** What is done with the end of each. */
export interface OutcomeRules<R> {
  fulfilled(member: Member<R>): void;
  /** `unstarted`: when this has stopped the batch, how many had been drawn and are not started. */
  rejected(member: Member<R>, reason: unknown, unstarted: number | null): void;
}

/** Runs a batch in which a failure of one is not the end. */
export function runToOutcomes<R>(
  operator: string,
  source: Observable<ObservableInput<R>>,
  { concurrency, stopOnError, patience }: ResolvedBatchOptions,
  out: Subscriber<never>,
  rules: OutcomeRules<R>,
): void {
  let stopped = false;
  const outcomes: BatchRules<R> = {
    value: (member, value) => {
      member.last = value;
    },
    completed: (member) => {
      rules.fulfilled(member);
    },
    failed: (member, reason) => {
      // Every item that is left would fail with the same words.
      if (isPoolError(reason, 'INVALID_POOL')) {
        batch.abort(reason);
        return;
      }
      const stops = stopOnError && !stopped;
      stopped ||= stops;
      rules.rejected(member, reason, stops ? batch.stop() : null);
    },
  };
  const batch = new PushBatch<R>(operator, concurrency, out, outcomes, patience);
  batch.draw(source);
}
