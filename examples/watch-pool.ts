/**
 * Watching a pool on a bad day: somebody forgets a lease, callers wait in vain, and the remote node is restarted. What happens is told by
 * `events$`, who has what by `holders()`, and how long it all took by `timings()`.
 *
 *     node --import tsx examples/watch-pool.ts
 */
import { firstValueFrom, from, lastValueFrom, timer } from 'rxjs';
import { connectNode, serveNode } from '../src/connectors/msgpack-rpc/index';
import { batchParallel, createPool, Histogram, withConnection } from '../src/index';
import type { HistogramJSON, Lease, PoolEvent } from '../src/index';
import type { RpcConnection } from '../src/connectors/msgpack-rpc/index';

// The remote node: embedded here, but spoken to over TCP like any other. A call takes it 5 ms.
const methods = { look_up: () => new Promise((resolve) => setTimeout(resolve, 5, 'found')) };
let node = await serveNode({ methods });

const pool = createPool({
  name: 'orders',
  connect: connectNode(node.target),
  max: 2,
  acquireTimeout: 150,
  leakThreshold: 50,
});
const start = Date.now();
pool.events$.subscribe((event) => {
  const line = told(event);
  if (line !== null) console.log(`  ${String(event.at - start).padStart(4)} ms  ${line}`);
});

console.log('Twenty orders, four at a time:');
await orders(20);

console.log('\nSomebody forgets to give back what he has acquired:');
const forgotten = await forgetful();
await orders(1);
for (const { label, connection } of pool.holders()) console.log(`  '${label}' has connection ${connection}`);

console.log('\nHe has the other one as well, and the next order waits in vain:');
const another = await forgetful();
await orders(1);
for (const lease of [forgotten, another]) lease.release();

console.log('\nThe node is restarted, and connections are opened again when they are wanted:');
const port = Number(node.target.split(':').at(-1));
await node.close();
await lastValueFrom(timer(20));
node = await serveNode({ methods, port });
await orders(4);

console.log('\nThe end:');
await pool.destroy();
await node.close();

// As a file would keep them: what is read back is a histogram again, and can be merged with those of other days and other processes.
const saved = JSON.stringify(pool.timings());
console.log(`\nIn ms, from ${saved.length} characters of JSON:   count   p50   p99   max`);
for (const [what, json] of Object.entries(JSON.parse(saved) as Record<string, HistogramJSON>)) {
  const { count, p50, p99, max } = Histogram.fromJSON(json);
  console.log(`  ${what.padEnd(32)}`, ...[count, p50, p99, max].map((value) => value.toFixed(0).padStart(5)));
}

/** What an operator wants to read. The rest is for those who count: see `pool.stats$`. */
function told(event: PoolEvent): string | null {
  switch (event.type) {
    case 'opened':
      return `connection ${event.connection} is open after ${event.took} ms`;
    case 'openFailed':
      return `a connect has failed, ${event.attempts} in a row: ${String(event.error)}`;
    case 'evicted':
      return `connection ${event.connection} goes: ${event.reason}, after ${event.uses} uses`;
    case 'leaked':
      return `'${event.label}' has held connection ${event.connection} for ${event.held} ms; acquired ${callerIn(event.stack)}`;
    case 'timedOut':
    case 'rejected':
      return `'${event.label}' got nothing: ${(event.error as Error).message}`;
    case 'breaker':
      return `the breaker is ${event.state}`;
    case 'destroyed':
      return 'everything is closed';
    default:
      return null;
  }
}

/** The first line of a stack that is in this file. */
function callerIn(stack = ''): string {
  const [, name, place] = /at (?:async )?(\S+) .*(watch-pool\.ts:\d+)/.exec(stack) ?? [];
  return name === undefined ? 'somewhere' : `in ${name} at ${place}`;
}

function forgetful(): Promise<Lease<RpcConnection>> {
  return firstValueFrom(pool.acquire({ label: 'nightly report' }));
}

async function orders(count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, i) => i);
  const { successful, failed } = await lastValueFrom(
    from(numbers).pipe(
      withConnection(pool, (connection, order) => connection.call('look_up', order), { label: 'order' }),
      batchParallel(4),
    ),
  );
  console.log(`  ${successful.length} found, ${failed.length} failed`);
}
