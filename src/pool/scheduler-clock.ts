import type { SchedulerLike, Subscription } from 'rxjs';
import type { Clock } from './clock';

/** In ms. A `setTimeout` of more fires at once. */
export const longestTimer = 2 ** 31 - 1;

/** The pool's clock, from an RxJS scheduler: `asyncScheduler` in life, virtual inside `TestScheduler.run`. */
export function schedulerClock(scheduler: SchedulerLike): Clock {
  let last = 0;
  return {
    // What is no time leaves the clock where it was: with NaN no pause would ever begin, and none that has begun would end.
    now: () => {
      const time = scheduler.now();
      return Number.isFinite(time) ? (last = time) : last;
    },
    after(ms, callback, held) {
      const action = scheduler.schedule(
        () => {
          callback();
        },
        Math.min(ms, longestTimer),
      );
      if (!held) letProcessEnd(action);
      return () => {
        action.unsubscribe();
      };
    },
  };
}

/** The action of `asyncScheduler` keeps its timer as `id`; in Node that is an object with `unref`, elsewhere a number. */
function letProcessEnd(action: Subscription & { id?: unknown }): void {
  (action.id as { unref?: () => void } | null | undefined)?.unref?.();
}
