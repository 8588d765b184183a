import type { ObservableInput } from 'rxjs';
import { isTask } from '../../operators/internal/task';
import type { AnyTask, ItemWork } from '../../operators/internal/task';
import type { CancelledRuns } from '../../operators/internal/cancelled-runs';
import type { BatchDemand, BatchPool } from '../../pool/state/batch-demand';
import type { Context } from '../../pool/state/context';
import { startMember } from '../../operators/internal/inner-member';
import { limitFor, limitOf } from '../../operators/internal/concurrency-limit';
import type { BatchRules, HeldMember, Member, MemberOwner, MemberRun } from '../../operators/internal/member';
import { Outages } from '../../operators/internal/outages';
import { Ring } from '../../pool/collections/ring';
import { RunningMembers } from '../../operators/internal/running-members';
import { TaskRun } from '../../operators/internal/task-run';
import type { BatchWait } from '../../operators/internal/batch-wait';
import type { ResolvedPullOptions } from './batch-options';
import type { PullSource, Receiver, WorkReceiver } from './source';
import { Stage } from './stage';

/**
 * The machine under every batch that is pulled. It has as many slots as may run at a time. A slot is taken from the moment at
 * which its item is asked for until the consumer, which has got its outcome, pulls again. The next item is drawn when
 * a slot is free, and only then.
 */
