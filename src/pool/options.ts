import type { ObservableInput, SchedulerLike } from 'rxjs';
import type { ContextCarrier } from './rx/async-context';
import type { Connector, OnCancel } from './connector';

/** What a pool is made from. Times are in milliseconds; `Infinity` means none; 0 means 0. */
export interface PoolOptions<C> {
  /**
   * Opens a connection: returns a Promise of it, or an Observable that emits it and does not complete while it is open (see `Connector`). A
   * connect that delivers `undefined` or `null` has failed: a pool that only limits concurrency can deliver any other value.
   *
   * ```ts
   * connect: async () => {
   *   const client = new Client();
   *   await client.connect();
   *   return client;
   * },
   * connect: () => concat(of(createClient()), NEVER),     // as an Observable
   * ```
   */
  connect: Connector<C>;
  /**
   * Closes a connection. Called before the connector's Observable is unsubscribed. The connection's slot stays occupied until the returned
   * Observable or Promise has ended, at most for `closeTimeout`. Default: unsubscribing closes the connection.
   *
   * It is also called while work still runs on the connection: for cancelled work after `cancelTimeout`, and for any work when the connection
   * is lost or the pool is destroyed. To keep the server at no more than `max` concurrent runs, `close` must stop the work on the server,
   * and end only after that work has stopped. Ending the client is not enough: PostgreSQL continues the query of a disconnected client.
   *
   * ```ts
   * close: async (client) => {
   *   await admin.query('select pg_terminate_backend($1, 4000)', [client.processID]);
   *   await client.end();
   * },
   * ```
   */
  close?: ((connection: C) => ObservableInput<unknown> | void) | undefined;
  /**
   * Reports the loss of a connection that a Promise connector has delivered; an Observable connector reports the loss by ending. The names of
   * the events by which the connection reports it, as an EventEmitter or an EventTarget; or a function whose Observable or Promise emits,
   * completes or errors when the connection is lost.
   *
   * Default: the events `'error'`, `'end'` and `'close'` of a connection that is an EventEmitter; otherwise the pool does not notice a loss.
   * The error of an event is the cause of what fails. In any case an `'error'` event of a connection of a Promise connector does not end the
   * process: the pool listens to it.
   *
   * ```ts
   * lost: ['exit', 'error'],                               // a Worker
   * lost: (client) => fromEvent(client.socket, 'close'),
   * lost: () => NEVER,                                     // a client that reconnects by itself
   * ```
   */
  lost?: readonly string[] | ((connection: C) => ObservableInput<unknown>) | undefined;
  /** The maximum number of connections, including those that are opening or closing. A positive integer; `pool.resize` changes it. */
  max: number;
  /**
   * The minimum number of open connections. They are opened when the pool is created, and replaced when one ends. Default 0. While the target
   * is down and no caller waits, the pause between connects doubles without a limit.
   */
  min?: number | undefined;
  /** The pool's name in messages, stats and metrics. Default `'pool'`. */
  name?: string | undefined;
  /** The maximum number of concurrent leases of one connection, for protocols that multiplex. Default 1: exclusive. */
  capacity?: number | undefined;
  /** The maximum total wait of an acquire, in ms. Default 30 000. */
  acquireTimeout?: number | undefined;
  /**
   * The maximum length of the wait queue, not counting the callers that connections still to be opened will serve. Default 10 000. With 0
   * an acquire fails at once when no connection is available and no more can be opened.
   */
  maxPending?: number | undefined;
  /** The maximum duration of a connect, in ms. Default 10 000. */
  connectTimeout?: number | undefined;
  /**
   * The maximum duration of a close, in ms. After it the slot is reused, even if the close has not ended. To keep the server at `max`
   * concurrent runs, `close` must have stopped the work by then. Default 5 000.
   */
  closeTimeout?: number | undefined;
  /** The maximum number of concurrent connects; slow start increases the number up to it. Default 16. */
  maxOpening?: number | undefined;
  /**
   * The pause after a failed connect, in ms: at most `initial` after the first failure, doubling to `max`, with full jitter. A number sets
   * `initial`. Default `{ initial: 50, max: 5_000 }`.
   */
  retryDelay?: number | { initial?: number | undefined; max?: number | undefined } | undefined;
  /**
   * The circuit breaker. It opens after `failures` failed connects in a row: waiting callers are rejected at once, and one probe connect
   * begins every `probeAfter` ms while a connection is wanted. `false`: no breaker. Default `{ failures: 5, probeAfter: 1_000 }`.
   */
  breaker?: false | { failures?: number | undefined; probeAfter?: number | undefined } | undefined;
  /** Which idle connection is lent first: the most recently used one (`'lifo'`, the default) or the one idle longest (`'fifo'`). */
  order?: 'lifo' | 'fifo' | undefined;
  /** Closes a connection that has been idle for this time (ms), unless `min` requires it. Default 60 000. */
  idleTimeout?: number | undefined;
  /**
   * Closes a connection of this age (ms): at once when it is idle, otherwise when it is released. Default 1 800 000, half an hour. A
   * connection of `min` that was never lent is replaced when a caller needs it.
   */
  maxLifetime?: number | undefined;
  /** Shortens each lifetime by a random fraction, up to this one, so that not all end together. From 0 to 1, default 0.1. */
  lifetimeJitter?: number | undefined;
  /** The maximum number of leases of one connection; it is closed after the last. Default `Infinity`. */
  maxUses?: number | undefined;
  /**
   * Checks whether a connection still works, before it is lent, if it was unused for `validateAfter`. The first value decides: unless it is
   * true, the connection is closed and another one is used. A validation that fails or takes longer than `connectTimeout` has the same
   * effect.
   */
  validate?: ((connection: C) => ObservableInput<boolean>) | undefined;
  /** The idle time after which a connection is validated before its next lease, in ms. Default 500; 0: before every lease. */
  validateAfter?: number | undefined;
  /**
   * Prepares a released connection for its next holder. If it fails or takes longer than `cancelTimeout`, the connection is closed.
   */
  reset?: ((connection: C) => ObservableInput<unknown>) | undefined;
  /**
   * Decides whether a failed run of `work` means that its connection is broken: by the error, or by what the connection itself says. Default:
   * no error does.
   *
   * ```ts
   * isFatal: (_error, session) => session.destroyed,
   * ```
   */
  isFatal?: ((error: unknown, connection: C) => boolean) | undefined;
  /**
   * Closes a connection whose last runs of work all failed: at least `consecutive` of them, and more than twice the longest streak of failures
   * that the work has been seen to cause by itself. A connection that fails every run at once is available again first, and would be lent to
   * one caller after another. If it is the only open connection and there is a `validate`, it is validated instead. Work that always fails
   * costs one new connection for each open one, then one more each time the number of failed runs has doubled, until a run succeeds.
   * Cancelled runs and raw leases do not count. `false`: off. Default `{ consecutive: 5 }`.
   */
  outlier?: false | { consecutive?: number | undefined } | undefined;
  /**
   * What happens to a connection when its Observable work is unsubscribed. Default: `onCancel` of the connector, or `'release'`. With
   * `'release'` the teardown of the work must stop the work on the server; a function must do that, and end only after the server has stopped.
   */
  onCancel?: OnCancel<C> | undefined;
  /**
   * How long the lease of cancelled Promise work is kept, in ms: such work still runs, and its lease is held until it has settled. After this
   * time the connection is discarded. Its slot stays occupied until `close` has ended, and `close` must stop the work on the server. Work that
   * observes its `signal` and stops on the server by itself settles earlier, and keeps its connection. The time limit also applies to an
   * `onCancel` function and to `reset`. Default 5 000.
   */
  cancelTimeout?: number | undefined;
  /**
   * Reports a lease that is held for longer than this (ms) as an event, with the stack of its acquire. Capturing the stack costs some
   * microseconds for every lease. Default `Infinity`: no report.
   */
  leakThreshold?: number | undefined;
  /**
   * Sheds load while the wait queue is a standing queue: once it has not been empty for `interval` ms, each caller that has waited for
   * `target` ms is rejected with a `PoolExhaustedError` whose reason is `'overload'`. Default `false`: off. `{}` is
   * `{ target: 5, interval: 100 }`.
   */
  overload?: false | { target?: number | undefined; interval?: number | undefined } | undefined;
  /** Whether to record the histograms of `timings()`. Default `true`. */
  timings?: boolean | undefined;
  /**
   * How the async context of a waiting caller is kept: the callbacks of that caller (`work`, `next`, `error`, `onCancel` …) run in the context
   * of its acquire. Default: the stores of `AsyncLocalStorage`, and the zone where zone.js is loaded. A function carries another context
   * instead. `false`: no context is carried; the callbacks of a waiting caller then run in the context of the release that served it. That
   * saves each waiting caller 0.1 to 0.3 µs and 72 bytes: 100 callers that contend for 10 connections take 1.2 times as long with contexts as
   * without, 100,000 callers that wait at once 1.4 to 1.6 times.
   */
  context?: false | ContextCarrier | undefined;
  /** The clock. Default `asyncScheduler`, which `TestScheduler.run` makes virtual. */
  scheduler?: SchedulerLike | undefined;
  /** The random source for jitter: returns a number from 0 to below 1. Default `Math.random`. */
  random?: (() => number) | undefined;
}

/** The options of one acquire. */
export interface AcquireOptions {
  /** The purpose of the lease, as shown in messages, events and `holders()`. */
  label?: string | undefined;
  /** The maximum wait of this acquire, in ms, instead of the pool's `acquireTimeout`. */
  acquireTimeout?: number | undefined;
  /**
   * When it is aborted, a waiting acquire leaves the wait queue and running work is cancelled; the error is the signal's reason. If it is
   * aborted already, the acquire fails at once. It has no effect on a lease that `acquire` has delivered.
   *
   * ```ts
   * pool.use((node) => node.call('report'), { signal: AbortSignal.timeout(2_000) });
   * ```
   */
  signal?: AbortSignal | undefined;
}
