import { Observable, Subscriber } from 'rxjs';
import type { MonoTypeOperatorFunction, Observer } from 'rxjs';
import type { BatchOutcome } from './internal/batch-outcome';
import { progressFor } from './internal/progress';
import type { BatchProgress, ProgressCounter, ProgressOptions } from './internal/progress';
import { onBatchWait } from './internal/batch-wait';
import type { BatchWait } from './internal/batch-wait';

export type { BatchProgress, ProgressOptions } from './internal/progress';

/**
 * Tells an observer how far the batch has come: once at the beginning and once for every outcome, before the outcome goes on; and when the
 * batch begins to wait for an unreachable target, and when it goes on.
 * Its complete and its error follow those of the batch.
 *
 * ```
 * outcomes   --a--b--c|
 * observer   p-p--p--p|
 * result     --a--b--c|
 * ```
 *
 * ```ts
 * batchOutcomes(8), trackProgress((p) => bar.update(p.succeeded + p.failed), { total: lines.length }), collectBatch()
 * ```
 */
export function trackProgress<R, T>(
  observer: Partial<Observer<BatchProgress>> | ((progress: BatchProgress) => void),
  options: ProgressOptions = {},
): MonoTypeOperatorFunction<BatchOutcome<R, T>> {
  const progress = progressFor(observer, options);
  return (source) =>
    new Observable((out) => {
      const tracker = new ProgressSubscriber<R, T>(out, progress());
      tracker.publish();
      if (!tracker.closed) source.subscribe(tracker);
    });
}

class ProgressSubscriber<R, T> extends Subscriber<BatchOutcome<R, T>> {
  constructor(
    private readonly out: Subscriber<BatchOutcome<R, T>>,
    private readonly progress: ProgressCounter,
  ) {
    super(out);
  }

  publish(): void {
    this.notify(() => this.progress.publish());
  }

  [onBatchWait](wait: BatchWait | null): void {
    this.progress.setWaiting(wait);
    this.publish();
  }

  protected override _next(outcome: BatchOutcome<R, T>): void {
    this.progress.count(outcome);
    this.publish();
    if (!this.closed) this.out.next(outcome);
  }

  protected override _error(error: unknown): void {
    this.notify(() => this.progress.observer.error?.(error));
    if (!this.closed) super._error(error);
  }

  protected override _complete(): void {
    this.notify(() => this.progress.observer.complete?.());
    if (!this.closed) super._complete();
  }

  /** As with `tap`, what the observer throws ends the stream. */
  private notify(say: () => void): void {
    try {
      say();
    } catch (error) {
      this.out.error(error);
    }
  }
}
