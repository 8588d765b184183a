import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';

/** One connection through the proxy: what comes from one side goes out at the other, until something happens to it. */
export class Link {
  /** The address of the proxy, as the node sees it. */
  readonly address: string;
  private readonly client: Socket;
  private readonly node: Socket;
  private stalled = false;
  /** Bytes of answers still to be let through; then the connection is cut. */
  private rest = Infinity;

  constructor(client: Socket, node: Socket, { latency, oneByOne }: ProxyOptions) {
    this.client = client;
    this.node = node;
    this.address = `127.0.0.1:${node.localPort ?? 0}`;
    const pass = (from: Socket, to: Socket) => {
      const say = (bytes: Buffer) => {
        if (this.stalled || to.destroyed) return;
        if (to === client && bytes.length >= this.rest) {
          to.end(bytes.subarray(0, this.rest));
          node.destroy();
          return;
        }
        if (to === client) this.rest -= bytes.length;
        to.write(bytes);
      };
      const later = (work: () => void) => (latency === 0 ? work() : void setTimeout(work, latency));
      from.on('data', (bytes: Buffer) => {
        if (oneByOne) for (let i = 0; i < bytes.length; i++) setImmediate(say, bytes.subarray(i, i + 1));
        else later(() => say(bytes));
      });
      from.on('end', () => {
        if (!this.stalled) setImmediate(() => later(() => to.end()));
      });
      from.on('error', () => {});
      from.on('close', () => {
        if (!this.stalled) to.destroySoon();
      });
    };
    pass(client, node);
    pass(node, client);
  }

  /** From now on all data is dropped, and neither side is notified. */
  stall(): void {
    this.stalled = true;
  }

  /** Both sides receive a reset. */
  reset(): void {
    this.client.resetAndDestroy();
    this.node.resetAndDestroy();
  }

  /** This number of bytes of replies is passed on, and then the connection ends. */
  cutAfter(bytes: number): void {
    this.rest = bytes;
  }

  /** The client receives the end of the stream, and may still send. */
  endAnswers(): void {
    this.client.end();
  }

  /** The node receives the end of the stream, and may still reply. */
  endCalls(): void {
    this.node.end();
  }

  /** The client reads these as well. */
  inject(bytes: Uint8Array): void {
    this.client.write(bytes);
  }

  destroy(): void {
    this.client.destroy();
    this.node.destroy();
  }
}

export interface ProxyOptions {
  /** Milliseconds of extra delay, each way. */
  readonly latency: number;
  /** Every byte is sent separately. */
  readonly oneByOne: boolean;
}

export interface Proxy {
  readonly target: string;
  readonly links: Link[];
  close(): void;
}

/** A proxy between a client and the node at `target` that causes network failures. */
export async function proxyTo(target: string, options: Partial<ProxyOptions> = {}): Promise<Proxy> {
  const { latency = 0, oneByOne = false } = options;
  const [host, port] = target.split(':');
  const links: Link[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (client) => {
    const node = createConnection({ host: host!, port: Number(port), allowHalfOpen: true, noDelay: true });
    client.on('error', () => {});
    node.on('error', () => client.destroy());
    node.once('connect', () => {
      links.push(new Link(client, node, { latency, oneByOne }));
      client.resume();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    target: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    links,
    close: () => {
      server.close();
      for (const link of links) link.destroy();
    },
  };
}
