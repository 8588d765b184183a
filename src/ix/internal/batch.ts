import type { ObservableInput } from 'rxjs';
import { isTask } from '../../operators/internal/connection-task';
import type { AnyTask, ItemWork } from '../../operators/internal/connection-task';
import type { Lingering } from '../../operators/internal/lingering';
import type { BatchDemand, BatchPool } from '../../pool/state/batch-demand';
import type { Context } from '../../pool/rx/context';
import { begin } from '../../operators/internal/inner-member';
import { limitFor, limitOf } from '../../operators/internal/member';
import type { BatchRules, Member, MemberOwner } from '../../operators/internal/member';
import { Outages } from '../../operators/internal/outages';
import type { HeldMember } from '../../operators/internal/outages';
import { Ring } from '../../pool/collections/ring';
import { Running } from '../../operators/internal/running';
import { TaskRun } from '../../operators/internal/task-run';
import type { BatchWait } from '../../operators/internal/waiting';
import type { PullSource, Receiver, WorkReceiver } from './source';
import { Stage } from './stage';

/**
 * The machine under every batch that is pulled. It has as many slots as may run at a time. A slot is taken from the moment at
 * which its item is asked for until the consumer, who has got what came of it, comes back for more. The next item is drawn when
 * a slot is free, and only then.
 */
