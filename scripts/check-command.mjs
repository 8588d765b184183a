// Tests the command as its users install it: packs the built package, installs the tarball into an empty folder, and runs `serve`, `send`,
// `stress` and `simulate` there through npx. The first three connect to each other; `simulate` connects to no target.
import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { install } from './packed.mjs';

const { folder, remove } = install();
const name = 'rxjs-connection-pool';
const problems = [];

function command(args, input = '') {
  const { status, stdout, stderr } = spawnSync('npx', ['--no-install', name, ...args], {
    cwd: folder,
    input,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

function expect(what, result, status, stdout) {
  const right = typeof stdout === 'string' ? result.stdout === stdout : stdout.test(result.stdout);
  if (result.status !== status || !right) problems.push(`${what}: ${JSON.stringify(result)}`);
}

/** The program that npx would start: after Ctrl-C npx itself does not report the exit code. */
function serve() {
  const child = spawn(join(folder, 'node_modules', '.bin', name), ['serve'], { cwd: folder });
  const target = new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      if (text.endsWith('\n')) resolve(text.trim().split(' ').at(-1));
    });
    child.once('exit', (code) => reject(new Error(`serve ended with ${code} before it listened`)));
  });
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
  return { target, ended, interrupt: () => child.kill('SIGINT') };
}

let node;
try {
  writeFileSync(
    join(folder, 'pool.mjs'),
    `import { concat, NEVER, of } from 'rxjs';
     import { createPool } from '${name}';
     export default createPool({ max: 2, connect: () => concat(of({ n: 1 }), NEVER) });
     export const work = ({ n }) => of(n);`,
  );

  expect('--help', command(['--help']), 0, /serve/);
  expect('--version', command(['--version']), 0, /^\d+\.\d+\.\d+/);
  expect('wrong arguments', command(['send', '--max', 'ten']), 2, '');

  node = serve();
  const to = ['send', '--target', `worker@${await node.target}`, '--method'];
  expect('send', command([...to, 'word_count', '--sequential'], 'to be\nor not to be'), 0, '2\n4\n');
  const outcome = '{"index":0,"item":[1,2],"status":"succeeded","value":[1,2]}\n';
  expect('send --json', command([...to, 'echo', '--json', '--json-input'], '[1,2]'), 0, outcome);
  expect('a failure', command([...to, 'fail', '--json'], 'why\n'), 1, /"status":"failed".*why/);
  const load = ['stress', '--target', await node.target, '--method', 'echo', '--params', '[1]', '--ops', '100'];
  expect('stress', command([...load, '--threshold', 'errors<1%']), 0, /^✓ errors<1%/);
  expect('stress --json', command([...load, '--json', '--threshold', 'wait.p99<0ms']), 99, /"succeeded":100,/);
  expect(
    'stress of a pool',
    command(['stress', '--pool', 'pool.mjs', '--ops', '50']),
    0,
    /50 operations .*: 50 succeeded/,
  );
  writeFileSync(
    join(folder, 'scenario.json'),
    JSON.stringify({ pool: { max: 3 }, arrivals: { rate: 50 }, work: { exponential: '20ms' }, duration: '30s' }),
  );
  expect('simulate', command(['simulate', '--threshold', 'errors<1%', 'scenario.json']), 0, /^✓ errors<1%/);
  expect('simulate --plan', command(['simulate', '--plan', 'wait.p99<20ms', 'scenario.json']), 0, /^max 3 is enough/);
  expect('stress by itself', command(['stress', '--ops', '50']), 0, /a node of this process/);
  node.interrupt();
  const end = await node.ended;
  if (end !== 0) problems.push(`serve ended with ${end} at Ctrl-C`);
  expect('no node', command([...to, 'echo'], 'x\n'), 3, '');
} finally {
  node?.interrupt();
  remove();
}

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log('the command does its work from a packed tarball');
