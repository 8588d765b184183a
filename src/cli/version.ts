import { createRequire } from 'node:module';

/** Resolved by the package's own name, which finds its package.json from the sources and from the build. */
export function version(): string {
  const manifest = createRequire(import.meta.url)('rxjs-connection-pool/package.json') as { version: string };
  return manifest.version;
}
