// Puts all mutants into the sources at once, each behind a switch, and bundles the specs with them.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Instrumenter } from '@stryker-mutator/instrumenter';
import { build } from 'esbuild';

const silent = new Proxy({}, { get: (_, name) => () => String(name).startsWith('is') && false });

const filesIn = (root, folder, suffix) =>
  (folder.endsWith(suffix) ? [''] : readdirSync(join(root, folder), { recursive: true }))
    .map((name) => join(folder, name).split(sep).join('/'))
    .filter((name) => name.endsWith(suffix))
    .sort();

/** @returns the mutants: `{ id, file, line, column, mutator, before, after, key }`, and the bundled spec files in `outdir` */
export async function buildMutants({ root, sources, specs, without, outdir }) {
  const files = sources
    .flatMap((folder) => filesIn(root, folder, '.ts'))
    .map((name) => ({ name, mutate: true, content: readFileSync(join(root, name), 'utf8') }));
  const instrumented = await new Instrumenter(silent).instrument(files, {
    plugins: null,
    excludedMutations: [],
    ignorers: [],
    noHeader: true,
  });

  const alike = new Map();
  const lines = new Map(files.map(({ name, content }) => [name, content.split('\n')]));
  const mutants = instrumented.mutants.map(({ id, fileName, location: { start, end }, mutatorName, replacement }) => {
    const text = lines.get(fileName);
    const inside = text.slice(start.line, end.line + 1);
    inside[inside.length - 1] = inside.at(-1).slice(0, end.column);
    inside[0] = inside[0].slice(start.column);
    const before = inside.join('\n').replace(/\s+/g, ' ');
    const after = replacement.replace(/\s+/g, ' ');
    const line = text[start.line].trim();
    // A key that stays the same when lines above the mutant are added or removed.
    const key = [fileName, line, start.column - text[start.line].search(/\S/), before, after].join(' | ');
    const earlier = alike.get(key) ?? 0;
    alike.set(key, earlier + 1);
    return {
      id: Number(id),
      file: fileName,
      line: start.line + 1,
      mutator: mutatorName,
      before,
      after,
      in: line,
      key: earlier === 0 ? key : `${key} | ${earlier + 1}`,
    };
  });

  const contents = new Map(
    instrumented.files.map(({ name, content }) => [
      join(root, name),
      // Numbers are compared faster than strings, and each mutated expression compares one.
      content.replace(/stry(?:MutAct|Cov)_9fa48\([^)]*\)/g, (call) => call.replaceAll('"', '')),
    ]),
  );
  rmSync(outdir, { recursive: true, force: true });
  const specFiles = specs.flatMap((folder) => filesIn(root, folder, '.spec.ts')).filter((name) => !without.test(name));
  await build({
    absWorkingDir: root,
    entryPoints: specFiles,
    outdir,
    outbase: 'spec',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
    inject: [join(root, 'scripts/mutation/switches.mjs')],
    plugins: [
      {
        name: 'mutants',
        setup({ onLoad }) {
          onLoad({ filter: /\.ts$/ }, ({ path }) => {
            const content = contents.get(path) ?? readFileSync(path, 'utf8');
            // A spec that reads a file beside it looks beside its source, not beside the bundle.
            return {
              contents: content.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
              loader: 'ts',
            };
          });
        },
      },
    ],
  });
  return {
    mutants,
    specFiles: specFiles.map((name) => join(outdir, relative('spec', name).replace(/\.ts$/, '.js'))),
  };
}
