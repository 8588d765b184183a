import { createServer, type AddressInfo, type Socket } from 'node:net';
import { BehaviorSubject, Subject, type Observable } from 'rxjs';
import type { Codec } from './codec';
import { RpcConnectionError } from './errors';
import { checkOptions } from './known-options';
import { resolveLimits, type ServeLimits } from './limits';
import { createLiteCodec } from './lite-codec';
import { methodTable, type Methods } from './methods';
import { Session } from './session';
import { explain } from './socket-errors';
import { socketOptions } from './socket-options';
import { hostAndPort } from './target';

/** Options of `serveNode`. */
export interface ServeNodeOptions {
  /** What can be called, by name. */
  readonly methods: Methods;
  /** 0 to 65 535. Default 0: any free one; `target` says which. */
  readonly port?: number;
  /** The address to listen on. Default `'127.0.0.1'`: only programs of this machine can connect. */
  readonly host?: string;
  /** A path to listen on instead of a host and port, as a Unix socket. */
  readonly path?: string;
  /** Bounds on what clients may send and ask for. */
  readonly limits?: Partial<ServeLimits>;
  /** How values become bytes. Default: MessagePack by msgpack-lite; see `createLiteCodec`. */
  readonly codec?: Codec;
}

/** A node that listens. */
export interface RpcNode {
  /** Where it listens, in the form that `connectNode` takes. */
  readonly target: string;
  /** How many clients are connected, now (`value`) and from now on; completes when the node has closed. */
  readonly connections$: Observable<number> & { readonly value: number };
  /** Why connections were lost or given up, one error each, for a log. Clients that just close are none. Hot. */
  readonly faults$: Observable<Error>;
  /** Stops listening and closes every connection; resolves when all are gone. Calling it again gives the same promise. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Serves methods to any number of clients that speak MessagePack-RPC. Calls on one connection run at the same time, and are answered
 * in the order in which they are done. A method that is notified runs too; its result is dropped.
 *
 * Rejects with `RpcConnectionError` (`RPC_LISTEN_FAILED`) when it cannot listen, and with a `TypeError` for options that cannot be.
 *
 * @example
 * const node = await serveNode({ methods: { word_count: (line) => String(line).split(/\s+/).length } });
 * console.log(`listening on ${node.target}`);
 * await node.close();
 */
export async function serveNode(options: ServeNodeOptions): Promise<RpcNode> {
  checkOptions('serveNode', options, ['methods', 'port', 'host', 'path', 'limits', 'codec']);
  const { port = 0, host = '127.0.0.1', path } = options;
  if (path !== undefined && (options.port !== undefined || options.host !== undefined)) {
    throw new TypeError('Wrong options: a node listens on a path or on a host and port, not on both.');
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new TypeError(`Wrong port: it must be 0 to 65535, got ${String(port)}.`);
  }
  const methods = methodTable('methods', options.methods);
  const limits = resolveLimits(options.limits);
  const codec = options.codec ?? createLiteCodec();

  const sessions = new Set<Session>();
  const count = new BehaviorSubject(0);
  const faults = new Subject<Error>();

  let closing: Promise<void> | undefined;

  const accept = (socket: Socket) => {
    // Accepted by the kernel before close() was called.
    if (closing !== undefined) {
      socket.destroy();
      return;
    }
    const target =
      path === undefined
        ? hostAndPort(socket.remoteAddress ?? 'unknown', socket.remotePort ?? 0)
        : `a client of unix:${path}`;
    const session = new Session(socket, { target, codec, limits, methods, role: 'server' }, (error) => {
      sessions.delete(session);
      count.next(sessions.size);
      if (error !== undefined) faults.next(error);
    });
    sessions.add(session);
    count.next(sessions.size);
  };

  const server = createServer(socketOptions, accept);
  server.maxConnections = limits.maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const place = path === undefined ? hostAndPort(host, port) : `unix:${path}`;
      reject(
        new RpcConnectionError(
          'RPC_LISTEN_FAILED',
          place,
          `Could not listen on ${place}: ${explain(error)}`,
          undefined,
          error,
        ),
      );
    });
    server.listen(path === undefined ? { host, port } : { path }, resolve);
  });
  // A connection that could not be accepted, for want of file descriptors say, is no reason to stop.
  server.removeAllListeners('error').on('error', (error) => faults.next(error));

  const close = () =>
    (closing ??= new Promise((resolve) => {
      server.close(() => {
        count.complete();
        faults.complete();
        resolve();
      });
      for (const session of [...sessions]) session.close();
    }));
  const connections$ = count.asObservable();
  return {
    target: path === undefined ? reachable(server.address() as AddressInfo) : `unix:${path}`,
    connections$: Object.defineProperty(connections$, 'value', { get: () => count.value }) as RpcNode['connections$'],
    faults$: faults.asObservable(),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Listening on all addresses is no address to connect to. */
function reachable({ address, port }: AddressInfo): string {
  const host = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
  return hostAndPort(host, port);
}
