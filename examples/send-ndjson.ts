/**
 * A large file of one JSON value a line goes to a node, many lines at a time and never more in memory than are at work. What the node
 * was too busy for is sent again, under the same line numbers; what is no JSON is told at the end.
 *
 *     node --import tsx examples/send-ndjson.ts               a file that is made for it: what the clocks of a hundred time zones say in a year
 *     node --import tsx examples/send-ndjson.ts FILE          one of your own
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { from } from 'ix/asynciterable/asynciterablex';
import { lastValueFrom } from 'rxjs';
import type { Observable } from 'rxjs';
import { connectNode } from '../src/connectors/msgpack-rpc/index';
import type { RpcConnection } from '../src/connectors/msgpack-rpc/index';
import { createPool } from '../src/index';
import type { BatchFailure } from '../src/index';
import {
  retryFailed,
  batchOutcomes,
  batchParallel,
  collectBatch,
  fromPull,
  trackProgress,
  withConnection,
} from '../src/ix/index';
import { progressBar } from './progress-bar';
import { startStore } from './store-node';
import { writeHours } from './time-zone-hours';

const rounds = 3;

const { positionals } = parseArgs({ allowPositionals: true });
const made = positionals[0] === undefined ? await writeHours() : undefined;
const file = positionals[0] ?? made!.file;

const store = await startStore();
const pool = createPool({ name: 'store', connect: connectNode(`store@${store.node.target}`), max: 4, capacity: 16 });

/** One line is one call. A line that is not JSON fails here, and nothing is sent for it. */
const send = (node: RpcConnection, line: string): Observable<unknown> => node.call('put', JSON.parse(line));

const input = createReadStream(file);
let most = 0;
const bar = progressBar('sent', made?.lines ?? 0);
const begin = performance.now();
try {
  // A line is read when a slot becomes free: the file is never read ahead of the node.
  const lines = createInterface({ input, crlfDelay: Infinity });
  const first = await lastValueFrom(
    fromPull(
      from(lines).pipe(
        withConnection(pool, send),
        batchOutcomes(64),
        trackProgress(({ succeeded, failed: notYet, ratePerSecond }) => {
          if ((succeeded + notYet) % 1_000 !== 0) return;
          most = Math.max(most, process.memoryUsage().heapUsed);
          bar.update(succeeded + notYet, `${Math.round(ratePerSecond)} a second, ${notYet} failed`);
        }),
        collectBatch(),
      ),
    ),
  );
  bar.end();
  const ms = performance.now() - begin;
  let stored = first.successful.length;
  let { failed } = first;
  console.log(
    `${stored + failed.length} lines in ${(ms / 1000).toFixed(1)} s: ${stored} stored, ${failed.length} failed.`,
  );
  console.log(`At most ${(most / 1e6).toFixed(0)} MB of heap, ${pool.stats.totalConnections} connections.`);

  for (let round = 1; round <= rounds && failed.some(isWorthAnotherTry); round++) {
    const hopeless = failed.filter((failure) => !isWorthAnotherTry(failure));
    const { successful: late, failed: stillNot } = await lastValueFrom(
      fromPull(from(failed.filter(isWorthAnotherTry)).pipe(retryFailed(pool, send), batchParallel())),
    );
    stored += late.length;
    failed = [...hopeless, ...stillNot].sort((a, b) => a.index - b.index);
    console.log(`Sent again: ${late.length} stored, ${stillNot.length} failed.`);
  }
  for (const { index, error } of failed.slice(0, 10)) console.log(`${file}:${index + 1}: ${(error as Error).message}`);
  if (failed.length > 10) console.log(`… and ${failed.length - 10} more`);
  console.log(`The node has ${store.size} values of ${stored} lines.`);
  if (failed.length > 0) process.exitCode = 1;
} catch (error) {
  bar.end();
  console.error(`Cannot send ${file}: ${(error as Error).message}`);
  process.exitCode = 2;
} finally {
  input.destroy();
  await pool.destroy();
  await store.node.close();
  await made?.remove();
}

/** A line that is not JSON does not become JSON by a retry. */
function isWorthAnotherTry({ error }: BatchFailure): boolean {
  return !(error instanceof SyntaxError);
}
