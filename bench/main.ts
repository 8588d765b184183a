import { readFileSync, writeFileSync } from 'node:fs';
import { allCases } from './cases/index';
import { caseAsText } from './report/console';
import { describe, thisMachine } from './runner/machine';
import { chosen, help, readOptions, type Options } from './runner/options';
import { randomFrom } from './runner/order';
import type { CaseResults, Results } from './runner/results';
import { runRounds } from './runner/rounds';

const options = readOptions(process.argv.slice(2));

switch (options.mode) {
  case 'help':
    console.log(help);
    break;
  case 'list':
    for (const { id, title } of allCases) console.log(`${id.padEnd(16)} ${title}`);
    break;
  case 'compare':
    await compare(options);
    break;
}

async function compare(options: Options): Promise<void> {
  const results = options.from === undefined ? await measure(options) : read(options.from);
  if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(results, null, 1));
}

async function measure(options: Options): Promise<Results> {
  const { quick, rounds, seed } = options;
  const machine = thisMachine();
  console.log(`${describe(machine)}\n${rounds} rounds, --seed ${seed}\n`);
  const start = performance.now();
  const suite = { quick, rounds, random: randomFrom(seed) };
  const cases: Record<string, CaseResults> = {};
  for (const one of chosen(allCases, options)) {
    cases[one.id] = await runRounds(one, suite);
    console.log(caseAsText(one, cases));
  }
  const seconds = Math.round((performance.now() - start) / 1000);
  console.log(`${seconds} s`);
  return { machine, date: new Date().toISOString().slice(0, 10), quick, seed, rounds, seconds, cases };
}

function read(file: string): Results {
  const results = JSON.parse(readFileSync(file, 'utf8')) as Results;
  for (const one of allCases) if (one.id in results.cases) console.log(caseAsText(one, results.cases));
  return results;
}
