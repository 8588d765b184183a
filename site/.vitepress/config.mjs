import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { defineConfig } from 'vitepress';
import { groups } from '../pages.mjs';

const root = resolve(import.meta.dirname, '../..');
const { homepage, repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Made from docs by scripts/site.mjs. */
const pages = join(root, 'temp/site');

/** The anchors of headings, as GitHub and npm make them: links work there and here. */
export const slugify = (heading) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');

const titleOf = (page) => /^# (.*)$/m.exec(readFileSync(join(pages, `${page}.md`), 'utf8'))[1].replaceAll(/[`\\]/g, '');
const item = (page) => ({ text: titleOf(page), link: `/${page.replace(/(^|\/)index$/, '$1')}` });
const pagesIn = (folder) =>
  readdirSync(join(pages, folder))
    .filter((name) => name.endsWith('.md') && name !== 'index.md')
    .map((name) => `${folder}/${name.slice(0, -3)}`);

function sidebar() {
  const known = groups.flatMap((group) => group.pages ?? []);
  const others = readdirSync(pages)
    .filter((name) => name.endsWith('.md') && name !== 'index.md')
    .map((name) => name.slice(0, -3))
    .filter((page) => !known.includes(page));
  const list = groups.map(({ text, pages: named, folder }) => ({
    text,
    collapsed: false,
    items:
      folder === undefined
        ? named.filter((page) => existsSync(join(pages, `${page}.md`))).map(item)
        : [{ text: 'All recipes', link: `/${folder}/` }, ...pagesIn(folder).map(item)],
  }));
  list.at(-1).items.push(...others.map(item), { text: 'API', link: '/api/' });
  return list;
}

/** The API has a page for each entry point. */
function apiSidebar() {
  const entries = readdirSync(join(pages, 'api'), { recursive: true })
    .filter((name) => name.endsWith('.md') && name !== 'index.md')
    .map((name) => `api/${name.slice(0, -3)}`)
    .sort();
  return [
    { text: 'API', link: '/api/', items: entries.map(item) },
    { text: 'Guide', link: '/guide' },
  ];
}

// Where the site is published: the path of "homepage" in package.json.
const base = homepage === undefined ? '/' : new URL(homepage).pathname.replace(/\/?$/, '/');

export default defineConfig({
  title: 'rxjs-connection-pool',
  description: 'A connection pool as a stream: leases, tasks and batches for RxJS.',
  lang: 'en',
  base,
  head: [['link', { rel: 'icon', href: `${base}icon.svg`, type: 'image/svg+xml' }]],
  srcDir: '../temp/site',
  outDir: './dist',
  cacheDir: '../node_modules/.cache/vitepress',
  // A link to a page that does not exist ends the build; scripts/check-site.mjs looks at the anchors.
  ignoreDeadLinks: false,
  markdown: { anchor: { slugify }, toc: { slugify } },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Guide', link: '/guide' },
      { text: 'Operators', link: '/operators' },
      { text: 'Recipes', link: '/recipes/' },
      { text: 'API', link: '/api/' },
      { text: 'Changes', link: '/changelog' },
    ],
    sidebar: { '/api/': apiSidebar(), '/': sidebar() },
    ...(repository === undefined
      ? {}
      : { socialLinks: [{ icon: 'github', link: repository.url.replace(/^git\+|\.git$/g, '') }] }),
    footer: { message: 'MIT license' },
  },
});
