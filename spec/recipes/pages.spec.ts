import { readdirSync, readFileSync } from 'node:fs';

const at = (path: string): URL => new URL(`../../${path}`, import.meta.url);
const textOf = (path: string): string => readFileSync(at(path), 'utf8');

const files = readdirSync(at('examples/recipes'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  /\.(ts|mjs)$/.test(name),
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
  it('are shown in their pages as they are run; if not: node scripts/recipes.mjs', () => {
    const shown: string[] = [];
    for (const page of pages) {
      const blocks = [
        ...textOf(`docs/recipes/${page}`).matchAll(/<!-- examples\/recipes\/(\S+) -->\n\n```(?:ts|js)\n(.*?)^```$/gms),
      ];
      for (const [, file, code] of blocks) {
        shown.push(file!);
        const run = textOf(`examples/recipes/${file!}`).replaceAll(
          /'(?:\.\.\/)+src\/index'/g,
          "'rxjs-connection-pool'",
        );
        expect(code).withContext(`${page}, ${file!}`).toBe(run);
      }
      expect(blocks.length)
        .withContext(`${page}: blocks that are not run`)
        .toBeGreaterThanOrEqual([...textOf(`docs/recipes/${page}`).matchAll(/^```ts$/gm)].length);
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
