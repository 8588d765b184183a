// Runs every program of examples against the packed package: a copy of the folder whose imports of the sources are those of the package, in
// an empty folder in which the tarball and the packages that the examples name are installed.
//
//   node scripts/check-examples.mjs            all
//   node scripts/check-examples.mjs simulate   these
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { performance } from 'node:perf_hooks';
import { clearTimeout, setTimeout } from 'node:timers';
import { entries } from '../entries.mjs';
import { install, manifest, root } from './packed.mjs';

/** Files that are parts of others. */
const parts = ['bad-day', 'erlang-node', 'progress-bar', 'store-node', 'time-zone-hours'];

const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

/** The expectations for an example: what it prints, its exit code, when to interrupt it, and what it needs. */
const known = {
  main: { prints: /109 done, 0 failed/ },
  'nest/main': { prints: /warm before the first request: 2 connections\n.*words: 6.*\n.*\n.*words: 4.*\nclosed: 0/ },
  'request-handler': { prints: /A calm minute: 20 × 200\nA rush of 200: \d+ × 200, \d+ × 503\nWithout the node: 502/ },
  'sync-records': { prints: /Synced 900 records, 100 failed\.[^]*record 500[^]*999 of 1000 records/ },
  'monitor-health': { prints: /Busy: 4 → 8[^]*Warning: 100[^]*Calm: 8 → 4/ },
  'type-ahead': { prints: /Los Angeles/ },
  'angular-component': { prints: /of 3 in use/ },
  'watch-pool': { prints: /holders|nightly report/ },
  'send-ndjson': { prints: /145999 values of 145999/, status: 1 },
  'send-csv': { prints: /0 failed\./ },
  // Is run by spec/examples, beside a server.
  'send-postgres': { leaveOut: 'PostgreSQL' },
  'time-zone-service': { interruptAt: /listening on/ },
  erlang: { leaveOut: has('erl') ? undefined : 'Erlang' },
  'nats-cluster': { leaveOut: has('nats-server') ? undefined : 'nats-server' },
};

const asked = process.argv.slice(2);
const names = [...readdirSync(join(root, 'examples')), 'nest/main.ts']
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.slice(0, -3))
  .filter((name) => !parts.includes(name) && (asked.length === 0 || asked.includes(name)));

const publicNames = new Map(
  Object.entries(entries).map(([subpath, source]) => [
    source.replace(/\.ts$/, ''),
    `rxjs-connection-pool${subpath.slice(1)}`,
  ]),
);

/** The same file with the imports of a user. */
function asOfUser(file) {
  const text = readFileSync(join(root, file), 'utf8');
  return text.replace(/(?<=from ')(\.\.?\/[^']+)(?=')/g, (path) => {
    const meant = relative(root, join(root, dirname(file), path));
    if (!meant.startsWith('src/')) return path;
    const name = publicNames.get(meant);
    if (name === undefined) throw new Error(`${file} imports ${path}, which is no entry of the package`);
    return name;
  });
}

const files = readdirSync(join(root, 'examples'), { recursive: true }).filter((name) => !name.startsWith('recipes'));
const sources = files.filter((name) => name.endsWith('.ts')).map((name) => [name, asOfUser(join('examples', name))]);
const packages = new Set(
  sources.flatMap(([, text]) =>
    [...text.matchAll(/^import [^;]*?'((?:@[^/']+\/)?[^./'][^/']*)[^']*';$/gm)].map(([, name]) => name),
  ),
);
// Entries load optional peers, and NestJS its server.
const peers = Object.keys(manifest.peerDependenciesMeta);
const beside = [...new Set([...packages, ...peers, 'tsx', '@nestjs/platform-express'])].filter(
  (name) => name in manifest.devDependencies,
);

const { folder, remove } = install(...beside);
const problems = [];

function run(name, { interruptAt }) {
  const tsconfig = name.includes('/') ? [`--tsconfig`, `examples/${dirname(name)}/tsconfig.json`] : [];
  const env = { ...process.env, ...(tsconfig.length > 0 ? { TSX_TSCONFIG_PATH: tsconfig[1] } : {}) };
  const child = spawn(process.execPath, ['--import', 'tsx', `examples/${name}.ts`], { cwd: folder, env });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8').on('data', (text) => {
      output[stream] += text;
      if (stream === 'stdout' && interruptAt?.test(output.stdout)) child.kill('SIGINT');
    });
  }
  const limit = setTimeout(() => child.kill('SIGKILL'), 120_000);
  return new Promise((resolve) => {
    child.once('close', (code, signal) => {
      clearTimeout(limit);
      resolve({ ...output, status: code ?? signal });
    });
  });
}

try {
  cpSync(join(root, 'examples'), join(folder, 'examples'), { recursive: true });
  cpSync(join(root, 'tsconfig.json'), join(folder, 'tsconfig.json'));
  for (const [name, text] of sources) writeFileSync(join(folder, 'examples', name), text);
  for (const name of names) {
    // An example that runs until Ctrl-C says so.
    const { prints = /./, status: expected = 0, interruptAt = /Ctrl-C/, leaveOut } = known[name] ?? {};
    if (leaveOut !== undefined) {
      console.log(`  ${name}: left out, it needs ${leaveOut}`);
      continue;
    }
    const begin = performance.now();
    const { stdout, stderr, status } = await run(name, { interruptAt });
    console.log(`  ${name}: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
    if (status !== expected || !prints.test(stdout) || (expected === 0 && stderr !== ''))
      problems.push(`${name} ended with ${status}, and printed:\n${stdout}${stderr}`);
  }
} finally {
  remove();
}

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`${names.length} examples run against the packed package`);
