import { isPoolError } from '../../pool/errors';
import type { BatchOutcome } from './batch-outcome';
import type { BatchRules, Member } from './member';
import { OrderedEmitter } from './ordered-emitter';
import { recordUnstarted } from './unstarted';

/** The batch that a policy decides for. */
export interface BatchHost<V> {
  /** Ends the batch with an error. Members that run are cancelled. */
  abort(error: unknown): void;
  /** Starts no more members; those that run go on. Reports how many items had been drawn and are not started, in one or several parts. */
  stop(unstarted: (count: number) => void): void;
  emit(value: V): void;
}

/**
 * What becomes of the end of each member of a batch, whether the batch is pushed or pulled: an error is an outcome and does not end the batch,
 * unless the pool was destroyed. Emits the outcomes in the order of the source, if that is asked for.
 */
export class OutcomePolicy<R> implements BatchRules<R> {
  private readonly order: OrderedEmitter<BatchOutcome<R>> | null;
  private readonly stopOnError: boolean;
  private stopped = false;

  constructor(
    private readonly host: BatchHost<BatchOutcome<R>>,
    { ordered, stopOnError }: { readonly ordered: boolean; readonly stopOnError: boolean },
  ) {
    this.stopOnError = stopOnError;
    this.order = ordered
      ? new OrderedEmitter((outcome) => {
          host.emit(outcome);
        })
      : null;
  }

  /** How many outcomes are held until the outcomes before them are there. */
  get heldOutcomes(): number {
    return this.order === null ? 0 : this.order.size;
  }

  value(member: Member<R>, value: R): void {
    member.last = value;
  }

  completed(member: Member<R>): void {
    const { position, index, item, last } = member;
    this.push(position, { index, item, status: 'succeeded', value: last as R });
  }

  failed({ position, index, item }: Member<R>, error: unknown): void {
    // Every remaining item would fail with the same error.
    if (isPoolError(error, 'INVALID_POOL')) {
      this.host.abort(error);
      return;
    }
    const outcome: BatchOutcome<R> = { index, item, status: 'failed', error };
    if (this.stopOnError && !this.stopped) {
      this.stopped = true;
      this.host.stop((count) => {
        recordUnstarted(outcome, count);
      });
    }
    this.push(position, outcome);
  }

  private push(position: number, outcome: BatchOutcome<R>): void {
    if (this.order === null) this.host.emit(outcome);
    else this.order.push(position, outcome);
  }
}

/** Emits every value of every member. The first error ends the batch. */
export class ValuePolicy<R> implements BatchRules<R> {
  constructor(private readonly host: Pick<BatchHost<R>, 'abort' | 'emit'>) {}

  value(_member: Member<R>, value: R): void {
    this.host.emit(value);
  }

  completed(): void {
    // All values were emitted as they came.
  }

  failed(_member: Member<R>, error: unknown): void {
    this.host.abort(error);
  }
}
