import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = resolve(fileURLToPath(import.meta.url), '../../..');
const bundles = new Map<string, Promise<string>>();

/**
 * The program as one file that Node runs without a compiler: a process that compiles the sources itself needs more than a second of CPU time
 * before its first line. The file is written once in a run of the specs, and kept in `temp`.
 *
 * @param program the path of a TypeScript file
 */
export function bundle(program: string): Promise<string> {
  let file = bundles.get(program);
  if (file === undefined) bundles.set(program, (file = write(program)));
  return file;
}

async function write(program: string): Promise<string> {
  const outfile = resolve(root, 'temp/spec', relative(root, program).replace(/\.ts$/, '.mjs'));
  await build({
    entryPoints: [program],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    sourcemap: 'linked',
    logLevel: 'error',
    plugins: [
      {
        name: 'files beside the sources',
        setup({ onLoad }) {
          // A program that reads a file beside its source finds it from where the source is.
          onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
            contents: (await readFile(path, 'utf8')).replaceAll(
              'import.meta.url',
              JSON.stringify(pathToFileURL(path).href),
            ),
            loader: 'ts',
          }));
        },
      },
    ],
  });
  return outfile;
}
