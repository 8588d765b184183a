import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { Case, Measure } from '../runner/case';

/** Minified with everything it needs but its peers, and compressed. */
const gzipped =
  (contents: string, peers: readonly string[] = []): Measure =>
  async () => {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: fileURLToPath(new URL('../..', import.meta.url)) },
      bundle: true,
      minify: true,
      write: false,
      platform: 'node',
      format: 'esm',
      external: [...peers],
    });
    return { kB: gzipSync(outputFiles[0]!.contents, { level: 9 }).length / 1000 };
  };

const all = 'all of the package’s main entry';
const oneOperator = 'createPool, withConnection, batchParallel';
const index = './dist/esm/index.mjs';

export const size: Case = {
  id: 'size',
  title: 'Size',
  about: 'Minified by esbuild and gzipped, with dependencies, without peers (`rxjs`, `pg`).',
  amount: { full: 1, quick: 1 },
  rounds: { full: 1, quick: 1 },
  metrics: [{ key: 'kB', title: 'kB', digits: 2 }],
  contenders: [
    { name: 'generic-pool', kind: 'peer', measure: gzipped(`export * from 'generic-pool'`) },
    { name: 'tarn', kind: 'peer', measure: gzipped(`export * from 'tarn'`) },
    { name: 'lightning-pool', kind: 'peer', measure: gzipped(`export * from 'lightning-pool'`) },
    { name: 'pg-pool', kind: 'peer', measure: gzipped(`export { default } from 'pg-pool'`, ['pg']) },
    { name: 'cockatiel', kind: 'peer', measure: gzipped(`export * from 'cockatiel'`) },
    { name: all, kind: 'ours', measure: gzipped(`export * from '${index}'`, ['rxjs']) },
    { name: oneOperator, kind: 'ours', measure: gzipped(`export { ${oneOperator} } from '${index}'`, ['rxjs']) },
  ],
  headline: { what: 'size, minified and gzipped: kB', ours: all },
  targets: [
    { what: 'main entry', unit: ' kB', value: (m) => m(all), atMost: 10, beyond: 8 },
    { what: 'pool and one operator', unit: ' kB', value: (m) => m(oneOperator), atMost: 8 },
  ],
};
