import { createRequire } from 'node:module';

/** Asked for by the package's own name, which leads to its package.json from the sources as from what is built of them. */
export function version(): string {
  const manifest = createRequire(import.meta.url)('rxjs-connection-pool/package.json') as { version: string };
  return manifest.version;
}
