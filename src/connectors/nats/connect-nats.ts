import { connect, type NatsConnection as Client } from '@nats-io/transport-node';
import { Observable, Subject } from 'rxjs';
import type { ConnectContext } from '../../pool/connector';
import { messageOf } from '../../pool/values/describe';
import { ClientConnection } from './client-connection';
import { NatsConnectionError } from './errors';
import { natsLimits } from './limits';
import type { NatsConnection } from './nats-connection';
import { resolveNats } from './options';
import type { ConnectNatsOptions, NatsClientOptions } from './options';
import type { NatsStatus } from './status';

/** A `Connector` that is always an Observable, and can be used without a pool too. */
export interface NatsConnector {
  (context?: ConnectContext): Observable<NatsConnection>;
  /** The `status$` of all connections that it has opened. Hot. A pool has the same in its `events$`, as the events `notice`. */
  readonly status$: Observable<NatsStatus>;
}

/**
 * Connects to a NATS server, or a cluster of them, by the client `@nats-io/transport-node`, which must be installed.
 *
 * The Observable is the life of a connection. Subscribing opens it, it is emitted when it is open, the Observable fails with
 * `NatsConnectionError` when the client stops reconnecting, and unsubscribing closes it. The client keeps the process alive while a
 * connection is open: destroy the pool to let it end.
 *
 * ```
 * connectNats(servers)()   --c---------#     opened after two frames, lost for good
 * ```
 *
 * Throws an `InvalidConfigError` at once for servers or options that cannot be; it names every problem.
 *
 * @example
 * const connect = connectNats(['nats://10.0.0.1', 'nats://10.0.0.2']);
 * const pool = createPool({ connect, max: 2, capacity: 500 });
 * pool.use((nats) => nats.request('words.word_count', 'two words')).subscribe(console.log);
 * pool.events$.pipe(filter((event) => event.type === 'notice')).subscribe(({ connection, notice }) => console.log(connection, notice));
 *
 * @param servers `'host'`, `'host:port'`, `'nats://host:port'`, `'tls://host:port'`, or several of them; the port is 4222 by default
 */
export function connectNats(servers: string | readonly string[], options: ConnectNatsOptions = {}): NatsConnector {
  const config = resolveNats('connectNats', servers, options, natsLimits, []);
  const statuses = new Subject<NatsStatus>();
  const connector = (context?: ConnectContext): Observable<NatsConnection> =>
    new Observable((subscriber) => {
      let connection: ClientConnection | undefined;
      subscriber.add(() => connection?.link.end(true, undefined));
      openClient(config).then(
        (client) => {
          // Nothing can call back a connect of the client: a connection that is not wanted any more is closed.
          subscriber.add(() => void client.close());
          if (subscriber.closed) return;
          const broken = (error: Error): void => {
            connection!.link.end(false, error);
            subscriber.error(error);
          };
          const tell = (status: NatsStatus): void => {
            statuses.next(status);
            context?.notice(status);
          };
          connection = new ClientConnection(client, config, tell, broken);
          void client.closed().then((error) => {
            connection!.link.end(false, error instanceof Error ? error : undefined);
            const why = error instanceof Error ? messageOf(error) : 'the client has closed';
            const message = `The connection to ${config.target} was lost: ${why}`;
            subscriber.error(new NatsConnectionError('NATS_CONNECTION_LOST', config.target, message, { cause: error }));
          });
          subscriber.next(connection);
        },
        (error: unknown) => subscriber.error(error),
      );
    });
  return Object.assign(connector, { status$: statuses.asObservable() });
}

/** Rejects with a `NatsConnectionError`. */
export async function openClient({ target, servers, client }: ClientTarget): Promise<Client> {
  try {
    // The client changes the list that it is given.
    return await connect({ ...client, servers: [...servers] });
  } catch (error) {
    const message = `Could not connect to ${target}: ${messageOf(error)}`;
    throw new NatsConnectionError('NATS_CONNECT_FAILED', target, message, { cause: error });
  }
}

interface ClientTarget {
  readonly target: string;
  readonly servers: readonly string[];
  readonly client: NatsClientOptions;
}
