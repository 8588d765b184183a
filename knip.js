import { entries, programs } from './entries.mjs';

export default {
  entry: [
    ...Object.values(entries).map((source) => `${source}!`),
    ...Object.values(programs).map((source) => `${source}!`),
    'spec/**/*.spec.ts',
    'spec/support/*.ts',
    'bench/*.{ts,mjs}',
    'bench/servers/*.ts',
    'examples/*.ts',
    'scripts/*.mjs',
    'scripts/mutation/{child,switches}.mjs',
  ],
  project: [
    'src/**/*.ts!',
    'spec/**/*.ts',
    'bench/**/*.ts',
    'examples/**/*.ts',
    '*.mjs',
    'bench/**/*.mjs',
    'scripts/**/*.mjs',
  ],
  ignoreExportsUsedInFile: { interface: true, type: true },
};
