/**
 * The names of the channels of `node:diagnostics_channel` that every pool of this process publishes to. `acquire` and `connect` are tracing
 * channels: a subscriber receives an {@link AcquireMessage} or a {@link ConnectMessage}, the same object from `start` to `asyncEnd`. The others
 * are plain channels: a message is the event of that type, as `events$` emits it. Without a subscriber no message is created.
 *
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel';
 *
 * subscribe(`tracing:${CHANNELS.acquire}:asyncEnd`, (acquire) => log((acquire as AcquireMessage).result?.waited));
 * subscribe(CHANNELS.leaked, (event) => log(event));
 * ```
 *
 * Nothing is published in browsers, and in Node before 20.16.
 */
export const CHANNELS = /* @__PURE__ */ Object.freeze({
  acquire: 'rxjs-connection-pool:acquire',
  connect: 'rxjs-connection-pool:connect',
  released: 'rxjs-connection-pool:released',
  discarded: 'rxjs-connection-pool:discarded',
  evicted: 'rxjs-connection-pool:evicted',
  notice: 'rxjs-connection-pool:notice',
  closed: 'rxjs-connection-pool:closed',
  breaker: 'rxjs-connection-pool:breaker',
  leaked: 'rxjs-connection-pool:leaked',
  resized: 'rxjs-connection-pool:resized',
  refreshed: 'rxjs-connection-pool:refreshed',
  destroyed: 'rxjs-connection-pool:destroyed',
});

/**
 * The message of an acquire. `start` is published in the async context of the caller; then `end`, with the `result` if the caller was served at
 * once, before it is told. A caller that waits has `asyncStart` and `asyncEnd` later, in the same context. `error` comes before, for an
 * acquire that was rejected or timed out.
 */
export interface AcquireMessage {
  /** The name of the pool. */
  readonly pool: string;
  /** The `label` of the acquire. */
  readonly label?: string;
  /** The number of the connection that was lent, and the wait in ms. */
  result?: { readonly connection: number; readonly waited: number };
  /** A `PoolExhaustedError`, `ConnectionFailedError` or `InvalidPoolError`. */
  error?: unknown;
  /** The caller has left the queue: it unsubscribed, or its signal was aborted. */
  cancelled?: true;
}

/**
 * The message of a connect. The connector runs between `start` and `end`, inside the stores that are bound to `start`; it belongs to no
 * caller. `asyncStart` and `asyncEnd` follow when it has ended later, `error` before, if it has failed.
 */
export interface ConnectMessage {
  /** The name of the pool. */
  readonly pool: string;
  /** The number of the connection, as in the events. */
  readonly connection: number;
  /** The duration of the connect in ms. */
  result?: { readonly took: number };
  /** Why the connect has failed. */
  error?: unknown;
  /** The pool has abandoned the connect: it was resized, refreshed or destroyed. */
  cancelled?: true;
}
