import type { TestRun } from './test-run';

/** The `poolTest` that is running: it is synchronous, so there is one at a time. */
let current: TestRun | null = null;

export const currentRun = (): TestRun | null => current;

/** Makes a run the current one; returns a function that ends this. */
export function enterRun(run: TestRun): () => void {
  const outer = current;
  if (outer !== null) {
    throw new Error(
      'poolTest was called inside poolTest: call one after the other, since virtual time is global in RxJS',
    );
  }
  current = run;
  return () => {
    current = outer;
  };
}
