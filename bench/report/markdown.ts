import type { Case } from '../runner/case';
import { describe } from '../runner/machine';
import { figuresOf, mediansOf, spreadOf, type Figure, type Results } from '../runner/results';
import { short, shown, withUnit } from './numbers';

const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
/** Columns that contain numbers are aligned to the right. */
const table = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numbers: (column: number) => boolean,
): string => [row(head), row(head.map((_, i) => (numbers(i) ? '---:' : '---'))), ...rows.map(row)].join('\n');
const sentences = (...paragraphs: readonly string[]): string => paragraphs.filter((one) => one !== '').join('\n\n');

export function machineSection({ machine, date, quick, rounds, seed, seconds }: Results): string {
  return (
    `${describe(machine)}. ${quick ? 'The quick suite, ' : ''}${rounds} rounds on ${date} in ${Math.round(seconds / 60)} minutes, ` +
    `\`--seed ${seed}\`. Figures are medians.`
  );
}

/** Of those in the short table. */
const BEST = 6;

/** The short table: one line a case, ours beside the baseline and the others. */
export function summarySection(cases: readonly Case[], { cases: results, machine, date }: Results): string {
  const rows = cases.flatMap(({ id, headline, metrics, contenders }) => {
    if (headline === undefined || results[id] === undefined) return [];
    const medians = mediansOf(results, id);
    const { key, digits } = metrics[0]!;
    const value = (name: string): string => shown(medians(name, key), digits);
    const named = (name: string): string => (Number.isNaN(medians(name, key)) ? '' : `${value(name)} (${name})`);
    if (named(headline.ours) === '') return [];
    const others = contenders
      .filter(({ name, kind }) => kind === 'peer' && !Number.isNaN(medians(name, key)))
      .sort((a, b) => (medians(a.name, key) - medians(b.name, key)) * (headline.more ? -1 : 1))
      .slice(0, BEST)
      .map(({ name }) => named(name));
    const baseline = headline.baseline === undefined ? '' : named(headline.baseline);
    return [[headline.what, `**${value(headline.ours)}**`, baseline, others.join(', ')]];
  });
  return sentences(
    table(
      ['', 'this package', 'lower bound, by hand', `others, the best ${BEST} first`],
      rows,
      (column) => column === 1,
    ),
    `Medians on ${machine.cores} × ${machine.cpu}, Node ${machine.node}, on ${date}.`,
  );
}

const marks: Record<Figure['verdict'], string> = {
  beyond: 'beyond',
  reached: 'reached',
  'short of beyond': 'not beyond',
  'not reached': '**not reached**',
  unknown: 'not measured',
};

export function targetsSection(cases: readonly Case[], { cases: results }: Results): string {
  const rows = cases.flatMap((one) =>
    results[one.id] === undefined
      ? []
      : figuresOf(one, results).map(({ what, value, unit, toReach, verdict }, i) => [
          i === 0 ? `${one.title} (\`${one.id}\`)` : '',
          what,
          withUnit(value, unit),
          toReach,
          marks[verdict],
        ]),
  );
  return table(['case', 'figure', 'is', 'to reach', ''], rows, (column) => column === 2);
}

export function casesSection(cases: readonly Case[], results: Results): string {
  return sentences(
    ...cases
      .filter(({ id, curve }) => curve === undefined && id in results.cases)
      .map((one) => caseSection(one, results)),
  );
}

function caseSection(one: Case, { cases }: Results): string {
  const { id, title, about, metrics, contenders } = one;
  const medians = mediansOf(cases, id);
  const measured = contenders.filter(({ name }) => (cases[id]?.[name]?.samples.length ?? 0) > 0);
  const rows = measured.map(({ name, kind }) => [
    kind === 'ours' ? `**${name}**` : kind === 'baseline' ? `_${name}_` : name,
    ...metrics.map(({ key, digits }) => shown(medians(name, key), digits)),
    withUnit(spreadOf(one, name, cases), '×'),
  ]);
  const leftOut = contenders.flatMap(({ name }) => {
    const why = cases[id]?.[name]?.leftOut;
    return why === undefined ? [] : [`${name} (${why})`];
  });
  return sentences(
    `### ${title}`,
    about,
    table(['', ...metrics.map((metric) => metric.title), 'spread'], rows, (column) => column > 0),
    leftOut.length === 0 ? '' : `Left out: ${leftOut.join(', ')}.`,
  );
}

const HOTTEST = 8;

/** For cases with a target that is not reached: the functions that take most of the time. */
export function profilesSection(cases: readonly Case[], { profiles = {} }: Results): string {
  const parts = cases.flatMap(({ id, title, headline }) => {
    const hot = profiles[id] ?? [];
    if (hot.length === 0 || headline === undefined) return [];
    const rows = hot.slice(0, HOTTEST).map(({ where, share }) => {
      const [name, place = ''] = where.split('  ');
      return [`\`${name}\` ${place}`, `${(share * 100).toFixed(1)} %`];
    });
    return [`### ${title}: ${headline.ours}`, table(['function', 'of the time'], rows, (column) => column === 1)];
  });
  return parts.length === 0 ? 'Every figure with a profile is reached.' : sentences(...parts);
}

export function growthSection(cases: readonly Case[], results: Results, pictureOf: (id: string) => string): string {
  return sentences(
    ...cases.flatMap(({ id, title, about, curve, metrics, contenders }) => {
      if (curve === undefined || results.cases[id] === undefined) return [];
      const medians = mediansOf(results.cases, id);
      const rows = contenders.map(({ name, kind }) => [
        kind === 'ours' ? `**${name}**` : kind === 'baseline' ? `_${name}_` : name,
        ...metrics.map(({ key }) => shown(medians(name, key))),
      ]);
      return [
        `### ${title}`,
        about,
        `![${curve.y}, by ${curve.x}](${pictureOf(id)})`,
        table([curve.x, ...metrics.map(({ key }) => short(Number(key)))], rows, (column) => column > 0),
      ];
    }),
  );
}
