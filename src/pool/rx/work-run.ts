import { isObservable, Observable, Subscription } from 'rxjs';
import type { ObservableInput, Observer, TeardownLogic, Unsubscribable } from 'rxjs';
import { Claim } from '../state/claim-and-slot';
import type { OperationOutcome } from '../state/counters';
import type { PoolError } from '../errors';
import type { PoolInternals } from './internals';
import { iterate } from './iterate';
import { runToEnd } from './run-to-end';
import { isPiped, isUnsubscribed, subscribeAsSubscriber, thrownBy } from './rxjs-internals';
import type { WorkContext } from './work';
import { LazyContext } from './work-context';
import { isAsyncIterable, isPromiseLike, streamOf, stringResultError } from './work-result';

/**
 * - `waiting`: for a connection;
 * - `starting`: inside the call of `work`, or inside the subscribe of its result;
 * - `piping`: the same, inside the subscribe of an Observable with operators;
 * - `running`;
 * - `draining`: cancelled, but work that cannot be stopped still uses the connection;
 * - `ended`.
 */
type Phase = 'waiting' | 'starting' | 'piping' | 'running' | 'draining' | 'ended';

/** An outcome that is recorded while the work is being started. */
interface Settled {
  readonly outcome: OperationOutcome;
  readonly error: unknown;
  /** The value of a promise. */
  readonly last?: { readonly value: unknown };
}

const succeeded: Settled = { outcome: 'successfulOperations', error: undefined };
const cancelled: Settled = { outcome: 'cancelledOperations', error: undefined };

/**
 * One run of work on one connection: waits for it, runs, and releases it, whichever way it ends. The order at the end is always: the
 * work's own teardown, the end of the lease, the stats, the notification, and then the next waiter.
 */
export abstract class WorkRun<C, R> extends Claim<C> implements Observer<R>, Unsubscribable {
  private phase: Phase = 'waiting';
  /**
   * How the work is stopped: by its teardowns, if it is an Observable that has any, or by a function that requests a stop, if it cannot be
   * forced to.
   */
  private stopper: Subscription | (() => void) | null = null;
  private settled: Settled | null = null;
  /** The signal, if the work has read it; or the reason with which it is aborted when it is read. */
  private abortion: AbortController | { readonly reason: unknown } | null = null;
  /** Stops the timers of the run when it has ended, and calls what else waits for that. */
  private endHook: (() => void) | null = null;

  constructor(
    /** The receiver of the outcome. */
    readonly sink: { readonly closed: boolean },
  ) {
    super();
  }

  protected abstract get pool(): PoolInternals<C>;

  /** The work itself. */
  protected abstract invoke(connection: C, context: WorkContext): unknown;

  get signal(): AbortSignal {
    let { abortion } = this;
    if (!(abortion instanceof AbortController)) {
      const controller = new AbortController();
      if (abortion !== null) controller.abort(abortion.reason);
      abortion = this.abortion = controller;
      // Its listeners run in the context of the caller, whatever ends the run.
      this.context ??= this.pool.core.captureContext();
    }
    return abortion.signal;
  }

  // ---------------------------------------------------------------- called by the core

  get isUnsubscribed(): boolean {
    return isUnsubscribed(this.sink);
  }

  granted(connection: C): void {
    if (this.sink.closed) {
      this.unsubscribe();
      return;
    }
    this.phase = 'starting';
    try {
      this.begin(this.invoke(connection, new LazyContext(this)));
    } catch (error) {
      this.failedToStart(error);
    }
    this.phase = 'running';
    // A synchronous end takes effect only now: a subscribe returns its teardown after its complete.
    if (this.settled !== null) this.settleSynchronous(this.settled);
    else if (this.sink.closed) this.cancelSynchronous();
  }

  /** The start has thrown: the work itself, or, after it had completed, one of its teardowns. */
  private failedToStart(error: unknown): void {
    const { settled } = this;
    if (settled === null || settled.outcome === 'successfulOperations') {
      this.settled = { outcome: 'failedOperations', error: thrownBy(error) };
    }
  }

  private settleSynchronous(settled: Settled): void {
    if (settled === succeeded) this.finish(settled, false, undefined);
    else if (settled === cancelled) this.cancelSynchronous();
    else this.finish(settled, settled.last !== undefined, settled.last?.value as R);
  }

  /** The subscriber has unsubscribed during the start. It is not the caller of this, so what a teardown throws is reported. */
  private cancelSynchronous(): void {
    try {
      this.cancel();
    } catch (error) {
      this.teardownFailed(error);
    }
  }

