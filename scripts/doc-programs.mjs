// The programs in a page of docs: blocks of TypeScript whose first line is the name of a file, such as `// hedged.test.ts`. Blocks of the same
// name are parts of one file, in their order.
import { readFileSync } from 'node:fs';

/** The files of a page, by their names. */
export function programsOf(page) {
  const files = new Map();
  for (const [, name, code] of readFileSync(page, 'utf8').matchAll(/^```ts\n\/\/ ([\w.-]+\.ts)\n(.*?)^```$/gms)) {
    files.set(name, `${files.get(name) ?? ''}${code}`);
  }
  return files;
}
