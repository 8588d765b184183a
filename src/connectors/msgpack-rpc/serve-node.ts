import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { BehaviorSubject, Subject, type Observable } from 'rxjs';
import { refusalFrame } from './answers';
import { RpcConnectionError } from './errors';
import { linger, PATIENCE } from './linger';
import { resolveServeOptions, type ServeConfig, type ServeNodeOptions } from './serve-options';
import { Session } from './session';
import { explain, explainListen } from './socket-errors';
import { socketOptions } from './socket-options';
import { hostAndPort } from './target';

/** Clients beyond the bound that are told so at the same time; those beyond even that are closed without a word. */
const TURNED_AWAY = 64;
/** Milliseconds that a client may take to agree on TLS. */
const HANDSHAKE = 10_000;

/** A node that listens. */
export interface RpcNode {
  /** Where it listens, in the form that `connectNode` takes. */
  readonly target: string;
  /** How many clients are connected, now (`value`) and from now on; completes when the node has closed. */
  readonly connections$: Observable<number> & { readonly value: number };
  /** Why connections were lost or given up, and which clients do not read, one error each, for a log. Clients that just close are none. Hot. */
  readonly faults$: Observable<Error>;
  /** Stops listening and closes every connection; resolves when all are gone. Calling it again gives the same promise. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Serves methods to any number of clients that speak MessagePack-RPC. Calls on one connection run at the same time, and are answered
 * in the order in which they are done. A method that is notified runs too; its result is dropped.
 *
 * Rejects with `RpcConnectionError` (`RPC_LISTEN_FAILED`) when it cannot listen, and with an
 * `InvalidConfigError` that names every problem for options that cannot be.
 *
 * @example
 * const node = await serveNode({ methods: { word_count: (line) => String(line).split(/\s+/).length } });
 * console.log(`listening on ${node.target}`);
 * await node.close();
 */
export async function serveNode(options: ServeNodeOptions): Promise<RpcNode> {
  const config = resolveServeOptions(options);
  const { methods, limits, codec } = config;
  const place = placeOf(config);
  const sessions = new Set<Session>();
  /** Of everyone who came, those in a handshake and those turned away too. */
  const sockets = new Set<Socket>();
  const count = new BehaviorSubject(0);
  const faults = new Subject<Error>();
  let closing: Promise<void> | undefined;

  const accept = (socket: Socket) => {
    // Accepted by the kernel before close() was called.
    if (closing !== undefined) {
      socket.destroy();
      return;
    }
    const target = clientOf(config, socket);
    if (sessions.size >= limits.maxConnections) {
      const reason = `${sessions.size} clients are connected here already (maxConnections)`;
      socket.on('error', () => {});
      socket.write(refusalFrame(codec, reason));
      linger(socket);
      faults.next(new RpcConnectionError('RPC_CONNECTION_CLOSED', target, `${target} was turned away: ${reason}.`));
      return;
    }
    const onFault = (fault: Error) => {
      faults.next(fault);
    };
    const session = new Session(socket, { target, codec, limits, methods, role: 'server', onFault }, (error) => {
      sessions.delete(session);
      count.next(sessions.size);
      if (error !== undefined) faults.next(error);
    });
    sessions.add(session);
    count.next(sessions.size);
  };

  const server = listener(config, accept, (error, socket) => {
    const target = clientOf(config, socket);
    const message = `${target} and this node could not agree on TLS: ${explain(error)}`;
    socket.destroy();
    faults.next(new RpcConnectionError('RPC_CONNECT_FAILED', target, message, undefined, error));
  });
  server.maxConnections = limits.maxConnections + TURNED_AWAY;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const message = `Could not listen on ${place}: ${explainListen(error, config.path !== undefined)}`;
      reject(new RpcConnectionError('RPC_LISTEN_FAILED', place, message, undefined, error));
    });
    const { host, port, path } = config;
    server.listen(path === undefined ? { host, port } : { path }, resolve);
  });
  // A connection that could not be accepted, for want of file descriptors say, is no reason to stop.
  server.removeAllListeners('error').on('error', (error) => faults.next(error));

  const close = () =>
    (closing ??= new Promise((resolve) => {
      const timer = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, PATIENCE);
      server.close(() => {
        clearTimeout(timer);
        count.complete();
        faults.complete();
        resolve();
      });
      for (const session of [...sessions]) session.close();
    }));
  const connections$ = count.asObservable();
  return {
    target: config.path === undefined ? reachable(server.address() as AddressInfo) : place,
    connections$: Object.defineProperty(connections$, 'value', { get: () => count.value }) as RpcNode['connections$'],
    faults$: faults.asObservable(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The server that hands over each socket when it is open: with TLS, when both sides have agreed. */
function listener(
  { tls }: ServeConfig,
  accept: (socket: Socket) => void,
  disagreed: (error: Error, socket: Socket) => void,
): Server {
  if (tls === undefined) return createServer(socketOptions, accept);
  const secure = createTlsServer({ handshakeTimeout: HANDSHAKE, ...tls, ...socketOptions }, accept);
  return secure.on('tlsClientError', disagreed);
}

const placeOf = ({ host, port, path }: ServeConfig): string =>
  path === undefined ? hostAndPort(host, port) : `unix:${path}`;

const clientOf = ({ path }: ServeConfig, { remoteAddress, remotePort }: Socket): string =>
  path === undefined ? hostAndPort(remoteAddress ?? 'unknown', remotePort ?? 0) : `a client of unix:${path}`;

/** Listening on all addresses is no address to connect to. */
function reachable({ address, port }: AddressInfo): string {
  const host = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
  return hostAndPort(host, port);
}
