import { Observable } from 'rxjs';
import type { Subscriber, Unsubscribable } from 'rxjs';
import { notifyWaiting } from '../operators/internal/batch-wait';
import type { BatchWait } from '../operators/internal/batch-wait';
import { checkSource, openSource } from './internal/open-source';
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
 * when a slot is free, put the batch of this entry in front of it.
 *
 * ```ts
 * fromPull(batchOutcomes(8)(tasks)).pipe(bufferTime(1_000), takeUntil(stop$))
 * ```
 */
export function fromPull<T>(source: PullSource<T>): Observable<T> {
  checkSource('fromPull', source);
  return new Observable((subscriber) => {
    const drawing = new PullSubscription(source, subscriber);
    subscriber.add(drawing);
    drawing.draw();
  });
}

class PullSubscription<T> implements Receiver<T>, Unsubscribable {
  private readonly source: Source;
  private drawing = false;
  private answeredInPull = false;
  private done = false;

  constructor(
    source: PullSource<T>,
    private readonly subscriber: Subscriber<T>,
  ) {
    this.source = openSource(source, this, undefined);
  }

  draw(): void {
    // What is answered at once is a loop, not a recursion.
    this.drawing = true;
    do {
      if (this.done) break;
      this.answeredInPull = false;
      this.source.pull();
    } while (this.answeredInPull);
    this.drawing = false;
  }

  next(value: T): void {
    this.subscriber.next(value);
    this.answeredInPull = true;
    if (!this.drawing) this.draw();
  }

  complete(): void {
    this.done = true;
    this.subscriber.complete();
  }

  error(error: unknown): void {
    this.done = true;
    this.subscriber.error(error);
  }

  waiting(wait: BatchWait | null): void {
    notifyWaiting(this.subscriber, wait);
  }

  unsubscribe(): void {
    if (this.done) return;
    this.done = true;
    // The subscriber is closed: RxJS passes an error of the stop to `onStoppedNotification`, as any error that comes too late.
    this.source.stop().catch((error: unknown) => {
      this.subscriber.error(error);
    });
  }
}
