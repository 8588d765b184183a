type Effort = 'share' | 'whole' | 'beyond';

const wanted = (process.env['EFFORT'] ?? 'share') as Effort;

/**
 * Scales specs that could run without an end: random histories, walks, loads, a million items. `npm test` runs the share,
 * `npm run test:long` the whole; EFFORT=beyond takes hours, and is for a change that affects everything.
 *
 * Only in files that end in `.long.spec.ts`, of which `npm test` runs the share, and in those that end in `.slow.spec.ts`, which only
 * `npm run test:long` runs: they take seconds of real time, and have no share that is worth running.
 */
export function effort<T>(share: T, whole: T, beyond: T = whole): T {
  const sizes: Record<Effort, T> = { share, whole, beyond };
  if (!(wanted in sizes)) throw new Error(`EFFORT must be share, whole or beyond, but it is ${wanted}`);
  return sizes[wanted];
}

/** Whether specs run whole: for a spec that has no smaller share, `if (isWhole) it(…)`. */
export const isWhole = effort(false, true);
