import { readdirSync, readFileSync } from 'node:fs';

const at = (path: string): URL => new URL(`../../${path}`, import.meta.url);
const textOf = (path: string): string => readFileSync(at(path), 'utf8');

const folders = ['examples/recipes', 'examples/migrating'];
const files = folders.flatMap((folder) =>
  readdirSync(at(folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|mjs)$/.test(name))
    .map((name) => `${folder}/${name}`),
);
const pages = readdirSync(at('docs/recipes')).filter((name) => name !== 'README.md');

/** What each page answers, in this order. */
const headings = [
  'Open',
  'How to tell a broken connection',
  'close',
  'Cancel at the server',
  'Reset',
  'Transactions',
  'An outage',
  'Shutdown',
  'Traps',
  'What is checked',
];

describe('the recipes', () => {
  it('and the page for moving over show the files that are run; if not: node scripts/recipes.mjs', () => {
    const shown: string[] = [];
    for (const page of ['docs/migrating.md', ...pages.map((name) => `docs/recipes/${name}`)]) {
      const text = textOf(page);
      const blocks = [...text.matchAll(/<!-- (examples\/\S+) -->\n\n```(?:ts|js)\n(.*?)^```$/gms)];
      for (const [, file, code] of blocks) {
        shown.push(file!);
        const run = textOf(file!).replaceAll(/'(?:\.\.\/)+src\/index'/g, "'rxjs-connection-pool'");
        expect(code).withContext(`${page}, ${file!}`).toBe(run);
      }
      expect(blocks.length)
        .withContext(`${page}: blocks that are not run`)
        .toBeGreaterThanOrEqual([...text.matchAll(/^```ts$/gm)].length);
    }
    expect(shown.sort()).toEqual(files.sort());
  });

  it('answer the same questions in the same order', () => {
    for (const page of pages) {
      const found = [...textOf(`docs/recipes/${page}`).matchAll(/^## (.*)$/gm)].map(([, heading]) =>
        heading!.replaceAll('`', ''),
      );
      expect(found).withContext(page).toEqual(headings);
    }
  });

  it('are all in the index', () => {
    const linked = [...textOf('docs/recipes/README.md').matchAll(/\]\(([\w-]+\.md)\)/g)].map(([, page]) => page!);
    expect(linked.sort()).toEqual(pages.sort());
  });
});
