import { Observable, Subject, Subscription, take } from 'rxjs';
import type { Subscriber } from 'rxjs';
import { withConnection } from '../operators/with-connection';
import { hair } from '../pool/clock';
import type { Cancel } from '../pool/clock';
import type { ConnectionPool } from '../pool/connection-pool';
import type { WorkContext, WorkResult } from '../pool/work';
import type { Arrivals } from './arrivals';
import { Breath } from './breath';
import { Invariants } from './invariants';
import type { Load } from './load';
import { Measurements } from './measurements';
import { Operation, spansOf } from './operation';
import type { OperationHost } from './operation';
import { outcomeOf } from './outcome';
import type { Outcome } from './outcome';
import { PoolWatch } from './pool-watch';
import type { StressReport } from './report';
import { Timeline } from './timeline';
import { WorkWatch } from './watch-works';

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

/** Operations that may begin at one and the same instant, the first of each worker apart, where only time can end the run. */
const mostAtOneInstant = 100_000;

class LoadRun<C> implements OperationHost<C> {
  private readonly requests$ = new Subject<Operation<C>>();
  private readonly live = new Set<Operation<C>>();
  private readonly watching = new Subscription();
  private readonly timers = new Set<Cancel>();
  private readonly breath: Breath;
  private readonly poolWatch: PoolWatch;
  private readonly invariants: Invariants;
  private readonly workWatch: WorkWatch<C> | null;
  private readonly measurements = new Measurements();
  private readonly timeline = new Timeline();
  private readonly startedAt: number;

  private readonly label: string;
  private phase: StressReport['phase'];
  private begun = 0;
  private pumping = false;
  private stopped = false;
  /** The next planned start; null before it was drawn, Infinity when there is none. */
  private planned: number | null = null;
  /** Wakes the load for it. */
  private alarm: Cancel | null = null;
  /** Nothing more begins: no arrival is left, or no operation. */
  private exhausted = false;
  private timeOver = false;
  private duration: number;
  private endAt: number;
  private endedEarly = false;
  /** Something ran when the grace was over. */
  private cancelled = false;
  private readonly instant = { at: -1, begun: 0 };
  private ticked = { leaseTime: 0, opened: 0 };

  constructor(
    private readonly pool: ConnectionPool<C>,
    private readonly load: Load<C>,
    private readonly out: Subscriber<StressReport>,
  ) {
    const { clock, watch, warmup, duration } = load;
    this.label = takeLabel(pool, load.label);
    this.startedAt = clock.now();
    this.duration = duration;
    this.endAt = this.startedAt + duration;
    this.phase = warmup > 0 ? 'warmup' : 'running';
    this.breath = new Breath(clock, this.pump);
    this.poolWatch = new PoolWatch(pool, this.startedAt, this.endAt);
    this.invariants = new Invariants(pool.stats);
    this.workWatch = watch === 'everything' ? new WorkWatch(pool, this.invariants) : null;
  }

  start(): void {
    const { load, pool, out, label } = this;
    const { acquireTimeout } = load;
    const tasks$ = this.requests$.pipe(
      withConnection(pool, (connection, operation, _index, context) => this.work(connection, operation, context), {
        label,
        acquireTimeout,
      }),
    );
    this.watching.add(
      tasks$.subscribe((task) => {
        // Whoever ends at once has ended before this is assigned.
        task.item.subscription = task.subscribe(task.item);
      }),
    );
    if (load.watch === 'everything') this.watchEverything();
    if (load.warmup > 0) this.after(load.warmup, this.beginMeasuring);
    if (load.duration !== Infinity) this.after(load.duration, this.timeIsUp);
    this.tickLater();
    this.emit();
    const endEarly = (): void => {
      this.endEarly();
    };
    if (!out.closed) this.watching.add(load.until$.pipe(take(1)).subscribe({ complete: endEarly, error: endEarly }));
    if (!out.closed) this.pump();
  }

