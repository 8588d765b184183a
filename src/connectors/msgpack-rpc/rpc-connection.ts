import type { Observable } from 'rxjs';
import type { RpcNotification } from './messages';

/** An open connection to a node. Any number of calls may be under way on it at once; answers may come in any order. */
export interface RpcConnection {
  /** The node at the other end, as it was named to `connectNode`; at a server the address of the client. */
  readonly target: string;

  /**
   * Calls a method of the node. Cold: sent when it is subscribed to, anew each time; what is asked for in one turn leaves in one
   * write. Emits the result and completes. Unsubscribing takes back a call that has not left yet, and forgets one that has: the
   * node is not told, and its late answer is ignored.
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
   * Tells the node something that it does not answer. Cold. Completes when the bytes have been handed to the operating system,
   * which does not say that the node has got them. Fails as `call` does.
   *
   * @example
   * connection.notify('log', 'started').subscribe({ complete: () => console.log('on its way') });
   */
  notify(method: string, ...params: unknown[]): Observable<never>;

  /**
   * What the node tells without being asked. Hot; completes when the connection ends, however it ends. A subscriber gets each notification when
   * it is read, so that an operator behind it that waits, such as `concatMap`, keeps all those that come meanwhile: see `pullNotifications`.
   */
  readonly notifications$: Observable<RpcNotification>;

  /**
   * The same notifications for a consumer that takes its time: those from now on are kept until they are pulled, up to `maxBacklogBytes`, where
   * each counts what it has become in memory, as for `maxDecodedBytes`, and 128 bytes more. When one had to be dropped, the iteration fails with `RpcBacklogError` behind those that were kept, and is
   * over. It ends with the connection, when everything that was kept has been pulled.
   *
   * @example
   * for await (const { method, params } of connection.pullNotifications()) await store(method, params);
   */
  pullNotifications(): AsyncIterableIterator<RpcNotification>;
}
