import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { decisionTable } from '../../src/pool/core/decision-table';

const page = readFileSync('docs/architecture.md', 'utf8');

function section(title: string): string {
  const start = page.indexOf(`## ${title}\n`);
  expect(start).withContext(title).toBeGreaterThan(0);
  return page.slice(start, page.indexOf('\n## ', start + 1));
}

/** The first cell of each row of the tables, as words in code font. */
function firstCells(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .flatMap((line) => [...line.split('|')[1]!.matchAll(/`([^`]+)`/g)].map(([, word]) => word!));
}

describe('docs/architecture.md', () => {
  it('names every file of src/pool, and no other', () => {
    const files = readdirSync('src/pool', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    const named: string[] = [];
    for (const cell of firstCells(section('The files of the pool'))) {
      // "`values/disposal.ts`, `inspect-symbol.ts`": the second one is in the folder of the first.
      const folder = named.at(-1)?.split('/').slice(0, -1).join('/') ?? '';
      named.push(files.includes(cell) || folder === '' ? cell : `${folder}/${cell}`);
    }
    expect(named.sort()).toEqual(files.sort());
  });

  it('names every row of the decision table, in its order', () => {
    const rows = Object.entries(decisionTable).flatMap(([group, rows]) =>
      Object.keys(rows).map((name) => `${group}.${name}`),
    );
    expect(firstCells(section('The drain loop and its table'))).toEqual(rows);
  });

  it('names files of the operators that exist', () => {
    const files = firstCells(section('The operators'));
    for (const file of files.filter((name) => name.includes('/') && !name.includes('*'))) {
      expect(() => readFileSync(`src/${file}`)).not.toThrow();
    }
    expect(files.length).toBeGreaterThan(5);
  });

  it('sends a change to files that exist, and to names in them', () => {
    const text = section('Where a change begins');
    // "`core/leases.ts` (`lend`, begins a lease)": a file, and perhaps what is meant in it.
    const named = [...text.matchAll(/`([\w/-]+\.ts)`(?: \(([^)]*)\))?/g)];
    for (const [, file, within = ''] of named) {
      const path = ['.', 'src', 'src/pool', 'src/operators/internal']
        .map((folder) => `${folder}/${file}`)
        .find(existsSync);
      const context = `${file} (${within})`;
      expect(path).withContext(context).toBeDefined();
      const source = path === undefined ? '' : readFileSync(path, 'utf8');
      for (const [, name] of within.matchAll(/`(\w+)`/g))
        expect(source.includes(name!)).withContext(context).toBe(true);
    }
    expect(named.length).toBeGreaterThan(30);
  });
});
