import { createServer, createConnection, type AddressInfo, type Socket } from 'node:net';
import { firstValueFrom, type Observable } from 'rxjs';
import {
  connectNode,
  createLiteCodec,
  serveNode,
  type ConnectNodeOptions,
  type RpcConnection,
  type RpcNode,
  type ServeNodeOptions,
} from '../../../src/connectors/msgpack-rpc/index';
import { Inbox } from '../../../src/connectors/msgpack-rpc/inbox';
import { clientLimits } from '../../../src/connectors/msgpack-rpc/limits';

const codec = createLiteCodec();
export const pack = (value: unknown): Buffer => Buffer.from(codec.encode(value));

export const answerOf = <T>(source: Observable<T>): Promise<T> =>
  firstValueFrom(source, { defaultValue: undefined as T });

/** What it fails with. */
export const failureOf = (source: Observable<unknown> | Promise<unknown>): Promise<any> =>
  ('subscribe' in source ? firstValueFrom(source, { defaultValue: undefined }) : source).then(
    (value) => Promise.reject(new Error(`it did not fail: ${String(value)}`)),
    (error: unknown) => error,
  );

/** The bytes of the next message, undefined if it has not come in whole. */
export function nextIn(inbox: Inbox): Buffer | undefined {
  let bytes: Buffer | undefined;
  inbox.next((memory, start, end) => (bytes = memory.subarray(start, end)));
  return bytes;
}

export function* messagesIn(inbox: Inbox): Generator<Buffer> {
  for (let bytes = nextIn(inbox); bytes !== undefined; bytes = nextIn(inbox)) yield bytes;
}

export const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface Opened {
  readonly connection: RpcConnection;
  /** Resolves when its life has ended: 'complete', or the error. */
  readonly ended: Promise<unknown>;
  close(): void;
}

/** A side of a socket on which a spec decides every byte. */
export class RawPeer {
  readonly messages: unknown[] = [];
  closed = false;
  private inbox = new Inbox(clientLimits);
  private messageHandler: (message: any, peer: RawPeer) => void = () => {};

  constructor(readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => (this.closed = true));
    socket.on('data', (chunk: Buffer) => {
      this.inbox.push(chunk);
      for (const bytes of messagesIn(this.inbox)) {
        const message = codec.decode(bytes);
        this.messages.push(message);
        this.messageHandler(message, this);
      }
    });
  }

  onMessage(callback: (message: any, peer: RawPeer) => void): this {
    this.messageHandler = callback;
    return this;
  }

  send(...messages: unknown[]): void {
    this.socket.write(Buffer.concat(messages.map(pack)));
  }

  bytes(bytes: Uint8Array | number[]): void {
    this.socket.write(Uint8Array.from(bytes));
  }
}

/** What a spec opens, closed behind it. Called inside a `describe`. */
export function scene() {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  const open = (target: string, options?: ConnectNodeOptions): Promise<Opened> =>
    new Promise((resolve, reject) => {
      let end: (how: unknown) => void;
      const ended = new Promise<unknown>((resolveEnd) => (end = resolveEnd));
      const life = connectNode(target, options)().subscribe({
        next: (connection) => resolve({ connection, ended, close: () => life.unsubscribe() }),
        error: (error: unknown) => {
          end(error);
          reject(error);
        },
        complete: () => end('complete'),
      });
      cleanups.push(() => life.unsubscribe());
    });

  const serve = async (options: ServeNodeOptions): Promise<RpcNode> => {
    const node = await serveNode(options);
    cleanups.push(() => node.close());
    return node;
  };

  /** A server that does what the spec says with each socket. */
  const rawServer = async (onClient: (client: RawPeer) => void): Promise<{ target: string; clients: RawPeer[] }> => {
    const clients: RawPeer[] = [];
    const server = createServer((socket) => {
      const client = new RawPeer(socket);
      clients.push(client);
      onClient(client);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => {
      server.close();
      for (const { socket } of clients) socket.destroy();
    });
    return { target: `127.0.0.1:${(server.address() as AddressInfo).port}`, clients };
  };

  /** A client that does what the spec says. */
  const rawClient = async (target: string): Promise<RawPeer> => {
    const socket = createConnection({ host: '127.0.0.1', port: Number(target.split(':')[1]) });
    cleanups.push(() => socket.destroy());
    await new Promise((resolve) => socket.once('connect', resolve));
    return new RawPeer(socket);
  };

  return { open, serve, rawServer, rawClient, cleanup: (work: () => unknown) => cleanups.push(work) };
}
