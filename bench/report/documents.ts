/** Writes what was measured into the pages. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Case } from '../runner/case';
import { UsageError } from '../runner/options';
import { mediansOf, type Results } from '../runner/results';
import { chartAsSvg } from './chart';
import { fill } from './fill';
import {
  casesSection,
  growthSection,
  machineSection,
  profilesSection,
  summarySection,
  targetsSection,
} from './markdown';

// From temp/bench, where this runs.
const root = fileURLToPath(new URL('../..', import.meta.url));
const README = join(root, 'README.md');
const PAGE = join(root, 'docs/performance.md');
const PICTURES = 'performance';

export async function writeDocuments(cases: readonly Case[], results: Results): Promise<void> {
  const missing = cases.filter(({ id }) => results.cases[id] === undefined).map(({ id }) => id);
  if (missing.length > 0) {
    throw new UsageError(
      `the pages need every case, but ${missing.join(', ')} ${missing.length === 1 ? 'was' : 'were'} not measured: leave out ` +
        `--quick and --only, or add --from with a file that has the others`,
    );
  }
  await fill(README, { summary: summarySection(cases, results) });
  await fill(PAGE, {
    machine: machineSection(results),
    targets: targetsSection(cases, results),
    profiles: profilesSection(cases, results),
    cases: casesSection(cases, results),
    growth: growthSection(cases, results, (id) => `${PICTURES}/${id}.svg`),
  });
  writePictures(cases, results);
}

function writePictures(cases: readonly Case[], results: Results): void {
  const folder = join(root, 'docs', PICTURES);
  mkdirSync(folder, { recursive: true });
  for (const { id, title, curve, metrics, contenders } of cases) {
    if (curve === undefined) continue;
    const medians = mediansOf(results.cases, id);
    const lines = contenders
      .map(({ name, kind }) => ({
        name,
        kind,
        points: metrics
          .map(({ key }) => [Number(key), medians(name, key)] as const)
          .filter(([, y]) => !Number.isNaN(y)),
      }))
      .filter(({ points }) => points.length > 0);
    writeFileSync(join(folder, `${id}.svg`), chartAsSvg({ title, ...curve, lines }));
  }
}
