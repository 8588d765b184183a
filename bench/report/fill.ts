import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';

/**
 * Replaces the text between the marks `bench:name` of a page by the section of that name. The prose around the marks is written by hand.
 */
export async function fill(file: string, sections: Readonly<Record<string, string>>): Promise<void> {
  let page = readFileSync(file, 'utf8');
  for (const [name, section] of Object.entries(sections)) {
    const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
    const from = page.indexOf(begin);
    const to = page.indexOf(end);
    if (from < 0 || to < from) throw new Error(`${file} has no place between ${begin} and ${end}`);
    page = `${page.slice(0, from + begin.length)}\n\n${section}\n\n${page.slice(to)}`;
  }
  writeFileSync(file, await format(page, { ...(await resolveConfig(file)), filepath: file }));
}
