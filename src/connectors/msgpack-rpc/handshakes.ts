import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls';
import type { Client } from './clients';
import { Deadlines } from './deadlines';
import { explain, explainCertificate } from './socket-errors';
import { socketOptions } from './socket-options';

/** The first byte of a handshake of TLS. */
const HANDSHAKE_RECORD = 0x16;

export interface HandshakesConfig {
  readonly tls: TlsOptions;
  /** In ms, from when the client connected. */
  readonly timeout: number;
  /** Both sides have agreed, and talk over this socket from now on. */
  readonly onAgreed: (client: Client, socket: TLSSocket) => void;
  /** They have not: the socket has to be closed. */
  readonly onFailed: (client: Client, reason: string, cause?: Error) => void;
  /** The client speaks something else. */
  readonly onPlain: (client: Client) => void;
}

/**
 * Agrees on TLS with the clients of a node. Node's own server of TLS does that, but it does not listen: what a client sends first is looked at
 * before, because to a client without TLS it would say nothing at all.
 */
export class Handshakes {
  readonly #config: HandshakesConfig;
  readonly #server: Server;
  /** Those whose handshake is not over, by the sockets that were accepted. */
  readonly #clients = new WeakMap<Socket, Client>();
  readonly #deadlines: Deadlines<Client>;

  constructor(config: HandshakesConfig) {
    this.#config = config;
    const { tls, timeout, onFailed } = config;
    this.#deadlines = new Deadlines(timeout, (client) => {
      this.#clients.delete(client.socket);
      onFailed(client, `it took longer than ${timeout} ms (handshakeTimeout)`);
    });
    // Node's own timeout begins anew with every byte.
    const server = createServer({ ...tls, ...socketOptions, handshakeTimeout: 2 ** 31 - 1 });
    server.on('secureConnection', (secure) => {
      const client = this.#take(secure);
      if (client === undefined) secure.destroy();
      else config.onAgreed(client, secure);
    });
    server.on('tlsClientError', (error, secure) => {
      const client = this.#take(secure);
      if (client === undefined) return;
      // A certificate that is not good enough is told by a closed socket alone.
      const refused = secure.authorizationError as unknown;
      onFailed(client, typeof refused === 'string' ? explainCertificate(refused) : explain(error), error);
    });
    this.#server = server;
  }

  begin(client: Client): void {
    const { socket } = client;
    this.#clients.set(socket, client);
    this.#deadlines.add(client);
    socket.once('data', (first: Buffer) => {
      if (first[0] === HANDSHAKE_RECORD) {
        socket.pause();
        socket.unshift(first);
        this.#server.emit('connection', socket);
        return;
      }
      this.#forget(client);
      this.#config.onPlain(client);
    });
    // What the handshake failed with is told only after that.
    socket.once('close', () => this.#deadlines.delete(client));
  }

  #forget(client: Client): void {
    this.#clients.delete(client.socket);
    this.#deadlines.delete(client);
  }

  /** The client of this socket, unless its handshake is over. */
  #take(secure: TLSSocket): Client | undefined {
    // The socket that was handed over: Node has no other way to tell which it was when its address is gone.
    const { _parent: socket } = secure as TLSSocket & { readonly _parent?: Socket };
    const client = socket && this.#clients.get(socket);
    if (client !== undefined) this.#forget(client);
    return client;
  }
}
