import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import typescript from '@rollup/plugin-typescript';
import { dts } from 'rollup-plugin-dts';
import { transform } from 'esbuild';
import { entries, fileNameOf, programs } from './entries.mjs';
import { buildPage } from './scripts/build-page.mjs';
import { shortNames } from './scripts/internal-names.mjs';
import { buildVendored, licensesOf } from './scripts/vendored.mjs';

const manifest = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const library = Object.fromEntries(Object.entries(entries).map(([subpath, source]) => [fileNameOf(subpath), source]));

// package.json and entries.mjs must name the same entries, or one would be built that nobody can import.
const promised = Object.keys(manifest.exports).filter((subpath) => subpath !== './package.json');
const odd = [
  ...promised.filter((subpath) => !(subpath in entries)),
  ...Object.keys(entries).filter((subpath) => !promised.includes(subpath)),
];
if (odd.length > 0) throw new Error(`Only one of package.json's "exports" and entries.mjs has: ${odd.join(', ')}`);

// What is installed beside the package stays outside of it: dependencies, peers, and Node's own modules.
const beside = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
const external = (id) => isBuiltin(id) || beside.some((name) => id === name || id.startsWith(`${name}/`));

// A circular import, an unresolved one, or anything else that Rollup would only warn of fails the build.
const onLog = (level, log, report) => report(level === 'warn' ? 'error' : level, log);

/** A package that is built in, so that users install none. It has a chunk of its own, in which no name is shortened. */
const vendored = ['msgpack-lite'];
const isVendored = (id) => vendored.includes(id);

/** Several entries share their code through chunks, so that a class exists once, whichever entry it comes from. */
const output = (folder, extension, options) => ({
  dir: 'dist',
  manualChunks: (id) => (id.startsWith('\0') && isVendored(id.slice(1)) ? id.slice(1) : undefined),
  entryFileNames: ({ name }) => (name in programs ? name : `${folder}/${name}${extension}`),
  chunkFileNames: `${folder}/shared/[name]${extension}`,
  minifyInternalExports: false,
  hoistTransitiveImports: false,
  ...options,
});

/** The packages whose code is in dist. Their licenses ask that the texts of these go along. */
const packagesInside = new Set();

/** In the place of a package that is built in, its code. */
const vendor = () => ({
  name: 'vendor',
  resolveId: (id) => (isVendored(id) ? `\0${id}` : null),
  async load(id) {
    if (!id.startsWith('\0') || !isVendored(id.slice(1))) return null;
    const { code, packages } = await buildVendored(id.slice(1));
    for (const name of packages) packagesInside.add(name);
    return { code, map: { mappings: '' } };
  },
  generateBundle() {
    this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-LICENSES.txt', source: licensesOf(packagesInside) });
  },
});

/** The dashboard's page, as texts in the place of the module that builds it. */
const page = () => ({
  name: 'page',
  async load(id) {
    if (!id.endsWith('src/dashboard/page-assets.ts')) return null;
    const assets = JSON.stringify(await buildPage(packagesInside));
    return { code: `export const pageAssets = () => Promise.resolve(${assets});`, map: { mappings: '' } };
  },
});

/** Where one copy of the package looks for the internal members of another: these have other names in another version. */
const brands = /(?<=Symbol\.for\()('rxjs-connection-pool\.(?:internals|task))'/g;

let names;

/** Members that users do not see get short names, the same in every file. See docs/decisions/0067-short-names-in-the-build.md. */
const shorten = () => ({
  name: 'shorten',
  async renderChunk(text, { name }) {
    if (isVendored(name)) return null;
    names ??= shortNames();
    const { code, map } = await transform(text.replaceAll(brands, `$1@${manifest.version}'`), {
      mangleProps: new RegExp(
        `^(?:${Object.keys(names)
          .map((name) => name.replaceAll('$', '\\$'))
          .join('|')})$`,
      ),
      mangleCache: names,
      charset: 'utf8',
      sourcemap: 'external',
    });
    return { code, map };
  },
});

const code = () => typescript({ tsconfig: 'tsconfig.build.json', noEmitOnError: true });
const types = () => dts({ tsconfig: 'tsconfig.build.json' });

// Leases and pools can be disposed of: with this line, users need not put that part of the language into their "lib".
const disposable = '/// <reference lib="esnext.disposable" />';

// The types come first: what they name keeps its name.
export default [
  {
    input: library,
    external,
    onLog,
    plugins: [types()],
    output: [
      output('esm', '.d.mts', { format: 'es', banner: disposable }),
      output('cjs', '.d.cts', { format: 'es', banner: disposable }),
    ],
  },
  {
    input: { ...library, ...programs },
    external,
    onLog,
    plugins: [vendor(), page(), code(), shorten()],
    output: output('esm', '.mjs', { format: 'es', sourcemap: true }),
  },
  {
    input: library,
    external,
    onLog,
    plugins: [vendor(), page(), code(), shorten()],
    output: output('cjs', '.cjs', { format: 'cjs', sourcemap: true }),
  },
];
