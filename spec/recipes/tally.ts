import type { BatchResult } from '../../src/index';

/** What a batch reported, beside what the server has recorded of each item. */
export interface Tally {
  /** Reported as done, but not on record. */
  readonly lost: number;
  /** On record more than once. */
  readonly doubled: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly unstarted: number;
}

/** `recorded`: one entry for each time that the server has done an item. The value of each task is its item. */
export function tally(result: BatchResult<number | undefined>, recorded: readonly number[]): Tally {
  const times = new Map<number, number>();
  for (const item of recorded) times.set(item, (times.get(item) ?? 0) + 1);
  return {
    lost: result.successful.filter((item) => !times.has(item!)).length,
    doubled: [...times.values()].filter((count) => count > 1).length,
    succeeded: result.successful.length,
    failed: result.failed.length,
    unstarted: result.unstarted,
  };
}

/** The tally of a batch in which each item is done once. */
export function allDone(succeeded: number): Tally {
  return { lost: 0, doubled: 0, succeeded, failed: 0, unstarted: 0 };
}
