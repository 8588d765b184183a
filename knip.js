import { entries, programs } from './entries.mjs';

export default {
  entry: [
    ...Object.values(entries).map((source) => `${source}!`),
    ...Object.values(programs).map((source) => `${source}!`),
    'src/dashboard/page/app.tsx!',
    'src/dashboard/what-if-worker.ts!',
    'spec/**/*.spec.ts',
    'spec/support/*.ts',
    'spec/runners/{jest,vitest,zone-child}.ts',
    'bench/*.{ts,mjs}',
    'bench/servers/*.ts',
    'spec/recipes/*.mjs',
    'examples/*.ts',
    'examples/migrating/*.ts',
    'examples/nest/main.ts',
    'examples/recipes/**/*.{ts,mjs}',
    'scripts/*.mjs',
    'site/.vitepress/config.mjs',
    'site/.vitepress/theme/index.mjs',
    'scripts/mutation/{child,switches}.mjs',
  ],
  project: [
    'src/**/*.{ts,tsx}!',
    'spec/**/*.ts',
    'bench/**/*.ts',
    'examples/**/*.ts',
    '*.mjs',
    'bench/**/*.mjs',
    'scripts/**/*.mjs',
    'site/**/*.mjs',
  ],
  // Types for a package that brings none; programs that specs and checks start.
  ignoreDependencies: ['@types/sinonjs__fake-timers', 'jest', 'mocha', '@opentelemetry/semantic-conventions'],
  // Programs of the system, which specs and an example start where they are installed.
  ignoreBinaries: ['nats-server', 'erl', 'epmd', 'mariadbd'],
  ignoreExportsUsedInFile: { interface: true, type: true },
};
