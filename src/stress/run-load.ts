import { Observable, Subscription, take, type Subscriber } from 'rxjs';
import type { Cancel } from '../pool/time/clock';
import type { ConnectionPool } from '../pool/connection-pool';
import { releaseLabel, reserveLabel } from './labels';
import type { Load } from './load';
import { OperationsInFlight } from './operations-in-flight';
import type { StressReport } from './report';
import { RunRecorder } from './run-recorder';

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

/** The phases of a run, from the warm-up to the shutdown of the pool, and its reports. */
class LoadRun<C> {
  private readonly subscriptions = new Subscription();
  private readonly timers = new Set<Cancel>();
  private readonly label: string;
  private readonly startedAt: number;
  private readonly recorder: RunRecorder<C>;
  private readonly operations: OperationsInFlight<C>;

  private phase: StressReport['phase'];
  private stopped = false;
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
    this.recorder = new RunRecorder(pool, load, this.startedAt, this.abort);
    this.operations = new OperationsInFlight({
      pool,
      load,
      label: this.label,
      startedAt: this.startedAt,
      recorder: this.recorder,
      onAllStarted: () => this.drain(),
      onAllEnded: () => this.finish(),
      onError: (error) => out.error(error),
      onStall: this.abort,
    });
  }

  start(): void {
    const { load, out, operations } = this;
    const { warmup, duration, until$ } = load;
    this.subscriptions.add(operations.connect());
    this.recorder.start(this.subscriptions);
    if (warmup > 0) this.after(warmup, this.beginMeasuring);
    if (duration !== Infinity) this.after(duration, this.onDurationOver);
    operations.startStallDetection();
    this.scheduleTick();
    this.emit();
    const { endEarly: complete, endEarly: error } = this;
    if (!out.closed) this.subscriptions.add(until$.pipe(take(1)).subscribe({ complete, error }));
    if (!out.closed) operations.startDue();
  }

  /** Stops the run. Emits nothing more. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.operations.stop();
    for (const cancel of this.timers) cancel();
    this.timers.clear();
    this.subscriptions.unsubscribe();
    for (const operation of this.operations.takeAll()) operation.subscription?.unsubscribe();
    releaseLabel(this.pool, this.label);
  }

  // ---------------------------------------------------------------- phases

  private readonly beginMeasuring = (): void => {
    if (this.phase !== 'warmup') return;
    this.phase = 'running';
    this.recorder.beginMeasuring(this.load.clock.now(), this.operations.size);
  };

  private readonly onDurationOver = (): void => {
    this.operations.endDuration();
    this.drain();
    this.operations.startDue();
  };

  private readonly endEarly = (): void => {
    if (this.phase === 'draining' || this.phase === 'done') return;
    const now = this.load.clock.now();
    this.endedEarly = true;
    this.operations.planUntil(now - this.startedAt);
    this.recorder.endEarly(now);
    this.onDurationOver();
  };

  /** Waits for operations in flight, for `grace` at most. */
  private drain(): void {
    if (this.phase === 'draining' || this.phase === 'done') return;
    this.phase = 'draining';
    this.operations.stopStallDetection();
    const { grace } = this.load;
    if (grace !== Infinity) this.after(grace, this.onGraceOver);
  }

  private readonly onGraceOver = (): void => {
    if (this.finished || this.stopped) return;
    const left = this.operations.takeAll();
    this.cancelled = left.length > 0;
    this.operations.abandon(left);
    this.finish();
  };

  /** Ends a load that would never be complete. */
  private readonly abort = (why: string): void => {
    if (this.finished || this.stopped || this.abortReason !== null) return;
    this.abortReason = why;
    this.endEarly();
    this.onGraceOver();
  };

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
    const { recorder, load, phase, operations, endedEarly, abortReason, notDestroyed } = this;
    const { size: inFlight, plannedUntil } = operations;
    const run = { phase, inFlight, plannedUntil, endedEarly, abortReason, notDestroyed };
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
