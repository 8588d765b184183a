// Runs specs of the pool and the operators on the built package, in which members have short names. A member that is renamed in one place
// only is found here, not by the type checker. Specs that import values from other files than the entries are left out.
//
//   node scripts/test-built.mjs [TEXT]   only the specs that have TEXT in their path
import { readdirSync, readFileSync } from 'node:fs';
import { register } from 'node:module';
import { setTimeout } from 'node:timers';
import { fileURLToPath } from 'node:url';
import Jasmine from 'jasmine';
import { register as registerTsx } from 'tsx/esm/api';

const spec = new URL('../spec/', import.meta.url);
const entry = /\/src(\/ix|\/stress|\/connectors\/[\w-]+)?(\/index)?$/;

const files = readdirSync(spec, { recursive: true })
  .filter((name) => name.includes(process.argv[2] ?? ''))
  .filter((name) => /^(pool|operators|ix)\/.*(?<!\.long|\.slow)\.spec\.ts$/.test(name))
  .filter((name) => {
    const text = readFileSync(new URL(name, spec), 'utf8');
    const sources = [...text.matchAll(/^import (?!type )[^;]*? from '([./]+\/src\b[^']*)';$/gm)].map(
      ([, from]) => from,
    );
    return sources.length > 0 && sources.every((from) => entry.test(from));
  });
if (files.length === 0) throw new Error('no such spec imports only from entries');

/** In ms: a spec that waits without an end must not block the run. */
const timeLimit = 600_000;
setTimeout(() => {
  console.error(`The specs have not ended within ${timeLimit / 1000} s.`);
  process.exit(1);
}, timeLimit).unref();

registerTsx();
register('./resolve-built.mjs', import.meta.url);
const jasmine = new Jasmine({ projectBaseDir: fileURLToPath(new URL('..', import.meta.url)) });
jasmine.loadConfigFile('spec/support/jasmine.json');
await jasmine.execute(files.map((name) => fileURLToPath(new URL(name, spec))));