export abstract class Batch<R, V>
  extends Stage<ObservableInput<R>, V>
  implements BatchRules<R>, MemberOwner<R>, WorkReceiver, BatchDemand
{
  readonly rules = this;
  readonly running = new Running<Member<R>>();
  /** Nobody listens to the members any more. */
  closed = false;
  readonly destination = null;
  /** Of the consumer, when it first pulled: what goes on without a pull goes on in it. */
  context: Context | null = null;
  /** What the consumer has not taken yet. */
  protected readonly ready = new Ring<V>();

  private position = 0;
  private begun = false;
  /** The consumer waits for something. While it does not, it holds the last thing it got, and that holds a slot. */
  private wanted = false;
  /** The source has been asked, and has not answered. */
  private asked = false;
  /** Drawn, and not begun: what its pool can lend may show only now. */
  private held: ObservableInput<R> | TaskRun<R> | null = null;
  private pumping = false;
  /** No more is drawn. */
  private drawn = false;
  /** Ends early: not over before all is back. */
  private ending = false;
  /** After the first failure. */
  private drawingStopped = false;
  private readonly outages: Outages<R>;
  private failure: { readonly error: unknown } | null = null;
  /** What cancelling has failed with. */
  private thrown: { readonly error: unknown } | null = null;
  /** The pool of the last task that was begun, and the one that knows of this batch: as long as tasks run. */
  private lastPool: BatchPool | null = null;
  private toldPool: BatchPool | null = null;
  /** How many may run, by the last of them that was drawn. */
  private limit = 1;
  /** Knows what cannot be stopped, of the tasks that come by their parts, and of others. */
  private lingering: Lingering | null = null;
  private readonly others = new Set<Lingering>();

  constructor(
    receiver: Receiver<V>,
    private readonly operator: string,
    private readonly concurrency: number | undefined,
    /** The option, beside the signal that whoever iterates may give. */
    private readonly signal: AbortSignal | undefined,
    patience: number | undefined,
  ) {
    super(receiver);
    this.outages = new Outages<R>(this, patience);
  }

  abstract value(member: Member<R>, value: R): void;
  abstract completed(member: Member<R>): void;
  abstract failed(member: Member<R>, error: unknown): void;

  /** How many values are held back until it is their turn: they take slots too. */
  protected get early(): number {
    return 0;
  }

  override drawFrom(source: PullSource<ObservableInput<R>>, signal: AbortSignal | undefined): this {
    return super.drawFrom(source, eitherOf(signal, this.signal));
  }

  // ---------------------------------------------------------------- what the consumer says

  override pull(): void {
    this.wanted = true;
    // What most pulls find: nothing to take, and the next item is under way.
    if (this.asked && !this.drawn && this.ready.size === 0) return;
    if (!this.begun) this.begin();
    if (!this.pumping) this.pumpOn();
  }

  override async stop(): Promise<number> {
    this.silent = true;
    this.wanted = false;
    this.ready.clear();
    this.cancel();
    await this.allBack();
    if (this.thrown !== null) throw this.thrown.error;
    return 0;
  }

  // ---------------------------------------------------------------- what the source says

  arrived(inner: ObservableInput<R>): void {
    this.asked = false;
    this.held = inner;
    this.pump();
  }

  workArrived(each: ItemWork<unknown, unknown>, item: unknown, index: number, lingering: Lingering): void {
    this.asked = false;
    this.lingering ??= lingering;
    const run = new TaskRun<R>(this, each, this.position++, index, item);
    if (this.pumping || !this.canStart()) this.held = run;
    else this.startAtOnce(run);
    this.pump();
  }

  override ended(): void {
    this.asked = false;
    this.drawn = true;
    this.pump();
  }

  override broke(error: unknown): void {
    this.asked = false;
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
      this.failedTo(error);
    }
  }

  tellWaiting(wait: BatchWait | null): void {
    this.waits(wait);
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
    if (this.drawingStopped && this.outages.holds && !this.closed) this.outages.giveUp();
    this.pumping = true;
    try {
      while (this.step());
    } catch (error) {
      this.failedTo(error);
    }
    this.pumping = false;
    if ((this.toldPool === null) === this.running.size > 0) this.tellPool();
    if (this.wanted && this.isDone()) this.tellTheEnd();
  }

  /** Does one thing; false when there is nothing to do. */
  private step(): boolean {
    const { ready, held } = this;

    // The consumer waits for what is there.
    if (this.wanted && ready.size > 0) {
      this.wanted = false;
      this.receiver.arrived(ready.shift());
      return true;
    }

    // One that was drawn can begin.
    if (held !== null) return this.beginIfThereIsRoom(held);

    // A slot is free: draw.
    if (!this.drawn && !this.outages.holds && !this.asked && this.taken < this.slots) {
      this.asked = true;
      this.upstream.pull();
      return !this.asked || ready.size > 0;
    }

    return false;
  }

  /** Has something for the consumer: now, if it waits for it. */
  protected give(value: V): void {
    if (this.wanted && this.ready.size === 0) {
      this.wanted = false;
      this.receiver.arrived(value);
    } else {
      this.ready.push(value);
    }
  }

  private beginIfThereIsRoom(held: ObservableInput<R> | TaskRun<R>): boolean {
    const { running } = this;
    if (held instanceof TaskRun) {
      if (!this.canStart()) return false;
      this.held = null;
      this.start(held);
    } else {
      if (this.outages.holds) return false;
      this.limit = limitFor(held, this.concurrency, this.operator);
      if (running.size >= this.limit) return false;
      this.held = null;
      if (isTask(held)) this.beginsTask(held);
      begin<R>(this, held, this.position++);
    }
    return true;
  }

  private beginsTask({ pool, lingering }: AnyTask): void {
    this.lastPool = pool.core;
    this.context ??= pool.core.captureContext();
    if (lingering !== undefined) this.others.add(lingering);
  }

  /** Whether a run can begin: it comes from a source that knows what its pool can lend, which may have become less. */
  private canStart(): boolean {
    return this.running.size < this.slots && !this.outages.holds;
  }

  /** What nearly every run does, which is never held. */
  private startAtOnce(run: TaskRun<R>): void {
    this.pumping = true;
    try {
      this.start(run);
    } catch (error) {
      this.failedTo(error);
    }
    this.pumping = false;
  }

  start(run: TaskRun<R>): void {
    run.start();
    // Most work that is synchronous has ended by now. While it starts, a run looks for itself whether the batch is closed.
    if (!run.over) this.keep(run);
  }

  private keep(run: TaskRun<R>): void {
    run.context ??= this.context;
    if (!this.closed) {
      this.running.add(run);
      return;
    }
    this.noteWhatThrows(() => {
      run.unsubscribe();
    });
    this.lingering?.cancelled(run);
  }

  private get taken(): number {
    return this.running.size + this.ready.size + this.early + (this.wanted ? 0 : 1);
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
    return this.held === null ? 0 : 1;
  }

  get started(): number {
    return this.running.size;
  }

  resume(): void {
    if (this.lastPool !== null) this.limit = limitOf({ core: this.lastPool }, this.concurrency);
    this.pump();
  }

  private tellPool(): void {
    if (this.toldPool === null) {
      this.toldPool = this.upstream.pool ?? this.lastPool;
      this.toldPool?.batchWaits(this);
    } else {
      this.toldPool.batchEnded(this);
      this.toldPool = null;
    }
  }

  // ---------------------------------------------------------------- the end

  /** Draws no more, and lets what runs end. Calls back when the source has ended, with how many were drawn for nothing. */
  protected stopDrawing(unstarted: (count: number) => void): void {
    this.drawingStopped = true;
    unstarted(this.held === null ? 0 : 1);
    this.held = null;
    this.endWith((late) => {
      unstarted(late);
    });
  }

  /** Ends with an error: what runs is cancelled, and what has ended before is still there for the consumer. */
  protected abort(error: unknown): void {
    if (this.closed) return;
    this.failure = { error };
    this.cancel();
    this.endWith(() => undefined);
  }

  private endWith(done: (late: number) => void): void {
    this.drawn = true;
    this.ending = true;
    const ended = (): void => {
      this.ending = false;
      this.pump();
    };
    this.allBack().then(
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
  private failedTo(error: unknown): void {
    if (this.closed) this.thrown ??= { error };
    else this.abort(error);
  }

  private cancel(): void {
    this.closed = true;
    this.drawn = true;
    this.held = null;
    this.signal?.removeEventListener('abort', this.aborted);
    this.outages.cancel();
    const members = this.running.all();
    this.noteWhatThrows(() => {
      this.running.cancel();
    });
    for (const member of members) {
      if (member instanceof TaskRun) this.lingering?.cancelled(member);
    }
  }

  private noteWhatThrows(cancel: () => void): void {
    try {
      cancel();
    } catch (error) {
      this.teardownFailed(error);
    }
  }

  teardownFailed(error: unknown): void {
    this.thrown ??= { error };
  }

  private async allBack(): Promise<number> {
    const late = await this.end();
    await this.lingering?.gone();
    for (const other of this.others) await other.gone();
    return late;
  }

  private isDone(): boolean {
    const { running, ready, outages } = this;
    return this.drawn && !this.ending && !this.silent && running.size === 0 && ready.size === 0 && !outages.holds;
  }

  private tellTheEnd(): void {
    this.wanted = false;
    this.signal?.removeEventListener('abort', this.aborted);
    if (this.failure === null) this.receiver.ended();
    else this.receiver.broke(this.failure.error);
  }

  private begin(): void {
    const { signal } = this;
    this.begun = true;
    this.context = this.upstream.pool?.captureContext() ?? null;
    if (signal === undefined) return;
    if (signal.aborted) this.aborted();
    else signal.addEventListener('abort', this.aborted);
  }

  /** Whoever aborts wants nothing any more, not even what is ready. */
  private readonly aborted = (): void => {
    this.ready.clear();
    this.abort(this.signal!.reason);
  };
}

function eitherOf(a: AbortSignal | undefined, b: AbortSignal | undefined): AbortSignal | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return AbortSignal.any([a, b]);
}
