/**
 * `npm run bench`: builds the suite and runs it; `npm run bench -- --help` lists the options.
 *
 * It is run as plain JavaScript in `temp/bench`: a transpiler at run time wraps every function to keep its name, and takes longer to start
 * than many contenders run. The published package is measured: an import of the source of an entry is replaced by one of the built package.
 * Only `parts/`, which measures parts of the pool separately, may import other files of `src`.
 */
import { existsSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { entries, fileNameOf } from '../entries.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'temp/bench');

const published = {
  name: 'published',
  setup({ onResolve }) {
    onResolve({ filter: /(^|\/)src\// }, ({ path, importer, resolveDir }) => {
      const source = relative(root, join(resolveDir, path));
      for (const [subpath, entry] of Object.entries(entries)) {
        if (entry !== `${source}.ts`) continue;
        const built = join(root, 'dist/esm', `${fileNameOf(subpath)}.mjs`);
        if (existsSync(built)) return { path: built, external: true };
        return { errors: [{ text: `${relative(root, built)} is missing: npm run build` }] };
      }
      if (/[\\/]bench[\\/]parts[\\/]|[\\/]src[\\/]/.test(importer)) return undefined;
      return { errors: [{ text: `${source} is no entry of the package` }] };
    });
  },
};

rmSync(folder, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: ['bench/main.ts', 'bench/child.ts', 'bench/servers/*.ts'],
  outbase: 'bench',
  outdir: folder,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  plugins: [published],
  logLevel: 'warning',
});
await import(pathToFileURL(join(folder, 'main.mjs')).href);
