/**
 * Requests of HTTP that a pool of connections to another node answers: the first usage pattern of the seed. When all connections are busy for too
 * long, the answer is 503, so that a load balancer can try elsewhere; when the node is away it is 502.
 *
 *     node --import tsx examples/request-handler.ts
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { firstValueFrom, fromEvent, lastValueFrom, map, takeUntil, timer } from 'rxjs';
import { connectNode, serveNode } from '../src/connectors/msgpack-rpc/index';
import { createPool, isPoolError } from '../src/index';

// The remote node: embedded here, but spoken to over TCP like any other. A request takes it 100 ms.
const node = await serveNode({ methods: { greet: (name) => timer(100).pipe(map(() => `Hello, ${String(name)}!`)) } });
const pool = createPool({
  name: 'greetings',
  connect: connectNode(node.target),
  max: 20,
  // A caller of HTTP waits for at most 150 ms, and no more than 60 of them wait.
  acquireTimeout: 150,
  maxPending: 60,
});

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const name = decodeURIComponent((request.url ?? '/').slice(1));
  try {
    // A client that goes away leaves the queue, or cancels its call.
    const gone$ = fromEvent(response, 'close');
    const text = await lastValueFrom(pool.use((connection) => connection.call('greet', name)).pipe(takeUntil(gone$)));
    response.end(String(text));
  } catch (error) {
    if (isPoolError(error, 'POOL_EXHAUSTED')) response.writeHead(503, { 'retry-after': '1' }).end('Service busy');
    else if (isPoolError(error, 'CONNECTION_FAILED')) response.writeHead(502).end('Connection error');
    else response.writeHead(500).end('Internal error');
  }
}

const server = createServer((request, response) => void handle(request, response));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const statusOf = async (name: string): Promise<number> => {
  const response = await fetch(`${url}/${name}`);
  await response.text();
  return response.status;
};
const count = (statuses: readonly number[]): string =>
  [...new Set(statuses)]
    .sort()
    .map((status) => `${statuses.filter((each) => each === status).length} × ${status}`)
    .join(', ');

console.log(await (await fetch(`${url}/World`)).text());
console.log(
  `A calm minute: ${count(await Promise.all(Array.from({ length: 20 }, (_, i) => statusOf(`caller ${i}`))))}`,
);
console.log(
  `A rush of 200: ${count(await Promise.all(Array.from({ length: 200 }, (_, i) => statusOf(`caller ${i}`))))}`,
);

await node.close();
await firstValueFrom(timer(50));
console.log(`Without the node: ${await statusOf('World')}`);

server.close();
await pool.destroy();