  protected teardownFailed(error: unknown): void {
    this.pool.core.reportUnhandled(error);
  }

  failed(error: PoolError): void {
    this.end();
    this.notifyError(error);
  }

  revoked(error: PoolError): void {
    switch (this.phase) {
      case 'waiting':
        this.failed(error);
        break;
      case 'starting':
      case 'piping':
      case 'running':
        this.graceAfterLoss(error);
        this.abort(error);
        break;
      case 'draining':
        this.end();
    }
  }

  override interrupted(error: PoolError): void {
    if (this.phase === 'starting' || this.phase === 'piping') this.phase = 'running';
    this.revoked(error);
  }

  // ---------------------------------------------------------------- notifications to the sink

  protected abstract notifyNext(value: R): void;

  protected abstract notifyError(error: unknown): void;

  protected abstract notifyComplete(): void;

  // ---------------------------------------------------------------- notifications of the work

  // The run subscribes itself to the work's Observable: a second object for each of a million runs would cost as much as all that the pool
  // does for it.

  get closed(): boolean {
    return this.settled !== null || this.hasEnded || this.phase === 'draining';
  }

  /** Whether nothing is left that could be stopped. */
  get hasEnded(): boolean {
    return this.phase === 'ended';
  }

  override get isWork(): boolean {
    return true;
  }

  override get isCancelledWork(): boolean {
    return this.phase === 'draining';
  }

  add(teardown: TeardownLogic): void {
    if (!teardown || teardown === this) return;
    if (!this.closed) (this.teardowns ?? (this.stopper = new Subscription())).add(teardown);
    else if (typeof teardown === 'function') teardown();
    else teardown.unsubscribe();
  }

  private get teardowns(): Subscription | null {
    return typeof this.stopper === 'function' ? null : this.stopper;
  }

  remove(teardown: Exclude<TeardownLogic, void>): void {
    this.teardowns?.remove(teardown);
  }

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
  private resolve(value: R): void {
    if (this.phase === 'running') this.settleWithin(succeeded, true, value);
    else if (this.phase === 'draining') this.drained();
    else this.settle({ outcome: 'successfulOperations', error: undefined, last: { value } });
  }

