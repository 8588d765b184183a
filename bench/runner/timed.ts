import type { Measure } from './case';

/** What is timed. */
type Run = () => unknown;

/** Makes everything ready for so many operations. */
type Prepare = (operations: number) => Run | Promise<Run>;

let begin: (() => void) | undefined;
let end: (() => void) | undefined;

/** Once each: at the end of the warm-up, since what comes then is what counts, and when the time has been taken. */
export function whenMeasuring(beginning: () => void, ending: () => void): void {
  begin = beginning;
  end = ending;
}

/** For who goes on to look at something else than the time, such as the heap: no part of a profile. */
export function timeIsTaken(): void {
  end?.();
  end = undefined;
}

/** Before whatever is measured, so that it does not pay for what others have left. */
export const collectGarbage = (): void => {
  if (globalThis.gc === undefined) throw new Error('run it with --expose-gc');
  globalThis.gc();
  const callback = begin;
  begin = undefined;
  callback?.();
};

/** In ms. By then the compiler has seen what it needs to see. */
const WARM_UP = 200;

/**
 * Runs until the code is warm, twice at the least. The garbage of it is collected before the last time: a collection throws away what the
 * compiler has made for objects that are gone, and with it what they share with those to come.
 */
export async function warmUp(run: () => unknown): Promise<void> {
  const start = performance.now();
  do await run();
  while (performance.now() - start < WARM_UP);
  collectGarbage();
  await run();
}

/** Nanoseconds per operation of warm code. What is short is done again until there were `atLeast` operations. */
export function timed(prepare: Prepare, atLeast = 0): Measure {
  return async (operations) => {
    const times = Math.max(1, Math.ceil(atLeast / operations));
    const some = times === 1 ? Math.ceil(operations / 4) : operations;
    const runs: Run[] = [];
    for (let i = 0; i < times; i++) runs.push(await prepare(operations));
    await warmUp(async () => (await prepare(some))());
    const ms = await milliseconds(async () => {
      for (const run of runs) await run();
    });
    return { ns: ms / times / operations / 1e-6 };
  };
}

/**
 * What the time of a run is: that on the wall, or that of the processor, which others on the machine take none of. The processor's has that of
 * the threads of the garbage collector and of the compiler in it.
 */
export type Clock = 'wall' | 'cpu';

let clock: Clock = 'wall';

export function setClock(chosen: Clock): void {
  clock = chosen;
}

/** In ms. */
function now(): number {
  if (clock === 'wall') return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export async function milliseconds(run: Run): Promise<number> {
  const start = now();
  await run();
  return now() - start;
}

/** Where the compiler cannot know that nobody looks at it. */
const held: unknown[] = [];

/** Bytes of the heap that `make` leaves in use, as long as what it returns is held. */
export async function bytesOf(make: () => unknown): Promise<number> {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  held[0] = await make();
  collectGarbage();
  const after = process.memoryUsage().heapUsed;
  held.length = 0;
  return after - before;
}
