/**
 * A part of `npm run fuzz`: hostile bytes against real connections of MessagePack-RPC, clients and servers, in memory. Every input is heard twice,
 * whole and cut anywhere, which must make no difference; every call must end, every connection must end once, and what is said must be
 * messages. Large inputs are weighed too, and of some messages it is measured what they cost: CPU time and memory.
 *
 * `npm run fuzz -- --quick` takes about 20 seconds on an idle machine; `npm run fuzz -- --count 50000` tries fewer; `npm run fuzz -- --costs 20` measures more
 * of the inputs, one in 20; `npm run fuzz -- --seed 123 --from 4567 --count 1 --costs 1` repeats one.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { codecs } from '../spec/connectors/msgpack-rpc/codecs';
import { costTrial, MOST_CPU, type Cost } from '../spec/connectors/msgpack-rpc/cost-trial';
import { RandomChoices, filled, fillings } from '../spec/connectors/msgpack-rpc/hostile-bytes';
import { memoryFor, trial } from '../spec/connectors/msgpack-rpc/trial';
import { megabytes, superintend, type Progress } from './superintend';

const self = fileURLToPath(import.meta.url);
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
/** The costs of one in this number of inputs are measured, which takes 100 ms. */
const costs = Number(values.costs ?? (values.quick ? 50 : 2_000));
const [from, seed] = [Number(values.from), Number(values.seed)];
const STEP = 1000;
/** One in this number of inputs is large, and its memory is measured. */
const WEIGH = 250;
const HEAVIEST = 16 * 1024 * 1024;

interface Costs extends Progress {
  readonly heaviest: number;
  readonly rss: number;
  /** The number of messages that were measured, and the number of those that were refused because they would have become too large. */
  readonly measured: number;
  readonly tooLarge: number;
  readonly worstCpu: Cost | undefined;
  readonly worstGrowth: Cost | undefined;
}

if (values.work) await work();
else {
  console.log(
    `MessagePack-RPC: ${count} inputs, seed ${seed}${from > 0 ? `, from ${from}` : ''}; costs of one in ${costs}`,
  );
  superintend({ file: self, count, from, seed, tell });
}

/** Reports its progress, so that a hang is noticed. */
async function work(): Promise<void> {
  // Most of the time would go into the stacks of errors that nothing reads.
  Error.stackTraceLimit = 0;
  const creators = Object.values(codecs);
  let heaviest = 0;
  let [measured, tooLarge] = [0, 0];
  let worstCpu: Cost | undefined;
  let worstGrowth: Cost | undefined;
  const report = (done: number): void => {
    const rss = process.memoryUsage.rss();
    process.send?.({ done, heaviest, rss, measured, tooLarge, worstCpu, worstGrowth } satisfies Costs);
  };
  for (let index = from; index < from + count; index++) {
    await trial(seed, index);
    if (index % WEIGH === 0) {
      const random = new RandomChoices(seed, index);
      const role = random.one(['client', 'server'] as const);
      const bytes = filled(random.one(fillings), 65_536, role === 'client');
      const weight = memoryFor(bytes, role, random.one(creators)());
      if (weight > HEAVIEST) throw new Error(`seed ${seed}, input ${index}: 64 KiB cost ${weight} bytes`);
      heaviest = Math.max(heaviest, weight);
    }
    if (index % costs === 0) {
      const cost = await costTrial(seed, index);
      measured++;
      if (cost.tooLarge) tooLarge++;
      if (cost.cpu > (worstCpu?.cpu ?? 0)) worstCpu = cost;
      if ((cost.growth ?? 0) > (worstGrowth?.growth ?? 0)) worstGrowth = cost;
    }
    if ((index + 1) % STEP === 0) report(index + 1 - from);
  }
  report(count);
  process.disconnect();
}

function tell({ done, heaviest, rss, measured, tooLarge, worstCpu, worstGrowth }: Costs, ms: number): string {
  const lines = [
    `${done} in ${(ms / 1000).toFixed(0)} s; 64 KiB cost ${megabytes(heaviest)} at the most; the process has ${megabytes(rss)}`,
  ];
  if (worstCpu !== undefined) {
    lines.push(
      `  costs of ${measured} messages, ${tooLarge} of which were refused for maxDecodedBytes`,
      `  most CPU time for its bytes: ${worstCpu.cpu.toFixed(1)} times small integers (${MOST_CPU} are allowed): ${worstCpu.what}`,
    );
  }
  if (worstGrowth?.growth !== undefined) {
    lines.push(`  most memory: ${worstGrowth.growth.toFixed(1)} times its bytes: ${worstGrowth.what}`);
  }
  return lines.join('\n');
}
