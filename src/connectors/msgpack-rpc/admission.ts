import type { Socket } from 'node:net';
import type { BehaviorSubject } from 'rxjs';
import { refusalFrame } from './answers';
import { Client, Clients } from './clients';
import { Deadlines } from './deadlines';
import { evictedMessage } from './close-reason';
import { RpcConnectionError } from './errors';
import { Handshakes } from './handshakes';
import { linger } from './linger';
import type { ServeConfig } from './serve-options';
import { Session } from './session';
import { hostAndPort } from './target';
import { ReadScheduler } from './read-scheduler';

/** The maximum number of clients to which a refusal is being sent. More are closed without a message. */
const MAX_REFUSALS = 64;
/** Sockets that may arrive in one turn of the event loop: the accept queue of the system. */
const MAX_ARRIVALS = 512;

/** Admits clients to a node, and evicts clients when there are too many. */
export class Admission {
  private readonly config: ServeConfig;
  private readonly count: BehaviorSubject<number>;
  private readonly onFault: (fault: Error) => void;
  private readonly clients: Clients;
  /** Clients that arrived when the node was full. */
  private arrivals: Client[] = [];
  private readonly readScheduler = new ReadScheduler();
  /** The clients that have sent no request yet. */
  private readonly idle: Deadlines<Client>;
  private readonly handshakes: Handshakes | undefined;
  /** All open sockets, including those of clients that are not admitted. */
  private readonly sockets = new Set<Socket>();
  private isClosed = false;

  /** `count` emits the number of clients that can make calls. */
  constructor(config: ServeConfig, count: BehaviorSubject<number>, onFault: (fault: Error) => void) {
    this.config = config;
    this.count = count;
    this.onFault = onFault;
    this.clients = new Clients(config.limits.maxConnections);
    const { tls, idleTimeout, handshakeTimeout } = config;
    this.idle = new Deadlines(idleTimeout, (client) => {
      // Its messages may wait for their turn.
      if (client.hasCallsInWork) this.idle.add(client);
      else this.closeClient(client, `it sent no request for ${idleTimeout} ms (idleTimeout)`);
    });
    if (tls !== undefined) {
      this.handshakes = new Handshakes({
        tls,
        timeout: handshakeTimeout,
        onAgreed: (client, socket) => {
          if (client.refusal === undefined) this.open(client, socket);
          else this.sendRefusal(socket, client.refusal);
        },
        onFailed: (client, reason, cause) => {
          this.reportDisagreement(client, reason, cause);
          client.socket.destroy();
        },
        onPlain: (client) => {
          this.reportDisagreement(client, 'the data that it sent is not TLS');
          this.remove(client);
          this.sendRefusal(
            client.socket,
            'this node speaks TLS, but the data received is not TLS. Is the option tls missing?',
          );
        },
      });
    }
  }

  /** The maximum number of open sockets. */
  get maxSockets(): number {
    return this.config.limits.maxConnections + MAX_ARRIVALS + MAX_REFUSALS;
  }

  accept(socket: Socket): void {
    // The kernel accepted it before close() was called.
    if (this.isClosed) {
      socket.destroy();
      return;
    }
    const client = new Client(socket, nameOf(this.config, socket));
    this.sockets.add(socket);
    socket.on('error', ignore);
    socket.once('close', () => {
      this.sockets.delete(socket);
      // A session ends by itself, after it has read all received messages.
      if (client.session === undefined) this.remove(client);
    });
    if (this.clients.size < this.config.limits.maxConnections) this.admit(client);
    // Which client is silent is known only when all received data has been read, which happens before an immediate.
    else if (this.arrivals.push(client) === 1) setImmediate(() => this.admitArrivals());
  }

  /** Admits no more clients, and closes all connections. */
  close(): void {
    this.isClosed = true;
    for (const { session, socket } of [...this.clients.all(), ...this.arrivals]) {
      if (session === undefined) socket.destroy();
      else session.close();
    }
    this.arrivals = [];
  }

  /** Closes all sockets without waiting. */
  destroy(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private admitArrivals(): void {
    const { maxConnections } = this.config.limits;
    const arrivals = this.arrivals;
    this.arrivals = [];
    for (const client of arrivals) {
      if (client.socket.destroyed) continue;
      if (this.clients.size < maxConnections) {
        this.admit(client);
        continue;
      }
      const silent = this.clients.nextToEvict();
      if (silent === undefined) {
        this.refuse(client, `${maxConnections} clients with running calls are connected here already (maxConnections)`);
        continue;
      }
      this.closeClient(
        silent,
        `more than ${maxConnections} clients connected, and it had been silent longest (maxConnections)`,
      );
      this.admit(client);
    }
  }

  private admit(client: Client): void {
    this.clients.add(client);
    if (this.handshakes === undefined) this.open(client, client.socket);
    else this.handshakes.begin(client);
  }

  /** The connection is ready: starts its session. */
  private open(client: Client, socket: Socket): void {
    const { limits, methods, codec } = this.config;
    const { target } = client;
    const onMessages = (): void => {
      if (this.clients.markActive(client)) this.idle.delete(client);
    };
    client.session = new Session(
      socket,
      {
        target,
        codec,
        limits,
        methods,
        role: 'server',
        onFault: this.onFault,
        onMessages,
        readScheduler: this.readScheduler,
      },
      (error) => {
        this.remove(client);
        this.count.next(this.count.value - 1);
        if (error !== undefined) this.onFault(error);
      },
    );
    this.idle.add(client);
    this.count.next(this.count.value + 1);
  }

  /** Refuses a client that arrived when no other could be evicted. */
  private refuse(client: Client, reason: string): void {
    this.reportEvicted(client, reason);
    if (this.handshakes === undefined || this.hasTooManyRefusals) {
      this.sendRefusal(client.socket, reason);
    } else {
      client.refusal = reason;
      this.handshakes.begin(client);
    }
  }

  /** Closes an admitted client without a message: its next request goes to a new connection. */
  private closeClient(client: Client, reason: string): void {
    if (client.session !== undefined) {
      client.session.evict(reason);
      return;
    }
    this.reportEvicted(client, reason);
    this.remove(client);
    client.socket.destroy();
  }

  private remove(client: Client): void {
    this.clients.remove(client);
    this.idle.delete(client);
  }

  /** Sends a refusal and closes the socket. */
  private sendRefusal(socket: Socket, reason: string): void {
    if (this.hasTooManyRefusals) {
      socket.destroy();
      return;
    }
    socket.write(refusalFrame(this.config.codec, reason));
    linger(socket);
  }

  private get hasTooManyRefusals(): boolean {
    return this.sockets.size - this.clients.size > MAX_REFUSALS;
  }

  private reportEvicted({ target }: Client, reason: string): void {
    this.onFault(new RpcConnectionError('RPC_CONNECTION_CLOSED', target, evictedMessage(target, reason)));
  }

  private reportDisagreement({ target }: Client, reason: string, cause?: Error): void {
    if (this.isClosed) return;
    const message = `${target} and this node could not agree on TLS: ${reason}`;
    this.onFault(new RpcConnectionError('RPC_CONNECT_FAILED', target, message, undefined, cause));
  }
}

const ignore = (): void => {};

const nameOf = ({ path }: ServeConfig, { remoteAddress, remotePort }: Socket): string =>
  path === undefined ? hostAndPort(remoteAddress ?? 'unknown', remotePort ?? 0) : `a client of unix:${path}`;
