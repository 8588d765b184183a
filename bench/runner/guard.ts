/**
 * A guard against getting slower: in every case that names what it is guarded against, ours as a multiple of it, both measured in the
 * same run on the same machine. Nothing absolute is compared.
 *
 * Others that use the machine can only make a figure worse, never better, so the best of the rounds counts. What looks too slow is
 * measured once more, with three times the rounds, before it is called so.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Case } from './case';
import type { CaseResults } from './results';
import { runRounds, type Suite } from './rounds';

const file = join(fileURLToPath(new URL('../..', import.meta.url)), 'bench/guard.json');

interface Ratios {
  /** How many times the committed ratio it may be. */
  readonly margin: number;
  /** Ours as a multiple of what it is guarded against, by case. */
  readonly ratios: Readonly<Record<string, number>>;
}

const PATIENCE = 3;

export async function guard(cases: readonly Case[], suite: Suite): Promise<boolean> {
  const committed = JSON.parse(readFileSync(file, 'utf8')) as Ratios;
  const { margin } = committed;
  let well = true;
  for (const one of guarded(cases)) {
    const was = committed.ratios[one.id];
    if (was === undefined) throw new Error(`bench/guard.json has no '${one.id}': npm run bench:guard -- --update`);
    const bound = was * margin;
    let samples = await measure(one, suite);
    if (ratioOf(one, samples) > bound) {
      console.log(`${one.id}: ${ratioOf(one, samples).toFixed(2)} is more than ${bound.toFixed(2)}; once more`);
      samples = joined(samples, await measure(one, { ...suite, rounds: suite.rounds * PATIENCE }));
    }
    const is = ratioOf(one, samples);
    if (is > bound) well = false;
    const verdict = is > bound ? 'TOO SLOW' : is < was / margin ? 'faster: --update keeps it so' : 'as it was';
    console.log(
      `${one.id.padEnd(14)} ${is.toFixed(2).padStart(6)} × ${one.guarded!.against}; was ${was.toFixed(2)}, may be ${bound.toFixed(2)}: ${verdict}`,
    );
  }
  return well;
}

/** Writes the ratios of now. */
export async function updateGuard(cases: readonly Case[], suite: Suite): Promise<void> {
  const { margin } = JSON.parse(readFileSync(file, 'utf8')) as Ratios;
  const ratios: Record<string, number> = {};
  for (const one of guarded(cases)) {
    ratios[one.id] = Number(ratioOf(one, await measure(one, { ...suite, rounds: suite.rounds * PATIENCE })).toFixed(2));
    console.log(`${one.id.padEnd(14)} ${ratios[one.id]} × ${one.guarded!.against}`);
  }
  writeFileSync(file, JSON.stringify({ margin, ratios }, null, 2) + '\n');
}

const guarded = (cases: readonly Case[]): readonly Case[] => cases.filter((one) => one.guarded !== undefined);

const measure = (one: Case, suite: Suite): Promise<CaseResults> => {
  const { ours, against } = one.guarded!;
  const contenders = one.contenders.filter(({ name }) => name === ours || name === against);
  if (contenders.length !== 2) throw new Error(`'${one.id}' has no '${ours}' or no '${against}'`);
  return runRounds(
    {
      ...one,
      contenders: contenders.map(({ name, kind, measure }) => ({ name, kind, measure })),
      rounds: { full: Infinity, quick: Infinity },
    },
    suite,
  );
};

function joined(a: CaseResults, b: CaseResults): CaseResults {
  return Object.fromEntries(
    Object.entries(a).map(([name, { samples }]) => [name, { samples: [...samples, ...b[name]!.samples] }]),
  );
}

/** Of cost: more is always worse. */
function ratioOf({ guarded: what, metrics }: Case, results: CaseResults): number {
  const { ours, against, more } = what!;
  const { key } = metrics[0]!;
  const best = (name: string): number => {
    const values = results[name]!.samples.map((sample) => sample[key] ?? NaN);
    return more ? Math.max(...values) : Math.min(...values);
  };
  return more ? best(against) / best(ours) : best(ours) / best(against);
}
