import { compare } from './compare';

/**
 * For a `TestScheduler` of your own: throws an `Error` whose message shows the expected and the actual marbles one above the other. Works with
 * any test runner; the matchers of jasmine, jest and vitest may stand in the expected values.
 *
 * ```ts
 * new TestScheduler(assertDeepEqual).run(({ cold, expectObservable }) => { … });
 * ```
 */
export function assertDeepEqual(actual: unknown, expected: unknown): void {
  const found = compare(actual, expected);
  if (found !== null) throw new Error(found);
}
