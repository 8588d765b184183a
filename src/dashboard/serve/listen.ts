import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InvalidConfigError } from '../../pool/errors';
import { describeValue } from '../../pool/values/describe';
import { boundConnections } from './connections';
import { hostNameOf, isLoopback } from './guard';
import type { Auth } from './guard';

/** Where a dashboard listens. */
export interface ListenOptions {
  /** 0, the default, is any free one. */
  readonly port?: number | undefined;
  /** An address of this machine. Default `127.0.0.1`: programs of this machine alone can connect. Another one needs a function as `auth`. */
  readonly host?: string | undefined;
}

/** A dashboard that listens. */
export interface Listening {
  readonly url: string;
  /** Closes this server; the dashboard goes on. */
  close(): Promise<void>;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export async function listenOn(
  { port = 0, host = '127.0.0.1' }: ListenOptions,
  { auth, maxClients }: { readonly auth: Auth | false | undefined; readonly maxClients: number },
  handler: Handler,
  hosts: Set<string>,
): Promise<Listening> {
  const issues: string[] = [];
  if (!(Number.isSafeInteger(port) && port >= 0 && port <= 65_535)) {
    issues.push(`port must be an integer from 0 to 65535, but got ${describeValue(port)}`);
  }
  if (typeof host !== 'string' || host === '') issues.push(`host must be an address, but got ${describeValue(host)}`);
  else if (!isLoopback(host) && host !== 'localhost' && typeof auth !== 'function') {
    issues.push(
      `on ${host} other machines can read what a dashboard shows: give the option auth a function that decides, ` +
        `or listen on 127.0.0.1 and let a proxy that decides lead there`,
    );
  }
  if (issues.length > 0) throw new InvalidConfigError('dashboard', 'A dashboard cannot listen so', issues);

  const server = createServer((request, response) => void handler(request, response));
  // Requests are short; streams are bounded by the dashboard itself.
  server.headersTimeout = 10_000;
  server.requestTimeout = 10_000;
  boundConnections(server, maxClients);
  server.listen(port, host);
  await once(server, 'listening');
  // A page that is open does not keep the process alive: neither by the server, nor by its connection.
  server.unref();
  server.on('connection', (socket) => socket.unref());
  const name = host.includes(':') ? `[${host}]` : host;
  hosts.add(hostNameOf(name));
  return {
    url: `http://${name}:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => (server.listening ? server.once('close', resolve) : resolve()));
    },
  };
}
