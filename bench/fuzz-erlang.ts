/**
 * A part of `npm run fuzz`: hostile bytes at the decoder of Erlang's terms, at the handshake, and at open connections, in memory. What a
 * connection hears it hears twice, whole and cut anywhere, which must make no difference; every call must end, every connection must end
 * once, and what is said is read by a reader of its own. For every hundredth input a client connects over sockets to a hostile EPMD and a hostile
 * node, which must end in time, with an error of this package. Messages of 64 KiB of one kind, and maps whose keys may collide, are weighed and timed.
 *
 * The options are those of `fuzz-msgpack-rpc.ts`, without `--costs`.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { costs, MOST_CPU } from '../spec/connectors/erlang/costs';
import { connectTrial } from '../spec/connectors/erlang/hostile-peer';
import { trial } from '../spec/connectors/erlang/trial';
import { megabytes, superintend, type Progress } from './superintend';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    count: { type: 'string' },
    costs: { type: 'string' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    work: { type: 'boolean', default: false },
  },
});
const count = Number(values.count ?? (values.quick ? 5_000 : 1_000_000));
const [from, seed] = [Number(values.from), Number(values.seed)];
const STEP = 1000;

interface Weighed extends Progress {
  readonly rss: number;
  readonly heaviest: string;
  readonly slowest: string;
}

if (values.work) await work();
else {
  console.log(`Erlang: ${count} inputs, seed ${seed}${from > 0 ? `, from ${from}` : ''}`);
  superintend({ file: fileURLToPath(import.meta.url), count, from, seed, tell });
}

async function work(): Promise<void> {
  // Most of the time would go into the stacks of errors that nothing reads.
  Error.stackTraceLimit = 0;
  const all = costs();
  const heavy = all.reduce((most, one) => (one.bytes > most.bytes ? one : most));
  const slow = all.reduce((most, one) => (one.cpu > most.cpu ? one : most));
  const heaviest = `${megabytes(heavy.bytes)} (${heavy.what})`;
  const slowest = `${slow.cpu.toFixed(1)} times small integers, of ${MOST_CPU} that are allowed (${slow.what})`;
  const report = (done: number): void => {
    process.send?.({ done, rss: process.memoryUsage.rss(), heaviest, slowest } satisfies Weighed);
  };
  for (let index = from; index < from + count; index++) {
    await trial(seed, index);
    // A connect over sockets takes as long as a hundred of the others.
    if (index % 100 === 0) await connectTrial(seed, index);
    if ((index + 1 - from) % STEP === 0) report(index + 1 - from);
  }
  report(count);
  process.disconnect();
}

function tell({ done, rss, heaviest, slowest }: Weighed, ms: number): string {
  return `${done} in ${(ms / 1000).toFixed(0)} s; the process has ${megabytes(rss)}; 64 KiB cost ${heaviest} and ${slowest} at the most`;
}
