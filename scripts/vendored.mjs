// Packages that are built into dist instead of being installed beside it, and the texts of their licenses.
// See docs/decisions/0080-no-dependencies.md.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { build } from 'esbuild';

const root = resolve(import.meta.dirname, '..');

/** The files of each package that are used: without its command, streams and preset codec. */
const parts = {
  'msgpack-lite': `
    export { Encoder } from 'msgpack-lite/lib/encoder.js';
    export { createCodec } from 'msgpack-lite/lib/ext.js';`,
};

/** The packages whose files are in a bundle. */
export const packagesOf = ({ inputs }) =>
  new Set(
    Object.keys(inputs).flatMap(
      (file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(file)?.[1] ?? [],
    ),
  );

/** The code of a package as one ES module. */
export async function buildVendored(name) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: parts[name], resolveDir: root },
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    charset: 'utf8',
    legalComments: 'none',
  });
  return { code: outputFiles[0].text, packages: packagesOf(metafile) };
}

export function licensesOf(packages) {
  const texts = [...packages].sort().map((name) => {
    const folder = resolve(root, 'node_modules', name);
    const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt'].map((each) => resolve(folder, each)).find(existsSync);
    if (file === undefined) throw new Error(`${name} is built into dist, but brings no text of its license`);
    const { version } = JSON.parse(readFileSync(resolve(folder, 'package.json'), 'utf8'));
    return `${name} ${version}\n\n${readFileSync(file, 'utf8').trim()}\n`;
  });
  return `This package contains code of the packages below.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}
