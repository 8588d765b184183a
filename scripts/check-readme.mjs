// The first ten minutes: every block of the README and of the guide is pasted into a file of an empty folder, in which the packed package and
// RxJS are installed. It must compile under the strict compiler and run; where a comment says what is printed, that is printed.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { install, manifest, npm, root } from './packed.mjs';

const blocksOf = (file) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);

const [first, ...others] = blocksOf('README.md');
const blocks = [...others, ...blocksOf('docs/guide.md')];
const problems = [];

/** What the comments behind calls of console.log promise, without those that are shortened. */
const promised = (code) =>
  [...code.matchAll(/console\.log(?:\(.*\))?\)*; \/\/ (.*)$/gm)]
    .map(([, text]) => text)
    .filter((text) => !text.includes('…'));
const withoutSpaces = (text) => text.replaceAll(/\s/g, '');

const { folder, remove } = install('rxjs');
const run = (args) => spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', timeout: 60_000 });

function check(name, code, args) {
  const { status, stdout, stderr } = run(args);
  if (status !== 0 || stderr !== '') problems.push(`${name} ended with ${status}:\n${stdout}${stderr}`);
  for (const text of promised(code)) {
    if (!withoutSpaces(stdout).includes(withoutSpaces(text))) problems.push(`${name} prints no "${text}":\n${stdout}`);
  }
}

try {
  // The first block needs the two packages that the README installs, and nothing else.
  writeFileSync(join(folder, 'first.mjs'), first);
  check('The first block', first, ['first.mjs']);

  const tools = ['typescript', 'tsx', '@types/node'].map((name) => `${name}@${manifest.devDependencies[name]}`);
  npm(folder, 'install', ...tools, '--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock');
  const names = blocks.map((code, i) => (code.includes('export const pool') ? 'pool.ts' : `block-${i + 2}.ts`));
  for (const [i, code] of blocks.entries()) writeFileSync(join(folder, names[i]), code);
  writeFileSync(join(folder, 'first.ts'), first);
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { target: 'ES2022', module: 'nodenext', strict: true, types: ['node'], noEmit: true },
      include: ['*.ts'],
    }),
  );
  const { status, stdout } = run(['node_modules/typescript/bin/tsc']);
  if (status !== 0) problems.push(stdout);
  for (const [i, code] of blocks.entries()) check(names[i], code, ['--import', 'tsx', names[i]]);
} finally {
  remove();
}

if (!blocks.some((code) => promised(code).length > 0)) problems.push('no block says what it prints');
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`${blocks.length + 1} blocks of the README and the guide compile and run from a packed tarball`);
