import { poolTest } from '../../src/testing/index';
import type { PoolTestHelpers, PoolTestOptions } from '../../src/testing/index';

/** The error of a test that has to fail. */
export function failureOf(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('the test has not failed');
}

/** The message of a `poolTest` that has to fail. */
export function failed(test: (helpers: PoolTestHelpers) => void, options?: PoolTestOptions): string {
  return failureOf(() => {
    poolTest(test, options);
  }).message;
}

/** The lines of a message, without the place in this file that follows a failure of several. */
export const lines = (...text: readonly string[]): string => text.join('\n');
