import { seededRandom } from '../../../src/stress/seeded-random';
import { effort } from '../../helpers/effort';

type Schedule = (guide: Guide) => void;

export interface Guide {
  /** Takes one of several ways, in every schedule another. The first of them, as many as `ends` says, end the schedule. */
  choose<T>(among: readonly T[], ends?: number): T;
  /** Whether this point was passed in the same way by the schedule before: then it has been looked at already. */
  readonly known: boolean;
}

/**
 * Runs `schedule` once for every way in which its choices can go, depth first, each time from the very beginning: nothing has
 * to be copied or undone, so what is walked can be the real thing. Returns how many schedules there are.
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
const sampleSize = Number(process.env['WALK_SAMPLE'] ?? 600);
/** How likely a schedule ends at a point where it could go on: if ends were as likely as all else, most samples would be short. */
const endsHere = 0.07;

/** Runs `schedule` with choices made at random, as a share of what `walkAll` goes through. */
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

/** Runs all schedules, or the share of them that belongs to `npm test`. Returns how many were run. */
export const walk: (schedule: Schedule) => number = effort(walkSample, walkAll);

/** How the schedules that were run were chosen, for the report. */
export const chosen = effort(`at random with WALK_SEED=${seed}`, 'one by one: these are all');
