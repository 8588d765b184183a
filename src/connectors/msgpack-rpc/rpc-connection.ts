import type { Observable } from 'rxjs';
import type { RpcNotification } from './messages';

/** An open connection to a node. Any number of calls may be in flight; answers may arrive in any order. */
export interface RpcConnection {
  /** The node at the other end, as named in `connectNode`; at a server the address of the client. */
  readonly target: string;

  /**
   * Calls a method of the node. Cold: each subscription sends a call. Calls of one turn are sent in one write. Emits the result and completes.
   * Unsubscribing removes a call that was not sent yet. For a call that was sent, the node is not notified, and its answer is ignored.
   *
   * Fails with `RpcError` when the node answers with an error, with `RpcConnectionError` or `RpcProtocolError` when the
   * connection ends first, and with `RpcEncodeError` when the params cannot be sent.
   *
   * ```
   * call('word_count', 'two words')   --(2|)
   * ```
   *
   * @example
   * connection.call('word_count', 'two words').subscribe((count) => console.log(count));
   */
  call(method: string, ...params: unknown[]): Observable<unknown>;

  /**
   * Sends a notification, which the node does not answer. Cold. Completes when the operating system has the bytes, which does not mean that the
   * node has received them. Fails as `call` does.
   *
   * @example
   * connection.notify('log', 'started').subscribe({ complete: () => console.log('on its way') });
   */
  notify(method: string, ...params: unknown[]): Observable<never>;

  /**
   * Notifications from the node. Hot; completes when the connection ends for any reason. Notifications are emitted as they are read, so that a
   * slow operator such as `concatMap` buffers them without a bound: see `pullNotifications`.
   */
  readonly notifications$: Observable<RpcNotification>;

  /**
   * The same notifications for a slow consumer: from now on they are kept until they are pulled, up to `maxBacklogBytes`. Each counts its decoded
   * bytes, as for `maxDecodedBytes`, and 128 bytes more. When one had to be dropped, the iteration fails with `RpcBacklogError` after those that
   * were kept. It ends after the connection, when all kept notifications have been pulled.
   *
   * @example
   * for await (const { method, params } of connection.pullNotifications()) await store(method, params);
   */
  pullNotifications(): AsyncIterableIterator<RpcNotification>;
}
