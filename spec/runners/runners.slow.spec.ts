import { execFile } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { effort } from '../helpers/effort';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../..');
const require = createRequire(import.meta.url);

/** The file of a program that a package brings. */
function program(name: string): string {
  const manifest = require.resolve(`${name}/package.json`);
  const { bin } = require(manifest) as { bin: string | Record<string, string> };
  return join(dirname(manifest), typeof bin === 'string' ? bin : bin[name]!);
}

interface Results {
  readonly testResults: readonly {
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

interface Runner {
  readonly name: string;
  readonly extension: string;
  readonly format: 'cjs' | 'esm';
  readonly tests: number;
  args(folder: string, report: string): string[];
}

const runners: Runner[] = [
  {
    name: 'jest',
    extension: 'cjs',
    format: 'cjs',
    tests: 40,
    args: (folder, report) => [
      `--config=${JSON.stringify({ rootDir: folder, testMatch: ['**/*.test.cjs'], transform: {}, testTimeout: 100_000 })}`,
      '--runInBand',
      '--json',
      `--outputFile=${report}`,
    ],
  },
  {
    name: 'vitest',
    extension: 'mjs',
    format: 'esm',
    tests: 46,
    args: (folder, report) => [
      'run',
      `--root=${folder}`,
      '--testTimeout=100000',
      // Without processes of their own: there, nextTick cannot be replaced.
      '--pool=threads',
      '--maxWorkers=1',
      '--reporter=json',
      `--outputFile=${report}`,
    ],
  },
];

/** Whether the package is loaded before time is replaced, or while it is: where a test file installs fake timers for all its tests. */
const loaded = effort(['before'], ['before', 'inside']);

describe('A pool under the fake timers of', () => {
  for (const { name, extension, format, tests, args } of runners) {
    it(`${name} tells the time that the test tells, and waits for no other`, async () => {
      const folder = join(root, 'temp/runners', name);
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      for (const when of loaded) {
        await build({
          entryPoints: [join(here, `${name}.ts`)],
          outfile: join(folder, `${when}.test.${extension}`),
          bundle: true,
          format,
          platform: 'node',
          packages: 'external',
          logLevel: 'error',
          define: { LOADED: JSON.stringify(when) },
        });
      }
      const report = join(folder, 'report.json');
      const ended = await promisify(execFile)(process.execPath, [program(name), ...args(folder, report)], {
        cwd: folder,
        timeout: 110_000,
      }).catch((error: unknown) => error as { stdout: string; stderr: string });
      const text = await readFile(report, 'utf8').catch(() => `${ended.stdout}${ended.stderr}`);
      const { testResults } = JSON.parse(text) as Results;
      const results = testResults.flatMap(({ assertionResults }) => assertionResults);
      const failed = results.filter(({ status }) => status !== 'passed');
      expect(testResults.map(({ message }) => (failed.length > 0 ? '' : message)).join('')).toBe('');
      expect(
        failed.map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages.join(' ')}`).join('\n'),
      ).toBe('');
      expect(results.length).toBe(tests * loaded.length);
    });
  }
});
