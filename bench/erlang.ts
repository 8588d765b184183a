/**
 * Compares the simulator with queueing theory, and writes the tables into docs/simulation.md. The seeds are fixed, so the result is the
 * same on every machine.
 *
 *     node --import tsx bench/erlang.ts          about two minutes
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { againstErlangB, againstErlangC, distance } from '../spec/simulation/against-erlang';
import type { Held } from '../spec/simulation/against-erlang';

const operations = 400_000;

/** The number of connections, and the load in Erlang: the number of connections that would be busy if there were no limit. */
const waiting = [
  [1, 0.3],
  [1, 0.5],
  [1, 0.8],
  [1, 0.9],
  [2, 1],
  [2, 1.8],
  [5, 2.5],
  [5, 4],
  [5, 4.5],
  [10, 6],
  [10, 8],
  [10, 9],
  [20, 16],
  [20, 18],
  [50, 45],
  [100, 90],
  [100, 95],
] as const;

const turningAway = [
  [1, 0.5],
  [1, 1],
  [2, 2],
  [5, 3],
  [5, 5],
  [10, 5],
  [10, 8],
  [10, 10],
  [10, 15],
  [20, 20],
  [50, 45],
  [50, 60],
  [100, 100],
] as const;

const page = new URL('../docs/simulation.md', import.meta.url);
const all: Held[] = [];

const withWaiting = [
  '| connections | load | had to wait: theory | simulated | | mean wait: theory | simulated | |',
  '| ---: | ---: | ---: | ---: | --- | ---: | ---: | --- |',
];
for (const [servers, load] of waiting) {
  const { waited, meanWait } = await againstErlangC(servers, load, operations);
  all.push(waited, meanWait);
  withWaiting.push(`| ${servers} | ${load} | ${cells(waited, percent)} | ${cells(meanWait, ms)} |`);
  console.log(withWaiting.at(-1));
}

const without = ['| connections | load | rejected: theory | simulated | |', '| ---: | ---: | ---: | ---: | --- |'];
for (const [servers, load] of turningAway) {
  const lost = await againstErlangB(servers, load, operations);
  all.push(lost);
  without.push(`| ${servers} | ${load} | ${cells(lost, percent)} |`);
  console.log(without.at(-1));
}

const within = all.filter((held) => distance(held) <= 1).length;
const furthest = Math.max(...all.map(distance));
const sum = `Of ${all.length} figures ${within} lie within their 95 % interval (${(all.length * 0.95).toFixed(0)} are to be expected), and the furthest one is ${furthest.toFixed(2)} times its half width away.`;
console.log(sum);

const text = readFileSync(page, 'utf8');
const filled = text
  .replace(/(<!-- erlang-c -->\n)[^]*(<!-- \/erlang-c -->)/, `$1\n${withWaiting.join('\n')}\n\n$2`)
  .replace(/(<!-- erlang-b -->\n)[^]*(<!-- \/erlang-b -->)/, `$1\n${without.join('\n')}\n\n${sum}\n\n$2`);
writeFileSync(page, await format(filled, { ...(await resolveConfig(page)), parser: 'markdown' }));

function cells(held: Held, show: (value: number) => string): string {
  const { theory, simulated } = held;
  const sure = simulated.margin === null ? '?' : show(simulated.margin);
  return `${show(theory)} | ${show(simulated.value)} ± ${sure} | ${distance(held) <= 1 ? '✓' : `${distance(held).toFixed(2)} ×`}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

function ms(value: number): string {
  return `${Number(value.toPrecision(3))} ms`;
}
