import { readFileSync } from 'node:fs';
import { throwError, timer } from 'rxjs';
import { recordLoad, stressTest } from '../../src/stress/index';
import type { LoadRecording, StressReport } from '../../src/stress/index';
import { createLastingPool } from '../helpers/lasting-pool';
import { marbles, opensAtOnce } from '../helpers/marbles';

const page = readFileSync(new URL('../../docs/stress.md', import.meta.url), 'utf8');
/** Whatever the tables of the page set as code in their first two columns. */
const documented = new Set(
  page
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .flatMap((line) => [...line.matchAll(/`([A-Za-z0-9]+)(?:\[\])?`/g)].map(([, name]) => name)),
);

/** The names of all fields, without those of the pool's own snapshot and of a saved histogram. */
function namesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === 'stats' || name === 'histograms' ? [name] : [name, ...namesIn(inner)],
  );
}

describe('the page on stress tests', () => {
  let report: StressReport | undefined;
  let recording: LoadRecording | undefined;

  beforeAll(() => {
    marbles(({ flush }) => {
      const pool = createLastingPool({ connect: () => opensAtOnce('c'), max: 1 });
      pool.events$.pipe(recordLoad()).subscribe((result) => (recording = result));
      const failing = () => throwError(() => Object.assign(new Error('no'), { code: 'E_NO' }));
      stressTest(pool, {
        workers: 2,
        operations: 9,
        work: (_, index) => (index === 5 ? failing() : timer(10)),
        thresholds: ['errors<=0'],
      }).subscribe({ next: (each) => (report = each), complete: () => void pool.destroy() });
      flush();
    });
  });

  it('names every field of a report', () => {
    const names = new Set(namesIn(JSON.parse(JSON.stringify({ ...report!, interrupted: false }))));
    for (const name of ['verdict', 'p999', 'saturated', 'evicted', 'firstAt', 'waitP50', 'basis', 'summary']) {
      expect(names.has(name)).withContext(name).toBeTrue();
    }
    names.delete('destroy'); // a reason for which connections are evicted
    expect([...names].filter((name) => !documented.has(name))).toEqual([]);
  });

  it('names every field of a recording', () => {
    expect(Object.keys(recording!).filter((name) => !documented.has(name))).toEqual([]);
  });
});