  private reject(error: unknown): void {
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

  // ---------------------------------------------------------------- called by the subscriber

  unsubscribe(): void {
    switch (this.phase) {
      case 'waiting':
        this.end();
        this.pool.core.withdraw(this);
        this.pool.core.release(this);
        break;
      case 'starting':
      case 'piping':
        if (this.settled !== null) return;
        this.settled = cancelled;
        this.teardowns?.unsubscribe();
        break;
      case 'running':
        this.inContext(() => {
          this.cancel();
        });
    }
  }

  // ---------------------------------------------------------------- beginning and ending

  /** For calls that do not come from the work's own promises, which keep the context themselves. */
  private inContext(fn: () => void): void {
    if (this.context === null) fn();
    else this.context.runInAsyncScope(fn);
  }

  private begin(result: unknown): void {
    // The most frequent results first. Those of another copy of RxJS, or of another library, are recognised by their methods.
    if (result instanceof Observable) this.listen(result as Observable<R>);
    else if (result instanceof Promise) this.await(result as Promise<R>);
    else this.beginOther(result);
  }

  private await(result: Promise<R>): void {
    this.stopper = nothingToStop;
    result.then(
      (value) => {
        this.resolve(value);
      },
      (error: unknown) => {
        this.reject(error);
      },
    );
  }

  private beginOther(result: unknown): void {
    if (isObservable(result)) {
      this.listen(result as Observable<R>);
    } else if (isPromiseLike<R>(result)) {
      this.stopper = nothingToStop;
      result.then(
        (value) => {
          this.inContext(() => {
            this.resolve(value);
          });
        },
        (error: unknown) => {
          this.inContext(() => {
            this.reject(error);
          });
        },
      );
    } else if (isAsyncIterable<R>(result)) {
      this.stopper = iterate(result, {
        next: (value) => {
          if (this.phase === 'running') this.next(value);
        },
        error: (error) => {
          this.reject(error);
        },
        complete: () => {
          if (this.phase === 'draining') this.drained();
          else this.complete();
        },
      });
    } else if (typeof result === 'string') {
      throw stringResultError(result);
    } else {
      this.listen(streamOf<R>(result));
    }
  }

  private listen(result: Observable<R>): void {
    // Cancelled by its own work: no subscriber is left.
    if (this.settled !== null || this.sink.closed) return;
    if (isPiped(result)) this.phase = 'piping';
    const subscription = subscribeAsSubscriber(result, this);
    if (subscription !== null) this.add(subscription);
  }

  private settle(settled: Settled): void {
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

  /** An operator passes what a late teardown throws (a `finalize` after a synchronous source) to the subscriber that has completed before. */
  private settleAgain({ outcome, error }: Settled): void {
    if (this.phase === 'piping' && outcome === 'failedOperations') this.failedToStart(error);
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
  private finish(settled: Settled, hasLast: boolean, last: R | undefined): void {
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

  private fail(error: unknown): void {
    this.pool.core.operationFailed(this, error, this.isFatal(error));
    this.notifyError(error);
  }

  /** The connection is lost. Work that observes its signal, or the connection, may end by itself in this turn. */
  private graceAfterLoss(error: PoolError): void {
    const { core } = this.pool;
    core.lossGrace++;
    const cancel = core.clock.after(
      0,
      () => {
        this.inContext(() => {
          if (typeof this.stopper === 'function') this.stopper();
          this.settle({ outcome: 'failedOperations', error });
        });
      },
      true,
    );
    this.onceEnded(() => {
      core.lossGrace--;
      cancel();
    });
  }

  /** The subscriber has unsubscribed before the work has ended. */
  private cancel(): void {
    const { core, runs: settings } = this.pool;
    const outer = core.enter();
    try {
      this.end();
      this.abort(undefined);
      if (typeof this.stopper === 'function') this.drainUntilStopped(this.stopper);
      else {
        try {
          this.teardowns?.unsubscribe();
        } finally {
          if (settings.onCancel === 'release') core.operationEnded(this, 'cancelledOperations', 'released');
          else if (settings.onCancel === 'discard')
            core.operationEnded(this, 'cancelledOperations', 'discarded', unfinished());
          else this.drainUntilClean(settings.onCancel);
        }
      }
    } finally {
      core.leave(outer);
    }
  }

  private drainUntilStopped(requestStop: () => void): void {
    const { core } = this.pool;
    core.operationEnded(this, 'cancelledOperations', 'kept');
    const { cancelTimeout } = this.pool.runs;
    if (this.state === 'held') this.phase = 'draining';
    if (this.phase === 'draining' && cancelTimeout !== Infinity) {
      const cancelTimer = core.clock.after(
        cancelTimeout,
        () => {
          this.end();
          core.discard(this, new Error(`the cancelled work did not end within ${cancelTimeout} ms (cancelTimeout)`));
        },
        false,
      );
      this.onceEnded(cancelTimer);
    }
    requestStop();
  }

  private drainUntilClean(clean: (connection: C) => ObservableInput<unknown>): void {
    const { core, runs } = this.pool;
    core.operationEnded(this, 'cancelledOperations', 'kept');
    // A subscriber of the stats may have caused its loss just now.
    const { slot } = this;
    if (slot === null) return;
    this.phase = 'draining';
    const stop = runToEnd(
      core.clock,
      runs.cancelTimeout,
      () => clean(slot.connection as C),
      (failure) => {
        core.run(() => {
          this.end();
          if (failure === undefined) core.release(this);
          else core.discard(this, failure.error);
        });
      },
    );
    if ((this.phase as Phase) === 'draining') this.onceEnded(stop);
    // It has ended already, or the connection was lost inside the call: no caller waits for what it has begun.
    else stop();
  }

  private drained(): void {
    this.end();
    this.pool.core.release(this);
  }

  protected end(): void {
    this.phase = 'ended';
    if (this.endHook !== null) this.callEndHook(this.endHook);
  }

  private callEndHook(hook: () => void): void {
    this.endHook = null;
    hook();
  }

  /**
   * Calls `fn` the next time that this run ends. Cancelled work that cannot be stopped ends twice: when it is cancelled, and when it
   * releases its connection.
   */
  onceEnded(fn: () => void): void {
    const { endHook } = this;
    this.endHook =
      endHook === null
        ? fn
        : () => {
            endHook();
            fn();
          };
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

  private abort(reason: unknown): void {
    if (this.abortion instanceof AbortController) this.abortion.abort(reason);
    else this.abortion ??= { reason };
  }
}

const nothingToStop = (): void => undefined;

const unfinished = (): Error => new Error('the work was cancelled (onCancel)');
