import { parseArgs } from 'node:util';
import type { Case } from './case';
import type { Clock } from './timed';

export const help = `npm run bench -- [options]

  --quick          fewer operations and rounds, without the plots: under two minutes
  --only WORD      only the cases with the word in their name or title; may be repeated
  --rounds N       default 5, with --quick 2
  --seed N         of the order of the contenders, which is another one in each round
  --cpu            the time of the processor in the place of that on the wall, where there is one process: for a machine that others use
  --json FILE      writes every figure of every round
  --from FILE      measures nothing, and takes what --json wrote
  --write          writes the tables and plots of README.md and docs/performance.md
  --profile        where the time of our own contenders goes: the functions that take most of it, and the profiles in temp/profiles
  --list           the names of the cases
  --guard          compares what does not depend on the machine with bench/guard.json; fails when it has got worse
  --update         with --guard: writes bench/guard.json instead`;

/** Invalid options: the message is printed without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Options {
  readonly quick: boolean;
  readonly only: readonly string[];
  readonly rounds: number;
  readonly seed: number;
  readonly json: string | undefined;
  readonly from: string | undefined;
  readonly write: boolean;
  readonly clock: Clock;
  readonly mode: 'compare' | 'profile' | 'guard' | 'update' | 'list' | 'help';
}

const parse = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
      cpu: { type: 'boolean', default: false },
      json: { type: 'string' },
      from: { type: 'string' },
      write: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      guard: { type: 'boolean', default: false },
      update: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });

function valuesOf(args: readonly string[]): ReturnType<typeof parse>['values'] {
  try {
    return parse(args).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${help}`);
  }
}

export function readOptions(args: readonly string[]): Options {
  const values = valuesOf(args);
  const { quick, only, json, from, write } = values;
  if (write && values.cpu) throw new UsageError('--write is for times on the wall: leave out --cpu');
  if (write && from === undefined && (quick || only.length > 0)) {
    throw new UsageError(
      '--write needs every case: leave out --quick and --only, or add --from with a file that has the others',
    );
  }
  const rounds = values.rounds ?? (values.guard ? '3' : quick ? '2' : '5');
  return {
    quick,
    only,
    rounds: positive('--rounds', rounds),
    seed: positive('--seed', values.seed),
    json,
    from,
    write,
    clock: values.cpu ? 'cpu' : 'wall',
    mode: values.help
      ? 'help'
      : values.list
        ? 'list'
        : values.guard
          ? values.update
            ? 'update'
            : 'guard'
          : values.profile
            ? 'profile'
            : 'compare',
  };
}

export function chosen(cases: readonly Case[], { only, quick }: Pick<Options, 'only' | 'quick'>): readonly Case[] {
  if (only.length === 0) return quick ? cases.filter(({ curve }) => curve === undefined) : cases;
  // A complete name selects only that case, even if other names begin with it.
  const found = only.flatMap((word) => {
    const exact = cases.filter(({ id }) => id === word);
    return exact.length > 0
      ? exact
      : cases.filter(({ id, title }) => `${id} ${title.toLowerCase()}`.includes(word.toLowerCase()));
  });
  if (found.length > 0) return cases.filter((one) => found.includes(one));
  throw new UsageError(
    `no case has '${only.join("' or '")}' in its name; there are ${cases.map(({ id }) => id).join(', ')}`,
  );
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new UsageError(`${name} must be a positive integer, but got '${text}'`);
}
