/**
 * A guard against performance regressions: for every case with a `guard`, it compares our contender as a multiple of another one, both
 * measured in the same run on the same machine. It compares no absolute values.
 *
 * Where one process does all the work, CPU time is measured. Other load on the machine can only increase a figure, so the best round
 * counts. A figure that looks too slow is measured again with three times the rounds, and then once more, before it is reported.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shown } from '../report/numbers';
import type { Case, Guarded } from './case';
import type { CaseResults } from './results';
import { runRounds, type Suite } from './rounds';

const file = join(fileURLToPath(new URL('../..', import.meta.url)), 'bench/guard.json');

/** The content of `bench/guard.json` for each case. */
interface Kept {
  /** Our contender as a multiple of the other one. */
  readonly ratio: number;
  /** The allowed factor between a new ratio and this one. */
  readonly margin: number;
}

type Ratios = Readonly<Record<string, Kept>>;

const MARGIN = 1.5;
const ATTEMPTS = 3;
/** The factor for the number of rounds when a case is measured again. */
const PATIENCE = 3;

const readRatios = (): Ratios => JSON.parse(readFileSync(file, 'utf8')) as Ratios;

/** Returns whether there is no regression. */
export async function guard(cases: readonly Case[], suite: Suite): Promise<boolean> {
  const ratios = readRatios();
  let well = true;
  for (const one of guardedOnes(cases)) well = (await guardOne(one, ratios[one.id], suite)) && well;
  return well;
}

async function guardOne(one: GuardedCase, kept: Kept | undefined, suite: Suite): Promise<boolean> {
  const tell = (words: string): void => {
    console.log(`${one.id.padEnd(14)} ${words}`);
  };
  const { against } = one.guarded;
  let samples: CaseResults = {};
  for (let attempt = 1; ; attempt++) {
    samples = joined(samples, await measure(one, attempt === 1 ? suite : more(suite)));
    if (kept === undefined) {
      const is = ratioOf(one, samples);
      const known = typeof is === 'number';
      tell(known ? `${shown(is)} × ${against}, and none is kept: npm run bench:guard -- --update` : `left out: ${is}`);
      return !known;
    }
    const verdict = verdictOf(one, samples, kept);
    if (typeof verdict === 'string') {
      // A case that was measured once must be measured in every later run.
      tell(`left out: ${verdict}`);
      return false;
    }
    const { is, bound, slower, faster } = verdict;
    const again = slower && attempt < ATTEMPTS;
    const words = again ? 'once more' : slower ? 'TOO SLOW' : faster ? 'faster, --update keeps it so' : 'as it was';
    tell(`${shown(is).padStart(6)} × ${against}; was ${kept.ratio}, may be ${shown(bound)}: ${words}`);
    if (!again) return !slower;
  }
}

interface Verdict {
  readonly is: number;
  readonly bound: number;
  readonly slower: boolean;
  /** By as much as would be too slow the other way. */
  readonly faster: boolean;
}

/** Or the reason why there is none. */
export function verdictOf(one: Guarding, samples: CaseResults, { ratio, margin }: Kept): Verdict | string {
  const is = ratioOf(one, samples);
  if (typeof is === 'string') return is;
  const bound = ratio * margin;
  return { is, bound, slower: is > bound, faster: is < ratio / margin };
}

/** Writes the current ratios; margins are kept. */
export async function updateGuard(cases: readonly Case[], suite: Suite): Promise<void> {
  const ratios: Record<string, Kept> = { ...readRatios() };
  for (const one of guardedOnes(cases)) {
    const is = ratioOf(one, await measure(one, more(suite)));
    if (typeof is === 'string') {
      console.log(`${one.id.padEnd(14)} left out: ${is}`);
      continue;
    }
    const { margin = MARGIN } = ratios[one.id] ?? {};
    ratios[one.id] = { ratio: Number(is.toPrecision(3)), margin };
    console.log(`${one.id.padEnd(14)} ${is.toPrecision(3).padStart(6)} × ${one.guarded.against}`);
  }
  writeFileSync(file, JSON.stringify(ratios, null, 2) + '\n');
}

interface Guarding extends Pick<Case, 'metrics'> {
  readonly guarded: Guarded;
}

type GuardedCase = Case & Guarding;

const guardedOnes = (cases: readonly Case[]): readonly GuardedCase[] =>
  cases.filter((one): one is GuardedCase => one.guarded !== undefined);

const more = (suite: Suite): Suite => ({ ...suite, rounds: suite.rounds * PATIENCE });

const measure = (one: GuardedCase, suite: Suite): Promise<CaseResults> => {
  const { ours, against } = one.guarded;
  const contenders = one.contenders.filter(({ name }) => name === ours || name === against);
  if (contenders.length !== 2) throw new Error(`'${one.id}' has no '${ours}' or no '${against}'`);
  return runRounds(
    {
      ...one,
      contenders: contenders.map(({ name, kind, measure, amount = one.amount }) => ({ name, kind, measure, amount })),
      rounds: { full: Infinity, quick: Infinity },
    },
    suite,
  );
};

const joined = (a: CaseResults, b: CaseResults): CaseResults =>
  Object.fromEntries(
    Object.entries(b).map(([name, { samples, ...rest }]) => [
      name,
      { ...rest, samples: [...(a[name]?.samples ?? []), ...samples] },
    ]),
  );

/** Of cost: more is always worse. Or the reason why there is none. */
function ratioOf(
  { guarded: { ours, against, more: moreIsBetter }, metrics }: Guarding,
  results: CaseResults,
): number | string {
  const { key } = metrics[0]!;
  const leftOut = results[ours]?.leftOut ?? results[against]?.leftOut;
  if (leftOut !== undefined) return leftOut;
  const best = (name: string): number => {
    const values = results[name]!.samples.map((sample) => sample[key] ?? NaN);
    return moreIsBetter ? Math.max(...values) : Math.min(...values);
  };
  return moreIsBetter ? best(against) / best(ours) : best(ours) / best(against);
}
