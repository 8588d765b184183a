/**
 * The batch of the README, over a cluster: three nats-servers of this machine, a service at each, and a pool that reaches all of them by one
 * connection. In mid-batch the server of that connection is killed; what got no reply is sent once more.
 *
 *     node --import tsx examples/nats-cluster.ts          needs nats-server (Debian: apt install nats-server)
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { delay, from, lastValueFrom, of, tap } from 'rxjs';
import { builtinMethods } from '../src/connectors/msgpack-rpc/index';
import { connectNats, serveNats, type NatsConnection } from '../src/connectors/nats/index';
import { batchParallel, createPool, retryFailed, withConnection } from '../src/index';

const cluster = await startCluster(3);
const servers = cluster.map(({ address }) => address);

// One queue group at any number of machines: each request goes to one of its members.
const methods = { word_count: (line: unknown) => of(builtinMethods.word_count(line)).pipe(delay(2)) };
const services = await Promise.all(
  servers.map((server) =>
    serveNats('words', methods, { servers: [server, ...servers], client: { noRandomize: true } }),
  ),
);

const connect = connectNats(servers, {
  requestTimeout: 1_000,
  client: { reconnectTimeWait: 100, noRandomize: true },
});
const pool = createPool({ name: 'words', connect, max: 1, capacity: 20, outlier: false });
connect.status$.subscribe((status) => {
  if (status.type === 'disconnected') console.log(`  ${status.server} is gone`);
  if (status.type === 'reconnected') console.log(`  connected to ${status.server} after ${status.took.toFixed(0)} ms`);
});

const countWords = (nats: NatsConnection, line: string) => nats.request('words.word_count', line);

const result = await lastValueFrom(
  from(['one line', 'and another']).pipe(withConnection(pool, countWords), batchParallel(8)),
);
console.log(result);

const poem = readFileSync(new URL('the-raven.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '');
const lines = Array.from({ length: 20 }, () => poem).flat();
console.log(`${lines.length} lines, and a server that is killed after a third of them:`);
let sent = 0;
const first = await lastValueFrom(
  from(lines).pipe(
    tap(() => {
      if (++sent === Math.floor(lines.length / 3)) cluster[0]!.child.kill('SIGKILL');
    }),
    withConnection(pool, countWords),
    batchParallel(20),
  ),
);
console.log(`  ${first.successful.length} counted, ${first.failed.length} without a reply`);

// Counting words twice does no harm. NATS delivers at most once: whether these were counted already is not known.
const second = await lastValueFrom(from(first.failed).pipe(retryFailed(pool, countWords), batchParallel(20)));
const words = [...first.successful, ...second.successful].reduce<number>((sum, count) => sum + Number(count), 0);
console.log(`  ${second.successful.length} of them counted now: ${words} words in all`);

await pool.destroy();
await Promise.all(services.map((service) => service.close()));
for (const { child } of cluster) child.kill('SIGKILL');

async function startCluster(count: number): Promise<{ readonly address: string; readonly child: ChildProcess }[]> {
  const ports = await Promise.all(Array.from({ length: 2 * count }, freePort));
  const routes = ports.slice(count).map((port) => `nats://127.0.0.1:${port}`);
  return Promise.all(
    routes.map(async (route, i) => {
      const args = ['-a', '127.0.0.1', '-p', String(ports[i]), '--cluster', route, '--cluster_name', 'words'];
      const child = spawn('nats-server', [...args, '--routes', routes.join(',')], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      process.on('exit', () => child.kill('SIGKILL'));
      await new Promise<void>((resolve, reject) => {
        child.once('error', reject);
        // It says so once it listens, and again when it knows another server.
        child.stderr.on('data', (text: Buffer) => text.toString().includes('Route connection created') && resolve());
      });
      return { address: `127.0.0.1:${ports[i]}`, child };
    }),
  ).catch((error: unknown) => {
    console.error(`nats-server cannot be started: ${(error as Error).message}. Install it: apt install nats-server`);
    process.exit(2);
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
