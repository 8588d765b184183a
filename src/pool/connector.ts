import type { Observable, ObservableInput } from 'rxjs';

/** What a connector is told about the connect it is asked for. */
export interface ConnectContext {
  /** Aborted when the connect is given up: it timed out, or the pool was destroyed, refreshed, or made smaller. */
  readonly signal: AbortSignal;
}

/**
 * What becomes of a connection whose Observable work was unsubscribed:
 * `'release'` lends it again as it is, `'discard'` closes it, and a function
 * makes it clean first (the connection is lent again when what it returns
 * has ended, and closed when that fails or takes longer than `cancelTimeout`).
 * The server must have stopped the work by then: at the end of its teardown with `'release'`, when `close` has ended with `'discard'`, when
 * what it returns has ended with a function.
 */
export type OnCancel<C> = 'release' | 'discard' | ((connection: C) => ObservableInput<unknown>);

/**
 * Opens connections for a pool.
 *
 * As an **Observable** the subscription is the life of the connection: it emits the
 * connection when it is open, completes or errors when the other side is
 * gone, and unsubscribing closes it. Emissions after the first are ignored.
 *
 * As a **Promise** it says only when the connection is open; the pool's options
 * `close` and `lost` say how it ends.
 */
export interface Connector<C> {
  (context: ConnectContext): Observable<C> | PromiseLike<C>;
  /** What is right for connections of this kind, unless the pool's own `onCancel` says otherwise. */
  readonly onCancel?: OnCancel<C>;
}
