/** Takes one of several ways; in every schedule another. */
export interface Guide {
  choose<T>(among: readonly T[]): T;
  /** Whether this point was passed in the same way by the schedule before: then it has been looked at already. */
  readonly known: boolean;
}

/**
 * Runs `schedule` once for every way in which its choices can go, depth first, each time from the very beginning: nothing has
 * to be copied or undone, so what is walked can be the real thing. Returns how many schedules there are.
 */
export function walk(schedule: (guide: Guide) => void): number {
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
