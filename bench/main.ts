import { readFileSync, writeFileSync } from 'node:fs';
import { allCases } from './cases/index';
import { caseAsText } from './report/console';
import { writeDocuments } from './report/documents';
import { guard, updateGuard } from './runner/guard';
import { describe, thisMachine } from './runner/machine';
import { chosen, help, readOptions, UsageError, type Options } from './runner/options';
import { randomFrom } from './runner/order';
import { hottestOf, profile } from './runner/profile';
import { figuresOf, type Results } from './runner/results';
import { runRounds, type Suite } from './runner/rounds';

try {
  await run(readOptions(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

async function run(options: Options): Promise<void> {
  const { mode, quick } = options;
  switch (mode) {
    case 'help':
      console.log(help);
      break;
    case 'list':
      for (const { id, title } of allCases) console.log(`${id.padEnd(20)} ${title}`);
      break;
    case 'compare':
      await compare(options);
      break;
    case 'profile':
      await profile(chosen(allCases, options), quick);
      break;
    case 'guard':
      if (!(await guard(chosen(allCases, options), guarding(options)))) {
        console.error(
          'It has got slower. Where the time goes: npm run bench -- --profile --only CASE. If it has to be: npm run bench:guard -- --update',
        );
        process.exitCode = 1;
      }
      break;
    case 'update':
      await updateGuard(chosen(allCases, options), guarding(options));
      break;
  }
}

function suiteOf({ quick, rounds, seed, clock }: Options): Suite {
  return { quick, rounds, random: randomFrom(seed), clock };
}

/** The guard measures CPU time, so that other processes of the machine do not affect the result. */
function guarding(options: Options): Suite {
  return suiteOf({ ...options, quick: true, clock: 'cpu' });
}

async function compare(options: Options): Promise<void> {
  const { from, json, only, write } = options;
  const earlier = from === undefined ? undefined : (JSON.parse(readFileSync(from, 'utf8')) as Results);
  const keep = (results: Results): void => {
    if (json !== undefined) writeFileSync(json, JSON.stringify(results, null, 1));
  };
  let results = earlier;
  if (results !== undefined && only.length === 0) {
    // With --from and without --only nothing is measured: the results in the file are printed.
    for (const one of allCases) if (one.id in results.cases) console.log(caseAsText(one, results.cases));
    keep(results);
  } else results = await measure(options, keep, earlier);
  if (write) await writeDocuments(allCases, results);
}

/** The results are saved after each case, because the whole run takes long. */
async function measure(options: Options, keep: (results: Results) => void, earlier?: Results): Promise<Results> {
  const { quick, rounds, seed, clock } = options;
  const machine = thisMachine();
  console.log(
    `${describe(machine)}\n${rounds} rounds, --seed ${seed}${clock === 'cpu' ? ', time of the processor' : ''}\n`,
  );
  if (machine.load > machine.cores / 2)
    console.log('Others use this machine: look at the spreads before you believe a figure.\n');
  const suite = suiteOf(options);
  const date = new Date().toISOString().slice(0, 10);
  let results = earlier ?? { machine, date, quick, seed, rounds, seconds: 0, cases: {} };
  for (const one of chosen(allCases, options)) {
    const start = performance.now();
    const cases = { ...results.cases, [one.id]: await runRounds(one, suite) };
    const profiles = new Map(Object.entries(results.profiles ?? {}));
    profiles.delete(one.id);
    const slow = one.contenders.find(({ name }) => name === one.headline?.ours);
    if (!quick && slow !== undefined && figuresOf(one, cases).some(({ verdict }) => verdict === 'not reached')) {
      profiles.set(one.id, await hottestOf(one, slow, quick));
    }
    const seconds = (performance.now() - start) / 1000;
    console.log(`${caseAsText(one, cases)}  in ${seconds.toFixed(1)} s\n`);
    results = { ...results, cases, profiles: Object.fromEntries(profiles), seconds: results.seconds + seconds };
    keep(results);
  }
  console.log(`${Math.round(results.seconds)} s`);
  return results;
}
