// Makes the site from the same pages that are read in the repository: `npm run docs`.
//
// 1. typedoc checks that the API is documented, and writes its pages.
// 2. The pages of docs are put into temp/site, with links and pictures as VitePress wants them, and with llms.txt.
// 3. VitePress builds site/dist, and scripts/check-site.mjs looks at the result.
//
// Nothing is fetched: `npm run docs` works without a network.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize, relative, resolve } from 'node:path';
import { fromElsewhere, groups } from '../site/pages.mjs';

const root = resolve(import.meta.dirname, '..');
const out = join(root, 'temp/site');
const built = join(root, 'site/dist');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const repository = manifest.repository?.url.replace(/^git\+|\.git$/g, '');
const read = (file) => readFileSync(join(root, file), 'utf8');

function run(...command) {
  const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** The pages: file of the repository → file of the site. A folder's README is its index. */
const pages = new Map([
  ...readdirSync(join(root, 'docs'), { recursive: true })
    .filter((name) => name.endsWith('.md'))
    .map((name) => [`docs/${name}`, name.replace(/README\.md$/, 'index.md')]),
  ...Object.entries(fromElsewhere),
  ['README.md', 'index.md'],
]);

/** A link as the site has it. What is no page is in the repository, if that is known; else the text remains. */
function linkOf(file, text, target) {
  if (/^(https?:|#|mailto:)/.test(target)) return `[${text}](${target})`;
  const [path, anchor] = target.split('#');
  const meant = normalize(join(dirname(file), path));
  const page = pages.get(meant);
  const suffix = anchor === undefined ? '' : `#${anchor}`;
  if (page !== undefined) {
    const from = relative(dirname(pages.get(file)), page);
    return `[${text}](${from.startsWith('.') ? from : `./${from}`}${suffix})`;
  }
  if (repository === undefined) return text.includes('`') ? text : `${text} (\`${meant}\`)`;
  return `[${text}](${repository}/blob/main/${meant}${suffix})`;
}

/** `<picture>` follows the system; the site has a switch of its own. */
const picture = (_, dark, light, rest) =>
  `<img class="only-light" src="./${light}"${rest}><img class="only-dark" src="./${dark}"${rest}>`;
const pictures =
  /<picture>\s*<source media="\(prefers-color-scheme: dark\)" srcset="([^"]+)">\s*<img src="([^"]+)"([^>]*)>\s*<\/picture>/g;

/** Text outside of blocks of code. */
function outsideCode(text, change) {
  return text
    .split(/(^ *```.*?^ *```$)/ms)
    .map((part, i) => (i % 2 === 1 ? part : change(part)))
    .join('');
}

function pageOf(file) {
  return outsideCode(read(file), (text) =>
    text
      .replace(pictures, picture)
      .replace(/!\[([^\]]*)\]\((performance\/[^)]+)\)/g, '<img class="on-white" src="./$2" alt="$1">')
      .replace(/(?<!!)\[((?:[^[\]]|\[[^[\]]*\])+)\]\(([^)\s]+)\)/g, (_, label, target) => linkOf(file, label, target)),
  );
}

function write(name, text, folder = out) {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** The start page, with the first block of the README. */
function startPage() {
  const readme = read('README.md');
  const [block] = /^```ts\n.*?^```$/ms.exec(readme);
  return readFileSync(join(root, 'site/index.md'), 'utf8').replace('<!-- first-block -->', () => block);
}

/** See https://llmstxt.org: what the package is, and where each page is as plain Markdown; and all of it in one file. */
function llms() {
  const names = [...pages.values()].map((name) => name.slice(0, -3));
  const groupsOfPages = groups.map(({ text, pages: named, folder }) => [
    text,
    folder === undefined
      ? named.filter((name) => names.includes(name) && name !== 'decisions/index')
      : names.filter((name) => name.startsWith(`${folder}/`)),
  ]);
  const textOf = (name) => readFileSync(join(out, `${name}.md`), 'utf8');
  const lists = groupsOfPages.map(
    ([text, own]) =>
      `## ${text}\n\n${own.map((name) => `- [${/^# (.*)$/m.exec(textOf(name))[1]}](./${name}.md)\n`).join('')}`,
  );
  const known = groupsOfPages.flatMap(([, own]) => own);
  for (const name of known) write(`${name}.md`, textOf(name), built);
  write('llms.txt', `# ${manifest.name}\n\n> ${manifest.description}\n\n${lists.join('\n')}`, built);
  write('llms-full.txt', [read('README.md'), ...known.map(textOf)].join('\n\n---\n\n'), built);
}

rmSync(out, { recursive: true, force: true });
for (const [file, name] of pages) write(name, name === 'index.md' ? startPage() : pageOf(file));
for (const folder of ['images', 'pictures', 'performance']) {
  cpSync(join(root, 'docs', folder), join(out, folder), {
    recursive: true,
    filter: (file) => !/\.(txt|sha256)$/.test(file),
  });
}
// By their own names: the start page asks for them so.
cpSync(join(out, 'pictures'), join(out, 'public/pictures'), { recursive: true });
cpSync(join(root, 'src/dashboard/page/icon.svg'), join(out, 'public/icon.svg'));
run('node_modules/typedoc/bin/typedoc');
run('node_modules/vitepress/bin/vitepress.js', 'build', 'site');
llms();
run('scripts/check-site.mjs');
