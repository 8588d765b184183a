/** The functions that take the time of a contender, from V8's sampling profiler. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Case, Contender } from './case';
import { inOwnProcess } from './own-process';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'temp/profiles');
const MOST = 15;
/** The last one is the profiler itself. */
const notWork = new Set(['(idle)', '(program)', '(root)', 'dispatch']);

interface Frame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** The format that V8 writes. */
interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Frame }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A function, and its share of the busy time, without the functions that it called. */
export interface Hot {
  readonly where: string;
  readonly share: number;
}

/** Prints the profiles of all our contenders in these cases. */
export async function profile(cases: readonly Case[], quick: boolean): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  for (const one of cases) {
    for (const contender of one.contenders) {
      if (contender.kind !== 'ours') continue;
      console.log(`${one.title}: ${contender.name}`);
      const file = fileOf(one, contender);
      for (const { where, share } of await hottestOf(one, contender, quick)) {
        console.log(`  ${(share * 100).toFixed(1).padStart(5)} %  ${where}`);
      }
      console.log(existsSync(file) ? `  ${relative(root, file)}\n` : '  nothing to see\n');
    }
  }
}

const fileOf = ({ id }: Case, { name }: Contender): string =>
  join(folder, `${id} ${name}`.replaceAll(/[^\w-]+/g, '-') + '.cpuprofile');

/** The functions that take most of the time of a contender; empty for a case that does not measure time. */
export async function hottestOf(one: Case, contender: Contender, quick: boolean): Promise<readonly Hot[]> {
  const file = fileOf(one, contender);
  mkdirSync(folder, { recursive: true });
  await inOwnProcess({
    case: one.id,
    contender: contender.name,
    amount: (contender.amount ?? one.amount)[quick ? 'quick' : 'full'],
    clock: 'wall',
    profile: file,
  });
  return existsSync(file) ? hottest(JSON.parse(readFileSync(file, 'utf8')) as Profile) : [];
}

function hottest({ nodes, samples, timeDeltas }: Profile): readonly Hot[] {
  const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
  const times = new Map<string, number>();
  let busy = 0;
  for (const [i, id] of samples.entries()) {
    const where = places.get(id)!;
    if (notWork.has(where)) continue;
    const time = timeDeltas[i] ?? 0;
    busy += time;
    times.set(where, (times.get(where) ?? 0) + time);
  }
  return [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST)
    .map(([where, time]) => ({ where, share: time / busy }));
}

const maps = new Map<string, SourceMap | undefined>();

function mapOf(file: string): SourceMap | undefined {
  if (!maps.has(file)) {
    const map = `${file}.map`;
    maps.set(
      file,
      existsSync(map)
        ? new SourceMap(JSON.parse(readFileSync(map, 'utf8')) as ConstructorParameters<typeof SourceMap>[0])
        : undefined,
    );
  }
  return maps.get(file);
}

/** The function and its place in the sources, if there is a source map. */
function placeOf({ functionName, url, lineNumber, columnNumber }: Frame): string {
  const name = functionName || '(anonymous)';
  if (!url.startsWith('file:')) return url === '' ? name : `${name}  ${url}:${lineNumber + 1}`;
  const file = fileURLToPath(url);
  const entry = mapOf(file)?.findEntry(lineNumber, columnNumber);
  const [source, line] =
    entry !== undefined && 'originalSource' in entry
      ? [resolve(dirname(file), entry.originalSource), entry.originalLine]
      : [file, lineNumber];
  return `${name}  ${relative(root, source).replace(/^node_modules\//, '')}:${line + 1}`;
}
