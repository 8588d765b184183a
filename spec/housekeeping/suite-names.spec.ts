import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../', import.meta.url));

// Jasmine refuses to run two suites of one name together, which is not noticed while each is run by itself.
describe('the suites', () => {
  it('have different names, in all files', () => {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.spec.ts'),
    );
    const filesOf = new Map<string, string[]>();
    for (const file of files) {
      for (const [, , name] of readFileSync(join(folder, file), 'utf8').matchAll(/^describe\(\s*(['"`])(.*?)\1/gm)) {
        filesOf.set(name!, [...(filesOf.get(name!) ?? []), file]);
      }
    }
    expect(filesOf.size).toBeGreaterThan(100);
    expect([...filesOf].filter(([, where]) => where.length > 1)).toEqual([]);
  });
});
