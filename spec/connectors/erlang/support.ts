import { lastValueFrom, type Observable } from 'rxjs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connectErlangNode, type ErlangConnection, type ErlangNodeOptions } from '../../../src/connectors/erlang/index';
import type { ErlangNode } from '../../helpers/erlang';

export interface Opened {
  readonly connection: ErlangConnection;
  /** Resolves when the connection has ended: with 'complete', or the error. */
  readonly ended: Promise<any>;
  close(): void;
}

/** The options by which a node of a spec is reached. */
export const reaching = ({ port, cookie }: ErlangNode): ErlangNodeOptions => ({ port, cookie });

/** Opens connections and servers that are closed after each spec. Called inside a `describe`. */
export function scene() {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  const open = (target: string, options: ErlangNodeOptions): Promise<Opened> =>
    new Promise((resolve, reject) => {
      let end: (how: unknown) => void;
      const ended = new Promise<unknown>((resolveEnd) => (end = resolveEnd));
      const life = connectErlangNode(target, options)().subscribe({
        next: (connection) => resolve({ connection, ended, close: () => life.unsubscribe() }),
        error: (error: unknown) => {
          end(error);
          reject(error);
        },
        complete: () => end('complete'),
      });
      cleanups.push(() => life.unsubscribe());
    });

  const connect = async (node: ErlangNode, options: Partial<ErlangNodeOptions> = {}): Promise<ErlangConnection> =>
    (await open(node.name, { ...reaching(node), ...options })).connection;

  /** A server that does what the spec says with each socket. Returns its port. */
  const serve = async (onClient: (socket: Socket) => void): Promise<number> => {
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      onClient(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    return (server.address() as AddressInfo).port;
  };

  return { open, connect, serve, cleanup: (work: () => unknown) => cleanups.push(work) };
}

/** What a call is answered with. Its type is left open: jasmine compares types to the end, and terms have none. */
export const answerOf = (source: Observable<unknown>): Promise<any> =>
  lastValueFrom(source, { defaultValue: undefined });
