import type { Sink } from '../../pool/rx/work';
import { SubscribedRun } from '../../pool/rx/work-observable';
import type { WorkObservable } from '../../pool/rx/work-observable';
import type { CancelledRuns } from './cancelled-runs';

/** A run that says so when it keeps its connection although it has been cancelled. */
export class WatchedRun<C, R> extends SubscribedRun<C, R> {
  constructor(
    work: WorkObservable<C, R>,
    sink: Sink<R>,
    private readonly cancelledRuns: CancelledRuns | undefined,
  ) {
    super(work, sink);
  }

  override unsubscribe(): void {
    super.unsubscribe();
    this.cancelledRuns?.add(this);
  }
}
