import type { Case } from '../runner/case';
import { figuresOf, mediansOf, type Results } from '../runner/results';
import { shown, withUnit } from './numbers';

/** One case for the terminal: medians, multiples of the first, and what follows. */
export function caseAsText(one: Case, cases: Results['cases']): string {
  const { id, title, metrics, contenders } = one;
  const medians = mediansOf(cases, id);
  const width = Math.max(...contenders.map(({ name }) => name.length));
  const lines = [`${title}  [${id}]`];
  lines.push(`  ${''.padEnd(width)}  ${metrics.map((metric) => metric.title.padStart(16)).join(' ')}`);
  for (const { name, kind } of contenders) {
    const leftOut = cases[id]?.[name]?.leftOut;
    const values = metrics.map(({ key, digits }) => shown(medians(name, key), digits).padStart(16));
    const said = leftOut === undefined ? values.join(' ') : `left out: ${leftOut}`;
    lines.push(`${kind === 'ours' ? '*' : ' '} ${name.padEnd(width)}  ${said}`);
  }
  for (const { what, value, unit, toReach, verdict } of figuresOf(one, cases)) {
    lines.push(`  → ${what}: ${withUnit(value, unit)} (${toReach}) ${verdict}`);
  }
  return lines.join('\n') + '\n';
}
