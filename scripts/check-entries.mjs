// Loads every entry point of the built package by its public name, as an ES module and as CommonJS: both must offer
// the same, and a class that two entries offer must be one class.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { entries, fileNameOf } from '../entries.mjs';

const require = createRequire(import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const seen = new Map();
const isClass = (value) => typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
const problems = [];

for (const subpath of Object.keys(entries)) {
  const name = `rxjs-connection-pool${subpath.slice(1)}`;
  const forms = { import: { ...(await import(name)) }, require: { ...require(name) } };
  const [imported, required] = Object.values(forms).map((exports) => Object.keys(exports).sort().join(', '));
  if (imported !== required) problems.push(`${name}: import offers ${imported}; require offers ${required}`);
  if (imported === '') problems.push(`${name} offers nothing`);
  for (const [form, exports] of Object.entries(forms)) {
    for (const [key, value] of Object.entries(exports)) {
      // The operators of ./ix have the names of those of '.', and are others.
      if (!isClass(value)) continue;
      const id = `${form} of ${key}`;
      if (seen.has(id) && seen.get(id) !== value) problems.push(`${id} from ${name} is not the one of another entry`);
      seen.set(id, value);
    }
  }
}

// The packages that an entry loads besides RxJS: optional peers, which a user has to install. Dependencies there are none.
const needed = {
  './ix': ['ix'],
  './nats': ['@nats-io/transport-node'],
  './otel': ['@opentelemetry/api'],
};
const packages = Object.keys(manifest.peerDependenciesMeta);
const packagesIn = (file, found = new Set(), read = new Set()) => {
  if (read.has(file.href)) return found;
  read.add(file.href);
  for (const [, from] of readFileSync(file, 'utf8').matchAll(
    /^(?:import|export) (?:[^'"]* from )?['"]([^'"]+)['"];$/gm,
  )) {
    if (from.startsWith('.')) packagesIn(new URL(from, file), found, read);
    else found.add(packages.find((name) => from === name || from.startsWith(`${name}/`)));
  }
  found.delete(undefined);
  return found;
};
for (const subpath of Object.keys(entries)) {
  const loaded = [...packagesIn(new URL(`../dist/esm/${fileNameOf(subpath)}.mjs`, import.meta.url))].sort().join(', ');
  const wanted = (needed[subpath] ?? []).join(', ');
  if (loaded !== wanted) problems.push(`${subpath} loads the packages [${loaded}], and should load [${wanted}]`);
}

if (Object.keys(manifest.dependencies ?? {}).length > 0) problems.push('package.json has run-time dependencies');

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`${Object.keys(entries).length} entries load as ES modules and as CommonJS`);
