// The programs of docs/testing.md as their readers run them: packs what has been built, unpacks it into an empty folder, and runs the tests there
// by each test runner, with two tests that have to fail: by a wrong marble, and by a lease that is not released.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { programsOf } from './doc-programs.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
// Below this project, so that the test runners are found in its node_modules.
const folder = join(root, 'temp/testing');
const name = 'rxjs-connection-pool';
const problems = [];

const failing = `
import { it } from 'node:test';
import { poolTest, scriptedConnector } from '${name}/testing';

it('fails by a wrong marble', () => {
  poolTest(({ pool, cold, expectObservable }) => {
    const words = pool({ max: 1, connect: scriptedConnector('--a') });
    expectObservable(words.use(() => cold('-x|'))).toBe('----x|');
  });
});

it('fails by a leak', () => {
  poolTest(({ pool }) => {
    pool({ max: 1, connect: scriptedConnector('--a') }).acquire({ label: 'report' }).subscribe();
  });
});
`;
/** What the output of each runner has to say of these. */
const said = [/expected {2}-{4}x\|/, /actual {4}-{3}x\|/, /held for 0 ms by 'report'/, /failing.*:\d+:\d+/];

/** The file of a program that a package brings. */
const program = (packageName, path) => join(root, 'node_modules', packageName, path);

const runners = [
  { name: 'node:test', args: ['--test', '--test-reporter=tap'], counts: [/^# pass (\d+)$/m, /^# fail (\d+)$/m] },
  {
    name: 'jasmine',
    args: [program('jasmine', 'bin/jasmine.js')],
    counts: [/^(\d+) specs?, /m, /^\d+ specs?, (\d+) failures?/m],
    // It counts all of them.
    all: true,
  },
  { name: 'mocha', args: [program('mocha', 'bin/mocha.js')], counts: [/^\s*(\d+) passing/m, /^\s*(\d+) failing/m] },
  {
    name: 'jest',
    extension: 'cjs',
    args: [
      program('jest', 'bin/jest.js'),
      `--config=${JSON.stringify({ testMatch: ['**/*.test.cjs'], transform: {} })}`,
      '--runInBand',
    ],
    counts: [/^Tests: .* (\d+) passed/m, /^Tests: +(\d+) failed/m],
    findsFiles: true,
  },
  {
    name: 'vitest',
    args: [program('vitest', 'vitest.mjs'), 'run', `--root=.`, '--pool=threads', '--maxWorkers=1'],
    counts: [/^ *Tests .*\b(\d+) passed/m, /^ *Tests +(\d+) failed/m],
    findsFiles: true,
  },
];

function run(command, args, cwd) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    timeout: 120_000,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', CI: '1' },
  });
  return { status, output: `${stdout}${stderr}` };
}

function sure({ status, output }) {
  if (status !== 0) throw new Error(output);
  return output;
}

rmSync(folder, { recursive: true, force: true });
const installed = join(folder, 'node_modules', name);
mkdirSync(installed, { recursive: true });
const packed = sure(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root));
const [{ filename }] = JSON.parse(packed.slice(packed.indexOf('[')));
sure(run('tar', ['-xzf', join(folder, filename), '-C', installed, '--strip-components=1'], root));
writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'user', version: '1.0.0', private: true }));

const programs = programsOf(join(root, 'docs/testing.md'));
// Of a recording: the load that `replay` makes of it.
const { Histogram } = await import(name);
const histogram = JSON.stringify(new Histogram());
writeFileSync(
  join(folder, 'friday.json'),
  `{"version":1,"duration":100,"arrivals":[0,10,20],"use":${histogram},"open":${histogram},"openFailures":0,"lost":0}`,
);
const tests = [...programs].filter(([file]) => file.endsWith('.test.ts'));
const count = tests.reduce((sum, [, code]) => sum + code.match(/^it\(/gm).length, 0);

for (const { name: runner, extension = 'mjs', args, counts, all = false, findsFiles = false } of runners) {
  const where = join(folder, runner.replace(':', '-'));
  mkdirSync(where);
  writeFileSync(join(where, 'friday.json'), readFileSync(join(folder, 'friday.json')));
  writeFileSync(join(where, 'hedged.ts'), programs.get('hedged.ts'));
  const files = [];
  for (const [file, code] of [...tests, ['failing.test.ts', failing]]) {
    // As the page says: the line of node:test is another one, or none.
    const own = runner === 'vitest' ? "import { it } from 'vitest';" : runner === 'node:test' ? undefined : '';
    writeFileSync(
      join(where, file),
      own === undefined ? code : code.replace(/^import \{ it \} from 'node:test'.*$/m, own),
    );
    const outfile = file.replace('.ts', `.${extension}`);
    await build({
      entryPoints: [join(where, file)],
      outfile: join(where, outfile),
      bundle: true,
      packages: 'external',
      format: extension === 'cjs' ? 'cjs' : 'esm',
      platform: 'node',
      logLevel: 'error',
    });
    rmSync(join(where, file));
    files.push(outfile);
  }
  const started = Date.now();
  const { status, output } = run(process.execPath, [...args, ...(findsFiles ? [] : files)], where);
  const [passed, failed] = counts.map((pattern) => Number(pattern.exec(output)?.[1] ?? NaN));
  const right = (all ? passed - failed : passed) === count && failed === 2 && status !== 0;
  const missing = said.filter((pattern) => !pattern.test(output));
  if (!right || missing.length > 0) {
    problems.push(
      `${runner}: ${passed} and ${failed}, exit ${status}, without ${missing.join(', ') || 'nothing'}\n${output}`,
    );
  }
  console.log(
    `${runner}: ${count} tests pass, 2 fail as they must, in ${Math.round((Date.now() - started) / 100) / 10} s`,
  );
}

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
