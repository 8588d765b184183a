import { Observable } from 'rxjs';
import type { Subscriber, TeardownLogic } from 'rxjs';
import type { PoolInternals } from './internals';
import type { Asking } from './options';
import type { Sink, WorkContext } from './work';
import { WorkRun } from './work-run';

/** Cold: every subscription leases a connection, works on it, and gives it back. */
export abstract class WorkObservable<C, R> extends Observable<R> {
  constructor(
    readonly pool: PoolInternals<C>,
    private readonly asking: Asking,
  ) {
    super(subscribeToWork);
  }

  get label(): string | undefined {
    return this.asking.label;
  }

  abstract invoke(connection: C, context: WorkContext): unknown;

  /** A run of this work that has not asked for its connection yet: whoever made it can be told of the end at once. */
  createRun(sink: Sink<R>): WorkRun<C, R> {
    return new SubscribedRun(this, sink);
  }

  start(run: WorkRun<C, R>): void {
    this.pool.core.ask(run, this.asking.acquireTimeout);
  }
}

/** A run of the work of such an Observable. */
export class SubscribedRun<C, R> extends WorkRun<C, R> {
  declare readonly sink: Sink<R>;

  constructor(
    protected readonly work: WorkObservable<C, R>,
    sink: Sink<R>,
  ) {
    super(work.pool, sink);
  }

  get label(): string | undefined {
    return this.work.label;
  }

  protected invoke(connection: C, context: WorkContext): unknown {
    return this.work.invoke(connection, context);
  }

  protected tellValue(value: R): void {
    this.sink.next(value);
  }

  protected tellError(error: unknown): void {
    this.sink.error(error);
  }

  protected tellEnd(): void {
    this.sink.complete();
  }
}

// One function for all, because RxJS calls it as a method of the Observable: no closure for each of a million tasks.
function subscribeToWork<R>(this: Observable<R>, subscriber: Subscriber<R>): TeardownLogic {
  const work = this as WorkObservable<unknown, R>;
  const run = work.createRun(subscriber);
  if (subscriber.closed) return;
  try {
    work.start(run);
  } catch (error) {
    subscriber.add(run);
    throw error;
  }
  // Until now the run has looked for itself whether the subscriber has gone: most are over already, and need no teardown.
  return run.over ? undefined : run;
}
