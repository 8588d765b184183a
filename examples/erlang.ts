/**
 * A gen_server of Erlang, called over a pool: one call, a batch, and what becomes of a mistake. Starts an Erlang node for it.
 *
 *     node --import tsx examples/erlang.ts
 */
import { from, lastValueFrom } from 'rxjs';
import { connectErlangNode, ErlangCrashError, ErlangNoProcessError } from '../src/connectors/erlang/index';
import { batchParallel, createPool, withConnection } from '../src/index';
import { startErlang } from './erlang-node';

const erlang = await startErlang();
if (erlang === undefined) {
  console.error('Erlang cannot be started: is erl installed? (apt install erlang-base, brew install erlang)');
  process.exit(2);
}
const { name, port, cookie, close } = erlang;
const pool = createPool({ connect: connectErlangNode(name, { port, cookie }), max: 2, capacity: 10 });

const count = await lastValueFrom(pool.use((node) => node.call('word_count', 'once upon a midnight dreary')));
console.log(`One call: ${String(count)} words`);

const lines = Array.from({ length: 50 }, (_, i) => 'word '.repeat(i));
const batch = await lastValueFrom(
  from(lines).pipe(
    withConnection(pool, (node, line) => node.call('word_count', line)),
    batchParallel(),
  ),
);
const words = batch.successful.reduce<number>((sum, one) => sum + Number(one), 0);
console.log(`A batch of ${lines.length}: ${words} words over ${pool.stats.totalConnections} connections`);

for (const [to, request] of [
  ['nothing_here', 'a line'],
  ['word_count', 5],
] as const) {
  try {
    await lastValueFrom(pool.use((node) => node.call(to, request)));
  } catch (error) {
    if (error instanceof ErlangNoProcessError) console.log(`No process: ${error.message}`);
    else if (error instanceof ErlangCrashError) console.log(`A crash, caused by the message: ${error.causedByMessage}`);
    else throw error;
  }
}

await pool.destroy();
await close();
