import { Observable, Subject, Subscriber, Subscription, take } from 'rxjs';
import { withConnection } from '../operators/with-connection';
import type { Cancel } from '../pool/time/clock';
import type { ConnectionPool } from '../pool/connection-pool';
import type { WorkContext, WorkResult } from '../pool/rx/work';
import { RunRecorder } from './run-recorder';
import { EventLoopYield } from './event-loop-yield';
import { releaseLabel, reserveLabel } from './labels';
import type { Load } from './load';
import { Operation } from './operation';
import type { OperationHost } from './operation';
import { outcomeOf } from './outcome';
import type { Outcome } from './outcome';
import { Pace } from './pace';
import type { StressReport } from './report';
import { StallDetector } from './stall-detector';

/**
 * Runs the load on the pool. Emits a report at once, then one every `interval`, and the last one when all operations have ended.
 * Unsubscribing cancels operations in flight. Errors only if the load itself is not valid; failures of the pool are in the report.
 *
 * ```
 * interval 3   ---------------
 * operations   abcdefghijkl
 * reports      r--r--r--r---(r|)
 * ```
 */
export function runLoad<C>(pool: ConnectionPool<C>, load: Load<C>): Observable<StressReport> {
  return new Observable((subscriber) => {
    const run = new LoadRun(pool, load, subscriber);
    subscriber.add(() => {
      run.stop();
    });
    run.start();
  });
}

class LoadRun<C> implements OperationHost<C> {
  private readonly requests$ = new Subject<Operation<C>>();
  private readonly inFlight = new Set<Operation<C>>();
  private readonly subscriptions = new Subscription();
  private readonly timers = new Set<Cancel>();
  private readonly label: string;
  private readonly startedAt: number;
  private readonly eventLoopYield: EventLoopYield;
  private readonly pace: Pace;
  private readonly recorder: RunRecorder<C>;
  private readonly stallDetector: StallDetector;

  private phase: StressReport['phase'];
  private starting = false;
  private stopped = false;
  /** No more operations start. */
  private allStarted = false;
  private endedEarly = false;
  private abortReason: string | null = null;
  /** The load is over; only the shutdown of the pool may still be awaited. */
  private finished = false;
  private notDestroyed: number | null = null;
  /** Operations were in flight when the grace was over. */
  private cancelled = false;

  constructor(
    private readonly pool: ConnectionPool<C>,
    private readonly load: Load<C>,
    private readonly out: Subscriber<StressReport>,
  ) {
    const { clock, warmup } = load;
    this.label = reserveLabel(pool, load.label);
    this.startedAt = clock.now();
    this.phase = warmup > 0 ? 'warmup' : 'running';
    this.eventLoopYield = new EventLoopYield(clock, this.startDue);
    this.pace = new Pace(load, this.startedAt, this.startDue);
    this.recorder = new RunRecorder(pool, load, this.startedAt, this.abort);
    this.stallDetector = new StallDetector(load, this.startedAt, () => this.inFlight.size, this.abort);
  }

  start(): void {
    const { load, pool, out, label } = this;
    const { acquireTimeout, warmup, duration, until$ } = load;
    const tasks$ = this.requests$.pipe(
      withConnection(pool, (connection, operation, _index, context) => this.work(connection, operation, context), {
        label,
        acquireTimeout,
      }),
    );
    this.subscriptions.add(
      tasks$.subscribe((task) => {
        // Set before the task acquires: the operation may be cancelled during that.
        task.item.subscription = new Subscriber(task.item);
        task.subscribe(task.item.subscription);
      }),
    );
    this.recorder.start(this.subscriptions);
    if (warmup > 0) this.after(warmup, this.beginMeasuring);
    if (duration !== Infinity) this.after(duration, this.onDurationOver);
    this.stallDetector.start();
    this.scheduleTick();
    this.emit();
    const { endEarly: complete, endEarly: error } = this;
    if (!out.closed) this.subscriptions.add(until$.pipe(take(1)).subscribe({ complete, error }));
    if (!out.closed) this.startDue();
  }

  /** Stops the run. Emits nothing more. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.eventLoopYield.stop();
    this.pace.stop();
    this.stallDetector.stop();
    for (const cancel of this.timers) cancel();
    this.timers.clear();
    this.subscriptions.unsubscribe();
    for (const operation of this.takeInFlight()) operation.subscription?.unsubscribe();
    releaseLabel(this.pool, this.label);
  }

  // ---------------------------------------------------------------- ends of operations

  succeeded(operation: Operation<C>): void {
    this.ended(operation, 'succeeded');
  }

  failed(operation: Operation<C>, error: unknown): void {
    this.ended(operation, outcomeOf(error, this.pool.name, operation.lentAt >= 0), error);
  }

  private work(connection: C, operation: Operation<C>, context: WorkContext): WorkResult {
    const { recorder, load } = this;
    const now = load.clock.now();
    this.stallDetector.lent(now);
    recorder.lent(operation, connection, context, now);
    try {
      return recorder.observeWork(operation, load.work(connection, operation.index, context));
    } catch (error) {
      operation.workState = 'ended';
      throw error;
    }
  }

  private ended(operation: Operation<C>, outcome: Outcome, error?: unknown): void {
    if (operation.ended) return;
    operation.ended = true;
    this.inFlight.delete(operation);
    const now = this.load.clock.now();
    this.stallDetector.ended(now, operation.lentAt >= 0);
    this.recorder.ended(operation, outcome, now, error);
    this.startDue();
  }

  // ---------------------------------------------------------------- starting operations

  /** Starts all operations that are due, in a loop: one that ends inside the loop frees a worker for its next turn. */
  private readonly startDue = (): void => {
    if (this.starting || this.stopped) return;
    this.starting = true;
    try {
      while (!this.stopped && !this.allStarted && this.startNext());
    } catch (error) {
      this.out.error(error);
    } finally {
      this.starting = false;
    }
    if (this.allStarted && this.inFlight.size === 0) this.finish();
  };

