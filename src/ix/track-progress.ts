import type { AsyncIterableX } from 'ix/asynciterable/asynciterablex';
import type { Observer } from 'rxjs';
import type { BatchOutcome } from '../operators/batch-outcomes';
import { progressFor } from '../operators/internal/progress';
import type { BatchProgress, Progress, ProgressOptions } from '../operators/internal/progress';
import type { BatchWait } from '../operators/internal/waiting';
import { checkSource } from './internal/open';
import { Opened } from './internal/pulled';
import type { PullOperator } from './internal/pulled';
import type { PullSource, Receiver } from './internal/source';
import { Stage } from './internal/stage';

/**
 * Tells an observer how far the batch has come: once at the first pull and once for every outcome, before the outcome goes on.
 * Its complete and its error follow those of the batch; a consumer who stops early is no end of the batch.
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
): <R>(source: PullSource<BatchOutcome<R>>) => AsyncIterableX<BatchOutcome<R>>;
export function trackProgress<R>(
  observer: Partial<Observer<BatchProgress>> | ((progress: BatchProgress) => void),
  options?: ProgressOptions,
): PullOperator<BatchOutcome<R>, BatchOutcome<R>>;
export function trackProgress(
  observer: Partial<Observer<BatchProgress>> | ((progress: BatchProgress) => void),
  options: ProgressOptions = {},
): <R>(source: PullSource<BatchOutcome<R>>) => AsyncIterableX<BatchOutcome<R>> {
  const progress = progressFor(observer, options);
  return <R>(source: PullSource<BatchOutcome<R>>) => {
    checkSource('trackProgress', source);
    return new Opened<BatchOutcome<R>>((receiver, signal) =>
      new Tracker<R>(receiver, progress).drawFrom(source, signal),
    );
  };
}

class Tracker<R> extends Stage<BatchOutcome<R>, BatchOutcome<R>> {
  private progress: Progress | null = null;

  constructor(
    receiver: Receiver<BatchOutcome<R>>,
    private readonly begin: () => Progress,
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

  arrived(outcome: BatchOutcome<R>): void {
    const progress = this.progress!;
    progress.count(outcome);
    if (this.publish(progress)) this.receiver.arrived(outcome);
  }

  override ended(): void {
    if (this.tell(() => this.progress!.observer.complete?.())) super.ended();
  }

  override broke(error: unknown): void {
    if (this.tell(() => this.progress!.observer.error?.(error))) super.broke(error);
  }

  override waits(wait: BatchWait | null): void {
    const progress = this.progress!;
    progress.waits(wait);
    if (this.publish(progress)) super.waits(wait);
  }

  private publish(progress: Progress): boolean {
    return this.tell(() => progress.publish());
  }

  /** As with `tap`, what the observer throws ends the batch. False when it has, or when the observer has stopped it. */
  private tell(say: () => void): boolean {
    try {
      say();
      return !this.silent;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }
}
