import { promised } from '../../src/testing/index';

/**
 * A promise in virtual time: it settles after this time (ms) of the scheduler, with a value or with an error; with Infinity
 * never. Real promises are not virtual under `TestScheduler`.
 */
export function virtualPromise<T>(ms: number, outcome: { value: T } | { error: unknown }): PromiseLike<T> {
  const begin = (): PromiseLike<T> => {
    if (ms === Infinity) return promised<T>('-');
    return 'value' in outcome
      ? promised(` ${ms}ms x`, { x: outcome.value })
      : promised<T>(` ${ms}ms #`, undefined, outcome.error);
  };
  // It begins when it is used, so that a spec can name it before.
  return { then: (onValue, onError) => begin().then(onValue, onError) };
}
