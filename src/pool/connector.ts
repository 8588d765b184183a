import type { Observable, ObservableInput } from 'rxjs';

/** What the pool passes to a connector for one connect. */
export interface ConnectContext {
  /** Aborted when the connect is abandoned: it timed out, or the pool was destroyed, refreshed, or made smaller. */
  readonly signal: AbortSignal;
  /**
   * Reports something that has happened to the open connection, such as a reconnect below it: subscribers of `events$` get it as the event
   * `notice`. The pool itself does nothing with it. A notice before the connection is open, or after it has ended, is dropped.
   *
   * @example
   * client.on('reconnect', () => context.notice({ type: 'reconnected', server: client.server }));
   */
  readonly notice: (notice: unknown) => void;
}

/**
 * What happens to a connection when its Observable work is unsubscribed:
 * `'release'` releases it as it is, `'discard'` closes it, and a function
 * cleans it first. Then the connection is released when the returned Observable or Promise
 * has ended, and closed when that fails or takes longer than `cancelTimeout`.
 * The server must have stopped the work by then: with `'release'` when the teardown of the work returns, with `'discard'` when `close` has
 * ended, with a function when its result has ended.
 */
export type OnCancel<C> = 'release' | 'discard' | ((connection: C) => ObservableInput<unknown>);

/**
 * Opens connections for a pool.
 *
 * As an **Observable** the subscription lasts as long as the connection: it emits the
 * connection when it is open, completes or errors when the connection is
 * lost, and unsubscribing closes it. Emissions after the first are ignored. `of(connection)` and `from(promise)` complete at once, which
 * reports a loss at once: use `concat(of(connection), NEVER)`, or return the Promise.
 *
 * As a **Promise** it reports only when the connection is open; the pool's options
 * `close` and `lost` define how it is closed and how its loss is reported.
 *
 * A connect that delivers `undefined` or `null` has failed, and opens the breaker at once, as one that returns neither an Observable nor a Promise.
 */
export interface Connector<C> {
  (context: ConnectContext): Observable<C> | PromiseLike<C>;
  /** The default of the pool's option `onCancel` for connections of this kind. */
  readonly onCancel?: OnCancel<C>;
}
