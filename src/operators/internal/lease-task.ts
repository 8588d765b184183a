import { Subscriber } from 'rxjs';
import { InvalidLeaseError } from '../../pool/errors';
import { internals } from '../../pool/rx/internals';
import type { HeldLease, Lease } from '../../pool/rx/lease';
import type { Sink, WorkContext } from '../../pool/rx/work';
import type { WorkRun } from '../../pool/rx/work-run';
import { asTask, Task } from './task';
import type { ConnectionTask } from './task';
import type { CancelledRuns } from './cancelled-runs';
import { WatchedRun } from './watched-run';

export type LeaseWork<C> = (connection: C, context: WorkContext) => unknown;

/** Makes every lease of the pool's stream a task that works on it. */
export class LeaseTaskSubscriber<C, R> extends Subscriber<Lease<C>> {
  private readonly reservations: Reservations<C, R>;

  constructor(
    private readonly out: Subscriber<ConnectionTask<Lease<C>, R>>,
    work: LeaseWork<C>,
  ) {
    super(out);
    this.reservations = new Reservations(work);
  }

  protected override _next(lease: Lease<C>): void {
    if (isHeldLease<C>(lease)) this.out.next(asTask(this.reservations.taskOf(lease)));
    else this.error(notALeaseError());
  }

  protected override _error(error: unknown): void {
    super._error(error);
    this.reservations.releaseAll();
  }

  protected override _complete(): void {
    this.reservations.sourceHasEnded();
    super._complete();
    this.reservations.releaseUnlessRunSoon();
  }

  override unsubscribe(): void {
    if (this.closed) return;
    super.unsubscribe();
    if (!this.reservations.sourceEnded) this.reservations.releaseAll();
  }
}

/** What withConnection(work) says of items that are no leases. */
export function notALeaseError(): TypeError {
  return new TypeError(
    'withConnection(work) works on the leases of a pool: pool.pipe(withConnection(work)). ' +
      'For items of your own, name the pool: items$.pipe(withConnection(pool, work)).',
  );
}

/** Keeps the leases of tasks that have not run, and releases them when the pipeline ends first. */
export class Reservations<C, R> {
  private index = 0;
  private readonly pending = new Set<LeaseTask<C, R>>();
  private running = 0;
  /** The source has ended. The tasks may still be run, which only the tasks themselves notice. */
  sourceEnded = false;

  constructor(
    readonly work: LeaseWork<C>,
    readonly cancelledRuns?: CancelledRuns,
  ) {}

  taskOf(lease: HeldLease<C>): LeaseTask<C, R> {
    const task = new LeaseTask<C, R>(this, lease, this.index++);
    this.pending.add(task);
    return task;
  }

  sourceHasEnded(): void {
    this.sourceEnded = true;
  }

  started(task: LeaseTask<C, R>): void {
    this.pending.delete(task);
    this.running++;
  }

  ended(): void {
    this.running--;
    this.releaseUnlessRunSoon();
  }

  /** A run was unsubscribed. After the source has ended, that is how the end of the pipeline shows. */
  cancelled(): void {
    if (this.sourceEnded) this.releaseAll();
  }

  /** When no task runs any more, the remaining tasks may never run. */
  releaseUnlessRunSoon(): void {
    const [first] = this.pending;
    if (first === undefined || !this.sourceEnded || this.running > 0) return;
    first.pool.core.clock.after(
      0,
      () => {
        if (this.running === 0) this.releaseAll();
      },
      false,
    );
  }

  releaseAll(): void {
    const tasks = [...this.pending];
    this.pending.clear();
    for (const task of tasks) task.releaseLease();
  }
}

/** Works on a lease that it has; where that has gone back because its turn did not come, it leases anew. */
export class LeaseTask<C, R> extends Task<C, Lease<C>, R> {
  private reserved = true;

  constructor(
    readonly tasks: Reservations<C, R>,
    override readonly item: HeldLease<C>,
    index: number,
  ) {
    super(item[internals], item[internals], item, index);
  }

  get cancelledRuns(): CancelledRuns | undefined {
    return this.tasks.cancelledRuns;
  }

  invoke(connection: C, context: WorkContext): unknown {
    const { work } = this.tasks;
    this.workCalled = true;
    return work(connection, context);
  }

  override createRun(sink: Sink<R>): WorkRun<C, R> {
    return new LeaseRun(this, sink);
  }

  override start(run: WorkRun<C, R>): void {
    const { claim } = this.item;
    this.tasks.started(this);
    (run as LeaseRun<C, R>).active = true;
    if (!this.reserved) {
      super.start(run);
      return;
    }
    this.reserved = false;
    if (claim.state === 'held') {
      this.pool.core.handOver(claim, run);
    } else {
      const { core } = this.pool;
      const error =
        claim.loss ??
        new InvalidLeaseError(
          core.name,
          `Task ${this.index} of pool '${core.name}' cannot run: its lease had been released before. Leave that to the task.`,
        );
      core.run(() => {
        run.failed(error);
      });
    }
  }

  releaseLease(): void {
    this.reserved = false;
    this.item.release();
  }
}

class LeaseRun<C, R> extends WatchedRun<C, R> {
  active = false;

  constructor(
    private readonly task: LeaseTask<C, R>,
    sink: Sink<R>,
  ) {
    super(task, sink, task.cancelledRuns);
  }

  override unsubscribe(): void {
    const { active } = this;
    super.unsubscribe();
    if (active) this.task.tasks.cancelled();
  }

  protected override end(): void {
    super.end();
    if (!this.active) return;
    this.active = false;
    this.task.tasks.ended();
  }
}

/** Whether this is a lease of one of our pools: the operators know more of them than users do. */
export function isHeldLease<C>(value: unknown): value is HeldLease<C> {
  return value instanceof Object && internals in value && 'claim' in value;
}
