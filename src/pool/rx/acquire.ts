import type { ResolvedAcquireOptions } from '../state/claim-and-slot';
import type { PoolError } from '../errors';
import { DirectObservable } from './direct-observable';
import type { CancellableRun } from './direct-subscriber';
import type { PoolInternals } from './internals';
import { LeaseClaim } from './lease';
import type { Lease } from './lease';
import { isUnsubscribed } from './rxjs-internals';
import type { Sink } from './work';

/** `acquire()`: emits one lease, then completes. */
export class Acquire<C> extends DirectObservable<Lease<C>, LeaseRequest<C>> {
  constructor(
    private readonly pool: PoolInternals<C>,
    private readonly acquireOptions: ResolvedAcquireOptions,
  ) {
    super();
  }

  createRun(sink: Sink<Lease<C>>): LeaseRequest<C> {
    return new LeaseRequest(this.pool, sink, this.acquireOptions);
  }

  start(request: LeaseRequest<C>): void {
    this.pool.core.acquire(request);
  }
}

class LeaseRequest<C> extends LeaseClaim<C> implements CancellableRun {
  constructor(
    pool: PoolInternals<C>,
    readonly sink: Sink<Lease<C>>,
    readonly options: ResolvedAcquireOptions,
  ) {
    super(pool);
  }

  /** Once the lease is delivered, the receiver must release it. */
  get hasEnded(): boolean {
    return this.delivered || this.state === 'ended';
  }

  get isUnsubscribed(): boolean {
    return isUnsubscribed(this.sink);
  }

  granted(): void {
    // Unsubscribed inside `acquire`, before the run was attached to the subscription.
    if (this.sink.closed) {
      this.unsubscribe();
      return;
    }
    this.sink.next(this.deliver());
    this.sink.complete();
  }

  failed(error: PoolError): void {
    this.sink.error(error);
  }

  revoked(error: PoolError): void {
    this.lost(error);
    if (!this.delivered) this.sink.error(error);
  }

  /** The receiver may have got the lease or not. It was not told of the end: an error after `next` is allowed. */
  override interrupted(error: PoolError): void {
    this.lost(error);
    this.sink.error(error);
  }

  unsubscribe(): void {
    this.pool.core.withdraw(this);
    if (!this.delivered) this.pool.core.release(this);
  }
}
