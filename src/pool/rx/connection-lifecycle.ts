import { from, isObservable, observable as symbolObservable, Subscriber, take, tap, throwIfEmpty } from 'rxjs';
import type { Observable, ObservableInput, Observer, Unsubscribable } from 'rxjs';
import { minDelayMs } from '../time/clock';
import type { Cancel } from '../time/clock';
import { Timer } from '../time/timer';
import type { ConnectContext, Connector } from '../connector';
import type { PoolCore } from '../core/pool-core';
import { describeValue } from '../values/describe';
import { connectionEndedAtOnce, noConnection } from '../values/connector-mistake';
import { ignoreErrors, isEmitter, lossEvents, watchEvents } from './loss-events';
import { unsubscribeQuietly, runToEnd } from './run-to-end';
import { Slot } from '../state/claim-and-slot';
import type { Check } from '../state/claim-and-slot';

/** The options that concern one connection, with the defaults filled in. Times in ms. */
export interface LifecycleOptions<C> {
  readonly connect: Connector<C>;
  readonly close: ((connection: C) => ObservableInput<unknown> | void) | undefined;
  readonly lost: readonly string[] | ((connection: C) => ObservableInput<unknown>) | undefined;
  readonly connectTimeout: number;
  readonly closeTimeout: number;
  /** Bounds a reset. */
  readonly cancelTimeout: number;
  readonly validate: ((connection: C) => ObservableInput<boolean>) | undefined;
  readonly reset: ((connection: C) => ObservableInput<unknown>) | undefined;
}

/**
 * - `connecting`: waiting for the connection;
 * - `abandoned`: the connection is no longer wanted, but a promise of it cannot be cancelled;
 * - `open`: the connection is open;
 * - `lost`: the connection has ended by itself;
 * - `ended`: nothing is left to do.
 */
type Phase = 'connecting' | 'abandoned' | 'open' | 'lost' | 'ended';

/** Opens a connection by the user's connector, closes it by the user's `close`, and reports both to the core. */
export class ConnectionLifecycle<C> extends Slot<C> implements Observer<C> {
  private phase: Phase = 'connecting';
  /** The subscription to the connector's Observable, which lasts as long as the connection; null for a promise. */
  private subscription: Subscriber<C> | null = null;
  private lossWatch: Unsubscribable | null = null;
  private controller: AbortController | null = null;
  private readonly connectTimer: Timer;
  /** For a connection that may still arrive after it was abandoned. */
  private readonly abandonTimer: Timer;
  private stopCheck: Cancel | null = null;
  /** When the connector's Observable has emitted the connection, until the code that emitted it has ended; -1 otherwise. */
  private emittedAt = -1;

  constructor(
    id: number,
    private readonly core: PoolCore<C>,
    private readonly options: LifecycleOptions<C>,
  ) {
    super(id);
    this.connectTimer = new Timer(core.clock, false, () => {
      this.onConnectTimeout();
    });
    this.abandonTimer = new Timer(core.clock, false, () => {
      this.end();
    });
  }

  connect(): void {
    const { connect, connectTimeout } = this.options;
    try {
      if (connectTimeout !== Infinity) this.connectTimer.set(connectTimeout);
      const result: unknown = connect(this.context());
      if (isPromiseLike<C>(result)) {
        result.then(
          (connection) => {
            this.next(connection);
          },
          (error: unknown) => {
            this.error(error);
          },
        );
      } else if (isObservableLike<C>(result)) {
        this.subscription = new Subscriber<C>(this);
        from(result).subscribe(this.subscription);
      } else {
        const returned = describeValue(result);
        throw noConnection(
          `returned ${returned}; to return a connection that is available at once, make connect an async function`,
        );
      }
    } catch (error) {
      this.error(error);
    }
  }

  check(kind: Check): void {
    const { core, options } = this;
    const connection = this.connection as C;
    core.run(() => {
      const done = (failure?: { error: unknown }): void => {
        this.stopCheck = null;
        core.checked(this, failure);
      };
      // A validation is part of the acquire, a reset part of the release.
      const stop =
        kind === 'reset'
          ? runToEnd(core.clock, options.cancelTimeout, () => options.reset!(connection), done)
          : runToEnd(core.clock, options.connectTimeout, () => expectTrue(options.validate!(connection)), done);
      if (this.checking !== null) this.stopCheck = stop;
      // The check has ended already, or the connection was lost inside the call: then its result is not needed.
      else stop();
    });
  }

  close(): void {
    this.stopTimers();
    this.stopCheck?.();
    this.stopCheck = null;
    if (this.phase === 'connecting') this.abandonConnect();
    else if (this.phase === 'open') this.closeConnection(this.connection as C);
    else if (this.phase === 'lost') this.end();
  }

  // ---------------------------------------------------------------- notifications of the connector

  next(connection: C): void {
    this.abandonIfUnwanted();
    if ((connection === undefined || connection === null) && this.phase !== 'open') {
      this.error(noConnection(`it delivered ${String(connection)}; return the connection`));
    } else if (this.phase === 'connecting') {
      this.phase = 'open';
      this.stopTimers();
      this.core.run(() => {
        this.core.opened(this, connection);
        this.watchForLoss(connection);
      });
      if (this.subscription !== null) this.noteEmission();
    } else if (this.phase === 'abandoned' || (this.phase === 'ended' && this.subscription === null)) {
      // The promise was fulfilled too late: only the pool knows this connection, and must close it.
      ignoreErrors(connection);
      this.closeConnection(connection);
    }
  }

