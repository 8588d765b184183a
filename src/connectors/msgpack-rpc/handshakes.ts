import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls';
import { maxTimerMs } from '../../pool/time/clock';
import type { Client } from './clients';
import { Deadlines } from './deadlines';
import { explain, explainCertificate } from './socket-errors';
import { socketOptions } from './socket-options';

/** The first byte of a TLS handshake. */
const HANDSHAKE_RECORD = 0x16;

export interface HandshakesConfig {
  readonly tls: TlsOptions;
  /** In ms, from the connect of the client on. */
  readonly timeout: number;
  /** The handshake is complete: the connection uses this socket. */
  readonly onAgreed: (client: Client, socket: TLSSocket) => void;
  /** The handshake failed: the socket has to be closed. */
  readonly onFailed: (client: Client, reason: string, cause?: Error) => void;
  /** The client does not use TLS. */
  readonly onPlain: (client: Client) => void;
}

/**
 * Performs the TLS handshakes of a node. Node's TLS server does the work without listening itself: the first byte of each client is checked
 * before, because it would send no message to a client without TLS.
 */
export class Handshakes {
  private readonly config: HandshakesConfig;
  private readonly server: Server;
  /** Clients in a handshake, by their accepted sockets. */
  private readonly clients = new WeakMap<Socket, Client>();
  private readonly deadlines: Deadlines<Client>;

  constructor(config: HandshakesConfig) {
    this.config = config;
    const { tls, timeout, onFailed } = config;
    this.deadlines = new Deadlines(timeout, (client) => {
      this.clients.delete(client.socket);
      onFailed(client, `it took longer than ${timeout} ms (handshakeTimeout)`);
    });
    // Node's own timeout restarts with every byte.
    const server = createServer({ ...tls, ...socketOptions, handshakeTimeout: maxTimerMs });
    server.on('secureConnection', (secure) => {
      const client = this.take(secure);
      if (client === undefined) secure.destroy();
      else config.onAgreed(client, secure);
    });
    server.on('tlsClientError', (error, secure) => {
      const client = this.take(secure);
      if (client === undefined) return;
      // For a refused certificate Node reports only a closed socket.
      const refused = secure.authorizationError as unknown;
      onFailed(client, typeof refused === 'string' ? explainCertificate(refused) : explain(error), error);
    });
    this.server = server;
  }

  begin(client: Client): void {
    const { socket } = client;
    this.clients.set(socket, client);
    this.deadlines.add(client);
    socket.once('data', (first: Buffer) => {
      if (first[0] === HANDSHAKE_RECORD) {
        socket.pause();
        socket.unshift(first);
        this.server.emit('connection', socket);
        return;
      }
      this.forget(client);
      this.config.onPlain(client);
    });
    // The error of the handshake is reported after the close.
    socket.once('close', () => this.deadlines.delete(client));
  }

  private forget(client: Client): void {
    this.clients.delete(client.socket);
    this.deadlines.delete(client);
  }

  /** The client of this socket, while its handshake is not complete. */
  private take(secure: TLSSocket): Client | undefined {
    // The accepted socket: Node offers no other way to identify it once its address is unavailable.
    const { _parent: socket } = secure as TLSSocket & { readonly _parent?: Socket };
    const client = socket && this.clients.get(socket);
    if (client !== undefined) this.forget(client);
    return client;
  }
}
