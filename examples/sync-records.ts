/**
 * Bulk synchronisation: records go to another node, eight at a time; what failed is sent again, with a pause that grows, and what fails for good is
 * named at the end. The second usage pattern of the seed.
 *
 *     node --import tsx examples/sync-records.ts
 */
import { from, lastValueFrom, timer } from 'rxjs';
import { connectNode, serveNode } from '../src/connectors/msgpack-rpc/index';
import type { RpcConnection } from '../src/connectors/msgpack-rpc/index';
import {
  batchOutcomes,
  batchParallel,
  collectBatch,
  createPool,
  retryFailed,
  trackProgress,
  withConnection,
} from '../src/index';

interface RecordToSync {
  readonly id: number;
  readonly name: string;
}

// The remote node: embedded here, but spoken to over TCP like any other. Now and then a record is locked, and one has a name that it does not take.
const stored = new Map<number, string>();
let calls = 0;
const node = await serveNode({
  methods: {
    store: (record) => {
      const { id, name } = record as RecordToSync;
      if (name === '') throw new Error('a record needs a name');
      if (++calls % 10 === 0) throw new Error('the record is locked');
      // Storing the same record twice is the same as once, so that it is safe to send it again.
      stored.set(id, name);
      return id;
    },
  },
});
const pool = createPool({ name: 'sync', connect: connectNode(node.target), max: 8 });
const store = (connection: RpcConnection, record: RecordToSync) => connection.call('store', record);

const records = Array.from({ length: 1_000 }, (_, id): RecordToSync => ({
  id,
  name: id === 500 ? '' : `record ${id}`,
}));

const first = await lastValueFrom(
  from(records).pipe(
    withConnection(pool, store),
    batchOutcomes(8),
    trackProgress(
      ({ succeeded, failed }) => {
        const done = succeeded + failed;
        if (done % 250 === 0) console.log(`  ${done} of ${records.length}, ${failed} failed`);
      },
      { total: records.length },
    ),
    collectBatch(),
  ),
);
console.log(`Synced ${first.successful.length} records, ${first.failed.length} failed.`);

let { failed } = first;
for (let attempt = 1; failed.length > 0 && attempt <= 3; attempt++) {
  await lastValueFrom(timer(50 * 2 ** attempt));
  const result = await lastValueFrom(from(failed).pipe(retryFailed(pool, store), batchParallel(8)));
  console.log(`Sent again: ${result.successful.length} of ${failed.length}.`);
  failed = result.failed;
}
for (const { index, item, error } of failed) console.log(`Given up: record ${item.id} (${index}): ${String(error)}`);
console.log(`The node has ${stored.size} of ${records.length} records.`);

await pool.destroy();
await node.close();
