import { connect } from '@nats-io/transport-node';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { after } from '../msgpack-rpc/support';

/** A nats-server of its own, on a free port of this machine. */
export interface NatsServer {
  /** `host:port`, for clients. */
  readonly address: string;
  /** Stops the process, or lets it continue; the kernel accepts connections for it meanwhile. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Kills it, and resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again at the same place, and resolves when it is ready. */
  start(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Inside a `describe`: starts servers that are gone after each spec. Takes what `peer('nats-server')` gave. */
export function natsServers(program: string) {
  const running = new Set<NatsServer>();
  afterEach(async () => {
    for (const server of [...running]) await server.kill();
  });

  const one = async (...args: readonly string[]): Promise<NatsServer> => {
    const port = await freePort();
    let child: ChildProcess;
    const server: NatsServer = {
      address: `127.0.0.1:${port}`,
      signal: (signal) => void child.kill(signal),
      async kill() {
        running.delete(server);
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill('SIGKILL');
        await once(child, 'exit');
      },
      async start() {
        child = spawn(program, ['-a', '127.0.0.1', '-p', String(port), ...args], {
          stdio: ['ignore', 'ignore', 'pipe'],
        });
        running.add(server);
        let said = '';
        await new Promise<void>((resolve, reject) => {
          child.stderr!.on('data', (chunk: Buffer) => {
            said += chunk.toString();
            if (said.includes('Server is ready')) resolve();
          });
          child.once('exit', () => reject(new Error(`nats-server has ended: ${said}`)));
        });
      },
    };
    await server.start();
    return server;
  };

  /** Three servers that know of each other. */
  const cluster = async (): Promise<readonly NatsServer[]> => {
    const ports = [await freePort(), await freePort(), await freePort()];
    const routes = ports.map((port) => `nats://127.0.0.1:${port}`);
    const servers = await Promise.all(
      routes.map((route) => one('--cluster', route, '--cluster_name', 'spec', '--routes', routes.join(','))),
    );
    for (const { address } of servers) await isComplete(address, servers.length);
    return servers;
  };

  return { one, cluster };
}

/** Resolves when the server knows `count` addresses. */
async function isComplete(servers: string, count: number): Promise<void> {
  for (;;) {
    const client = await connect({ servers });
    const known = client.info?.connect_urls?.length ?? 0;
    await client.close();
    if (known === count) return;
    await after(20);
  }
}

export const addresses = (servers: readonly NatsServer[]): string[] => servers.map(({ address }) => address);
