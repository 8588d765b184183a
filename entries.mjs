/**
 * The entry points of the package: subpath in package.json's "exports" → where its source begins.
 * The build, the API reports, the API pages and the search for unused code all read this table.
 */
export const entries = {
  '.': 'src/index.ts',
  './ix': 'src/ix/index.ts',
  './msgpack-rpc': 'src/connectors/msgpack-rpc/index.ts',
  './erlang': 'src/connectors/erlang/index.ts',
  './nats': 'src/connectors/nats/index.ts',
  './stress': 'src/stress/index.ts',
  './simulation': 'src/simulation/index.ts',
  './testing': 'src/testing/index.ts',
  './dashboard': 'src/dashboard/index.ts',
  './dashboard/client': 'src/dashboard/client/index.ts',
  './health': 'src/telemetry/health/index.ts',
  './prometheus': 'src/telemetry/prometheus/index.ts',
  './otel': 'src/telemetry/otel/index.ts',
};

/**
 * Programs, named by package.json's "bin": file in dist → where its source begins (its first line is #!/usr/bin/env node).
 * They are built as ES modules, and share their code with the entries.
 */
export const programs = {
  'cli.js': 'src/cli/main.ts',
};

/** What an entry's files in dist are called: '.' is index, './msgpack-rpc' is msgpack-rpc, './a/b' is a-b. */
export const fileNameOf = (subpath) => (subpath === '.' ? 'index' : subpath.slice(2).replaceAll('/', '-'));
