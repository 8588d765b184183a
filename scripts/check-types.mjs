// Compiles a consumer of every entry with each minor version of TypeScript from 5.4 to the newest, under every way to resolve modules.
// The declarations of the package are checked with it, those of other packages are not.
//
//   npm run check:types             every version
//   npm run check:types -- 5.4 7.0  these
//
// The compilers are installed by npm into node_modules/.cache, at the first run.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { entries } from '../entries.mjs';
import { install, manifest, npm, root } from './packed.mjs';

const versions = ['5.4', '5.5', '5.6', '5.7', '5.8', '5.9', '6.0', '7.0'];
const resolutions = {
  node10: { module: 'CommonJS', moduleResolution: 'node10' },
  node16: { module: 'node16', moduleResolution: 'node16' },
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'ESNext', moduleResolution: 'bundler' },
};

const asked = process.argv.slice(2);
const chosen = versions.filter((version) => asked.length === 0 || asked.includes(version));
const unknown = asked.filter((version) => !versions.includes(version));
if (unknown.length > 0)
  throw new Error(`TypeScript ${unknown.join(', ')} is not checked: name some of ${versions.join(', ')}`);

const cache = join(root, 'node_modules/.cache/typescript');
const folderOf = (version) => join(cache, 'node_modules', `typescript-${version}`);
const missing = chosen.filter((version) => !existsSync(folderOf(version)));
if (missing.length > 0) {
  mkdirSync(cache, { recursive: true });
  if (!existsSync(join(cache, 'package.json'))) writeFileSync(join(cache, 'package.json'), '{"private":true}');
  const aliases = missing.map((version) => `typescript-${version}@npm:typescript@~${version}.0`);
  npm(cache, 'install', ...aliases, '--prefer-offline', '--no-audit', '--no-fund');
}

/** The client of NATS has entries that node10 does not find. */
const entriesUnder = (resolution) =>
  Object.keys(entries).filter((subpath) => !(resolution === 'node10' && subpath === './nats'));

/** One module of a user: every entry as a whole, and the types that the pool and its operators infer. */
const consumer = (subpaths) => `
import { from, lastValueFrom, NEVER } from 'rxjs';
import { batchParallel, createPool, withConnection } from 'rxjs-connection-pool';
import type { BatchResult, ConnectionPool, Lease } from 'rxjs-connection-pool';
${subpaths.map((subpath, i) => `import * as entry${i} from 'rxjs-connection-pool${subpath.slice(1)}';`).join('\n')}
export const all = [${subpaths.map((_, i) => `entry${i}`).join(', ')}];
interface Client { send(text: string): Promise<number> }
export const pool: ConnectionPool<Client> = createPool<Client>({ max: 1, connect: () => NEVER });
export const result: Promise<BatchResult<number, string>> = lastValueFrom(
  from(['a']).pipe(withConnection(pool, (client, text) => client.send(text)), batchParallel(8)),
);
export const hold = (lease: Lease<Client>): Promise<number> => lease.connection.send('a');
// @ts-expect-error: max is a number
createPool<Client>({ max: 'many', connect: () => NEVER });
`;

const peers = Object.keys(manifest.peerDependencies);
const { folder, remove } = install('rxjs');
const problems = [];

// The other packages whose types the entries name are those of this project.
for (const name of [...peers, '@types/node', 'undici-types']) {
  const place = join(folder, 'node_modules', name);
  if (existsSync(place)) continue;
  mkdirSync(join(place, '..'), { recursive: true });
  symlinkSync(join(root, 'node_modules', name), place);
}

/** With skipLibCheck no declaration would be checked, without it those of other packages are. */
const isOfOthers = (message) => /^\S*node_modules\/(?!rxjs-connection-pool\/)\S*\(\d+,\d+\): error/.test(message);

async function compile(version, resolution) {
  const isOld = resolution === 'node10';
  const options = {
    target: 'ES2022',
    // IxJS names types of the DOM.
    lib: ['ES2022', 'DOM', 'DOM.AsyncIterable'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    ...resolutions[resolution],
    ...(isOld && version >= '6' ? { ignoreDeprecations: '6.0' } : {}),
  };
  const project = join(folder, `tsconfig.${version}.${resolution}.json`);
  // As ES module and as CommonJS, where that makes a difference.
  const files = /^node(16|next)$/.test(resolution) ? ['consumer.mts', 'consumer.cts'] : [`consumer-${resolution}.ts`];
  for (const file of files) writeFileSync(join(folder, file), consumer(entriesUnder(resolution)));
  writeFileSync(project, JSON.stringify({ compilerOptions: options, files }));
  const { bin } = JSON.parse(readFileSync(join(folderOf(version), 'package.json'), 'utf8'));
  const program = join(folderOf(version), bin.tsc);
  try {
    await promisify(execFile)(process.execPath, [program, '-p', project, '--pretty', 'false'], { cwd: folder });
  } catch ({ stdout, stderr }) {
    // A message has one line that begins with its file, and indented ones.
    const messages = `${stdout}${stderr}`.split(/\n(?! )/).filter((message) => message !== '' && !isOfOthers(message));
    if (messages.length > 0) problems.push(`TypeScript ${version}, ${resolution}:\n${messages.join('\n')}`);
  }
}

try {
  const runs = chosen.flatMap((version) =>
    Object.keys(resolutions)
      // TypeScript 7 has no node10 any more.
      .filter((resolution) => !(resolution === 'node10' && version >= '7'))
      .map((resolution) => [version, resolution]),
  );
  const left = [...runs];
  const worker = async () => {
    for (let run = left.shift(); run !== undefined; run = left.shift()) await compile(...run);
  };
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, worker));
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else
    console.log(
      `${Object.keys(entries).length} entries compile in ${runs.length} ways: TypeScript ${chosen.join(', ')} with ${Object.keys(resolutions).join(', ')}`,
    );
} finally {
  remove();
}
