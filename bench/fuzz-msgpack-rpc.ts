/**
 * `npm run fuzz`: hostile bytes against real connections of MessagePack-RPC, clients and servers, in memory. Every input is heard twice,
 * whole and cut anywhere, which must make no difference; every call must end, every connection must end once, and what is said must be
 * messages. Large inputs are weighed too.
 *
 * `npm run fuzz -- --count 50000` tries fewer; `npm run fuzz -- --seed 123 --from 4567 --count 1` repeats one.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { codecs } from '../spec/connectors/msgpack-rpc/codecs';
import { Die, filled, fillings } from '../spec/connectors/msgpack-rpc/hostile-bytes';
import { memoryFor, trial } from '../spec/connectors/msgpack-rpc/trial';

const self = fileURLToPath(import.meta.url);
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    work: { type: 'boolean', default: false },
  },
});
const [count, from, seed] = [values.count, values.from, values.seed].map(Number) as [number, number, number];
const STEP = 1000;
/** One in so many inputs is a large one that is weighed. */
const WEIGH = 250;
const HEAVIEST = 16 * 1024 * 1024;
/** Milliseconds without progress after which it hangs. */
const PATIENCE = 60_000;

interface Progress {
  readonly done: number;
  readonly heaviest: number;
  readonly rss: number;
}

if (values.work) await work();
else superintend();

/** Tells how far it is, so that somebody else can see when it hangs. */
async function work(): Promise<void> {
  // Most of the time would go into the stacks of errors that nobody looks at.
  Error.stackTraceLimit = 0;
  const creators = Object.values(codecs);
  let heaviest = 0;
  for (let index = from; index < from + count; index++) {
    await trial(seed, index);
    if (index % WEIGH === 0) {
      const die = new Die(seed, index);
      const role = die.one(['client', 'server'] as const);
      const bytes = filled(die.one(fillings), 65_536, role === 'client');
      const weight = memoryFor(bytes, role, die.one(creators)());
      if (weight > HEAVIEST) throw new Error(`seed ${seed}, input ${index}: 64 KiB cost ${weight} bytes`);
      heaviest = Math.max(heaviest, weight);
    }
    if ((index + 1) % STEP === 0) {
      process.send?.({ done: index + 1 - from, heaviest, rss: process.memoryUsage.rss() } satisfies Progress);
    }
  }
  process.send?.({ done: count, heaviest, rss: process.memoryUsage.rss() } satisfies Progress);
  process.disconnect();
}

function superintend(): void {
  console.log(`${count} inputs, seed ${seed}${from > 0 ? `, from ${from}` : ''}`);
  const start = performance.now();
  const worker = fork(self, [...process.argv.slice(2), '--seed', String(seed), '--work'], {
    execArgv: process.execArgv,
  });
  const hang = setTimeout(() => {
    console.error(`It hangs: nothing in ${PATIENCE} ms after input ${from + last.done}`);
    worker.kill('SIGKILL');
  }, PATIENCE);
  let last: Progress = { done: 0, heaviest: 0, rss: 0 };
  worker.on('message', (progress: Progress) => {
    hang.refresh();
    last = progress;
    if (progress.done % (100 * STEP) === 0 || progress.done === count)
      console.log(tell(progress, performance.now() - start));
  });
  worker.on('exit', (code) => {
    clearTimeout(hang);
    if (code === 0 && last.done === count) return;
    console.error(`It ended with ${code ?? 'a signal'} after ${last.done} inputs, seed ${seed}`);
    process.exitCode = 1;
  });
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const tell = ({ done, heaviest, rss }: Progress, ms: number): string =>
  `${done} in ${(ms / 1000).toFixed(0)} s; 64 KiB cost ${megabytes(heaviest)} at the most; the process has ${megabytes(rss)}`;
