import { DirectObservable } from './direct-observable';
import type { PoolError } from '../errors';
import type { PoolInternals } from './internals';
import type { ResolvedAcquireOptions } from '../state/claim-and-slot';
import type { Sink, WorkContext } from './work';
import { WorkRun } from './work-run';

/** Cold: each subscription leases a connection, runs its work on it, and releases it. */
export abstract class WorkObservable<C, R> extends DirectObservable<R, WorkRun<C, R>> {
  constructor(
    readonly pool: PoolInternals<C>,
    readonly acquireOptions: ResolvedAcquireOptions,
  ) {
    super();
  }

  abstract invoke(connection: C, context: WorkContext): unknown;

  /** A run was rejected or has timed out before it had a connection. */
  rejected(_error: PoolError): void {
    // A hook for subclasses.
  }

  createRun(sink: Sink<R>): WorkRun<C, R> {
    return new SubscribedRun(this, sink);
  }

  start(run: WorkRun<C, R>): void {
    this.pool.core.acquire(run);
  }
}

/** One subscription's run of the work. */
export class SubscribedRun<C, R> extends WorkRun<C, R> {
  declare readonly sink: Sink<R>;

  constructor(
    protected readonly work: WorkObservable<C, R>,
    sink: Sink<R>,
  ) {
    super(sink);
  }

  protected get pool(): PoolInternals<C> {
    return this.work.pool;
  }

  get options(): ResolvedAcquireOptions {
    return this.work.acquireOptions;
  }

  override failed(error: PoolError): void {
    this.work.rejected(error);
    super.failed(error);
  }

  protected invoke(connection: C, context: WorkContext): unknown {
    return this.work.invoke(connection, context);
  }

  protected notifyNext(value: R): void {
    this.sink.next(value);
  }

  protected notifyError(error: unknown): void {
    this.sink.error(error);
  }

  protected notifyComplete(): void {
    this.sink.complete();
  }
}
