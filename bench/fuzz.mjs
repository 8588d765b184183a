/**
 * `npm run fuzz`: hostile bytes against each protocol, one after the other; fails if one of them does. `-- --quick` takes about a minute on an idle
 * machine; `-- --only erlang` or `-- --only msgpack-rpc` runs one. Other options go to each: see `fuzz-msgpack-rpc.ts`.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const args = process.argv.slice(2);
const at = args.indexOf('--only');
const only = at < 0 ? undefined : args.splice(at, 2)[1];
const all = ['msgpack-rpc', 'erlang'];
if (only !== undefined && !all.includes(only)) {
  console.error(`--only must be one of ${all.join(', ')}, but got '${only}'`);
  process.exit(2);
}
for (const name of only === undefined ? all : [only]) {
  const file = fileURLToPath(new URL(`fuzz-${name}.ts`, import.meta.url));
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', file, ...args], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
