/**
 * `npm run weigh`: what messages cost that are cheap to send, under the default limits. CPU time for each byte is told as a multiple of what as many
 * bytes of small integers cost, and memory as a multiple of the bytes, and of what the limits count.
 *
 * `npm run weigh -- --write` writes the table into `docs/reliability.md`; `--large` measures messages of 2 MiB as well, and longer.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { format } from 'prettier';
import { codecs } from '../spec/connectors/msgpack-rpc/codecs';
import { envelopes, shapes, smallIntegers, wrapped, type Shape } from '../spec/connectors/msgpack-rpc/costly-shapes';
import { cpuCost } from '../spec/connectors/msgpack-rpc/cpu-cost';
import { RandomChoices } from '../spec/connectors/msgpack-rpc/hostile-bytes';
import { clientLimits } from '../src/connectors/msgpack-rpc/limits';
import { Refusal } from '../src/connectors/msgpack-rpc/refusal';
import { Scanner } from '../src/connectors/msgpack-rpc/scanner';

const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    large: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});
const PAGE = new URL('../docs/reliability.md', import.meta.url);
const [BEGIN, END] = ['<!-- weigh: written by npm run weigh -->', '<!-- /weigh -->'];
/** No message may cost more times what as many bytes of small integers cost. */
const MOST = 20;

const sizes = values.large ? [64 * 1024, 2 * 1024 * 1024] : [64 * 1024];
const [rounds, ms] = values.large ? [3, 60] : [2, 20];
const used = Object.entries(codecs).slice(0, 2);
const gc = (): void => {
  globalThis.gc!();
};

/** The highest cost of all sizes and ways to send the message, and which of them it was. */
async function ratioOf(shape: Shape, codec: string): Promise<number> {
  let worst = 0;
  for (const size of sizes) {
    for (const envelope of Object.values(envelopes)) {
      const ints = wrapped(envelope, smallIntegers.fill(size, new RandomChoices(1, 1)));
      const bytes = wrapped(envelope, shape.fill(size, new RandomChoices(1, 1)));
      const one = codecs[codec]!();
      const base = await cpuCost(ints, envelope, one, rounds, ms);
      const cost = await cpuCost(bytes, envelope, one, rounds, ms);
      worst = Math.max(worst, cost / base);
    }
  }
  return worst;
}

/** The number of bytes that the limits count for each byte of the message; undefined if they refuse it. */
function countOf(bytes: Buffer): number | undefined {
  const scanner = new Scanner(clientLimits);
  try {
    scanner.scan(bytes, 0, bytes.length);
    return scanner.decodedBytes;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/**
 * The value that is measured. It is a variable of the module, because the engine may keep a local variable longer than needed, or shorter.
 */
const kept: { value: unknown } = { value: undefined };

/** The bytes of memory that the decoded message takes. */
async function memoryOf(bytes: Buffer, codec: string): Promise<number> {
  const { decode } = codecs[codec]!();
  const used: number[] = [];
  for (const now of [() => undefined, () => decode(bytes), () => undefined, () => decode(bytes)]) {
    kept.value = now();
    for (let i = 0; i < 3; i++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const { heapUsed, external } = process.memoryUsage();
    used.push(heapUsed + external);
  }
  kept.value = undefined;
  return Math.max(used[1]! - used[0]!, used[3]! - used[2]!);
}

const times = (ratio: number): string => (ratio < 10 ? ratio.toFixed(1) : String(Math.round(ratio)));

const rows: string[][] = [];
let [worstCost, worstGrowth, worstTruth] = [0, 0, 0];
for (const shape of shapes) {
  if (values.only !== undefined && !shape.name.includes(values.only)) continue;
  const bytes = shape.fill(2 * 1024 * 1024, new RandomChoices(1, 1));
  const count = countOf(bytes);
  const row = [shape.name];
  for (const [codec] of used) {
    const ratio = await ratioOf(shape, codec);
    worstCost = Math.max(worstCost, ratio);
    row.push(times(ratio));
  }
  if ((count === undefined) !== (shape.refused === true)) throw new Error(`${shape.name}: ${count ?? 'refused'}`);
  if (count === undefined) {
    row.push('refused', 'refused', '');
  } else {
    const memory = Math.max(await memoryOf(bytes, 'msgpack-lite'), await memoryOf(bytes, 'msgpackr'));
    worstGrowth = Math.max(worstGrowth, memory / bytes.length);
    worstTruth = Math.max(worstTruth, memory / count);
    row.push(times(count / bytes.length), times(memory / bytes.length), (memory / count).toFixed(2));
  }
  rows.push(row);
  console.log(row.join(' | '));
}

const summary = [
  `The dearest took ${times(worstCost)} times the CPU time of as many bytes of small integers (at most ${MOST} are allowed); the one that grew most became`,
  `${times(worstGrowth)} times its bytes; and memory was at most ${worstTruth.toFixed(2)} times what the limits count.`,
].join(' ');
console.log(`\n${summary}`);
if (worstCost > MOST) process.exitCode = 1;

if (values.write && values.only === undefined) {
  const head = [
    'what a message is full of',
    ...used.map(([codec]) => `CPU, ${codec}`),
    'counted',
    'memory',
    'memory / counted',
  ];
  const table = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
  const page = readFileSync(PAGE, 'utf8');
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`${PAGE.pathname} has no place between ${BEGIN} and ${END}`);
  const text = `${before}${BEGIN}\n\n${summary}\n\n${table}\n\n${END}${after}`;
  writeFileSync(PAGE, await format(text, { parser: 'markdown', printWidth: 140 }));
}
