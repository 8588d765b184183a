import { Subscriber } from 'rxjs';
import type { Observable, ObservableInput, Observer, Unsubscribable } from 'rxjs';
import type { BatchDemand, BatchPool } from '../../pool/state/batch-demand';
import type { Context } from '../../pool/rx/context';
import { isTask } from './connection-task';
import { begin } from './inner-member';
import { limitFor, limitOf } from './member';
import type { BatchRules, Member, MemberOwner } from './member';
import { Outages } from './outages';
import type { HeldMember } from './outages';
import { reportUnhandled } from '../../pool/rx/report-unhandled';
import { Ring } from '../../pool/collections/ring';
import { Running } from './running';
import { TaskRun } from './task-run';
import { TaskStream } from './task-stream';
import { tellWaiting } from './waiting';
import type { BatchWait } from './waiting';

/**
 * The machine under every batch: draws tasks (or anything else that `from` takes), runs so many of them at a time, in the
 * order in which they came, and completes when all have ended. It never recurses: a member that ends at once is followed by the
 * next one in the loop that started it.
 */
export class Batch<R> implements Observer<unknown>, Unsubscribable, MemberOwner<R>, BatchDemand {
  /** Inners; or, right behind `withConnection`, what it was given to make tasks of. */
  private readonly waiting = new Ring<unknown>();
  readonly running = new Running<Member<R>>();
  private readonly source: Subscriber<unknown>;
  private tasks: TaskStream<unknown, unknown, unknown, R> | null = null;
  /** The pool that has been told of the items that wait. */
  private pool: BatchPool | null = null;
  private position = 0;
  private pumping = false;
  private drawing = true;
  private completed = false;
  private stopped = false;
  private readonly outages: Outages<R>;
  /** Of the one that is begun, where that is known. */
  context: Context | null = null;
  /** Of the items that come inside of the subscribe: a million of them share one. */
  private subscribersContext: Context | null = null;
  private subscribing = false;
  closed = false;

  constructor(
    private readonly operator: string,
    private readonly concurrency: number | undefined,
    readonly destination: Subscriber<never>,
    readonly rules: BatchRules<R>,
    patience: number | undefined,
  ) {
    this.outages = new Outages<R>(this, patience);
    this.source = new Subscriber(this);
  }

  draw(source: Observable<ObservableInput<R>>): void {
    this.destination.add(this);
    this.subscribing = true;
    try {
      this.subscribeTo(source);
    } finally {
      this.subscribing = false;
    }
  }

  private subscribeTo(source: Observable<ObservableInput<R>>): void {
    if (source instanceof TaskStream) {
      this.tasks = source as TaskStream<unknown, unknown, unknown, R>;
      this.tasks.items.subscribe(this.source);
    } else {
      source.subscribe(this.source);
    }
  }

  /** Draw and start no more, let what runs end. Returns how many had been drawn and will not be started. */
  stop(): number {
    const unstarted = this.waiting.size;
    try {
      this.leaveSource();
    } catch (error) {
      // The outcome that stops the batch is still to be told.
      reportUnhandled(error);
    }
    return unstarted;
  }

  private leaveSource(): void {
    this.stopped = true;
    this.drawing = false;
    this.waiting.clear();
    this.tellPool();
    this.source.unsubscribe();
  }

  /** End with an error: what runs is cancelled. */
  abort(error: unknown): void {
    try {
      this.unsubscribe();
    } finally {
      this.destination.error(error);
    }
  }

  next(given: unknown): void {
    const refusal = this.tasks === null ? null : this.tasks.refuse(given);
    if (refusal !== null) {
      this.abort(refusal);
      return;
    }
    // What most find: none before it, and room.
    if (!this.pumping && this.waiting.size === 0 && this.hasRoomFor(given)) this.beginAtOnce(given);
    else if (!this.closed) this.wait(given);
  }

  error(error: unknown): void {
    this.abort(error);
  }

  complete(): void {
    this.drawing = false;
    this.pump();
  }

  unsubscribe(): void {
    if (this.completed) return;
    this.closed = true;
    try {
      this.leaveSource();
    } finally {
      this.outages.cancel();
      this.running.cancel();
    }
  }

  teardownFailed(error: unknown): void {
    reportUnhandled(error);
  }

  hold(member: HeldMember<R>, error: unknown): boolean {
    return !this.stopped && this.outages.hold(member, error);
  }

  restart(member: HeldMember<R>): void {
    try {
      member.restart();
    } catch (error) {
      if (this.closed) reportUnhandled(error);
      else this.abort(error);
    }
  }

