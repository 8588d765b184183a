import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { describe, thisMachine } from '../runner/machine';
import type { SceneResult } from './measure';

const PAGE = fileURLToPath(new URL('../../docs/reliability.md', import.meta.url));
const BEGIN = '<!-- hostile:begin -->';
const END = '<!-- hostile:end -->';
const machine = thisMachine();

/** The results as a table; with `write` the table is also written into the page, between its marks. */
export async function writeTable(results: readonly SceneResult[], write: boolean): Promise<string> {
  const ms = (value: number): string => value.toFixed(value < 10 ? 2 : 0);
  const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
  const rows = results.map(
    ({ scene, before, during, rssBefore, rssDuring }) =>
      `| ${scene.name} | ${scene.what} | ${ms(before.p50)} | ${ms(before.p99)} | ${ms(during.p50)} | ${ms(during.p99)} ` +
      `| ${during.failed} of ${during.calls} | ${mib(rssBefore)} | ${mib(rssDuring)} |`,
  );
  const table = [
    '| scene | what the hostile peers do | p50 before | p99 before | p50 during | p99 during | calls that failed | node before, MiB | node during, MiB |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    '',
    `Calls of a good client (a pool of 4, one call at a time), in milliseconds. ${describe(machine)}, ${loadavg()[0]!.toFixed(2)} at the end, ` +
      `with the node, the good client and the hostile peers on the same cores.`,
  ].join('\n');
  if (write) {
    const page = readFileSync(PAGE, 'utf8');
    const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
    if (from < 0 || to < from) throw new Error(`${PAGE} has no place between ${BEGIN} and ${END}`);
    const filled = `${page.slice(0, from + BEGIN.length)}\n\n${table}\n\n${page.slice(to)}`;
    writeFileSync(PAGE, await format(filled, { ...(await resolveConfig(PAGE)), filepath: PAGE }));
  }
  return table;
}
