// Looks at the built site: every link and anchor leads somewhere, every picture is there, and nothing is loaded from elsewhere.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const site = resolve(import.meta.dirname, '../site/dist');
const { homepage } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../package.json'), 'utf8'));
const base = homepage === undefined ? '/' : new URL(homepage).pathname.replace(/\/?$/, '/');

const files = readdirSync(site, { recursive: true }).filter((name) => name.endsWith('.html'));
const html = new Map(files.map((name) => [join(site, name), readFileSync(join(site, name), 'utf8')]));
const ids = new Map(
  [...html].map(([file, text]) => [file, new Set([...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id))]),
);
const problems = new Set();

/** The file that an address of a page means. */
function fileOf(page, address) {
  const path = decodeURIComponent(address);
  const file = path.startsWith('/') ? join(site, path.slice(base.length)) : join(dirname(page), path);
  return existsSync(file) && statSync(file).isDirectory() ? join(file, 'index.html') : file;
}

const unescape = (text) => text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'");
let links = 0;
for (const [page, text] of html) {
  const where = relative(site, page);
  for (const [tag, , address] of text.matchAll(
    /<(?:a|img|script|link|source)\b[^>]*?\s(href|src|srcset)="([^"]*)"[^>]*>/g,
  )) {
    const isLink = tag.startsWith('<a');
    if (/^(https?:)?\/\//.test(address)) {
      // A reader may be led elsewhere; a page may not load anything from there.
      if (!isLink) problems.add(`${where} loads ${address}`);
      continue;
    }
    if (/^(mailto|data):/.test(address)) continue;
    links++;
    const [path, anchor] = unescape(address).split('#');
    const file = path === '' ? page : fileOf(page, path);
    if (!existsSync(file)) problems.add(`${where}: ${address} is not there`);
    else if (anchor !== undefined && anchor !== '' && !ids.get(file)?.has(decodeURIComponent(anchor)))
      problems.add(`${where}: ${address} has no such heading`);
  }
}
for (const name of readdirSync(site, { recursive: true }).filter((file) => file.endsWith('.css'))) {
  for (const [, address] of readFileSync(join(site, name), 'utf8').matchAll(/url\(["']?((?:https?:)?\/\/[^)"']+)/g))
    problems.add(`${name} loads ${address}`);
}
for (const name of ['llms.txt', 'llms-full.txt']) {
  if (!existsSync(join(site, name))) problems.add(`${name} is missing`);
}
for (const [, name] of readFileSync(join(site, 'llms.txt'), 'utf8').matchAll(/\]\(\.\/([^)]+)\)/g)) {
  if (!existsSync(join(site, name))) problems.add(`llms.txt: ${name} is not there`);
}

for (const problem of problems) console.error(problem);
if (problems.size > 0) process.exit(1);
console.log(`${html.size} pages of the site, ${links} links and pictures: all lead somewhere`);
