import { createServer, type AddressInfo } from 'node:net';
import { BehaviorSubject, Subject, type Observable } from 'rxjs';
import { Admission } from './admission';
import { RpcConnectionError } from './errors';
import { LINGER_MS } from './linger';
import { resolveServeOptions, type ServeConfig, type ServeNodeOptions } from './serve-options';
import { explainListen } from './socket-errors';
import { socketOptions } from './socket-options';
import { hostAndPort } from './target';

/** A node that listens. */
export interface RpcNode {
  /** Its address, in the form that `connectNode` takes. */
  readonly target: string;
  /** The number of connected clients, now (`value`) and from now on; completes when the node has closed. */
  readonly connections$: Observable<number> & { readonly value: number };
  /** For a log: one error for each connection that was lost or closed by the node, and for each client that does not read. Hot. */
  readonly faults$: Observable<Error>;
  /** Stops listening and closes every connection; resolves when all are closed. Later calls return the same promise. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Serves methods to MessagePack-RPC clients. Calls on one connection run concurrently, and are answered in the order in which they end. A
 * notification runs its method, too, and its result is dropped.
 *
 * Rejects with `RpcConnectionError` (`RPC_LISTEN_FAILED`) when it cannot listen, and with an
 * `InvalidConfigError` that names every problem when options are invalid.
 *
 * @example
 * const node = await serveNode({ methods: { word_count: (line) => String(line).split(/\s+/).length } });
 * console.log(`listening on ${node.target}`);
 * await node.close();
 */
export async function serveNode(options: ServeNodeOptions): Promise<RpcNode> {
  const config = resolveServeOptions(options);
  const address = addressOf(config);
  const faults = new Subject<Error>();
  const count = new BehaviorSubject(0);
  const clients = new Admission(config, count, (fault) => faults.next(fault));
  let closing: Promise<void> | undefined;

  const server = createServer(socketOptions, (socket) => clients.accept(socket));
  server.maxConnections = clients.maxSockets;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const message = `Could not listen on ${address}: ${explainListen(error, config.path !== undefined)}`;
      reject(new RpcConnectionError('RPC_LISTEN_FAILED', address, message, undefined, error));
    });
    const { host, port, path } = config;
    server.listen(path === undefined ? { host, port } : { path }, resolve);
  });
  // A connection that could not be accepted does not stop the node.
  server.removeAllListeners('error').on('error', (error) => faults.next(error));

  const close = () =>
    (closing ??= new Promise((resolve) => {
      const timer = setTimeout(() => clients.destroy(), LINGER_MS);
      server.close(() => {
        clearTimeout(timer);
        count.complete();
        faults.complete();
        resolve();
      });
      clients.close();
    }));
  const connections$ = count.asObservable();
  return {
    target: config.path === undefined ? reachable(server.address() as AddressInfo) : address,
    connections$: Object.defineProperty(connections$, 'value', { get: () => count.value }) as RpcNode['connections$'],
    faults$: faults.asObservable(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

const addressOf = ({ host, port, path }: ServeConfig): string =>
  path === undefined ? hostAndPort(host, port) : `unix:${path}`;

/** An address to connect to: a node that listens on all addresses is reached at the local one. */
function reachable({ address, port }: AddressInfo): string {
  const host = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
  return hostAndPort(host, port);
}
