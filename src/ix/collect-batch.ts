import type { AsyncIterableX } from 'ix/asynciterable/asynciterablex';
import type { BatchOutcome } from '../operators/batch-outcomes';
import { Collection } from '../operators/internal/collection';
import type { BatchResult } from '../operators/internal/collection';
import { checkSource } from './internal/open';
import { Opened } from './internal/pulled';
import type { PullOperator } from './internal/pulled';
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
export function collectBatch(): <R>(source: PullSource<BatchOutcome<R>>) => AsyncIterableX<BatchResult<R>>;
export function collectBatch<R>(): PullOperator<BatchOutcome<R>, BatchResult<R>>;
export function collectBatch(): <R>(source: PullSource<BatchOutcome<R>>) => AsyncIterableX<BatchResult<R>> {
  return <R>(source: PullSource<BatchOutcome<R>>) => {
    checkSource('collectBatch', source);
    return new Opened<BatchResult<R>>((receiver, signal) => new Collector<R>(receiver).drawFrom(source, signal));
  };
}

class Collector<R> extends Stage<BatchOutcome<R>, BatchResult<R>> {
  private readonly collection = new Collection<R>();
  private pulling = false;
  private answered = false;
  private over = false;

  override pull(): void {
    if (this.over) {
      this.receiver.ended();
      return;
    }
    // What is answered at once is a loop, not a recursion.
    this.pulling = true;
    do {
      this.answered = false;
      this.upstream.pull();
    } while (this.answered);
    this.pulling = false;
  }

  arrived(outcome: BatchOutcome<R>): void {
    this.collection.add(outcome);
    this.answered = true;
    if (!this.pulling) this.pull();
  }

  override ended(): void {
    this.over = true;
    this.receiver.arrived(this.collection.result());
  }
}
