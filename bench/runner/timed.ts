import type { Measure } from './case';

/** What is timed. */
type Run = () => unknown;

/** Makes everything ready for so many operations. */
type Prepare = (operations: number) => Run | Promise<Run>;

export const collectGarbage = (): void => {
  if (globalThis.gc === undefined) throw new Error('run it with --expose-gc');
  globalThis.gc();
};

/**
 * Nanoseconds per operation, after a warm-up of a quarter of them for the compiler. What is short is done again until there were
 * `atLeast` operations.
 */
export function timed(prepare: Prepare, atLeast = 0): Measure {
  return async (operations) => {
    const times = Math.max(1, Math.ceil(atLeast / operations));
    if (times === 1) await (await prepare(Math.ceil(operations / 4)))();
    else for (let i = 0; i < times; i += 4) await (await prepare(operations))();
    let ms = 0;
    for (let i = 0; i < times; i++) ms += await milliseconds(await prepare(operations));
    return { ns: ms / times / operations / 1e-6 };
  };
}

export async function milliseconds(run: Run): Promise<number> {
  collectGarbage();
  const start = performance.now();
  await run();
  return performance.now() - start;
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
