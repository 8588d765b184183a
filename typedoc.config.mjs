import { entries } from './entries.mjs';

/** @type {Partial<import('typedoc').TypeDocOptions>} */
export default {
  name: 'rxjs-connection-pool',
  entryPoints: Object.values(entries),
  tsconfig: 'tsconfig.build.json',
  out: 'docs/api',
  readme: 'README.md',
  githubPages: false,
  disableSources: true,
  // What a class inherits from RxJS is told in the documentation of RxJS.
  excludeExternals: true,
  excludeInternal: true,
  excludePrivate: true,
  treatWarningsAsErrors: true,
  validation: { notExported: true, invalidLink: true, notDocumented: false },
};
