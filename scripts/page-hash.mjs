import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const parts = [
  'src/dashboard/page',
  'src/dashboard/lane-rows.ts',
  'src/dashboard/series.ts',
  ...['diagnose', 'evictions', 'facts', 'findings', 'index', 'leaks', 'words'].map(
    (name) => `src/diagnosis/${name}.ts`,
  ),
  'examples/bad-day.ts',
];

/** The hash of everything that is visible on the dashboard's page: its sources, and the sentences. */
export function pageHash() {
  const files = parts.flatMap((part) =>
    part.endsWith('.ts') ? [join(root, part)] : readdirSync(join(root, part)).map((name) => join(root, part, name)),
  );
  const hash = createHash('sha256');
  for (const file of files.sort())
    hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}
