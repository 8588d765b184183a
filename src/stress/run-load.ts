import { Observable, Subject, Subscriber, Subscription, take } from 'rxjs';
import { withConnection } from '../operators/with-connection';
import type { Cancel } from '../pool/time/clock';
import type { ConnectionPool } from '../pool/connection-pool';
import type { WorkContext, WorkResult } from '../pool/rx/work';
import { Book } from './book';
import { Breath } from './breath';
import { giveLabelBack, takeLabel } from './labels';
import type { Load } from './load';
import { Operation } from './operation';
import type { OperationHost } from './operation';
import { outcomeOf } from './outcome';
import type { Outcome } from './outcome';
import { Pace } from './pace';
import type { StressReport } from './report';
import { Standstill } from './standstill';

/**
 * Puts the load on the pool. Emits a report at once, then one every `interval`, and the last one when everything has ended. Unsubscribing
 * cancels what runs. Errors only for what is wrong with the load itself; what goes wrong in the pool is in the report.
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
  private readonly live = new Set<Operation<C>>();
  private readonly watching = new Subscription();
  private readonly timers = new Set<Cancel>();
  private readonly label: string;
  private readonly startedAt: number;
  private readonly breath: Breath;
  private readonly pace: Pace;
  private readonly book: Book<C>;
  private readonly standstill: Standstill;

  private phase: StressReport['phase'];
  private pumping = false;
  private stopped = false;
  /** Nothing more begins. */
  private exhausted = false;
  private endedEarly = false;
  private givenUp: string | null = null;
  /** The load is over, and nothing but the end of the pool is waited for. */
  private over = false;
  private notDestroyed: number | null = null;
  /** Something ran when the grace was over. */
  private cancelled = false;

  constructor(
    private readonly pool: ConnectionPool<C>,
    private readonly load: Load<C>,
    private readonly out: Subscriber<StressReport>,
  ) {
    const { clock, warmup } = load;
    this.label = takeLabel(pool, load.label);
    this.startedAt = clock.now();
    this.phase = warmup > 0 ? 'warmup' : 'running';
    this.breath = new Breath(clock, this.pump);
    this.pace = new Pace(load, this.startedAt, this.pump);
    this.book = new Book(pool, load, this.startedAt, this.giveUp);
    this.standstill = new Standstill(load, this.startedAt, () => this.live.size, this.giveUp);
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
    this.watching.add(
      tasks$.subscribe((task) => {
        // Known before it asks: it may be cancelled meanwhile.
        task.item.subscription = new Subscriber(task.item);
        task.subscribe(task.item.subscription);
      }),
    );
    this.book.open(this.watching);
    if (warmup > 0) this.after(warmup, this.beginMeasuring);
    if (duration !== Infinity) this.after(duration, this.timeIsUp);
    this.standstill.watch();
    this.tickLater();
    this.emit();
    const { endEarly: complete, endEarly: error } = this;
    if (!out.closed) this.watching.add(until$.pipe(take(1)).subscribe({ complete, error }));
    if (!out.closed) this.pump();
  }

  /** Ends everything, and says nothing more. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.breath.end();
    this.pace.end();
    this.standstill.end();
    for (const cancel of this.timers) cancel();
    this.timers.clear();
    this.watching.unsubscribe();
    for (const operation of this.takeLive()) operation.subscription?.unsubscribe();
    giveLabelBack(this.pool, this.label);
  }

  // ---------------------------------------------------------------- what operations say

  succeeded(operation: Operation<C>): void {
    this.ended(operation, 'succeeded');
  }

  failed(operation: Operation<C>, error: unknown): void {
    this.ended(operation, outcomeOf(error, this.pool.name, operation.lentAt >= 0), error);
  }

  private work(connection: C, operation: Operation<C>, context: WorkContext): WorkResult {
    const { book, load } = this;
    const now = load.clock.now();
    this.standstill.lent(now);
    book.lent(operation, connection, context, now);
    try {
      return book.watched(operation, load.work(connection, operation.index, context));
    } catch (error) {
      operation.work = 'over';
      throw error;
    }
  }

  private ended(operation: Operation<C>, outcome: Outcome, error?: unknown): void {
    if (operation.ended) return;
    operation.ended = true;
    this.live.delete(operation);
    const now = this.load.clock.now();
    this.standstill.ended(now, operation.lentAt >= 0);
    this.book.ended(operation, outcome, now, error);
    this.pump();
  }

  // ---------------------------------------------------------------- beginning operations

  /** Begins what is due, one after the other: one that ends inside of this makes room for the next turn of the loop. */
  private readonly pump = (): void => {
    if (this.pumping || this.stopped) return;
    this.pumping = true;
    try {
      while (!this.stopped && !this.exhausted && this.step());
    } catch (error) {
      this.out.error(error);
    } finally {
      this.pumping = false;
    }
    if (this.exhausted && this.live.size === 0) this.finish();
  };

  /** Begins one that is due; false if none may begin now. */
  private step(): boolean {
    const planned = this.pace.next(this.live.size);
    if (planned === Infinity) {
      this.exhausted = true;
      if (this.live.size > 0) this.drain();
      return false;
    }
    if (planned === null || !this.breath.take()) return false;
    const now = this.load.clock.now();
    const plannedAt = this.load.arrivals === null ? now : this.startedAt + planned;
    const operation = new Operation<C>(this, this.pace.take(now), plannedAt, now);
    this.live.add(operation);
    this.standstill.begun(now);
    this.book.asked(operation, this.live.size);
    this.requests$.next(operation);
    this.book.begun(operation);
    return true;
  }

  // ---------------------------------------------------------------- from phase to phase

  private readonly beginMeasuring = (): void => {
    if (this.phase !== 'warmup') return;
    this.phase = 'running';
    this.book.beginMeasuring(this.load.clock.now(), this.live.size);
  };

  private readonly timeIsUp = (): void => {
    this.pace.timeIsUp();
    this.drain();
    this.pump();
  };

  private readonly endEarly = (): void => {
    if (this.phase === 'draining' || this.phase === 'done') return;
    const now = this.load.clock.now();
    this.endedEarly = true;
    this.pace.until = now - this.startedAt;
    this.book.cut(now);
    this.timeIsUp();
  };

  /** Waits for what runs, but not for ever. */
  private drain(): void {
    if (this.phase === 'draining' || this.phase === 'done') return;
    this.phase = 'draining';
    this.standstill.end();
    const { grace } = this.load;
    if (grace !== Infinity) this.after(grace, this.graceIsOver);
  }

  private readonly graceIsOver = (): void => {
    if (this.over || this.stopped) return;
    const now = this.load.clock.now();
    const left = this.takeLive();
    this.cancelled = left.length > 0;
    for (const operation of left) {
      operation.ended = true;
      this.book.ended(operation, 'unfinished', now);
    }
    for (const operation of left) operation.subscription?.unsubscribe();
    // Those who came and were never begun have not been served either.
    if (!this.exhausted) {
      for (const planned of this.pace.givenUp()) {
        this.book.unbegun(new Operation<C>(this, -1, this.startedAt + planned, now));
      }
    }
    this.exhausted = true;
    this.finish();
  };

  /** It would never be done. */
  private readonly giveUp = (why: string): void => {
    if (this.over || this.stopped || this.givenUp !== null) return;
    this.givenUp = why;
    this.endEarly();
    this.graceIsOver();
  };

  /** The last first: one that leaves must not make room for one that leaves next. */
  private takeLive(): Operation<C>[] {
    const operations = [...this.live].reverse();
    this.live.clear();
    return operations;
  }

  private finish(): void {
    if (this.over || this.stopped) return;
    const { book, load } = this;
    this.over = true;
    this.phase = 'draining';
    // Cancelled work may hold its lease until it has really ended.
    book.close(load.clock.now(), this.cancelled ? null : this.label);
    if (load.destroy !== null) book.destroyPool(load.destroy);
    if (!book.poolEnds) {
      this.done();
      return;
    }
    const patience = (load.destroy ?? 0) + load.grace;
    if (patience !== Infinity) {
      this.after(patience, () => {
        this.notDestroyed = patience;
        this.done();
      });
    }
    book.afterPool(this.done);
  }

  private readonly done = (): void => {
    if (this.phase === 'done' || this.stopped) return;
    this.phase = 'done';
    this.emit();
    this.out.complete();
  };

  // ---------------------------------------------------------------- telling

  private tickLater(): void {
    this.after(this.load.interval, () => {
      this.book.tick(this.load.clock.now());
      this.emit();
      if (!this.stopped && this.phase !== 'done') this.tickLater();
    });
  }

  private emit(): void {
    const { book, load, phase, live, pace, endedEarly, givenUp, notDestroyed } = this;
    const { plannedUntil } = pace;
    const run = { phase, underWay: live.size, plannedUntil, endedEarly, givenUp, notDestroyed };
    this.out.next(book.report(load.clock.now(), run));
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
