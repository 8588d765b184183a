import type { ObservedValueOf } from 'rxjs';
import { asTask } from '../operators/internal/task';
import type { ConnectionTask, ItemWork, LastValue } from '../operators/internal/task';
import { isHeldLease, notALeaseError, Reservations } from '../operators/internal/lease-task';
import type { LeaseWork } from '../operators/internal/lease-task';
import { isLeaseOf, leasedTwiceError, resolveItemWork } from '../operators/internal/item-work';
import type { ConnectionPool } from '../pool/connection-pool';
import type { Lease } from '../pool/rx/lease';
import type { AcquireOptions } from '../pool/options';
import type { WorkContext, WorkResult } from '../pool/rx/work';
import { checkSource } from './internal/open-source';
import { PullIterableOf } from './internal/pull-iterable';
import type { PullOperator } from './internal/pull-iterable';
import type { Receiver } from './internal/source';
import { TaskStage, ItemTaskStage } from './internal/task-stage';

/**
 * Makes every item a cold task that leases a connection, works on it, and releases it. One item is drawn for each task that is
 * pulled; what follows decides how many are, and runs them.
 *
 * ```
 * pulled       1       2     3
 * source       a       b     |
 * tasks        A       B     |
 * ```
 *
 * ```ts
 * from(readLines(file)).pipe(
 *   withConnection(pool, (node, line) => node.call('word_count', line)),
 *   batchOutcomes(8),
 * )
 * ```
 *
 * A task's errors: those of `pool.acquire()`, and the work's own, unwrapped.
 */
export function withConnection<C, T, O extends WorkResult>(
  pool: ConnectionPool<C>,
  work: (connection: C, item: T, index: number, context: WorkContext) => O,
  options?: AcquireOptions,
): PullOperator<T, ConnectionTask<T, ObservedValueOf<O>, LastValue<O>>>;
/**
 * With `leases(pool)` as the source: makes every lease a task that works on it and releases it. A task that has not run when
 * the iteration ends releases its lease then.
 *
 * ```ts
 * from(leases(pool)).pipe(take(3), withConnection((node) => node.call('ping')), batchOutcomes())
 * ```
 */
export function withConnection<C, O extends WorkResult>(
  work: (connection: C, context: WorkContext) => O,
): PullOperator<Lease<C>, ConnectionTask<Lease<C>, ObservedValueOf<O>, LastValue<O>>>;
export function withConnection<C>(
  poolOrWork: ConnectionPool<C> | LeaseWork<C>,
  work?: ItemWork<C, unknown>['work'],
  options?: AcquireOptions,
): PullOperator<never, ConnectionTask<unknown, unknown>> {
  if (typeof poolOrWork === 'function') {
    return (source) => {
      checkSource('withConnection', source);
      return new PullIterableOf((receiver, signal) => new LeaseStage(receiver, poolOrWork).drawFrom(source, signal));
    };
  }
  const each = resolveItemWork<C, unknown>('withConnection', poolOrWork, work, options);
  return (source) => {
    if ((source as unknown) === poolOrWork) throw leasedTwiceError(each.pool.core.name);
    checkSource('withConnection', source);
    const { clock } = each.pool.core;
    return new PullIterableOf((receiver, signal) => new ItemStage(receiver, each).drawFrom(source, signal, clock));
  };
}

class ItemStage<C, T, R> extends ItemTaskStage<C, T, T, R> {
  private index = 0;

  next(item: T): void {
    const { pool } = this.each;
    if (isLeaseOf(pool, item)) {
      item.release();
      this.fail(leasedTwiceError(pool.core.name));
    } else {
      this.pass(item, this.index++);
    }
  }
}

class LeaseStage<C, R> extends TaskStage<Lease<C>, ConnectionTask<Lease<C>, R>> {
  private readonly reservations: Reservations<C, R>;

  constructor(receiver: Receiver<ConnectionTask<Lease<C>, R>>, work: LeaseWork<C>) {
    super(receiver);
    this.reservations = new Reservations(work, this.cancelledRuns);
  }

  next(lease: Lease<C>): void {
    if (isHeldLease<C>(lease)) this.receiver.next(asTask(this.reservations.taskOf(lease)));
    else this.fail(notALeaseError());
  }

  override complete(): void {
    this.reservations.sourceHasEnded();
    super.complete();
    this.reservations.releaseUnlessRunSoon();
  }

  override error(error: unknown): void {
    this.reservations.releaseAll();
    super.error(error);
  }

  protected override release(): Promise<number> {
    this.reservations.releaseAll();
    return super.release();
  }
}
