import type { AsyncIterableX } from 'ix/asynciterable/asynciterablex';
import type { BatchOutcome } from '../operators/internal/batch-outcome';
import { ResultBuilder } from '../operators/internal/batch-result';
import type { BatchResult } from '../operators/internal/batch-result';
import { checkSource } from './internal/open-source';
import { PullIterableOf } from './internal/pull-iterable';
import type { PullOperator } from './internal/pull-iterable';
import type { PullSource } from './internal/source';
import { Stage } from './internal/stage';

/**
 * Collects the outcomes of `batchOutcomes` into one result, in the order of the source: draws them all when it is pulled.
 *
 * ```
 * pulled     1        2
 * outcomes   a  b  c  |     b: rejected
 * result            r |     { successful: [a, c], failed: [b], unstarted: 0 }
 * ```
 */
export function collectBatch(): <R, T>(source: PullSource<BatchOutcome<R, T>>) => AsyncIterableX<BatchResult<R, T>>;
export function collectBatch<R, T>(): PullOperator<BatchOutcome<R, T>, BatchResult<R, T>>;
export function collectBatch(): <R, T>(source: PullSource<BatchOutcome<R, T>>) => AsyncIterableX<BatchResult<R, T>> {
  return <R, T>(source: PullSource<BatchOutcome<R, T>>) => {
    checkSource('collectBatch', source);
    return new PullIterableOf<BatchResult<R, T>>((receiver, signal) =>
      new ResultStage<R, T>(receiver).drawFrom(source, signal),
    );
  };
}

class ResultStage<R, T> extends Stage<BatchOutcome<R, T>, BatchResult<R, T>> {
  private readonly builder = new ResultBuilder<R>();
  private pulling = false;
  private answeredInPull = false;
  private done = false;

  override pull(): void {
    if (this.done) {
      this.receiver.complete();
      return;
    }
    // What is answered at once is a loop, not a recursion.
    this.pulling = true;
    do {
      this.answeredInPull = false;
      this.upstream.pull();
    } while (this.answeredInPull);
    this.pulling = false;
  }

  next(outcome: BatchOutcome<R, T>): void {
    this.builder.add(outcome);
    this.answeredInPull = true;
    if (!this.pulling) this.pull();
  }

  override complete(): void {
    this.done = true;
    this.receiver.next(this.builder.result() as BatchResult<R, T>);
  }
}
