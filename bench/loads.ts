/**
 * Holds the rule of when a connect begins against a pool that opens a connection for every caller that waits, over random loads in virtual
 * time: `npm run loads`, `npm run loads -- --write` for the table in docs/semantics.md. Options: `--loads 10000`, `--seed 1`.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { randomLoad } from '../spec/pool/loads/load';
import type { Part } from '../spec/pool/loads/load';
import { compare } from '../spec/pool/loads/run-load';
import type { Comparison } from '../spec/pool/loads/run-load';
import { fill } from './report/fill';

const { values } = parseArgs({
  options: {
    loads: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
  },
});

const kinds: readonly (readonly [name: string, kind: Part['kind'] | undefined])[] = [
  ['closed loops', 'loop'],
  ['open streams', 'stream'],
  ['bursts', 'bursts'],
  ['batches', 'batch'],
  ['pulled batches', 'pulled'],
  ['mixtures of these', undefined],
];

const inAll = Number(values.loads);
const seed = Number(values.seed);
if (!Number.isInteger(inAll) || inAll < kinds.length || !Number.isInteger(seed)) {
  throw new Error(
    `--loads must be an integer from ${kinds.length} and --seed an integer, but got ${values.loads} and ${values.seed}`,
  );
}

const ratioOf = ({ ours, greedy }: Comparison): number => ours.total / greedy.total;

const each = Math.ceil(inAll / kinds.length);
const rows: string[][] = [];
let broken = 0;
for (const [place, [name, kind]] of kinds.entries()) {
  let worst: Comparison | null = null;
  let highest = 0;
  let more = 0;
  let most = 0;
  for (let n = 0; n < each; n++) {
    const one = compare(randomLoad(seed + place * each + n, kind));
    if (worst === null || ratioOf(one) > ratioOf(worst)) worst = one;
    highest = Math.max(highest, one.share);
    if (one.share > 1) broken++;
    const surplus = one.ours.connects - one.greedy.connects;
    if (surplus > 0) more++;
    most = Math.max(most, surplus);
  }
  const { load, ours, greedy } = worst!;
  const example = `${load.text}: ${Math.round(ours.total)} ms, greedy ${Math.round(greedy.total)}`;
  const surplus = more === 0 ? '0' : `${more}, by at most ${most}`;
  console.log(`${name}: ${each} loads`);
  console.log(`  at most ${highest.toFixed(3)} of what is allowed; more connects than the greedy pool: ${surplus}`);
  console.log(
    `  at most ${ratioOf(worst!).toFixed(2)} times as long as the greedy pool: ${example} (seed ${load.seed})`,
  );
  rows.push([name, String(each), highest.toFixed(2), ratioOf(worst!).toFixed(2), example, surplus]);
}
console.log(`${broken} of ${each * kinds.length} loads take longer than is allowed`);
if (values.write) {
  const table = [
    [
      'loads',
      'count',
      'of what is allowed',
      'times the greedy pool',
      'the load of that',
      'with more connects than the greedy pool',
    ],
    ['---', '---', '---', '---', '---', '---'],
    ...rows,
  ];
  await fill(fileURLToPath(new URL('../docs/semantics.md', import.meta.url)), {
    loads: table.map((row) => `| ${row.join(' | ')} |`).join('\n'),
  });
}
if (broken > 0) process.exitCode = 1;
