import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { isWhole } from '../helpers/effort';

function needsNoTypesOfTheDom(): void {
  it('its types need the DOM or skipLibCheck; ours ask for neither in a program that skips', () => {
    const program = fileURLToPath(new URL('../../pull-types.ts', import.meta.url));
    const text = `
      import { createPool } from './src/index';
      import { batchOutcomes, fromPull, withConnection } from './src/ix/index';
      import type { BatchOutcome } from './src/ix/index';
      declare function lines(): AsyncGenerator<string>;
      const pool = createPool<number>({ connect: async () => 1, max: 1 });
      export const outcomes: AsyncIterable<BatchOutcome<number | undefined>> =
        batchOutcomes(3)(withConnection(pool, async (connection, line: string) => connection + line.length)(lines()));
      fromPull(outcomes).subscribe((outcome) => outcome.index.toFixed());
    `;
    const complaints = (skipLibCheck: boolean): string[] => {
      const options: ts.CompilerOptions = {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        moduleResolution: ts.ModuleResolutionKind.Bundler,
        lib: ['lib.es2022.d.ts', 'lib.esnext.disposable.d.ts'],
        types: ['node'],
        strict: true,
        noEmit: true,
        skipLibCheck,
      };
      const host = ts.createCompilerHost(options);
      const { fileExists, readFile } = host;
      host.fileExists = (name) => name === program || fileExists(name);
      host.readFile = (name) => (name === program ? text : readFile(name));
      host.getSourceFile = (name, target) => {
        const source = host.readFile(name);
        return source === undefined ? undefined : ts.createSourceFile(name, source, target);
      };
      const found = ts.getPreEmitDiagnostics(ts.createProgram([program], options, host));
      return found.map(({ file }) => file?.fileName ?? '');
    };
    expect(complaints(true)).toEqual([]);
    const unskipped = complaints(false);
    expect(unskipped.length).toBeGreaterThan(0);
    expect(unskipped.filter((name) => !name.includes('node_modules/'))).toEqual([]);
  });
}

// To check types takes seconds.
if (isWhole) describe('IxJS 7', needsNoTypesOfTheDom);
