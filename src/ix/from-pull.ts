import { Observable } from 'rxjs';
import type { Subscriber, Unsubscribable } from 'rxjs';
import { tellWaiting } from '../operators/internal/waiting';
import type { BatchWait } from '../operators/internal/waiting';
import { checkSource, open } from './internal/open';
import type { PullSource, Receiver, Source } from './internal/source';

/**
 * An AsyncIterable as an Observable: draws one value at a time, the next one when all that the last one caused in the subscriber
 * has returned. Unsubscribing ends the source at once, by its `return()`, also while it is waiting; Node streams are destroyed
 * and web streams cancelled.
 *
 * ```
 * drawn        a    b
 * source       --a  -b  -c
 * fromPull     --a---b!         `return()` is called at !, and c is never seen
 * ```
 *
 * RxJS pushes: an operator that buffers, such as `mergeMap`, takes whatever comes, and that is all of the source. To draw only
 * when there is room put the batch of this entry in front of it.
 *
 * ```ts
 * fromPull(batchOutcomes(8)(tasks)).pipe(bufferTime(1_000), takeUntil(stop$))
 * ```
 */
export function fromPull<T>(source: PullSource<T>): Observable<T> {
  checkSource('fromPull', source);
  return new Observable((subscriber) => {
    const drawing = new Drawing(source, subscriber);
    subscriber.add(drawing);
    drawing.draw();
  });
}

class Drawing<T> implements Receiver<T>, Unsubscribable {
  private readonly source: Source;
  private drawing = false;
  private answered = false;
  private over = false;

  constructor(
    source: PullSource<T>,
    private readonly subscriber: Subscriber<T>,
  ) {
    this.source = open(source, this, undefined);
  }

  draw(): void {
    // What is answered at once is a loop, not a recursion.
    this.drawing = true;
    do {
      if (this.over) break;
      this.answered = false;
      this.source.pull();
    } while (this.answered);
    this.drawing = false;
  }

  arrived(value: T): void {
    this.subscriber.next(value);
    this.answered = true;
    if (!this.drawing) this.draw();
  }

  ended(): void {
    this.over = true;
    this.subscriber.complete();
  }

  broke(error: unknown): void {
    this.over = true;
    this.subscriber.error(error);
  }

  waits(wait: BatchWait | null): void {
    tellWaiting(this.subscriber, wait);
  }

  unsubscribe(): void {
    if (this.over) return;
    this.over = true;
    // Nobody listens any more: what the ending fails with is for RxJS's `onStoppedNotification`, as any error that comes too late.
    this.source.stop().catch((error: unknown) => {
      this.subscriber.error(error);
    });
  }
}
