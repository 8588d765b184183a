import type { AsyncIterableX } from 'ix/asynciterable/asynciterablex';
import type { Observable, Subscription } from 'rxjs';
import type { ConnectionPool } from '../pool/connection-pool';
import { isPoolError } from '../pool/errors';
import type { Lease } from '../pool/rx/lease';
import type { AcquireOptions } from '../pool/options';
import { PullIterable } from './internal/pull-iterable';
import { PendingPulls, PullIterator } from './internal/pull-iterator';
import type { Receiver, Source } from './internal/source';

/**
 * The pool as an AsyncIterable: every pull acquires one lease, which is yours to release. Ends when the pool is destroyed.
 *
 * ```
 * max 1      connects   a
 * pulled     1        2
 * leases     -----a   ----a     the second waits until the first is released
 * released            ----!
 * ```
 *
 * Ending the iteration while a pull waits cancels that acquire, and a lease that has been delivered, but whose `value` was not read,
 * is released. The options are those of `pool.acquire()`, for each of the pulls.
 *
 * Errors: `PoolExhaustedError` and `ConnectionFailedError`, as from `pool.acquire()`. They end the iteration.
 *
 * ```ts
 * for await (using lease of leases(pool)) {
 *   await lease.connection.write(await nextJob());   // released at the end of each round, and at a break
 * }
 * ```
 */
export function leases<C>(pool: ConnectionPool<C>, options?: AcquireOptions): AsyncIterableX<Lease<C>> {
  return new Leases(pool.acquire(options));
}

class Leases<C> extends PullIterable<Lease<C>> {
  constructor(private readonly lease$: Observable<Lease<C>>) {
    super();
  }

  override open(receiver: Receiver<Lease<C>>): Source {
    return new LeaseSource(this.lease$, receiver);
  }

  override [Symbol.asyncIterator](signal?: AbortSignal): AsyncIterator<Lease<C>, undefined> {
    return new PullIterator(new PendingLeasePulls((receiver: Receiver<Lease<C>>) => this.open(receiver), signal));
  }
}

class LeaseSource<C> implements Source {
  private waiting: Subscription | null = null;

  constructor(
    private readonly lease$: Observable<Lease<C>>,
    private readonly receiver: Receiver<Lease<C>>,
  ) {}

  pull(): void {
    const { receiver } = this;
    this.waiting = this.lease$.subscribe({
      next: (lease) => {
        receiver.next(lease);
      },
      error: (error: unknown) => {
        if (isPoolError(error, 'INVALID_POOL')) receiver.complete();
        else receiver.error(error);
      },
    });
  }

  stop(): Promise<number> {
    this.waiting?.unsubscribe();
    return Promise.resolve(0);
  }
}

/** Keeps the leases that were delivered and not read yet: `for await` reads the `value` of a result only when it goes on with it. */
class PendingLeasePulls<C> extends PendingPulls<Lease<C>> {
  private readonly untaken = new Set<Lease<C>>();

  override return(): Promise<IteratorResult<Lease<C>, undefined>> {
    this.releaseUntaken();
    return super.return();
  }

  protected override stop(): void {
    this.releaseUntaken();
    super.stop();
  }

  protected override resultOf(lease: Lease<C>): IteratorResult<Lease<C>, undefined> {
    const { untaken } = this;
    untaken.add(lease);
    return {
      done: false,
      get value() {
        untaken.delete(lease);
        return lease;
      },
    };
  }

  private releaseUntaken(): void {
    for (const lease of this.untaken) lease.release();
    this.untaken.clear();
  }
}
