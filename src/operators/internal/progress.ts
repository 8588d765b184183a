import { asyncScheduler } from 'rxjs';
import type { Observer, SchedulerLike } from 'rxjs';
import type { Clock } from '../../pool/time/clock';
import { InvalidConfigError } from '../../pool/errors';
import { countIssue, schedulerIssue } from '../../pool/option-checks';
import { describeValue } from '../../pool/values/describe';
import { optionIssues } from '../../pool/values/option-issues';
import { readOptions } from '../../pool/values/read-options';
import { schedulerClock } from '../../pool/rx/scheduler-clock';
import type { BatchOutcome } from './batch-outcome';
import type { BatchWait } from './batch-wait';

/** How far a batch has come. */
export interface BatchProgress {
  /** The number of items of the whole batch, where that is known. */
  readonly total?: number;
  /** Tasks that have succeeded so far. */
  readonly succeeded: number;
  /** Tasks that have failed so far. */
  readonly failed: number;
  /** Outcomes a second, on average since the batch was subscribed. */
  readonly ratePerSecond: number;
  /** Milliseconds until `total` is reached at that rate; absent without a total, or before the first outcome. */
  readonly remainingMs?: number;
  /**
   * Present while the batch starts nothing, because its pool has no connection and the target is unreachable (the option `patience`): `since` when,
   * in ms by the clock of the `scheduler`, as `Date.now()` has it, and the `error` with which a task would have failed.
   */
  readonly waiting?: { readonly since: number; readonly error: unknown };
}

/** What `trackProgress` may be told besides its observer. */
export interface ProgressOptions {
  /** The number of items of the whole batch, 0 or more. Default: not known. */
  total?: number | undefined;
  /** The clock. Default `asyncScheduler`. */
  scheduler?: SchedulerLike | undefined;
}

/** Checks what `trackProgress` was given. What it returns begins to count, for one run of a batch. */
export function progressFor(
  observer: Partial<Observer<BatchProgress>> | ((progress: BatchProgress) => void),
  options: ProgressOptions,
): () => ProgressCounter {
  const { total, scheduler = asyncScheduler } = checked(observer, options);
  const target = typeof observer === 'function' ? { next: observer } : observer;
  return () => new ProgressCounter(target, total, scheduler);
}

const rules: Record<string, (value: unknown) => string | null> = {
  total: (value) => countIssue('total', value, { least: 0 }),
  scheduler: (value) => schedulerIssue('scheduler', value),
};

const names = Object.keys(rules);

function checked(observer: unknown, given: ProgressOptions): ProgressOptions {
  const options = readOptions(given, names) as ProgressOptions;
  const issues: string[] = [];
  if (typeof observer !== 'function' && (typeof observer !== 'object' || observer === null)) {
    issues.push(
      `the observer must be a function of a BatchProgress or an observer of them, but got ${describeValue(observer)}`,
    );
  }
  issues.push(...optionIssues(options, rules));
  if (issues.length > 0) throw new InvalidConfigError('pool', 'trackProgress cannot work', issues);
  return options;
}

/** The counts of one run of a batch, and the observer that gets them. */
export class ProgressCounter {
  private succeeded = 0;
  private failed = 0;
  private waiting: BatchProgress['waiting'];
  private readonly clock: Clock;
  private readonly startedAt: number;

  constructor(
    readonly observer: Partial<Observer<BatchProgress>>,
    private readonly total: number | undefined,
    private readonly scheduler: SchedulerLike,
  ) {
    this.clock = schedulerClock(scheduler);
    this.startedAt = this.clock.now();
  }

  count(outcome: BatchOutcome<unknown>): void {
    if (outcome.status === 'succeeded') this.succeeded++;
    else this.failed++;
  }

  setWaiting(wait: BatchWait | null): void {
    this.waiting = wait === null ? undefined : { since: this.scheduler.now(), error: wait.error };
  }

  publish(): void {
    const { observer } = this;
    if (observer.next !== undefined)
      observer.next(this.waiting === undefined ? this.snapshot() : { ...this.snapshot(), waiting: this.waiting });
  }

  private snapshot(): BatchProgress {
    const { total, succeeded, failed } = this;
    const done = succeeded + failed;
    const elapsed = this.clock.now() - this.startedAt;
    const ratePerSecond = elapsed > 0 ? (done * 1000) / elapsed : 0;
    if (total === undefined) return { succeeded, failed, ratePerSecond };
    if (ratePerSecond === 0) return { total, succeeded, failed, ratePerSecond };
    const remainingMs = (Math.max(0, total - done) * 1000) / ratePerSecond;
    return { total, succeeded, failed, ratePerSecond, remainingMs };
  }
}
