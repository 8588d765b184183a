// Runs specs with one mutant, or with none to see which specs reach which mutants. Answers its parent by message.
import childProcess from 'node:child_process';
import { once } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Jasmine from 'jasmine';

const { active = -1, limit = Infinity, count, files, specs, root } = (await once(process, 'message'))[0];
/** The code of a process that was ended in a loop, where no message would leave it. */
const LOOPS = 77;
const tell = (message, code) => process.send(message, () => process.exit(code));

/** Whether the spec has started a program, in which there are no mutants. */
let started = false;
for (const name of ['execFile', 'fork', 'spawn', 'spawnSync']) {
  const watched =
    (start) =>
    (...args) => {
      started = true;
      return start(...args);
    };
  const start = childProcess[name];
  childProcess[name] = watched(start);
  const promised = start[promisify.custom];
  if (promised !== undefined) childProcess[name][promisify.custom] = watched(promised);
}
syncBuiltinESMExports();

let seen = null;
const hits = new Float64Array(active < 0 ? count : 0);
const atLoad = new Uint8Array(active < 0 ? count : 0);
globalThis.mutation = {
  active,
  limit,
  loops: () => process.exit(LOOPS),
  reached:
    active < 0
      ? (...ids) => {
          for (const id of ids) {
            hits[id]++;
            (seen ?? atLoad)[id] = 1;
          }
        }
      : () => {},
};

const jasmine = new Jasmine({ projectBaseDir: root });
jasmine.loadConfig({ spec_dir: '.', random: false });
jasmine.exitOnCompletion = false;
jasmine.clearReporters();
const wanted = specs === undefined ? null : new Set(specs);
jasmine.env.configure({
  stopOnSpecFailure: active >= 0,
  failSpecWithNoExpectations: true,
  autoCleanClosures: false,
  ...(wanted === null ? {} : { specFilter: (spec) => wanted.has(spec.getFullName()) }),
});
// The parent process watches the CPU time of this one, because the machine may be busy.
globalThis.jasmine.DEFAULT_TIMEOUT_INTERVAL = 2 ** 31 - 1;

const covered = [];
const cpuTime = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};
let passed = 0;
let began = 0;
jasmine.addReporter({
  specStarted({ fullName }) {
    started = false;
    began = cpuTime();
    if (active >= 0) process.send({ began: fullName });
    seen = new Uint8Array(active < 0 ? count : 0);
  },
  specDone({ status, fullName, filename, failedExpectations }) {
    if (status === 'passed') passed++;
    if (active >= 0) {
      if (status === 'failed') tell({ ended: 'failed', spec: fullName, why: failedExpectations[0]?.message }, 0);
      return;
    }
    const ids = [];
    for (let id = 0; id < count; id++) if (seen[id] === 1) ids.push(id);
    covered.push({
      name: fullName,
      file: fileURLToPath(filename),
      ms: cpuTime() - began,
      status: started ? 'program' : status,
      ids,
    });
  },
  suiteDone({ fullName, failedExpectations }) {
    if (active >= 0 && failedExpectations.length > 0) {
      tell({ ended: 'failed', spec: fullName, why: failedExpectations[0].message }, 0);
    }
  },
});
process.on('uncaughtException', (error) =>
  tell({ ended: 'failed', spec: 'outside of any spec', why: String(error) }, 0),
);

const result = await jasmine.execute(files).catch((error) => ({ overallStatus: 'failed', error }));
if (active < 0) {
  const static_ = [];
  for (let id = 0; id < count; id++) if (atLoad[id] === 1) static_.push(id);
  tell({ covered, atLoad: static_, hits: [...hits], failed: result.error?.stack }, 0);
} else {
  if (result.overallStatus !== 'passed')
    tell({ ended: 'failed', spec: 'all together', why: String(result.error ?? result.incompleteReason) }, 0);
  // A spec that did not run has detected nothing: that is reported as a failure.
  else
    tell(
      passed < specs.length
        ? { ended: 'failed', spec: 'all together', why: `${specs.length - passed} were not run` }
        : { ended: 'passed' },
      0,
    );
}
