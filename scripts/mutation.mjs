// Mutation testing of the pool and its operators: is a small fault in the sources noticed by a spec?
//
//   npm run mutation                                          a sample of 150 mutants
//   npm run mutation -- --sample 400 --seed 7 --write     another one, into docs/reliability.md
//   npm run mutation -- --sample 1000 --minutes 30            as many of them as can be begun in that time
//   npm run mutation -- --all                                 every mutant: hours
//   npm run mutation -- --again                               those that have survived the last time
//   npm run mutation -- --mutant 1234                         one, with what noticed it
//
// All mutants are put into the sources at once, by Stryker's instrumenter, each behind a switch. One run without any shows which specs
// reach which mutants; then each mutant that was drawn is tried in a process of its own, on the specs that reach it, to the first failure.
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';
import { parseArgs } from 'node:util';
import { buildMutants } from './mutation/build.mjs';
import { equivalent } from './mutation/equivalent.mjs';

const root = resolve(import.meta.dirname, '..');
const child = join(import.meta.dirname, 'mutation/child.mjs');
const { values } = parseArgs({
  options: {
    sample: { type: 'string', default: '150' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: 'Infinity' },
    all: { type: 'boolean', default: false },
    mutant: { type: 'string', multiple: true },
    file: { type: 'string' },
    again: { type: 'boolean', default: false },
    jobs: { type: 'string', default: String(availableParallelism()) },
    write: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
const jobs = Number(values.jobs);

/** What is mutated, and the specs that are to notice: none that need real programs, sockets, a compiler, or many seconds. */
const sources = ['src/pool', 'src/operators'];
const specs = [
  'spec/pool',
  'spec/operators',
  'spec/ix',
  'spec/acceptance',
  'spec/diagnosis',
  'spec/telemetry/diagnostics-channels.spec.ts',
  'spec/telemetry/prometheus.spec.ts',
  'spec/stress/random-pools.long.spec.ts',
];
const without =
  /acceptance\/(black-hole|dead-target|full-stack|million|outage|postgres-max|process-end)|ix\/(pictures|traps|types|stopping)/;
/** A small share of the specs that could run without an end: a mutant that survives runs all of it. */
const env = { ...process.env, FC_STEPS: '5000', LEDGER_RUNS: '400', WALK_SAMPLE: '150' };
const outdir = join(root, 'temp/mutation');
/** Not in `outdir`, which each run creates anew. */
const resultFile = join(root, 'temp/mutation-result.json');

const began = performance.now();
const say = (text) => console.log(`${((performance.now() - began) / 1_000).toFixed(0).padStart(5)} s  ${text}`);

const { mutants, specFiles } = await buildMutants({ root, sources, specs, without, outdir });
say(`${mutants.length} mutants of ${sources.join(' and ')}, ${specFiles.length} files of specs`);

/** The state of a process and the CPU time that it has used, in ms; null where the system does not say, or it has ended. */
function cpuOf(pid) {
  try {
    const [state, , , , , , , , , , , user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .split(') ')
      .at(-1)
      .split(' ');
    return { state, ms: 10 * (Number(user) + Number(system)) };
  } catch {
    return null;
  }
}

/** In s. The time for which a child process may sleep in one spec: a spec waits for a real timer for a second or two. A poll sleeps too. */
const asleepLimit = 60;
/** In ms of CPU time, on top of what a spec takes without a mutant. */
const cpuLimit = 15_000;

/**
 * Runs a child process until it ends, or until it counts as stuck. Other load on the machine must not affect that, so it is judged by CPU
 * time and sleep: a spec is stuck when it takes many times the CPU time that it takes without a mutant, and a process when it sleeps for nearly
 * all of a minute. A process that waits for a CPU does not sleep.
 */
function run(task, cpuOfSpec = new Map()) {
  return new Promise((resolve) => {
    const process = fork(child, { stdio: 'ignore', cwd: root, env });
    process.send({ root, ...task });
    let answer;
    let used = 0;
    let usedBefore = 0;
    let asleep = 0;
    let limit = Infinity;
    const end = (ended) => {
      answer ??= { ended };
      process.kill('SIGKILL');
    };
    const timer = setInterval(() => {
      const cpu = cpuOf(process.pid);
      if (cpu === null) return;
      asleep = cpu.state === 'S' ? asleep + 1 : Math.max(0, asleep - 4);
      used = cpu.ms;
      if (used - usedBefore > limit) end('takes too much CPU time');
      else if (asleep > asleepLimit) end('waits for ever');
    }, 1_000);
    process.on('message', (message) => {
      if (message.began === undefined) {
        answer ??= message;
        return;
      }
      usedBefore = cpuOf(process.pid)?.ms ?? used;
      asleep = 0;
      limit = cpuOfSpec.has(message.began) ? cpuLimit + 20 * cpuOfSpec.get(message.began) : Infinity;
    });
    process.on('exit', (code) => {
      clearInterval(timer);
      resolve(answer ?? { ended: code === 77 ? 'loop' : `process ended with ${code}` });
    });
  });
}

/** Takes minutes, and has the same result as long as the sources and the specs are the same. */
async function dryRun() {
  const hash = createHash('sha256');
  for (const name of readdirSync(outdir, { recursive: true }).sort()) {
    if (name.endsWith('.js')) hash.update(readFileSync(join(outdir, name)));
  }
  const of = hash.digest('hex');
  const file = join(root, 'temp/mutation-dry-run.json');
  const last = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  if (last.of === of) return last;
  const found = await run({ count: mutants.length, files: specFiles });
  if (found.covered === undefined || found.failed) {
    throw new Error(`The specs do not run without a mutant: ${found.failed ?? found.why ?? found.ended}`);
  }
  writeFileSync(file, JSON.stringify({ of, ...found }));
  return found;
}

const dry = await dryRun();
const usable = dry.covered.filter(({ status }) => status === 'passed');
for (const { name } of dry.covered.filter(({ status }) => status === 'failed'))
  say(`left out, because it fails without a mutant: ${name}`);
say(`${usable.length} specs without a mutant`);

const reached = new Map(mutants.map(({ id }) => [id, []]));
for (const spec of usable) for (const id of spec.ids) reached.get(id).push(spec);
const atLoad = new Set(dry.atLoad);
const cpuOfSpec = new Map(usable.map(({ name, ms }) => [name, ms]));

/**
 * The order that detects a mutant soonest: first the specs of the mutated file, then the fast ones, and files that reach everything last.
 */
function specsFor(mutant) {
  const specs = atLoad.has(mutant.id) ? usable : reached.get(mutant.id);
  const own = basename(mutant.file, '.ts');
  const files = new Map();
  for (const { file, ms, name } of specs) {
    const entry = files.get(file) ?? { file, ms: 0, names: [] };
    entry.ms += ms;
    entry.names.push(name);
    files.set(file, entry);
  }
  const isOwn = ({ file }) => (basename(file).split('.')[0] === own ? 0 : 1);
  const ordered = [...files.values()].sort((a, b) => isOwn(a) - isOwn(b) || a.ms - b.ms);
  return {
    files: ordered.map(({ file }) => file),
    specs: ordered.flatMap(({ names }) => names),
  };
}

const known = new Map(equivalent.map(({ key, why }) => [key, why]));
for (const { key } of equivalent)
  if (!mutants.some((mutant) => mutant.key === key))
    say(`no mutant any more, but in the list of equivalent ones: ${key}`);

async function attempt(mutant) {
  const { files, specs } = specsFor(mutant);
  if (specs.length === 0) return { ...mutant, status: 'not reached' };
  const answer = await run({ active: mutant.id, limit: dry.hits[mutant.id] * 50 + 100_000, files, specs }, cpuOfSpec);
  if (answer.ended === 'passed') return { ...mutant, status: 'survived' };
  if (answer.ended !== 'failed') return { ...mutant, status: 'killed', by: 'no end', why: answer.ended };
  return { ...mutant, status: 'killed', by: answer.spec, why: answer.why };
}

/** Uniform, and the same for the same seed. */
function draw(list, count) {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const rest = [...list];
  for (let i = 0; i < Math.min(count, rest.length); i++) {
    const j = i + Math.floor(random() * (rest.length - i));
    [rest[i], rest[j]] = [rest[j], rest[i]];
  }
  return rest.slice(0, count);
}

const eligible = mutants.filter(({ file }) => values.file === undefined || file.includes(values.file));
const chosen = values.mutant !== undefined || values.again;

function choose() {
  if (values.mutant !== undefined) return mutants.filter(({ id }) => values.mutant.includes(String(id)));
  if (values.again) {
    const survived = JSON.parse(readFileSync(resultFile, 'utf8')).filter(({ status }) => status !== 'killed');
    const keys = new Set(survived.map(({ key }) => key));
    return mutants.filter(({ key }) => keys.has(key));
  }
  return values.all ? eligible : draw(eligible, Number(values.sample));
}

const drawn = choose();
say(
  `trying ${drawn.length} of ${eligible.length}${values.all || chosen ? '' : `, drawn with seed ${seed}`}, ${jobs} at a time`,
);

const results = [];
const queue = [...drawn];
// They are in random order: those that have begun when the time is over are a sample, too. Each of these runs to its end.
const over = performance.now() + Number(values.minutes) * 60_000;
await Promise.all(
  Array.from({ length: jobs }, async () => {
    for (let mutant = queue.shift(); mutant !== undefined && performance.now() < over; mutant = queue.shift()) {
      const result = await attempt(mutant);
      results.push(result);
      if (result.status !== 'killed' || chosen) {
        say(
          `${result.status}${known.has(result.key) ? ' (equivalent)' : ''}: #${result.id} ${result.file}:${result.line} ${result.before.slice(0, 150)} → ${result.after.slice(0, 150)}${result.by ? `\n         by ${result.by}: ${result.why}` : ''}`,
        );
      }
      if (results.length % 50 === 0) say(`${results.length} tried`);
    }
  }),
);
results.sort((a, b) => a.id - b.id);
writeFileSync(resultFile, JSON.stringify(results, null, 2));

for (const { key, status } of results)
  if (known.has(key) && status === 'killed') say(`killed, but in the list of equivalent ones: ${key}`);
const counted = results.filter(({ key, status }) => status === 'killed' || !known.has(key));
const killed = counted.filter(({ status }) => status === 'killed').length;
const endless = counted.filter(({ by }) => by === 'no end').length;
const survivors = counted.filter(({ status }) => status !== 'killed');
const unnoticed = results.length - counted.length;

/** Wilson's interval, of 95 %. */
function interval(successes, trials) {
  const z = 1.96;
  const p = successes / trials;
  const middle = p + (z * z) / (2 * trials);
  const half = z * Math.sqrt((p * (1 - p)) / trials + (z * z) / (4 * trials * trials));
  return [middle - half, middle + half].map((end) => end / (1 + (z * z) / trials));
}
const percent = (part) => `${(100 * part).toFixed(1)} %`;
const [low, high] = interval(killed, counted.length);
const whole = values.all && values.file === undefined;
const score = `${percent(killed / counted.length)} killed: ${killed} of ${counted.length}${whole ? '' : ` (95 % interval: ${percent(low)} to ${percent(high)})`}`;
say(score);

if (values.write && !chosen) {
  const cell = (text) =>
    `\`${text.slice(0, 90).replaceAll('|', '\\|').replaceAll('`', "'")}${text.length > 90 ? '…' : ''}\``;
  const report = [
    `${whole ? `All ${results.length} mutants` : `A sample of ${results.length} of ${mutants.length} mutants (seed ${seed})`} of ${sources.map((folder) => `\`${folder}\``).join(' and ')}:`,
    '',
    `**${score}.**`,
    '',
    `${endless} of the killed did not end. ${unnoticed} more changed nothing that a caller could see, and are not counted; \`scripts/mutation/equivalent.mjs\` lists them with the reasons.`,
    '',
    ...(survivors.length === 0
      ? ['None survived.']
      : [
          'Survivors:',
          '',
          '| where | original | mutant |',
          '| --- | --- | --- |',
          ...survivors.map(
            ({ file, line, before, after, status }) =>
              `| ${relative('src', file)}:${line}${status === 'not reached' ? ' (not reached)' : ''} | ${cell(before)} | ${cell(after || ' ')} |`,
          ),
        ]),
  ].join('\n');
  const page = join(root, 'docs/reliability.md');
  const [before, , after] = readFileSync(page, 'utf8').split(/<!-- mutation:(?:begin|end) -->/);
  const { format, resolveConfig } = await import('prettier');
  writeFileSync(
    page,
    await format(`${before}<!-- mutation:begin -->\n\n${report}\n\n<!-- mutation:end -->${after}`, {
      ...(await resolveConfig(page)),
      filepath: page,
    }),
  );
  say('written into docs/reliability.md');
}
