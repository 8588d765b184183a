import type { NatsConnection as NatsClient } from '@nats-io/transport-node';
import type { Observable } from 'rxjs';
import type { NatsHeaders } from './headers';
import type { NatsMessage } from './message';
import type { NatsStatus } from './status';

/** How one message is sent. */
export interface NatsPublishOptions {
  readonly headers?: NatsHeaders;
}

/** How one request is made. */
export interface NatsRequestOptions extends NatsPublishOptions {
  /** Milliseconds until the reply must have come, the wait for a connected server included; Infinity for none. Default: that of the connection. */
  readonly timeout?: number;
}

/** How a subject is subscribed to. */
export interface NatsSubscribeOptions {
  /** The queue group: each message goes to one of its members. Default: none, each message comes. */
  readonly queue?: string;
}

/**
 * An open connection to NATS. Any number of requests may be under way on it at once: give the pool a high `capacity`. While the client reconnects,
 * requests wait.
 */
export interface NatsConnection {
  /** The server that the client is connected to now, or was connected to last: `host:port`. */
  readonly server: string;
  /** What happens to the client's own connection: lost, connected again, and so on. Hot; completes with the connection. */
  readonly status$: Observable<NatsStatus>;
  /** The client below it, for what is not here: JetStream, `drain`, statistics. */
  readonly client: NatsClient;

  /**
   * Sends a value to a subject, and emits the value of the first reply. Cold: sent anew for each subscriber. Unsubscribing takes back a request that has
   * not left, and forgets one that has: NATS has no way to tell the service.
   *
   * Fails with `NatsNoRespondersError` at once when no service listens, with `NatsServiceError` when the service answers with an error, with
   * `NatsTimeoutError` when no reply comes in time, with `NatsConnectionError` when the connection ends first, and with
   * `NatsPayloadError`, `NatsPermissionError`, `NatsBacklogError`, or a `TypeError` for a wrong subject or header.
   *
   * ```
   * request('words.word_count', 'two words')   --(2|)
   * ```
   *
   * @example
   * pool.use((nats) => nats.request('words.word_count', 'two words')).subscribe((count) => console.log(count));
   */
  request(subject: string, value?: unknown, options?: NatsRequestOptions): Observable<unknown>;

  /** As `request`, and emits the whole reply, with its headers. */
  requestMessage(subject: string, value?: unknown, options?: NatsRequestOptions): Observable<NatsMessage>;

  /**
   * Sends a value to all subscribers of a subject. Cold. Completes when the server has confirmed that it has it, which does not say that a subscriber got
   * it. Fails as `request` does; with `NatsConnectionError` (`sent` is true) if the connection to the server was lost before it could confirm.
   *
   * @example
   * pool.use((nats) => nats.publish('log', 'started')).subscribe({ complete: () => console.log('the server has it') });
   */
  publish(subject: string, value?: unknown, options?: NatsPublishOptions): Observable<never>;

  /**
   * The messages of a subject, which may have wildcards: `orders.*`, `orders.>`. Cold: each subscriber is a subscription of its own at the server, from when it
   * subscribes until it unsubscribes; the client makes it again after it has reconnected, and what was sent meanwhile is lost. A message whose payload
   * or headers are refused is dropped, and told in `status$`. An operator that waits, such as `concatMap`, keeps what comes meanwhile, without bound.
   * Completes when this side closes the connection, fails with `NatsConnectionError` when it is lost for good, with
   * `NatsPermissionError` when the server does not allow it, and with a `TypeError` for a wrong subject.
   *
   * A lease holds its connection as long as the subscription lives: `pool.use((nats) => nats.subscribe('orders.*'))`.
   */
  subscribe(subject: string, options?: NatsSubscribeOptions): Observable<NatsMessage>;

  /** Replies to a message that has a `reply`. As `publish` to that subject. */
  respond(message: NatsMessage, value?: unknown, options?: NatsPublishOptions): Observable<never>;

  /** Emits true when the server has answered a ping: for the pool's `validate`. Fails with `NatsConnectionError`. */
  ping(): Observable<true>;
}
