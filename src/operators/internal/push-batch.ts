import { Subscriber } from 'rxjs';
import type { Observable, ObservableInput, Observer, Unsubscribable } from 'rxjs';
import type { BatchDemand, BatchPool } from '../../pool/state/batch-demand';
import type { Context } from '../../pool/state/context';
import { isTask } from './task';
import { startMember } from './inner-member';
import type { ResolvedBatchOptions } from './batch-options';
import { limitFor, limitOf } from './concurrency-limit';
import type { BatchRules, HeldMember, Member, MemberOwner, MemberRun } from './member';
import type { BatchHost } from './outcome-policy';
import { Outages } from './outages';
import { reportUnhandled } from '../../pool/rx/report-unhandled';
import { Ring } from '../../pool/collections/ring';
import { RunningMembers } from './running-members';
import { TaskRun } from './task-run';
import { TaskStream } from './task-stream';
import { notifyWaiting } from './batch-wait';
import type { BatchWait } from './batch-wait';

/**
 * The machine under every batch: draws tasks (or anything else that `from` takes), runs at most `concurrency` of them at a time, in the
 * order in which they came, and completes when all have ended. It never recurses: a member that ends at once is followed by the
 * next one in the loop that started it.
 */
export class PushBatch<R, V> implements Observer<unknown>, Unsubscribable, MemberOwner<R>, BatchHost<V>, BatchDemand {
  /** Inners; or, right behind `withConnection`, what it was given to make tasks of. */
  private readonly queue = new Ring<unknown>();
  readonly running = new RunningMembers<Member<R>>();
  rules!: BatchRules<R>;
  private readonly source: Subscriber<unknown>;
  private tasks: TaskStream<unknown, unknown, unknown, R> | null = null;
  /** The pool that has been told of the items that wait. */
  private notifiedPool: BatchPool | null = null;
  private position = 0;
  private pumping = false;
  private sourceOpen = true;
  private completed = false;
  private stopped = false;
  private readonly concurrency: number | undefined;
  private readonly outages: Outages<R>;
  /** Of the one that is begun, where that is known. */
  context: Context | null = null;
  /** Of the items that come inside of the subscribe: a million of them share one. */
  private subscribersContext: Context | null = null;
  private subscribing = false;
  closed = false;

  constructor(
    private readonly operator: string,
    { concurrency, patience }: Pick<ResolvedBatchOptions, 'concurrency' | 'patience'>,
    readonly destination: Subscriber<never>,
    readonly emit: (value: V) => void,
  ) {
    this.concurrency = concurrency;
    this.outages = new Outages<R>(this, patience);
    this.source = new Subscriber(this);
  }

  /** Draws the items of the source. `rules` decide what becomes of the members. */
  run(source: Observable<ObservableInput<unknown>>, rules: BatchRules<R>): void {
    this.rules = rules;
    this.destination.add(this);
    this.subscribing = true;
    try {
      this.subscribeTo(source);
    } finally {
      this.subscribing = false;
    }
  }

  private subscribeTo(source: Observable<ObservableInput<unknown>>): void {
    if (source instanceof TaskStream) {
      this.tasks = source as TaskStream<unknown, unknown, unknown, R>;
      this.tasks.items.subscribe(this.source);
    } else {
      source.subscribe(this.source);
    }
  }

  /** Draws and starts no more; the members that run go on. Reports how many items had been drawn and are not started. */
  stop(unstarted: (count: number) => void): void {
    unstarted(this.queue.size);
    try {
      this.unsubscribeSource();
    } catch (error) {
      // The outcome that stops the batch is still to be told.
      reportUnhandled(error);
    }
  }

  private unsubscribeSource(): void {
    this.stopped = true;
    this.sourceOpen = false;
    this.queue.clear();
    this.updateDemand();
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
    // The common case: nothing is queued, and a slot is free.
    if (!this.pumping && this.queue.size === 0 && this.canStart(given)) this.startAtOnce(given);
    else if (!this.closed) this.enqueue(given);
  }

  error(error: unknown): void {
    this.abort(error);
  }

  complete(): void {
    this.sourceOpen = false;
    this.pump();
  }

