import { from, isObservable, observable as symbolObservable, Subscriber, take, tap, throwIfEmpty } from 'rxjs';
import type { Observable, ObservableInput, Observer, Unsubscribable } from 'rxjs';
import type { Cancel } from '../time/clock';
import type { ConnectContext } from '../connector';
import type { PoolCore } from '../core/pool-core';
import { describeValue } from '../values/describe';
import { NoConnectionReturned } from '../values/no-connection-returned';
import type { ResolvedOptions } from '../options';
import { unsubscribeQuietly, runToEnd } from './run-to-end';
import { Slot } from '../state/slot';
import type { Check } from '../state/slot';

/**
 * - `dialling`: waiting for the connection;
 * - `late`: nobody wants it any more, but a promise of it cannot be withdrawn;
 * - `open`: there it is;
 * - `over`: it has ended by itself;
 * - `ended`: nothing is left to do.
 */
type Phase = 'dialling' | 'late' | 'open' | 'over' | 'ended';

/** One connection's life: opened by the user's connector, closed by the user's `close`, told to the core. */
export class ConnectionLifecycle<C> extends Slot<C> implements Observer<C> {
  private phase: Phase = 'dialling';
  /** The connector's Observable, which lives as long as the connection; null for a promise of one. */
  private subscription: Subscriber<C> | null = null;
  private lossWatch: Unsubscribable | null = null;
  private controller: AbortController | null = null;
  private cancelTimer: Cancel | null = null;
  private stopCheck: Cancel | null = null;

  constructor(
    id: number,
    private readonly core: PoolCore<C>,
    private readonly options: ResolvedOptions<C>,
  ) {
    super(id);
  }

  connect(): void {
    const { connect, connectTimeout } = this.options;
    try {
      if (connectTimeout !== Infinity)
        this.cancelTimer = this.core.clock.after(connectTimeout, this.onConnectTimeout, false);
      const life: unknown = connect(this.context());
      if (isPromiseLike<C>(life)) {
        life.then(
          (connection) => {
            this.next(connection);
          },
          (error: unknown) => {
            this.error(error);
          },
        );
      } else if (isObservableLike<C>(life)) {
        this.subscription = new Subscriber<C>(this);
        from(life).subscribe(this.subscription);
      } else {
        throw new NoConnectionReturned(describeValue(life));
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
      // A validation is part of getting a connection, a reset part of giving one back.
      const stop =
        kind === 'reset'
          ? runToEnd(core.clock, options.cancelTimeout, () => options.reset!(connection), done)
          : runToEnd(core.clock, options.connectTimeout, () => saysYes(options.validate!(connection)), done);
      if (this.checking !== null) this.stopCheck = stop;
      // It is over already, or the connection was lost inside the very call: then nobody waits for what it has begun.
      else stop();
    });
  }

  close(): void {
    this.stopTimer();
    this.stopCheck?.();
    this.stopCheck = null;
    if (this.phase === 'dialling') this.abandonConnect();
    else if (this.phase === 'open') this.closeConnection(this.connection as C);
    else if (this.phase === 'over') this.end();
  }

  // ---------------------------------------------------------------- what the connector says

  next(connection: C): void {
    this.abandonIfUnwanted();
    if (this.phase === 'dialling') {
      this.phase = 'open';
      this.stopTimer();
      this.core.run(() => {
        this.core.opened(this, connection);
        this.watchForLoss(connection);
      });
    } else if (this.phase === 'late' || (this.phase === 'ended' && this.subscription === null)) {
      // A promise kept too late: nobody but us knows of this connection.
      this.closeConnection(connection);
    }
  }

  error(error: unknown): void {
    this.abandonIfUnwanted();
    switch (this.phase) {
      case 'dialling':
        this.phase = 'ended';
        this.stopTimer();
        this.core.run(() => {
          this.core.openFailed(this, error, false);
          // Its own teardown comes before the next connect.
          if (this.subscription !== null) unsubscribeQuietly(this.subscription);
        });
        break;
      case 'late':
        this.end();
        break;
      case 'open':
        this.phase = 'over';
        this.core.lost(this, error);
        // Its own teardown, which RxJS would run now, and throw what it throws at whatever closed the connection.
        if (this.subscription !== null) unsubscribeQuietly(this.subscription);
    }
  }

  complete(): void {
    if (this.phase === 'dialling') this.error(new Error('the connector completed without emitting a connection'));
    else this.error(undefined);
  }

  private watchForLoss(connection: C): void {
    const { lost } = this.options;
    if (lost === undefined) return;
    const gone = (error?: unknown): void => {
      this.core.lost(this, error);
    };
    const watch = new Subscriber<unknown>({
      next: () => {
        gone();
      },
      error: gone,
      complete: () => {
        gone();
      },
    });
    this.lossWatch = watch;
    try {
      from(lost(connection)).subscribe(watch);
    } catch (error) {
      gone(error);
    }
  }

  // ---------------------------------------------------------------- ending it

  private readonly onConnectTimeout = (): void => {
    this.cancelTimer = null;
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
  };

  /** Stop wanting a connection that has not come yet. The core counts it as closing. */
  private abandonConnect(): void {
    this.controller?.abort(new Error('the connection is no longer wanted'));
    if (this.subscription !== null) {
      this.end();
      return;
    }
    this.phase = 'late';
    if (this.options.closeTimeout === Infinity) return;
    this.cancelTimer = this.core.clock.after(
      this.options.closeTimeout,
      () => {
        this.end();
      },
      false,
    );
  }

  /** Given up by the core, which has not come to `hangUp` yet: what comes of the connect is too late already. */
  private abandonIfUnwanted(): void {
    if (this.phase !== 'dialling' || this.state === 'opening') return;
    this.core.run(() => {
      this.stopTimer();
      this.abandonConnect();
    });
  }

  private closeConnection(connection: C): void {
    this.stopTimer();
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

  /** With what its close failed with. */
  private end(failure?: unknown): void {
    this.stopTimer();
    this.phase = 'ended';
    this.core.run(() => {
      const thrown = this.subscription === null ? undefined : unsubscribeQuietly(this.subscription);
      if (this.lossWatch !== null) unsubscribeQuietly(this.lossWatch);
      if (this.state === 'closing') this.core.closed(this, failure ?? thrown);
    });
  }

  private stopTimer(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
  }

  private context(): ConnectContext {
    const signal = (): AbortSignal => {
      this.controller ??= new AbortController();
      if (this.phase !== 'dialling' && this.phase !== 'open') this.controller.abort();
      return this.controller.signal;
    };
    return {
      get signal() {
        return signal();
      },
    };
  }
}

/** Ends when the first value of a validation is there, and fails unless that is true. */
function saysYes(answer: ObservableInput<boolean>): Observable<boolean> {
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
