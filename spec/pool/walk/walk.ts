import { seededRandom } from '../../../src/stress/seeded-random';
import { effort } from '../../helpers/effort';

type Schedule = (guide: Guide) => void;

export interface Guide {
  /** Takes one of several ways, another in every schedule. The first `ends` of them end the schedule. */
  choose<T>(among: readonly T[], ends?: number): T;
  /** Whether the previous schedule passed this point in the same way: then it has been checked already. */
  readonly known: boolean;
}

/**
 * Runs `schedule` once for every combination of its choices, depth first, each time from the very beginning: nothing has
 * to be copied or undone, so the walk can run the real code. Returns the number of schedules.
 */
function walkAll(schedule: Schedule): number {
  const path: { taken: number; among: number }[] = [];
  let schedules = 0;
  let firstNew = 0;
  do {
    let depth = 0;
    schedule({
      choose(among) {
        path[depth] ??= { taken: 0, among: among.length };
        return among[path[depth++]!.taken]!;
      },
      get known() {
        return depth < firstNew;
      },
    });
    schedules++;
    while (path.length > 0 && ++path.at(-1)!.taken === path.at(-1)!.among) path.pop();
    firstNew = path.length;
  } while (path.length > 0);
  return schedules;
}

const seed = Number(process.env['WALK_SEED'] ?? 1);
const sampleSize = Number(process.env['WALK_SAMPLE'] ?? 150);
/**
 * The probability that a schedule ends at a point where it could continue: if ends were as likely as the rest, most samples would be short.
 */
const endsHere = 0.07;

/** Runs `schedule` with random choices, as a sample of what `walkAll` runs. */
function walkSample(schedule: Schedule): number {
  const random = seededRandom(seed);
  const below = (bound: number): number => Math.floor(random() * bound);
  for (let done = 0; done < sampleSize; done++) {
    schedule({
      choose(among, ends = 0) {
        const others = among.length - ends;
        const isEnd = others === 0 || (ends > 0 && random() < endsHere);
        return among[isEnd ? below(ends) : ends + below(others)]!;
      },
      known: false,
    });
  }
  return sampleSize;
}

/** Runs all schedules, or the share of them that belongs to `npm test`. Returns the number of those that were run. */
export const walk: (schedule: Schedule) => number = effort(walkSample, walkAll);

/** How the schedules that were run were chosen, for the report. */
export const chosen = effort(`at random with WALK_SEED=${seed}`, 'one by one: all of them');