  error(error: unknown): void {
    this.abandonIfUnwanted();
    switch (this.phase) {
      case 'connecting':
        this.phase = 'ended';
        this.stopTimers();
        this.core.run(() => {
          this.core.openFailed(this, error, false);
          // The connector's teardown runs before the next connect.
          if (this.subscription !== null) unsubscribeQuietly(this.subscription);
        });
        break;
      case 'abandoned':
        this.end();
        break;
      case 'open':
        this.phase = 'lost';
        this.core.lost(this, error);
        // Runs the connector's teardown: RxJS would run it now too, but would throw its error at the code that closed the connection.
        if (this.subscription !== null) unsubscribeQuietly(this.subscription);
    }
  }

  complete(): void {
    if (this.phase === 'connecting') this.error(new Error('the connector completed without emitting a connection'));
    else this.error(this.endsAtOnce ? connectionEndedAtOnce() : undefined);
  }

  private noteEmission(): void {
    this.emittedAt = this.core.clock.peek();
    void Promise.resolve().then(() => {
      this.emittedAt = -1;
    });
  }

  /** Virtual time passes without a microtask. */
  private get endsAtOnce(): boolean {
    return this.emittedAt >= 0 && this.core.clock.peek() - this.emittedAt < minDelayMs;
  }

  private watchForLoss(connection: C): void {
    const lost = this.lossOf(connection);
    if (lost === undefined) return;
    const reportLoss = (error?: unknown): void => {
      this.core.lost(this, error);
    };
    try {
      if (typeof lost === 'function') this.subscribeToLoss(lost(connection), reportLoss);
      else this.lossWatch = watchEvents(connection, lost, reportLoss);
    } catch (error) {
      reportLoss(error);
    }
  }

  /** What reports the loss of this connection: a connector that is an Observable does it by ending, and has its own listeners. */
  private lossOf(connection: C): LifecycleOptions<C>['lost'] {
    const { lost } = this.options;
    if (this.subscription !== null) return lost;
    ignoreErrors(connection);
    return lost ?? (isEmitter(connection) ? lossEvents : undefined);
  }

  private subscribeToLoss(loss: ObservableInput<unknown>, reportLoss: (error?: unknown) => void): void {
    const watch = new Subscriber<unknown>({
      next: () => {
        reportLoss();
      },
      error: reportLoss,
      complete: () => {
        reportLoss();
      },
    });
    this.lossWatch = watch;
    from(loss).subscribe(watch);
  }

  // ---------------------------------------------------------------- close

  private onConnectTimeout(): void {
    const error = new Error(`no connection within ${this.options.connectTimeout} ms (connectTimeout)`);
    this.core.run(() => {
      this.core.openFailed(this, error, this.subscription === null);
      this.controller?.abort(error);
      if (this.subscription === null) {
        this.abandonConnect();
      } else {
        this.phase = 'ended';
        unsubscribeQuietly(this.subscription);
      }
    });
  }

  /** Abandons a connect in progress. The core counts its slot as closing. */
  private abandonConnect(): void {
    this.controller?.abort(new Error('the connection is no longer wanted'));
    if (this.subscription !== null) {
      this.end();
      return;
    }
    this.phase = 'abandoned';
    if (this.options.closeTimeout === Infinity) return;
    this.abandonTimer.set(this.options.closeTimeout);
  }

  /** For a connect that the core has abandoned without having called `close` yet: its result is too late already. */
  private abandonIfUnwanted(): void {
    if (this.phase !== 'connecting' || this.state === 'opening') return;
    this.core.run(() => {
      this.stopTimers();
      this.abandonConnect();
    });
  }

  private closeConnection(connection: C): void {
    this.stopTimers();
    const { core, options } = this;
    core.run(() => {
      runToEnd(
        core.clock,
        options.closeTimeout,
        () => options.close?.(connection) ?? undefined,
        (failure) => {
          this.end(failure?.error);
        },
      );
    });
  }

  /** `failure`: the error of the close. */
  private end(failure?: unknown): void {
    this.stopTimers();
    this.phase = 'ended';
    this.core.run(() => {
      const thrown = this.subscription === null ? undefined : unsubscribeQuietly(this.subscription);
      if (this.lossWatch !== null) unsubscribeQuietly(this.lossWatch);
      if (this.state === 'closing') this.core.closed(this, failure ?? thrown);
    });
  }

  private stopTimers(): void {
    this.connectTimer.stop();
    this.abandonTimer.stop();
  }

  private context(): ConnectContext {
    const signal = (): AbortSignal => {
      this.controller ??= new AbortController();
      if (this.phase !== 'connecting' && this.phase !== 'open') this.controller.abort();
      return this.controller.signal;
    };
    return {
      get signal() {
        return signal();
      },
      notice: (notice) => {
        this.core.noticed(this, notice);
      },
    };
  }
}

/** Completes with the first value of a validation, and fails unless that is true. */
function expectTrue(answer: ObservableInput<boolean>): Observable<boolean> {
  return from(answer).pipe(
    take(1),
    throwIfEmpty(() => new Error('validate ended without a value')),
    tap((valid) => {
      if (!valid) throw new Error(`validate said ${describeValue(valid)}`);
    }),
  );
}

function isPromiseLike<T>(value: unknown): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | null | undefined)?.then === 'function';
}

function isObservableLike<T>(value: unknown): value is Observable<T> {
  return (
    isObservable(value) ||
    typeof (value as Record<PropertyKey, unknown> | null | undefined)?.[symbolObservable] === 'function'
  );
}
