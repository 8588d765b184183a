import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import ts from 'typescript';
import { recordLoad } from '../../src/stress/index';
import { isWhole } from '../helpers/effort';
import { production } from './production';

const page = 'docs/testing.md';
const folder = resolve('temp/spec/testing-docs');

const url = (file: string): string => pathToFileURL(resolve(file)).href;
const { programsOf } = (await import(url('scripts/doc-programs.mjs'))) as {
  programsOf: (page: string) => Map<string, string>;
};
const { entries } = (await import(url('entries.mjs'))) as { entries: Record<string, string> };
const sources = Object.fromEntries(
  Object.entries(entries).map(([subpath, file]) => [`rxjs-connection-pool${subpath.slice(1)}`, resolve(file)]),
);

const run = async (file: string): Promise<string> => {
  const out = join(folder, file.replace('.ts', '.mjs'));
  await build({
    entryPoints: [join(folder, file)],
    outfile: out,
    bundle: true,
    format: 'esm',
    platform: 'node',
    alias: sources,
    external: ['rxjs'],
    logLevel: 'error',
  });
  const options = { cwd: folder, env: { ...process.env, NODE_OPTIONS: '' } };
  const ended = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', out], options).catch(
    (error: unknown) => error as { stdout: string },
  );
  return ended.stdout;
};

describe('docs/testing.md', () => {
  const programs = programsOf(page);

  beforeAll(async () => {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    for (const [name, code] of programs) await writeFile(join(folder, name), code);
    const recording = production((pool) => pool.events$.pipe(recordLoad()));
    await writeFile(join(folder, 'friday.json'), JSON.stringify(recording));
  });

  it('has no block that is not part of a program', () => {
    const parts = [...programs.values()].length;
    expect(parts).toBe(5);
    const text = ts.sys.readFile(page)!;
    expect([...text.matchAll(/^```ts\n\/\/ [\w.-]+\.ts\n/gm)].length).toBe([...text.matchAll(/^```ts$/gm)].length);
  });

  // To check types takes seconds.
  if (isWhole)
    it('has programs that compile', () => {
      const { config } = ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)) as {
        config: { compilerOptions: object };
      };
      const { options } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, types: ['node'] }, '.');
      const paths = Object.fromEntries(Object.entries(sources).map(([name, file]) => [name, [file]]));
      const names = [...programs.keys()].map((name) => join(folder, name));
      const program = ts.createProgram(names, { ...options, paths });
      const found = names.flatMap((name) => {
        const file = program.getSourceFile(name);
        return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
      });
      expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
    });

  for (const [name, code] of programs) {
    if (!name.endsWith('.test.ts')) continue;
    it(`has tests in ${name} that pass, by node:test`, async () => {
      const count = [...code.matchAll(/^it\(/gm)].length;
      expect(count).toBeGreaterThan(0);
      const output = await run(name);
      expect(output)
        .withContext(output)
        .toMatch(new RegExp(`^# pass ${count}$`, 'm'));
      expect(output).toMatch(/^# fail 0$/m);
    });
  }

  it('shows the messages of tests that fail as they are', async () => {
    const text = (await readFile(page, 'utf8')).replaceAll(/^```[a-z]+\n.*?^```$/gms, '');
    const [stats, replayed] = [...text.matchAll(/^```\n(.*?)\n```$/gms)].map(([, message]) => message!.split('\n'));
    const shown = async (name: string, from: string, to: string): Promise<string> => {
      const changed = programs.get(name)!.replace(from, to);
      expect(changed).not.toBe(programs.get(name)!);
      await writeFile(join(folder, `changed-${name}`), changed);
      return run(`changed-${name}`);
    };
    const wrong = await shown('hedged.test.ts', '1 9ms 2-0', '1 8ms 2--0');
    for (const line of stats!) expect(wrong).toContain(line);
    const small = await shown('friday.test.ts', 'max: 8', 'max: 2');
    for (const line of replayed!) expect(small).toContain(line);
  });
});
