import { asTask, ItemTask, withSignal } from '../../operators/internal/task';
import type { ConnectionTask, ItemWork } from '../../operators/internal/task';
import { CancelledRuns } from '../../operators/internal/cancelled-runs';
import { WatchedRun } from '../../operators/internal/watched-run';
import type { BatchPool } from '../../pool/state/batch-demand';
import type { Sink } from '../../pool/rx/work';
import type { WorkRun } from '../../pool/rx/work-run';
import type { Receiver, WorkReceiver } from './source';
import { Stage } from './stage';

/** The common part of all stages that turn items into tasks. A stage ends when the connections of its cancelled runs have been released. */
export abstract class TaskStage<T, R> extends Stage<T, R> {
  readonly cancelledRuns = new CancelledRuns();

  protected override async release(): Promise<number> {
    const late = await super.release();
    await this.cancelledRuns.allReleased();
    return late;
  }
}

/** Tasks for one kind of work. */
export abstract class ItemTaskStage<C, I, T, R> extends TaskStage<I, ConnectionTask<T, R>> {
  private readonly worker: WorkReceiver | null;

  constructor(
    receiver: Receiver<ConnectionTask<T, R>> & Partial<WorkReceiver>,
    readonly each: ItemWork<C, T>,
  ) {
    super(receiver);
    this.worker = receiver.nextWork === undefined ? null : (receiver as WorkReceiver);
  }

  get pool(): BatchPool {
    return this.each.pool.core;
  }

  protected pass(item: T, index: number): void {
    const { worker, each, cancelledRuns } = this;
    if (worker === null || each.acquireOptions.signal !== undefined) {
      this.receiver.next(withSignal(asTask(new PulledTask<C, T, R>(each, item, index, cancelledRuns)), each));
    } else worker.nextWork(each as ItemWork<unknown, unknown>, item, index, cancelledRuns);
  }
}

class PulledTask<C, T, R> extends ItemTask<C, T, R> {
  constructor(
    each: ItemWork<C, T>,
    item: T,
    index: number,
    readonly cancelledRuns: CancelledRuns,
  ) {
    super(each, item, index);
  }

  override createRun(sink: Sink<R>): WorkRun<C, R> {
    return new WatchedRun(this, sink, this.cancelledRuns);
  }
}