export abstract class PullBatch<R, V>
  extends Stage<ObservableInput<R>, V>
  implements MemberOwner<R>, WorkReceiver, BatchDemand
{
  /** Decide what becomes of the members. */
  abstract readonly rules: BatchRules<R>;
  readonly running = new RunningMembers<Member<R>>();
  /** Stopped or aborted: values and ends of members are ignored. */
  closed = false;
  readonly destination = null;
  /** The async context of the consumer's first pull: code that runs without a pull runs in it. */
  context: Context | null = null;
  /** What the consumer has not taken yet. */
  protected readonly ready = new Ring<V>();

  private position = 0;
  private opened = false;
  /** The consumer waits for something. While it does not, it holds the last thing it got, and that holds a slot. */
  private pullPending = false;
  /** The source has been asked, and has not answered. */
  private sourcePending = false;
  /** Drawn, and not begun: what its pool can lend may show only now. */
  private pendingItem: ObservableInput<R> | TaskRun<R> | null = null;
  private pumping = false;
  /** No more is drawn. */
  private sourceDone = false;
  /** Ends early: not over before all is back. */
  private awaitingRelease = false;
  /** After the first failure. */
  private drawingStopped = false;
  private readonly concurrency: number | undefined;
  /** The signal of the options. The iteration has a signal of its own. */
  private readonly signal: AbortSignal | undefined;
  private readonly outages: Outages<R>;
  private failure: { readonly error: unknown } | null = null;
  /** What cancelling has failed with. */
  private cancelError: { readonly error: unknown } | null = null;
  /** The pool of the last task that was begun, and the one that knows of this batch: as long as tasks run. */
  private lastPool: BatchPool | null = null;
  private notifiedPool: BatchPool | null = null;
  /** The maximum number of members that run, as the last one that was drawn states it. */
  private limit = 1;
  /** Knows what cannot be stopped, of the tasks that come by their parts, and of others. */
  private cancelledRuns: CancelledRuns | null = null;
  private readonly otherCancelledRuns = new Set<CancelledRuns>();

  constructor(
    receiver: Receiver<V>,
    private readonly operator: string,
    { concurrency, signal, patience }: Omit<ResolvedPullOptions, 'ordered' | 'stopOnError'>,
  ) {
    super(receiver);
    this.concurrency = concurrency;
    this.signal = signal;
    this.outages = new Outages<R>(this, patience);
  }

  /** The number of outcomes that wait for the outcomes before them: they take slots too. */
  protected get heldOutcomes(): number {
    return 0;
  }

  override drawFrom(source: PullSource<ObservableInput<R>>, signal: AbortSignal | undefined): this {
    return super.drawFrom(source, anySignal(signal, this.signal));
  }

  // ---------------------------------------------------------------- what the consumer says

  override pull(): void {
    this.pullPending = true;
    // The usual case: no outcome is ready, and the next item has been requested already.
    if (this.sourcePending && !this.sourceDone && this.ready.size === 0) return;
    if (!this.opened) this.open();
    if (!this.pumping) this.pumpOn();
  }

  override async stop(): Promise<number> {
    this.stopped = true;
    this.pullPending = false;
    this.ready.clear();
    this.cancel();
    await this.allReleased();
    if (this.cancelError !== null) throw this.cancelError.error;
    return 0;
  }

  // ---------------------------------------------------------------- what the source says

  next(inner: ObservableInput<R>): void {
    this.sourcePending = false;
    this.pendingItem = inner;
    this.pump();
  }

  nextWork(each: ItemWork<unknown, unknown>, item: unknown, index: number, cancelledRuns: CancelledRuns): void {
    this.sourcePending = false;
    this.cancelledRuns ??= cancelledRuns;
    const run = new TaskRun<R>(this, each, this.position++, index, item);
    if (this.pumping || !this.canStart()) this.pendingItem = run;
    else this.startAtOnce(run);
    this.pump();
  }

  override complete(): void {
    this.sourcePending = false;
    this.sourceDone = true;
    this.pump();
  }

  override error(error: unknown): void {
    this.sourcePending = false;
    this.abort(error);
  }

  // ---------------------------------------------------------------- what the pool says

  hold(member: HeldMember<R>, error: unknown): boolean {
    return !this.drawingStopped && !this.closed && this.outages.hold(member, error);
  }

  restart(member: HeldMember<R>): void {
    try {
      member.restart();
    } catch (error) {
      this.onThrown(error);
    }
  }

  notifyWaiting(wait: BatchWait | null): void {
    this.waiting(wait);
  }

  // ---------------------------------------------------------------- what happens next

  pump(): void {
    if (this.pumping) return;
    if (this.context === null) this.pumpOn();
    else {
      this.context.runInAsyncScope(() => {
        this.pumpOn();
      });
    }
  }

  private pumpOn(): void {
    // What is held will not be started any more: it fails, in its turn.
    if (this.drawingStopped && this.outages.holdsAny && !this.closed) this.outages.failAll();
    this.pumping = true;
    try {
      while (this.step());
    } catch (error) {
      this.onThrown(error);
    }
    this.pumping = false;
    if ((this.notifiedPool === null) === this.running.size > 0) this.updateDemand();
    if (this.pullPending && this.isFinished()) this.deliverEnd();
  }

  /** Does one thing; false when there is nothing to do. */
  private step(): boolean {
    const { ready, pendingItem } = this;

    // The consumer waits for what is there.
    if (this.pullPending && ready.size > 0) {
      this.pullPending = false;
      this.receiver.next(ready.shift());
      return true;
    }

    // One that was drawn can begin.
    if (pendingItem !== null) return this.startPendingItem(pendingItem);

    // A slot is free: draw.
    if (!this.sourceDone && !this.outages.holdsAny && !this.sourcePending && this.usedSlots < this.slots) {
      this.sourcePending = true;
      this.upstream.pull();
      return !this.sourcePending || ready.size > 0;
    }

    return false;
  }

  /** Has something for the consumer: now, if it waits for it. */
  protected deliver(value: V): void {
    if (this.pullPending && this.ready.size === 0) {
      this.pullPending = false;
      this.receiver.next(value);
    } else {
      this.ready.push(value);
    }
  }

  private startPendingItem(item: ObservableInput<R> | TaskRun<R>): boolean {
    const { running } = this;
    if (item instanceof TaskRun) {
      if (!this.canStart()) return false;
      this.pendingItem = null;
      this.start(item);
    } else {
      if (this.outages.holdsAny) return false;
      this.limit = limitFor(item, this.concurrency, this.operator);
      if (running.size >= this.limit) return false;
      this.pendingItem = null;
      if (isTask(item)) this.noteTask(item);
      startMember<R>(this, item, this.position++);
    }
    return true;
  }

  private noteTask({ pool, cancelledRuns }: AnyTask): void {
    this.lastPool = pool.core;
    this.context ??= pool.core.captureContext();
    if (cancelledRuns !== undefined) this.otherCancelledRuns.add(cancelledRuns);
  }

  /** Whether a run can begin. The source limits it to what its pool can lend, which may have decreased. */
  private canStart(): boolean {
    return this.running.size < this.slots && !this.outages.holdsAny;
  }

  /** What nearly every run does, which is never held. */
  private startAtOnce(run: TaskRun<R>): void {
    this.pumping = true;
    try {
      this.start(run);
    } catch (error) {
      this.onThrown(error);
    }
    this.pumping = false;
  }

  start(run: MemberRun<R>): void {
    run.start();
    // Most work that is synchronous has ended by now. While it starts, a run looks for itself whether the batch is closed.
    if (!run.hasEnded) this.store(run);
  }

  private store(run: MemberRun<R>): void {
    run.context ??= this.context;
    if (!this.closed) {
      this.running.add(run);
      return;
    }
    this.recordThrown(() => {
      run.unsubscribe();
    });
    this.cancelledRuns?.add(run);
  }

  private get usedSlots(): number {
    return this.running.size + this.ready.size + this.heldOutcomes + (this.pullPending ? 0 : 1);
  }

  private get slots(): number {
    const { concurrency } = this;
    const { pool } = this.upstream;
    if (pool === undefined) return this.limit;
    const { leaseCapacity } = pool;
    return concurrency === undefined ? leaseCapacity : Math.min(concurrency, leaseCapacity);
  }

  // ---------------------------------------------------------------- what the pool is told

  get heldBack(): number {
    return this.pendingItem === null ? 0 : 1;
  }

  get started(): number {
    return this.running.size;
  }

  resume(): void {
    if (this.lastPool !== null) this.limit = limitOf({ core: this.lastPool }, this.concurrency);
    this.pump();
  }

  private updateDemand(): void {
    if (this.notifiedPool === null) {
      this.notifiedPool = this.upstream.pool ?? this.lastPool;
      this.notifiedPool?.batchWaits(this);
    } else {
      this.notifiedPool.batchEnded(this);
      this.notifiedPool = null;
    }
  }

  // ---------------------------------------------------------------- the end

  /** Draws no more, and lets what runs end. Calls back when the source has ended, with how many were drawn for nothing. */
  protected stopDrawing(unstarted: (count: number) => void): void {
    this.drawingStopped = true;
    unstarted(this.pendingItem === null ? 0 : 1);
    this.pendingItem = null;
    this.endWith((late) => {
      unstarted(late);
    });
  }

  /** Ends with an error: active runs are cancelled, and the consumer still receives the outcomes that are ready. */
  protected abort(error: unknown): void {
    if (this.closed) return;
    this.failure = { error };
    this.cancel();
    this.endWith(() => undefined);
  }

  private endWith(done: (late: number) => void): void {
    this.sourceDone = true;
    this.awaitingRelease = true;
    const ended = (): void => {
      this.awaitingRelease = false;
      this.pump();
    };
    this.allReleased().then(
      (late) => {
        done(late);
        ended();
      },
      (error: unknown) => {
        this.failure ??= { error };
        ended();
      },
    );
  }

  /** Something has thrown while it was being started, or drawn. */
  private onThrown(error: unknown): void {
    if (this.closed) this.cancelError ??= { error };
    else this.abort(error);
  }

  private cancel(): void {
    this.closed = true;
    this.sourceDone = true;
    this.pendingItem = null;
    this.signal?.removeEventListener('abort', this.onAbort);
    this.outages.cancel();
    const members = this.running.all();
    this.recordThrown(() => {
      this.running.cancel();
    });
    for (const member of members) {
      if (member instanceof TaskRun) this.cancelledRuns?.add(member);
    }
    // The consumer may never pull again: the pool must not keep the batch.
    if (this.notifiedPool !== null) this.updateDemand();
  }

  private recordThrown(cancel: () => void): void {
    try {
      cancel();
    } catch (error) {
      this.teardownFailed(error);
    }
  }

  teardownFailed(error: unknown): void {
    this.cancelError ??= { error };
  }

  private async allReleased(): Promise<number> {
    const late = await this.stopUpstream();
    await this.cancelledRuns?.allReleased();
    for (const other of this.otherCancelledRuns) await other.allReleased();
    return late;
  }

  private isFinished(): boolean {
    const { running, ready, outages } = this;
    return (
      this.sourceDone &&
      !this.awaitingRelease &&
      !this.stopped &&
      running.size === 0 &&
      ready.size === 0 &&
      !outages.holdsAny
    );
  }

  private deliverEnd(): void {
    this.pullPending = false;
    this.signal?.removeEventListener('abort', this.onAbort);
    if (this.failure === null) this.receiver.complete();
    else this.receiver.error(this.failure.error);
  }

  private open(): void {
    const { signal } = this;
    this.opened = true;
    this.context = this.upstream.pool?.captureContext() ?? null;
    if (signal === undefined) return;
    if (signal.aborted) this.onAbort();
    else signal.addEventListener('abort', this.onAbort);
  }

  /** After an abort no outcome is delivered, not even those that are ready. */
  private readonly onAbort = (): void => {
    this.ready.clear();
    this.abort(this.signal!.reason);
  };
}

function anySignal(a: AbortSignal | undefined, b: AbortSignal | undefined): AbortSignal | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return AbortSignal.any([a, b]);
}
