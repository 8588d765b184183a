import type { Measure } from './case';

/** What is timed. */
type Run = () => unknown;

/** Prepares everything for this number of operations. */
type Prepare = (operations: number) => Run | Promise<Run>;

let begin: (() => void) | undefined;
let end: (() => void) | undefined;

/** Calls each function once: at the end of the warm-up, when the measurement begins, and when the time has been measured. */
export function whenMeasuring(beginning: () => void, ending: () => void): void {
  begin = beginning;
  end = ending;
}

/** For a case that goes on to measure something other than time, such as the heap: that is not part of a profile. */
export function timeIsTaken(): void {
  end?.();
  end = undefined;
}

/** Before each measurement, so that it does not include the collection of earlier garbage. */
export const collectGarbage = (): void => {
  if (globalThis.gc === undefined) throw new Error('run it with --expose-gc');
  globalThis.gc();
  const callback = begin;
  begin = undefined;
  callback?.();
};

/** In ms. By then the compiler has optimised the code. */
const WARM_UP = 200;

/**
 * Runs until the code is compiled, twice at the least. The garbage of the warm-up is collected before the last run: a collection also
 * discards compiled code that depends on objects that are gone, even if later objects would use it too.
 */
export async function warmUp(run: () => unknown): Promise<void> {
  const start = performance.now();
  do await run();
  while (performance.now() - start < WARM_UP);
  collectGarbage();
  await run();
}

/** Nanoseconds per operation of compiled code. A short run is repeated until there were `atLeast` operations. */
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
 * The clock of a run: wall time, or CPU time, which other processes do not affect. CPU time includes the threads of the garbage collector
 * and of the compiler.
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

/** The compiler cannot know that this value is never read, so it does not remove the code that makes it. */
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
