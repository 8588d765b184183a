/**
 * Observes a pool in trouble: a caller forgets to release a lease, waiters time out, and the remote node is restarted. `events$` reports what
 * happens, `holders()` the holder of each connection, and `timings()` the durations.
 *
 *     node --import tsx examples/watch-pool.ts
 */
import { firstValueFrom, from, lastValueFrom, timer } from 'rxjs';
import { connectNode, serveNode } from '../src/connectors/msgpack-rpc/index';
import { batchParallel, createPool, Histogram, withConnection } from '../src/index';
import type { HistogramJSON, Lease, PoolEvent } from '../src/index';
import type { RpcConnection } from '../src/connectors/msgpack-rpc/index';

// The remote node runs in this process, and is called over TCP like any other. A call takes 5 ms.
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

console.log('\nA caller forgets to release its lease:');
const forgotten = await forgetful();
await orders(1);
for (const { label, connection } of pool.holders()) console.log(`  '${label}' has connection ${connection}`);

console.log('\nIt holds the other connection as well, and the next order times out:');
const another = await forgetful();
await orders(1);
for (const lease of [forgotten, another]) lease.release();

console.log('\nThe node is restarted, and connections are opened again on demand:');
const port = Number(node.target.split(':').at(-1));
await node.close();
await lastValueFrom(timer(20));
node = await serveNode({ methods, port });
await orders(4);

console.log('\nThe end:');
await pool.destroy();
await node.close();

// As in a file: each histogram can be read from JSON, and merged with those of other days and other processes.
const saved = JSON.stringify(pool.timings());
console.log(`\nIn ms, from ${saved.length} characters of JSON:   count   p50   p99   max`);
for (const [what, json] of Object.entries(JSON.parse(saved) as Record<string, HistogramJSON>)) {
  const { count, p50, p99, max } = Histogram.fromJSON(json);
  console.log(`  ${what.padEnd(32)}`, ...[count, p50, p99, max].map((value) => value.toFixed(0).padStart(5)));
}

/** The events that an operator reads. For the counts see `pool.stats$`. */
function told(event: PoolEvent): string | null {
  switch (event.type) {
    case 'opened':
      return `connection ${event.connection} is open after ${event.took} ms`;
    case 'openFailed':
      return `a connect has failed, ${event.attempts} in a row: ${String(event.error)}`;
    case 'evicted':
      return `connection ${event.connection} is closed: ${event.reason}, after ${event.uses} uses`;
    case 'leaked':
      return `'${event.label}' has held connection ${event.connection} for ${event.held} ms; acquired ${callerIn(event.stack)}`;
    case 'timedOut':
    case 'rejected':
      return `'${event.label}' got no connection: ${(event.error as Error).message}`;
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
