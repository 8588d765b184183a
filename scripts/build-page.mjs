// Builds what the dashboard serves: the page, and the program that answers what-if questions, as texts. The package has them built in;
// from the sources they are built when a page is opened first.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { packagesOf } from './vendored.mjs';

const root = resolve(import.meta.dirname, '..');
const page = (name) => resolve(root, 'src/dashboard/page', name);

async function bundle(entry, packages, options) {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    absWorkingDir: root,
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    legalComments: 'none',
    charset: 'utf8',
    ...options,
  });
  for (const name of packagesOf(metafile)) packages.add(name);
  return outputFiles[0].text;
}

/** The texts of what is served. The names of the packages whose code is in them are added to `packages`. */
export async function buildPage(packages = new Set()) {
  const [html, icon, js, css, whatIf] = await Promise.all([
    readFile(page('index.html'), 'utf8'),
    readFile(page('icon.svg'), 'utf8'),
    bundle(page('app.tsx'), packages, { format: 'esm', target: 'es2022', jsx: 'automatic', jsxImportSource: 'preact' }),
    bundle(page('app.css'), packages, { target: ['chrome100', 'firefox100', 'safari15'] }),
    bundle(resolve(root, 'src/dashboard/what-if-worker.ts'), packages, {
      format: 'cjs',
      platform: 'node',
      target: 'node20',
    }),
  ]);
  return { html, icon, js, css, whatIf };
}
