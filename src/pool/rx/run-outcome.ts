import type { Observer } from 'rxjs';
import type { PoolError } from '../errors';
import { cancelled, RunState, succeeded } from './run-state';
import type { Settled } from './run-state';
import { thrownBy } from './rxjs-internals';

/**
 * What the notifications of the work mean for its run. The order at the end is always: the work's own teardown, the end of the lease, the
 * stats, the notification, and then the next waiter.
 */
export abstract class RunOutcome<C, R> extends RunState<C> implements Observer<R> {
  // ---------------------------------------------------------------- notifications to the sink

  protected abstract notifyNext(value: R): void;

  protected abstract notifyError(error: unknown): void;

  protected abstract notifyComplete(): void;

  // ---------------------------------------------------------------- notifications of the work

  // The run subscribes itself to the work's Observable: a second object for each of a million runs would cost as much as all that the pool
  // does for it.

  next(value: R): void {
    if (this.closed) return;
    if (this.phase === 'running') {
      if (this.context === null) this.emit(value);
      else this.emitInContext(value);
      return;
    }
    // Inside `granted` the core is busy already.
    try {
      this.notifyNext(value);
    } catch (error) {
      this.pool.core.reportUnhandled(error);
    }
    if (this.sink.closed) this.unsubscribe();
  }

  private emitInContext(value: R): void {
    this.inContext(() => {
      this.emit(value);
    });
  }

  private emit(value: R): void {
    const outer = this.pool.core.enter();
    try {
      this.notifyNext(value);
    } catch (error) {
      this.pool.core.reportUnhandled(error);
    } finally {
      this.pool.core.leave(outer);
    }
  }

  error(error: unknown): void {
    this.settle({ outcome: 'failedOperations', error });
  }

  complete(): void {
    this.settle(succeeded);
  }

  /** Work that cannot be stopped has ended, perhaps with a last value. */
  protected resolve(value: R): void {
    if (this.phase === 'running') this.settleWithin(succeeded, true, value);
    else if (this.phase === 'draining') this.drained();
    else this.settle({ outcome: 'successfulOperations', error: undefined, last: { value } });
  }

  protected reject(error: unknown): void {
    if (this.phase === 'running') {
      // A promise calls back in the context in which it was awaited.
      this.settleWithin({ outcome: 'failedOperations', error });
    } else if (this.phase !== 'draining') {
      this.error(error);
    } else if (this.isFatal(error)) {
      // No subscriber is told any more, but the connection must not be lent again.
      this.end();
      this.pool.core.discard(this, error);
    } else {
      this.drained();
    }
  }

  protected drained(): void {
    this.end();
    this.pool.core.release(this);
  }

  // ---------------------------------------------------------------- while the work is being started

  /** The start has thrown: the work itself, or, after it had completed, one of its teardowns. */
  protected failedToStart(error: unknown): void {
    const { settled } = this;
    if (settled === null || settled.outcome === 'successfulOperations') {
      this.settled = { outcome: 'failedOperations', error: thrownBy(error) };
    }
  }

  /** An operator passes what a late teardown throws (a `finalize` after a synchronous source) to the subscriber that has completed before. */
  private settleAgain({ outcome, error }: Settled): void {
    if (this.phase === 'piping' && outcome === 'failedOperations') this.failedToStart(error);
  }

  // ---------------------------------------------------------------- the end

  protected settle(settled: Settled): void {
    if (this.phase === 'running') {
      if (this.context === null) this.settleWithin(settled);
      else this.settleInContext(settled);
    } else if (this.phase === 'starting' || this.phase === 'piping') {
      if (this.settled !== null) this.settleAgain(settled);
      else if (this.sink.closed) this.settled = cancelled;
      else {
        // First, so that a teardown that unsubscribes the run finds it settled.
        this.settled = settled;
        this.settled = this.tornDown(settled);
      }
    }
  }

  private settleInContext(settled: Settled): void {
    this.inContext(() => {
      this.settleWithin(settled);
    });
  }

  /** The work has ended by itself: settles the run while the core is busy. */
  private settleWithin(settled: Settled, hasLast?: boolean, last?: R): void {
    const { core } = this.pool;
    const outer = core.enter();
    try {
      this.finish(settled, hasLast === true, last);
    } catch (error) {
      core.reportUnhandled(error);
    } finally {
      core.leave(outer);
    }
  }

  /** Call it while the core is busy: its consequences follow it. */
  protected finish(settled: Settled, hasLast: boolean, last: R | undefined): void {
    this.end();
    const { outcome, error } = this.tornDown(settled);
    if (outcome === 'failedOperations') {
      this.fail(error);
      return;
    }
    this.pool.core.operationEnded(this, outcome, 'released');
    if (hasLast) this.notifyNext(last as R);
    this.notifyComplete();
  }

  /** Runs the work's teardown, which is part of the work: if it throws, the work has failed. */
  private tornDown(settled: Settled): Settled {
    return this.stopper === null ? settled : this.tearDown(settled);
  }

  private tearDown(settled: Settled): Settled {
    try {
      this.teardowns?.unsubscribe();
      return settled;
    } catch (error) {
      return settled.outcome === 'successfulOperations'
        ? { outcome: 'failedOperations', error: thrownBy(error) }
        : settled;
    }
  }

  private fail(error: unknown): void {
    this.pool.core.operationFailed(this, error, this.isFatal(error));
    this.notifyError(error);
  }

  failed(error: PoolError): void {
    this.end();
    this.notifyError(error);
  }

  /** Whether the connection must be closed after this error; also if `isFatal` itself throws. */
  private isFatal(error: unknown): boolean {
    const { isFatal } = this.pool.runs;
    // Without a slot the connection is closed already.
    if (isFatal === undefined || this.slot === null) return false;
    try {
      return isFatal(error, this.slot.connection as C);
    } catch {
      return true;
    }
  }
}
