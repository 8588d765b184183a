// The built files have short names for members that users do not see: their source maps must lead back to the line and the name in src.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';
import { shortNames } from './internal-names.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = new URL('../dist/', import.meta.url);
const short = shortNames();
const originals = new Map(Object.entries(short).map(([name, shortName]) => [shortName, name]));
const problems = [];

/** Every short name, in every file. */
let checked = 0;
for (const file of readdirSync(dist, { recursive: true }).filter((name) => /\.[cm]?js$/.test(name))) {
  // The page of the dashboard and the packages that are built in are texts of another build.
  if (/page-assets|msgpack-lite/.test(file)) continue;
  const map = JSON.parse(readFileSync(new URL(`${file}.map`, dist), 'utf8'));
  const sources = new Map(map.sources.map((source, i) => [source, map.sourcesContent[i].split('\n')]));
  const sourceMap = new SourceMap(map);
  for (const [i, line] of readFileSync(new URL(file, dist), 'utf8').split('\n').entries()) {
    for (const { 0: text, index } of line.matchAll(/(?<=\bthis\.)[\w$]+/g)) {
      const name = originals.get(text);
      if (name === undefined) continue;
      checked++;
      const { originalSource, originalLine, originalColumn, name: mapped } = sourceMap.findEntry(i, index);
      const found = sources.get(originalSource)?.[originalLine]?.slice(originalColumn);
      if (mapped === name && found?.startsWith(name)) continue;
      problems.push(
        `${file}:${i + 1}:${index + 1}: ${text} is ${name}, but its map says ${mapped} at ${originalSource}:${originalLine + 1}, ${found}`,
      );
    }
  }
}
if (checked === 0) problems.push('no file in dist has a short name');

/** An error thrown deep inside the package, as Node shows it. */
const program = `
  const load = async () => process.argv[1] === 'esm' ? import('rxjs-connection-pool') : require('rxjs-connection-pool');
  load().then(({ createPool }) => {
    const connect = () => { console.log(new Error('here').stack); process.exit(0); };
    createPool({ max: 1, connect }).use(() => []).subscribe({ error: console.error });
  });`;
for (const form of ['esm', 'cjs']) {
  const args = ['--enable-source-maps', '-e', program, form];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', timeout: 60_000 });
  const frames = [...stdout.matchAll(/^ +at (?:([\w$.]+) )?.*\/(src|dist)\/([\w./-]+):\d+:\d+\)?$/gm)];
  if (frames.length < 5) problems.push(`${form}: too few frames of the package:\n${stdout}${stderr}`);
  for (const [frame, called = '', folder, file] of frames) {
    const name = called.split('.').at(-1);
    const isFound = folder === 'src' && readFileSync(new URL(`../src/${file}`, import.meta.url), 'utf8').includes(name);
    if (!isFound) problems.push(`${form}: this frame does not lead to ${name} in src: ${frame.trim()}`);
  }
}

for (const problem of problems.slice(0, 20)) console.error(problem);
if (problems.length > 0) {
  console.error(`${problems.length} problems`);
  process.exit(1);
}
console.log(`${checked} short names lead back to src`);