  tellWaiting(wait: BatchWait | null): void {
    tellWaiting(this.destination, wait);
  }

  pump(): void {
    if (this.pumping) return;
    // What is held will not be started any more, and has not been counted as left over: it fails, in its turn.
    if (this.stopped && this.outages.holds && !this.closed) this.outages.giveUp();
    this.pumping = true;
    const { waiting, running } = this;
    while (waiting.size > 0 && this.hasRoomFor(givenOf(waiting.peek()))) this.beginWaiting(waiting.shift());
    this.pumping = false;
    if ((this.pool === null) === waiting.size > 0) this.tellPool();
    if (!this.drawing && waiting.size === 0 && running.size === 0 && !this.outages.holds) {
      this.completed = true;
      this.destination.complete();
    }
  }

  private hasRoomFor(given: unknown): boolean {
    const { tasks } = this;
    if (this.outages.holds) return false;
    return tasks === null
      ? this.hasRoomForInner(given)
      : this.running.size < limitOf(tasks.each.pool, this.concurrency);
  }

  private hasRoomForInner(inner: unknown): boolean {
    try {
      return this.running.size < limitFor(inner, this.concurrency, this.operator);
    } catch (error) {
      this.abort(error);
      return false;
    }
  }

  private wait(given: unknown): void {
    const context = this.contextOf(given);
    this.waiting.push(context === this.subscribersContext ? given : new LateItem(given, context));
    if (this.pool === null && !this.pumping) this.tellPool();
  }

  // ---------------------------------------------------------------- what the pool is told

  get heldBack(): number {
    return this.waiting.size;
  }

  get started(): number {
    return this.running.size;
  }

  resume(): void {
    this.pump();
  }

  private tellPool(): void {
    const { waiting } = this;
    if (waiting.size === 0) {
      this.pool?.batchEnded(this);
      this.pool = null;
      return;
    }
    this.pool = this.poolOf(givenOf(waiting.peek()));
    this.pool?.batchWaits(this);
  }

  private poolOf(given: unknown): BatchPool | null {
    const { tasks } = this;
    if (tasks !== null) return tasks.each.pool.core;
    return isTask(given) ? given.pool.core : null;
  }

  /** Which the item is started in when there is room: the end of another makes it, in whatever context that comes. */
  private contextOf(given: unknown): Context | null {
    const pool = this.poolOf(given);
    if (pool === null) return null;
    return this.subscribing ? (this.subscribersContext ??= pool.captureContext()) : pool.captureContext();
  }

  private beginAtOnce(given: unknown): void {
    this.pumping = true;
    this.begin(given, this.subscribing ? this.contextOf(given) : null, false);
    this.pumping = false;
    if (this.waiting.size > 0 || !this.drawing) this.pump();
  }

  private beginWaiting(item: unknown): void {
    if (item instanceof LateItem) this.begin(item.given, item.context, true);
    else this.begin(item, this.subscribersContext, true);
  }

  private begin(given: unknown, context: Context | null, waited: boolean): void {
    const { tasks } = this;
    const position = this.position++;
    this.context = context;
    if (tasks !== null) {
      const run = new TaskRun<R>(this, tasks.each, position, tasks.indexOf(given, position), tasks.itemOf(given));
      if (waited) run.context = context;
      this.start(run);
    } else if (waited && context !== null) {
      context.runInAsyncScope(() => {
        this.beginInner(given as ObservableInput<R>, position);
      });
    } else {
      this.beginInner(given as ObservableInput<R>, position);
    }
    this.context = null;
  }

  private beginInner(inner: ObservableInput<R>, position: number): void {
    try {
      begin<R>(this, inner, position);
    } catch (error) {
      if (this.closed) reportUnhandled(error);
      else this.abort(error);
    }
  }

  start(run: TaskRun<R>): void {
    try {
      run.start();
    } catch (error) {
      this.abort(error);
    }
    // Most work that is synchronous has ended by now. While it starts, a run looks for itself whether the batch is closed.
    if (!run.over) this.keep(run);
  }

  private keep(run: TaskRun<R>): void {
    run.context ??= this.context;
    if (this.closed) run.unsubscribe();
    else this.running.add(run);
  }
}

/** One that has come after the subscribe, when there was no room: in a context of its own. */
class LateItem {
  constructor(
    readonly given: unknown,
    readonly context: Context | null,
  ) {}
}

function givenOf(item: unknown): unknown {
  return item instanceof LateItem ? item.given : item;
}
