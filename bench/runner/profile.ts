/** Where the time of a contender goes: V8's own sampling profile, by the functions that were running. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Case, Contender } from './case';
import { inOwnProcess } from './own-process';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'temp/profiles');
const MOST = 15;
/** In µs. */
const INTERVAL = 200;

/** As `--cpu-prof` writes it. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export async function profile(cases: readonly Case[], quick: boolean): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const one of cases) {
    for (const contender of one.contenders) {
      if (contender.kind === 'ours') await profileOne(one, contender, quick);
    }
  }
}

async function profileOne(
  { id, title, amount }: Case,
  { name, amount: own }: Contender,
  quick: boolean,
): Promise<void> {
  const file = `${id} ${name}`.replaceAll(/[^\w-]+/g, '-') + '.cpuprofile';
  const answer = await inOwnProcess({ case: id, contender: name, amount: (own ?? amount)[quick ? 'quick' : 'full'] }, [
    '--cpu-prof',
    `--cpu-prof-dir=${folder}`,
    `--cpu-prof-name=${file}`,
    `--cpu-prof-interval=${INTERVAL}`,
  ]);
  if ('leftOut' in answer) return;
  console.log(`${title}: ${name}`);
  const parsed = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile;
  for (const { where, share } of hottest(parsed)) {
    console.log(`  ${(share * 100).toFixed(1).padStart(5)} %  ${where}`);
  }
  console.log(`  ${relative(root, join(folder, file))}\n`);
}

/** The functions in which most of the busy time was spent, not counting what they called. */
function hottest({ nodes, samples, timeDeltas }: Profile): { where: string; share: number }[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const times = new Map<string, number>();
  let busy = 0;
  for (const [i, id] of samples.entries()) {
    const { functionName, url, lineNumber } = frames.get(id)!;
    if (functionName === '(idle)' || functionName === '(program)' || functionName === '(root)') continue;
    const file = url
      .replace(/^file:\/\//, '')
      .replace(root, '')
      .replace(/^node_modules\//, '');
    const where = `${functionName || '(anonymous)'}${file === '' ? '' : `  ${file}:${lineNumber + 1}`}`;
    const time = timeDeltas[i] ?? 0;
    busy += time;
    times.set(where, (times.get(where) ?? 0) + time);
  }
  return [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST)
    .map(([where, time]) => ({ where, share: time / busy }));
}
