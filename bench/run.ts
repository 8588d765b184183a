/**
 * `npm run bench`: every contender in a process of its own, the contenders of a group in turn, over several rounds; prints medians
 * and what they are as multiples of the first of their group. Only the multiples mean anything on another machine.
 *
 * `npm run bench -- --rounds 9 --only batch` measures longer, or only the groups whose title has that word in it.
 */
import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { groups } from './contenders';
import type { Contender, Group } from './contenders';

const self = fileURLToPath(import.meta.url);
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    contender: { type: 'string' },
  },
});

if (values.contender === undefined) await compare(Number(values.rounds), values.only);
else await measure(values.contender);

async function compare(rounds: number, only: string): Promise<void> {
  const chosen = groups.filter(({ title }) => title.includes(only));
  if (!(rounds >= 1) || chosen.length === 0) {
    throw new Error(
      `nothing to measure: --rounds ${rounds} --only '${only}'; titles are ${groups.map((g) => g.title).join('; ')}`,
    );
  }
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${rounds} rounds\n`);
  for (const group of chosen) await compareGroup(group, rounds);
}

async function compareGroup({ title, contenders }: Group, rounds: number): Promise<void> {
  const times = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, contender] of contenders.entries()) times[i]!.push(await inOwnProcess(`${title}/${contender.name}`));
  }
  const medians = times.map(median);
  console.log(title);
  for (const [i, { name }] of contenders.entries()) {
    const ratio = (medians[i]! / medians[0]!).toFixed(2);
    console.log(`  ${name.padEnd(44)} ${medians[i]!.toFixed(0).padStart(8)} ns  ${ratio.padStart(6)} ×`);
  }
  console.log();
}

async function inOwnProcess(contender: string): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, self, '--contender', contender]);
  return Number(stdout);
}

async function measure(path: string): Promise<void> {
  const { operations, run } = find(path);
  await run(operations / 4); // for the compiler
  globalThis.gc?.();
  const start = performance.now();
  await run(operations);
  console.log(((performance.now() - start) / operations) * 1e6);
  process.exit();
}

function find(path: string): Contender {
  for (const { title, contenders } of groups) {
    for (const contender of contenders) if (`${title}/${contender.name}` === path) return contender;
  }
  throw new Error(`no contender '${path}'`);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