  /** Ends everything, and says nothing more. */
  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.breath.end();
    this.alarm?.();
    for (const cancel of this.timers) cancel();
    this.timers.clear();
    this.watching.unsubscribe();
    for (const operation of this.takeLive()) operation.subscription?.unsubscribe();
    giveLabelBack(this.pool, this.label);
  }

  // ---------------------------------------------------------------- what operations say

  lent(operation: Operation<C>, connection: C): void {
    this.workWatch?.lent(operation, connection);
    operation.lentAt = this.load.clock.now();
    operation.connection = connection;
    this.look(operation.lentAt);
  }

  succeeded(operation: Operation<C>): void {
    this.workWatch?.success(operation);
    this.ended(operation, 'succeeded');
  }

  failed(operation: Operation<C>, error: unknown): void {
    const outcome = outcomeOf(error, this.pool.name, operation.lentAt >= 0);
    if (this.isMeasured(operation)) this.measurements.errors.add(error, this.load.clock.now() - this.startedAt);
    this.ended(operation, outcome);
  }

  private work(connection: C, operation: Operation<C>, context: WorkContext): WorkResult {
    this.lent(operation, connection);
    return this.load.work(connection, operation.index, context);
  }

  private ended(operation: Operation<C>, outcome: Outcome): void {
    const now = this.load.clock.now();
    operation.ended = true;
    this.live.delete(operation);
    this.workWatch?.ended(operation);
    this.settle(operation, outcome, now);
    this.look(now);
    this.pump();
  }

  private settle(operation: Operation<C>, outcome: Outcome, now: number): void {
    const spans = spansOf(operation, outcome, now);
    if (outcome === 'succeeded' && this.phase !== 'warmup' && now <= this.endAt) this.measurements.succeededInTime++;
    if (this.isMeasured(operation)) this.measurements.record(outcome, spans);
    else this.measurements.warmup++;
    this.timeline.ended(outcome, spans);
  }

  // ---------------------------------------------------------------- beginning operations

  /** Begins what is due, one after the other: one that ends inside of this makes room for the next turn of the loop. */
  private readonly pump = (): void => {
    if (this.pumping || this.stopped) return;
    this.pumping = true;
    try {
      while (!this.stopped && this.mayBegin() && this.breath.take()) this.begin();
    } catch (error) {
      this.out.error(error);
    } finally {
      this.pumping = false;
    }
    if (this.exhausted && this.live.size === 0) this.finish();
  };

  private mayBegin(): boolean {
    if (this.exhausted) return false;
    const { arrivals, workers, operations, clock } = this.load;
    if (this.begun >= operations) {
      this.exhaust();
      return false;
    }
    const isFree = this.live.size < workers;
    if (arrivals === null) {
      if (this.timeOver || clock.now() - this.startedAt >= this.duration - hair) {
        if (this.timeOver) this.exhaust();
        return false;
      }
      return isFree;
    }
    const planned = (this.planned ??= this.draw(arrivals));
    if (planned >= this.duration - hair) {
      // Until the time is up there is nothing to be done; where no one comes any more, that is all.
      if (planned === Infinity || this.timeOver) this.exhaust();
      return false;
    }
    // Who comes when all workers are busy is served when one is free, and has waited since it came.
    if (!isFree) return false;
    const left = planned - (clock.now() - this.startedAt);
    if (left <= hair) return true;
    this.alarm ??= clock.after(
      left,
      () => {
        this.alarm = null;
        this.pump();
      },
      true,
    );
    return false;
  }

  private draw(arrivals: Arrivals): number {
    const next = arrivals.next();
    return next.done === true ? Infinity : next.value;
  }

  private begin(): void {
    const { clock } = this.load;
    const now = clock.now();
    const { instant } = this;
    if (instant.at !== now) {
      instant.at = now;
      instant.begun = 0;
    }
    const { arrivals, operations, workers } = this.load;
    if (++instant.begun > mostAtOneInstant + workers && arrivals === null && operations === Infinity) {
      throw new Error(
        `${instant.begun} operations began at one instant: work takes no time on this clock, or the pool turns everybody away at once, so that the duration is never over. Give a number of operations as well.`,
      );
    }
    const plannedAt = this.planned === null ? now : this.startedAt + this.planned;
    this.planned = null;
    const operation = new Operation<C>(this, this.begun++, plannedAt, now);
    this.live.add(operation);
    this.plan(operation);
    this.measurements.underWay(this.live.size);
    this.workWatch?.asked(operation);
    this.requests$.next(operation);
    this.look(now);
  }

  private plan(operation: Operation<C>): void {
    if (this.isMeasured(operation)) this.measurements.planned(operation.plannedAt - this.startedAt);
  }

  /** An operation of the warm-up is in no figure. */
  private isMeasured({ plannedAt }: Operation<C>): boolean {
    return plannedAt - this.startedAt >= this.load.warmup - hair;
  }

  // ---------------------------------------------------------------- beginning and ending the measuring

  private readonly beginMeasuring = (): void => {
    if (this.phase !== 'warmup') return;
    this.phase = 'running';
    this.poolWatch.begin(this.load.clock.now());
    this.measurements.beginPeak(this.live.size);
  };

  private readonly timeIsUp = (): void => {
    this.timeOver = true;
    this.drain();
    this.pump();
  };

  private endEarly(): void {
    if (this.exhausted || this.timeOver) return;
    this.endedEarly = true;
    this.endAt = this.load.clock.now();
    this.duration = this.endAt - this.startedAt;
    this.poolWatch.cut(this.endAt);
    this.timeIsUp();
  }

  private exhaust(): void {
    this.exhausted = true;
    if (this.live.size > 0) this.drain();
  }

  private drain(): void {
    if (this.phase === 'draining' || this.phase === 'done') return;
    this.phase = 'draining';
    const { grace } = this.load;
    if (grace !== Infinity) this.after(grace, this.graceIsOver);
  }

  private readonly graceIsOver = (): void => {
    if (this.phase === 'done' || this.stopped) return;
    const { arrivals, clock } = this.load;
    const now = clock.now();
    for (const operation of this.takeLive()) {
      this.cancelled = true;
      operation.ended = true;
      this.settle(operation, 'unfinished', now);
      this.workWatch?.ended(operation);
      operation.subscription?.unsubscribe();
    }
    if (!this.exhausted && arrivals !== null) this.giveUpArrivals(arrivals, now);
    this.exhausted = true;
    this.finish();
  };

  /** Those who came and were never begun have not been served either. */
  private giveUpArrivals(arrivals: Arrivals, now: number): void {
    const { duration } = this;
    const { operations } = this.load;
    while (this.begun < operations && (this.planned ??= this.draw(arrivals)) < duration - hair) {
      const operation = new Operation<C>(this, this.begun++, this.startedAt + this.planned, now);
      this.planned = null;
      this.plan(operation);
      this.settle(operation, 'unfinished', now);
    }
  }

  /** The last first: one that leaves must not make room for one that leaves next. */
  private takeLive(): Operation<C>[] {
    const operations = [...this.live].reverse();
    this.live.clear();
    return operations;
  }

  private finish(): void {
    if (this.phase === 'done' || this.stopped) return;
    this.phase = 'done';
    const now = this.load.clock.now();
    this.look(now);
    this.poolWatch.settle(now);
    // Cancelled work may hold its lease until it has really ended.
    if (!this.cancelled) this.workWatch?.allEnded(this.label);
    this.tick(now);
    this.timeline.finish();
    this.emit();
    this.out.complete();
  }

  // ---------------------------------------------------------------- watching and telling

  private watchEverything(): void {
    const { pool, poolWatch, invariants, watching, load } = this;
    // Events first: what a snapshot shows has happened before.
    watching.add(
      pool.events$.subscribe((event) => {
        poolWatch.hear(event);
        invariants.hear(event);
      }),
    );
    watching.add(
      pool.stats$.subscribe((stats) => {
        invariants.see(stats);
        poolWatch.see(stats, load.clock.now());
      }),
    );
  }

  /** What the pool shows now, where not everything is looked at. */
  private look(now: number): void {
    if (this.workWatch === null) this.poolWatch.see(this.pool.stats, now);
  }

  private tickLater(): void {
    this.after(this.load.interval, () => {
      this.tick(this.load.clock.now());
      this.emit();
      if (!this.stopped && this.phase !== 'done') this.tickLater();
    });
  }

  private tick(now: number): void {
    const { poolWatch } = this;
    poolWatch.settle(now);
    const { opened } = poolWatch.deeds;
    this.timeline.tick(now - this.startedAt, {
      leaseTime: poolWatch.leaseTimeEver - this.ticked.leaseTime,
      waiting: poolWatch.takeLine(),
      connections: poolWatch.stats.totalConnections,
      opened: opened - this.ticked.opened,
    });
    this.ticked = { leaseTime: poolWatch.leaseTimeEver, opened };
  }

  private emit(): void {
    const { poolWatch, load } = this;
    poolWatch.settle(load.clock.now());
    this.out.next(
      this.measurements.report({
        pool: this.pool,
        phase: this.phase,
        load,
        watch: poolWatch,
        elapsed: load.clock.now() - this.startedAt,
        underWay: this.live.size,
        plannedUntil: this.timeOver ? this.duration : null,
        endedEarly: this.endedEarly,
        violations: this.invariants.violations,
        sharedConnections: this.workWatch?.sharedConnections === true,
        timeline: this.timeline.list(),
      }),
    );
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

const labelsTaken = new WeakMap<object, Set<string>>();

/** Loads on the same pool at the same time tell their leases apart. */
function takeLabel(pool: object, wanted: string): string {
  const taken = labelsTaken.get(pool) ?? new Set();
  labelsTaken.set(pool, taken);
  let label = wanted;
  for (let n = 2; taken.has(label); n++) label = `${wanted} ${n}`;
  taken.add(label);
  return label;
}

function giveLabelBack(pool: object, label: string): void {
  labelsTaken.get(pool)?.delete(label);
}
