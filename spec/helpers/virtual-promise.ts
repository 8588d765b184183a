import { asyncScheduler } from 'rxjs';

/**
 * A promise in virtual time: it settles after this time (ms) of the scheduler, with a value or with an error; with Infinity
 * never. Real promises are not virtual under `TestScheduler`.
 */
export function virtualPromise<T>(ms: number, outcome: { value: T } | { error: unknown }): PromiseLike<T> {
  return {
    then: (resolve: (value: T) => unknown, reject: (error: unknown) => unknown) => {
      // What RxJS chains to it has nothing to do.
      const chained = { then: () => undefined };
      if (ms === Infinity) return chained;
      asyncScheduler.schedule(() => {
        if ('value' in outcome) resolve(outcome.value);
        else reject(outcome.error);
      }, ms);
      return chained;
    },
  } as unknown as PromiseLike<T>;
}
