import { asyncScheduler, Observable, Subscriber } from 'rxjs';
import type { MonoTypeOperatorFunction, Observer, SchedulerLike } from 'rxjs';
import { InvalidConfigError } from '../pool/errors';
import { notACount, shown } from '../pool/options';
import type { BatchOutcome } from './batch-outcomes';

/** How far a batch has come. */
export interface BatchProgress {
  /** How many there will be, where that is known. */
  readonly total?: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Outcomes a second, on average since the batch was subscribed. */
  readonly ratePerSecond: number;
  /** Milliseconds until `total` is reached at that rate; absent without a total, or before the first outcome. */
  readonly remainingMs?: number;
}

export interface ProgressOptions {
  /** How many there will be. */
  total?: number | undefined;
  /** The clock. Default `asyncScheduler`. */
  scheduler?: SchedulerLike | undefined;
}

/**
 * Tells an observer how far the batch has come: once at the beginning and once for every outcome, before the outcome goes on.
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
export function trackProgress<R>(
  observer: Partial<Observer<BatchProgress>> | ((progress: BatchProgress) => void),
  options: ProgressOptions = {},
): MonoTypeOperatorFunction<BatchOutcome<R>> {
  const { total, scheduler = asyncScheduler } = checked(observer, options);
  const told = typeof observer === 'function' ? { next: observer } : observer;
  return (source) =>
    new Observable((out) => {
      const tracker = new Tracker<R>(out, told, total, scheduler);
      tracker.publish();
      if (!tracker.closed) source.subscribe(tracker);
    });
}

function checked(observer: unknown, options: ProgressOptions): ProgressOptions {
  const issues: string[] = [];
  if (typeof observer !== 'function' && (typeof observer !== 'object' || observer === null)) {
    issues.push(
      `the observer must be a function of a BatchProgress or an observer of them, but got ${shown(observer)}`,
    );
  }
  for (const [name, value] of Object.entries(options)) {
    if (name === 'total')
      issues.push(...[(value === undefined ? null : notACount(name, value, { least: 0 })) ?? []].flat());
    else if (name !== 'scheduler') issues.push(`${name} is not an option; the options are total, scheduler`);
  }
  if (issues.length > 0) throw new InvalidConfigError('pool', 'trackProgress cannot work', issues);
  return options;
}

class Tracker<R> extends Subscriber<BatchOutcome<R>> {
  private succeeded = 0;
  private failed = 0;
  private readonly since: number;

  constructor(
    private readonly out: Subscriber<BatchOutcome<R>>,
    private readonly observer: Partial<Observer<BatchProgress>>,
    private readonly total: number | undefined,
    private readonly scheduler: SchedulerLike,
  ) {
    super(out);
    this.since = scheduler.now();
  }

  publish(): void {
    const { total, succeeded, failed } = this;
    const done = succeeded + failed;
    const elapsed = this.scheduler.now() - this.since;
    const ratePerSecond = elapsed > 0 ? (done * 1000) / elapsed : 0;
    this.tell(() =>
      this.observer.next?.({
        ...(total === undefined ? {} : { total }),
        succeeded,
        failed,
        ratePerSecond,
        ...(total === undefined || ratePerSecond === 0
          ? {}
          : { remainingMs: (Math.max(0, total - done) * 1000) / ratePerSecond }),
      }),
    );
  }

  protected override _next(outcome: BatchOutcome<R>): void {
    if (outcome.status === 'fulfilled') this.succeeded++;
    else this.failed++;
    this.publish();
    if (!this.closed) this.out.next(outcome);
  }

  protected override _error(error: unknown): void {
    this.tell(() => this.observer.error?.(error));
    if (!this.closed) super._error(error);
  }

  protected override _complete(): void {
    this.tell(() => this.observer.complete?.());
    if (!this.closed) super._complete();
  }

  /** As with `tap`, what the observer throws ends the stream. */
  private tell(say: () => void): void {
    try {
      say();
    } catch (error) {
      this.out.error(error);
    }
  }
}
