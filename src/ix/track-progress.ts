import type { AsyncIterableX } from 'ix/asynciterable/asynciterablex';
import type { Observer } from 'rxjs';
import type { BatchOutcome } from '../operators/internal/batch-outcome';
import { progressFor } from '../operators/internal/progress';
import type { BatchProgress, ProgressCounter, ProgressOptions } from '../operators/internal/progress';
import type { BatchWait } from '../operators/internal/batch-wait';
import { checkSource } from './internal/open-source';
import { PullIterableOf } from './internal/pull-iterable';
import type { PullOperator } from './internal/pull-iterable';
import type { PullSource, Receiver } from './internal/source';
import { Stage } from './internal/stage';

/**
 * Tells an observer how far the batch has come: once at the first pull and once for every outcome, before the outcome goes on.
 * Its complete and its error follow those of the batch; a consumer that stops early does not end the batch.
 *
 * ```
 * pulled     1 2  3  4
 * outcomes     a  b  c |
 * observer   p p  p  p |
 * result       a  b  c |
 * ```
 *
 * ```ts
 * batchOutcomes(8), trackProgress((p) => bar.update(p.succeeded + p.failed), { total: lines.length }), collectBatch()
 * ```
 */
export function trackProgress(
  observer: Partial<Observer<BatchProgress>> | ((progress: BatchProgress) => void),
  options?: ProgressOptions,
): <R, T>(source: PullSource<BatchOutcome<R, T>>) => AsyncIterableX<BatchOutcome<R, T>>;
export function trackProgress<R, T>(
  observer: Partial<Observer<BatchProgress>> | ((progress: BatchProgress) => void),
  options?: ProgressOptions,
): PullOperator<BatchOutcome<R, T>, BatchOutcome<R, T>>;
export function trackProgress(
  observer: Partial<Observer<BatchProgress>> | ((progress: BatchProgress) => void),
  options: ProgressOptions = {},
): <R, T>(source: PullSource<BatchOutcome<R, T>>) => AsyncIterableX<BatchOutcome<R, T>> {
  const progress = progressFor(observer, options);
  return <R, T>(source: PullSource<BatchOutcome<R, T>>) => {
    checkSource('trackProgress', source);
    return new PullIterableOf<BatchOutcome<R, T>>((receiver, signal) =>
      new ProgressStage<R, T>(receiver, progress).drawFrom(source, signal),
    );
  };
}

class ProgressStage<R, T> extends Stage<BatchOutcome<R, T>, BatchOutcome<R, T>> {
  private progress: ProgressCounter | null = null;

  constructor(
    receiver: Receiver<BatchOutcome<R, T>>,
    private readonly begin: () => ProgressCounter,
  ) {
    super(receiver);
  }

  override pull(): void {
    if (this.progress === null) {
      this.progress = this.begin();
      if (!this.publish(this.progress)) return;
    }
    super.pull();
  }

  next(outcome: BatchOutcome<R, T>): void {
    const progress = this.progress!;
    progress.count(outcome);
    if (this.publish(progress)) this.receiver.next(outcome);
  }

  override complete(): void {
    if (this.notify(() => this.progress!.observer.complete?.())) super.complete();
  }

  override error(error: unknown): void {
    if (this.notify(() => this.progress!.observer.error?.(error))) super.error(error);
  }

  override waiting(wait: BatchWait | null): void {
    const progress = this.progress!;
    progress.setWaiting(wait);
    if (this.publish(progress)) super.waiting(wait);
  }

  private publish(progress: ProgressCounter): boolean {
    return this.notify(() => progress.publish());
  }

  /** As with `tap`, what the observer throws ends the batch. False when it has, or when the observer has stopped it. */
  private notify(say: () => void): boolean {
    try {
      say();
      return !this.stopped;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }
}
