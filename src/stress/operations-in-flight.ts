// Which operation of a load starts, and which ends: from the pace that plans it to the recorder that counts it. The phases of the run are in `run-load.ts`.
import { Subject, Subscriber, type Subscription } from 'rxjs';
import { withConnection } from '../operators/with-connection';
import type { ConnectionPool } from '../pool/connection-pool';
import type { WorkContext, WorkResult } from '../pool/rx/work';
import { EventLoopYield } from './event-loop-yield';
import type { Load } from './load';
import { Operation } from './operation';
import type { OperationHost } from './operation';
import { outcomeOf } from './outcome';
import type { Outcome } from './outcome';
import { Pace } from './pace';
import type { RunRecorder } from './run-recorder';
import { StallDetector } from './stall-detector';

export interface OperationsInFlightConfig<C> {
  readonly pool: ConnectionPool<C>;
  readonly load: Load<C>;
  /** The label of the leases. */
  readonly label: string;
  readonly startedAt: number;
  readonly recorder: RunRecorder<C>;
  /** No more operations start; some are in flight. */
  readonly onAllStarted: () => void;
  /** No more operations start, and none is in flight. May be called again. */
  readonly onAllEnded: () => void;
  /** The load itself is not valid. */
  readonly onError: (error: unknown) => void;
  readonly onStall: (why: string) => void;
}

/** Starts the operations of a load when they are due, and keeps them until they have ended. */
export class OperationsInFlight<C> implements OperationHost<C> {
  private readonly load: Load<C>;
  private readonly recorder: RunRecorder<C>;
  private readonly requests$ = new Subject<Operation<C>>();
  private readonly inFlight = new Set<Operation<C>>();
  private readonly pace: Pace;
  private readonly stallDetector: StallDetector;
  private readonly eventLoopYield: EventLoopYield;
  private starting = false;
  private stopped = false;
  /** No more operations start. */
  private allStarted = false;

  constructor(private readonly config: OperationsInFlightConfig<C>) {
    const { load, startedAt, recorder, onStall } = config;
    this.load = load;
    this.recorder = recorder;
    this.eventLoopYield = new EventLoopYield(load.clock, this.startDue);
    this.pace = new Pace(load, startedAt, this.startDue);
    this.stallDetector = new StallDetector(load, startedAt, () => this.inFlight.size, onStall);
  }

  /** The number of operations in flight. */
  get size(): number {
    return this.inFlight.size;
  }

  /** When planning ended, if the duration ended it; otherwise null. */
  get plannedUntil(): number | null {
    return this.pace.plannedUntil;
  }

  /** Connects the operations with the pool, until unsubscribed. None starts before `startDue`. */
  connect(): Subscription {
    const { pool, label, load } = this.config;
    const { acquireTimeout } = load;
    const tasks$ = this.requests$.pipe(
      withConnection(pool, (connection, operation, _index, context) => this.work(connection, operation, context), {
        label,
        acquireTimeout,
      }),
    );
    return tasks$.subscribe((task) => {
      // Set before the task acquires: the operation may be cancelled during that.
      task.item.subscription = new Subscriber(task.item);
      task.subscribe(task.item.subscription);
    });
  }

  /** No operation that is planned for later starts. In ms since the beginning. */
  planUntil(ms: number): void {
    this.pace.until = ms;
  }

  /** From now on only operations that have arrived already start. */
  endDuration(): void {
    this.pace.endDuration();
  }

  startStallDetection(): void {
    this.stallDetector.start();
  }

  stopStallDetection(): void {
    this.stallDetector.stop();
  }

  /** From now on no operation starts. */
  stop(): void {
    this.stopped = true;
    this.eventLoopYield.stop();
    this.pace.stop();
    this.stallDetector.stop();
  }

  // ---------------------------------------------------------------- starting operations

  /** Starts all operations that are due, in a loop: one that ends inside the loop frees a worker for its next turn. */
  readonly startDue = (): void => {
    if (this.starting || this.stopped) return;
    this.starting = true;
    try {
      while (!this.stopped && !this.allStarted && this.startNext());
    } catch (error) {
      this.config.onError(error);
    } finally {
      this.starting = false;
    }
    if (this.allStarted && this.inFlight.size === 0) this.config.onAllEnded();
  };

  /** Starts one operation that is due; false if none may start now. */
  private startNext(): boolean {
    const planned = this.pace.next(this.inFlight.size);
    if (planned === Infinity) {
      this.allStarted = true;
      if (this.inFlight.size > 0) this.config.onAllStarted();
      return false;
    }
    if (planned === null || !this.eventLoopYield.mayContinue()) return false;
    const now = this.load.clock.now();
    const plannedAt = this.load.arrivals === null ? now : this.config.startedAt + planned;
    const operation = new Operation<C>(this, this.pace.start(now), plannedAt, now);
    this.inFlight.add(operation);
    this.stallDetector.started(now);
    this.recorder.starting(operation, this.inFlight.size);
    this.requests$.next(operation);
    this.recorder.started(operation);
    return true;
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

  // ---------------------------------------------------------------- ends of operations

  succeeded(operation: Operation<C>): void {
    this.ended(operation, 'succeeded');
  }

  failed(operation: Operation<C>, error: unknown): void {
    this.ended(operation, outcomeOf(error, this.config.pool.name, operation.lentAt >= 0), error);
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

  /**
   * Takes out all that are in flight. The newest first: an operation that is cancelled must not free a connection for one that is cancelled
   * next.
   */
  takeAll(): Operation<C>[] {
    const operations = [...this.inFlight].reverse();
    this.inFlight.clear();
    return operations;
  }

  /** Records operations that were taken out as unfinished, and cancels them. No more operations start. */
  abandon(operations: readonly Operation<C>[]): void {
    const { recorder, load, pace, config } = this;
    const now = load.clock.now();
    for (const operation of operations) {
      operation.ended = true;
      recorder.ended(operation, 'unfinished', now);
    }
    for (const operation of operations) operation.subscription?.unsubscribe();
    // Operations that arrived and were never started are unfinished, too.
    if (!this.allStarted) {
      for (const planned of pace.unstarted()) {
        recorder.neverStarted(new Operation<C>(this, -1, config.startedAt + planned, now));
      }
    }
    this.allStarted = true;
  }
}