  /** Starts one operation that is due; false if none may start now. */
  private startNext(): boolean {
    const planned = this.pace.next(this.inFlight.size);
    if (planned === Infinity) {
      this.allStarted = true;
      if (this.inFlight.size > 0) this.drain();
      return false;
    }
    if (planned === null || !this.eventLoopYield.mayContinue()) return false;
    const now = this.load.clock.now();
    const plannedAt = this.load.arrivals === null ? now : this.startedAt + planned;
    const operation = new Operation<C>(this, this.pace.start(now), plannedAt, now);
    this.inFlight.add(operation);
    this.stallDetector.started(now);
    this.recorder.starting(operation, this.inFlight.size);
    this.requests$.next(operation);
    this.recorder.started(operation);
    return true;
  }

  // ---------------------------------------------------------------- phases

  private readonly beginMeasuring = (): void => {
    if (this.phase !== 'warmup') return;
    this.phase = 'running';
    this.recorder.beginMeasuring(this.load.clock.now(), this.inFlight.size);
  };

  private readonly onDurationOver = (): void => {
    this.pace.endDuration();
    this.drain();
    this.startDue();
  };

  private readonly endEarly = (): void => {
    if (this.phase === 'draining' || this.phase === 'done') return;
    const now = this.load.clock.now();
    this.endedEarly = true;
    this.pace.until = now - this.startedAt;
    this.recorder.endEarly(now);
    this.onDurationOver();
  };

  /** Waits for operations in flight, for `grace` at most. */
  private drain(): void {
    if (this.phase === 'draining' || this.phase === 'done') return;
    this.phase = 'draining';
    this.stallDetector.stop();
    const { grace } = this.load;
    if (grace !== Infinity) this.after(grace, this.onGraceOver);
  }

  private readonly onGraceOver = (): void => {
    if (this.finished || this.stopped) return;
    const now = this.load.clock.now();
    const left = this.takeInFlight();
    this.cancelled = left.length > 0;
    for (const operation of left) {
      operation.ended = true;
      this.recorder.ended(operation, 'unfinished', now);
    }
    for (const operation of left) operation.subscription?.unsubscribe();
    // Operations that arrived and were never started are unfinished, too.
    if (!this.allStarted) {
      for (const planned of this.pace.unstarted()) {
        this.recorder.neverStarted(new Operation<C>(this, -1, this.startedAt + planned, now));
      }
    }
    this.allStarted = true;
    this.finish();
  };

  /** Ends a load that would never be complete. */
  private readonly abort = (why: string): void => {
    if (this.finished || this.stopped || this.abortReason !== null) return;
    this.abortReason = why;
    this.endEarly();
    this.onGraceOver();
  };

  /** The newest first: an operation that is cancelled must not free a connection for one that is cancelled next. */
  private takeInFlight(): Operation<C>[] {
    const operations = [...this.inFlight].reverse();
    this.inFlight.clear();
    return operations;
  }

  private finish(): void {
    if (this.finished || this.stopped) return;
    const { recorder, load } = this;
    this.finished = true;
    this.phase = 'draining';
    // Cancelled work may hold its lease until it has ended.
    recorder.finish(load.clock.now(), this.cancelled ? null : this.label);
    if (load.destroy !== null) recorder.destroyPool(load.destroy);
    if (!recorder.isPoolShuttingDown) {
      this.done();
      return;
    }
    const timeLimit = (load.destroy ?? 0) + load.grace;
    if (timeLimit !== Infinity) {
      this.after(timeLimit, () => {
        this.notDestroyed = timeLimit;
        this.done();
      });
    }
    recorder.whenPoolDestroyed(this.done);
  }

  private readonly done = (): void => {
    if (this.phase === 'done' || this.stopped) return;
    this.phase = 'done';
    this.emit();
    this.out.complete();
  };

  // ---------------------------------------------------------------- reports

  private scheduleTick(): void {
    this.after(this.load.interval, () => {
      this.recorder.tick(this.load.clock.now());
      this.emit();
      if (!this.stopped && this.phase !== 'done') this.scheduleTick();
    });
  }

  private emit(): void {
    const { recorder, load, phase, inFlight, pace, endedEarly, abortReason, notDestroyed } = this;
    const { plannedUntil } = pace;
    const run = { phase, inFlight: inFlight.size, plannedUntil, endedEarly, abortReason, notDestroyed };
    this.out.next(recorder.report(load.clock.now(), run));
  }

  private after(ms: number, callback: () => void): void {
    const cancel = this.load.clock.after(
      ms,
      () => {
        this.timers.delete(cancel);
        callback();
      },
      true,
    );
    this.timers.add(cancel);
  }
}
