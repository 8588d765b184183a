import { readFileSync, writeFileSync } from 'node:fs';
import { allCases } from './cases/index';
import { caseAsText } from './report/console';
import { writeDocuments } from './report/documents';
import { guard, updateGuard } from './runner/guard';
import { describe, thisMachine } from './runner/machine';
import { chosen, help, readOptions, type Options } from './runner/options';
import { randomFrom } from './runner/order';
import { profile } from './runner/profile';
import type { CaseResults, Results } from './runner/results';
import { runRounds, type Suite } from './runner/rounds';

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
  case 'profile':
    await profile(chosen(allCases, options), options.quick);
    break;
  case 'guard':
    if (!(await guard(chosen(allCases, options), suite(true)))) {
      console.error(
        'It has got slower. Where the time goes: npm run bench -- --profile --only CASE. If it has to be: npm run bench:guard -- --update',
      );
      process.exitCode = 1;
    }
    break;
  case 'update':
    await updateGuard(chosen(allCases, options), suite(true));
    break;
}

function suite(quick = options.quick): Suite {
  return { quick, rounds: options.rounds, random: randomFrom(options.seed) };
}

async function compare(options: Options): Promise<void> {
  const { from, json, only, write } = options;
  const earlier = from === undefined ? undefined : (JSON.parse(readFileSync(from, 'utf8')) as Results);
  // Without a case to measure again there is nothing to measure.
  const results = earlier !== undefined && only.length === 0 ? earlier : await measure(options, earlier);
  if (results === earlier)
    for (const one of allCases) if (one.id in results.cases) console.log(caseAsText(one, results.cases));
  if (json !== undefined) writeFileSync(json, JSON.stringify(results, null, 1));
  if (write) await writeDocuments(allCases, results);
}

async function measure(options: Options, earlier?: Results): Promise<Results> {
  const { quick, rounds, seed } = options;
  const machine = thisMachine();
  console.log(`${describe(machine)}\n${rounds} rounds, --seed ${seed}\n`);
  const start = performance.now();
  const inSuite = suite();
  const cases: Record<string, CaseResults> = { ...earlier?.cases };
  for (const one of chosen(allCases, options)) {
    const began = performance.now();
    cases[one.id] = await runRounds(one, inSuite);
    console.log(`${caseAsText(one, cases)}  in ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
  }
  const seconds = Math.round((performance.now() - start) / 1000);
  console.log(`${seconds} s`);
  if (earlier !== undefined) return { ...earlier, cases };
  return { machine, date: new Date().toISOString().slice(0, 10), quick, seed, rounds, seconds, cases };
}
