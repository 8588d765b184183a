/**
 * The rows of a query of PostgreSQL go to a node. A cursor reads a hundred rows at a time, and only when the node can take more: a
 * table of any size costs the memory of those. Stopped early (Ctrl-C), the cursor is closed before the connection is.
 *
 *     PGHOST=127.0.0.1 PGUSER=me node --import tsx examples/send-postgres.ts ['select …']
 *
 * The database is that of the usual variables, PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE. Without a query of your own it is what
 * PostgreSQL says of its own functions, and the node counts the words.
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { from } from 'ix/asynciterable/asynciterablex';
import { Client } from 'pg';
import Cursor from 'pg-cursor';
import { builtinMethods, connectNode, serveNode } from '../src/connectors/msgpack-rpc/index';
import { createPool } from '../src/index';
import { batchOutcomes, trackProgress, withConnection } from '../src/ix/index';

type Row = Record<string, unknown>;

const rowsAtATime = 100;
const { positionals } = parseArgs({ allowPositionals: true });
const query = positionals[0] ?? 'select proname, obj_description(oid) as text from pg_proc order by oid';

/** The rows of a query. The cursor is closed when the consumer stops early. */
async function* rowsOf(client: Client, text: string): AsyncGenerator<Row> {
  const cursor = client.query(new Cursor<Row>(text));
  try {
    for (let rows = await cursor.read(rowsAtATime); rows.length > 0; rows = await cursor.read(rowsAtATime)) yield* rows;
  } finally {
    await cursor.close();
  }
}

const client = new Client();
try {
  await client.connect();
} catch (error) {
  console.error(`No PostgreSQL at ${client.host}:${client.port}: ${(error as Error).message}`);
  console.error('Say where it is: PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE.');
  process.exit(2);
}

const node = await serveNode({ methods: builtinMethods });
const pool = createPool({ name: 'words', connect: connectNode(`worker@${node.target}`), max: 4, capacity: 8 });
const stop = new AbortController();
void once(process, 'SIGINT').then(() => stop.abort(new Error('interrupted')));

let words = 0;
let done = 0;
let failed = 0;
try {
  const outcomes = from(rowsOf(client, query)).pipe(
    withConnection(pool, (worker, row) => worker.call('word_count', Object.values(row).join(' '))),
    batchOutcomes({ concurrency: 16, signal: stop.signal }),
    trackProgress((progress) => {
      done = progress.succeeded;
      failed = progress.failed;
    }),
  );
  for await (const outcome of outcomes) {
    if (outcome.status === 'succeeded') words += Number(outcome.value);
    else console.error(`row ${outcome.index + 1}: ${(outcome.error as Error).message}`);
  }
  if (failed > 0) process.exitCode = 1;
} catch (error) {
  console.error(`Stopped: ${(error as Error).message}`);
  process.exitCode = 2;
} finally {
  await pool.destroy();
  await node.close();
  await client.end();
}
console.log(`${done} rows, ${words} words, ${failed} failed.`);
