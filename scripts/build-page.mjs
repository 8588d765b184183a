// Builds what the dashboard serves: the page, and the program that answers what-if questions, as texts. The package has them built in;
// from the sources they are built when a page is opened first.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const page = (name) => resolve(root, 'src/dashboard/page', name);

async function bundle(entry, options) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    absWorkingDir: root,
    bundle: true,
    minify: true,
    write: false,
    legalComments: 'none',
    charset: 'utf8',
    ...options,
  });
  return outputFiles[0].text;
}

export async function buildPage() {
  const [html, icon, js, css, whatIf] = await Promise.all([
    readFile(page('index.html'), 'utf8'),
    readFile(page('icon.svg'), 'utf8'),
    bundle(page('app.tsx'), { format: 'esm', target: 'es2022', jsx: 'automatic', jsxImportSource: 'preact' }),
    bundle(page('app.css'), { target: ['chrome100', 'firefox100', 'safari15'] }),
    bundle(resolve(root, 'src/dashboard/what-if-worker.ts'), { format: 'cjs', platform: 'node', target: 'node20' }),
  ]);
  return { html, icon, js, css, whatIf };
}