  unsubscribe(): void {
    if (this.completed) return;
    this.closed = true;
    try {
      this.unsubscribeSource();
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

  notifyWaiting(wait: BatchWait | null): void {
    notifyWaiting(this.destination, wait);
  }

  pump(): void {
    if (this.pumping) return;
    // What is held will not be started any more, and has not been counted as left over: it fails, in its turn.
    if (this.stopped && this.outages.holdsAny && !this.closed) this.outages.failAll();
    this.pumping = true;
    const { queue, running } = this;
    while (queue.size > 0 && this.canStart(itemOf(queue.peek()))) this.startQueued(queue.shift());
    this.pumping = false;
    if ((this.notifiedPool === null) === queue.size > 0) this.updateDemand();
    if (!this.sourceOpen && queue.size === 0 && running.size === 0 && !this.outages.holdsAny) {
      this.completed = true;
      this.destination.complete();
    }
  }

  private canStart(given: unknown): boolean {
    const { tasks } = this;
    if (this.outages.holdsAny) return false;
    return tasks === null ? this.canStartInner(given) : this.running.size < limitOf(tasks.each.pool, this.concurrency);
  }

  private canStartInner(inner: unknown): boolean {
    try {
      return this.running.size < limitFor(inner, this.concurrency, this.operator);
    } catch (error) {
      this.abort(error);
      return false;
    }
  }

  private enqueue(given: unknown): void {
    const context = this.contextOf(given);
    this.queue.push(context === this.subscribersContext ? given : new ItemInContext(given, context));
    if (this.notifiedPool === null && !this.pumping) this.updateDemand();
  }

  // ---------------------------------------------------------------- what the pool is told

  get heldBack(): number {
    return this.queue.size;
  }

  get started(): number {
    return this.running.size;
  }

  resume(): void {
    this.pump();
  }

  private updateDemand(): void {
    const { queue } = this;
    if (queue.size === 0) {
      this.notifiedPool?.batchEnded(this);
      this.notifiedPool = null;
      return;
    }
    this.notifiedPool = this.poolOf(itemOf(queue.peek()));
    this.notifiedPool?.batchWaits(this);
  }

  private poolOf(given: unknown): BatchPool | null {
    const { tasks } = this;
    if (tasks !== null) return tasks.each.pool.core;
    return isTask(given) ? given.pool.core : null;
  }

  /** The context in which a queued item is started: the end of another member starts it, in a context of its own. */
  private contextOf(given: unknown): Context | null {
    const pool = this.poolOf(given);
    if (pool === null) return null;
    return this.subscribing ? (this.subscribersContext ??= pool.captureContext()) : pool.captureContext();
  }

  private startAtOnce(given: unknown): void {
    this.pumping = true;
    this.startItem(given, this.subscribing ? this.contextOf(given) : null, false);
    this.pumping = false;
    if (this.queue.size > 0 || !this.sourceOpen) this.pump();
  }

  private startQueued(item: unknown): void {
    if (item instanceof ItemInContext) this.startItem(item.given, item.context, true);
    else this.startItem(item, this.subscribersContext, true);
  }

  private startItem(given: unknown, context: Context | null, waited: boolean): void {
    const { tasks } = this;
    const position = this.position++;
    this.context = context;
    if (tasks !== null) {
      const run = new TaskRun<R>(this, tasks.each, position, tasks.indexOf(given, position), tasks.itemOf(given));
      if (waited) run.context = context;
      this.start(run);
    } else if (waited && context !== null) {
      context.runInAsyncScope(() => {
        this.startInner(given as ObservableInput<R>, position);
      });
    } else {
      this.startInner(given as ObservableInput<R>, position);
    }
    this.context = null;
  }

  private startInner(inner: ObservableInput<R>, position: number): void {
    try {
      startMember<R>(this, inner, position);
    } catch (error) {
      if (this.closed) reportUnhandled(error);
      else this.abort(error);
    }
  }

  start(run: MemberRun<R>): void {
    try {
      run.start();
    } catch (error) {
      this.abort(error);
    }
    // Most work that is synchronous has ended by now. While it starts, a run looks for itself whether the batch is closed.
    if (!run.hasEnded) this.store(run);
  }

  private store(run: MemberRun<R>): void {
    run.context ??= this.context;
    if (this.closed) run.unsubscribe();
    else this.running.add(run);
  }
}

/** An item that was queued after the subscribe, with its own context. */
class ItemInContext {
  constructor(
    readonly given: unknown,
    readonly context: Context | null,
  ) {}
}

function itemOf(item: unknown): unknown {
  return item instanceof ItemInContext ? item.given : item;
}
