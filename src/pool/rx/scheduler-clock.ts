import { asyncScheduler } from 'rxjs';
import type { SchedulerLike, Subscription } from 'rxjs';
import { maxTimerMs } from '../time/clock';
import type { Clock } from '../time/clock';
import { MonotonicTime } from './monotonic-time';

/**
 * The pool's clock, from an RxJS scheduler: `asyncScheduler` in life, virtual inside `TestScheduler.run`. RxJS's real-time schedulers tell the
 * date, so durations are measured by the monotonic clock instead. A scheduler with a time of its own is believed.
 */
export function schedulerClock(scheduler: SchedulerLike): Clock {
  const time = scheduler.now === asyncScheduler.now ? new MonotonicTime() : null;
  const date = timeOf(scheduler);
  return {
    now: time === null ? date : () => time.now(),
    date,
    dateBefore: time === null ? date : () => time.date,
    leaps: () => time?.leaps ?? 0,
    fired: (due) => {
      if (time === null) return 0;
      const late = time.now() - due;
      time.mustBe(due);
      return time.timersAreReplaced ? 0 : late;
    },
    after(ms, callback, held) {
      const action = scheduler.schedule(
        () => {
          callback();
        },
        Math.min(ms, maxTimerMs),
      );
      if (!held) letProcessEnd(action);
      return () => {
        if (!held) letListGo(action);
        action.unsubscribe();
      };
    },
  };
}

/** Node keeps an empty list for timers of this length, if the last one was not held, until its time is over; each lifetime has one of its own. */
function letListGo(action: Subscription & { id?: unknown }): void {
  (action.id as { ref?: () => void } | null | undefined)?.ref?.();
}

/** The action of `asyncScheduler` keeps its timer as `id`; in Node that is an object with `unref`, elsewhere a number. */
function letProcessEnd(action: Subscription & { id?: unknown }): void {
  (action.id as { unref?: () => void } | null | undefined)?.unref?.();
}

/** What is no time leaves the clock where it was: with NaN no pause would ever begin, and none that has begun would end. */
function timeOf(scheduler: SchedulerLike): () => number {
  let last = 0;
  return () => {
    const time = scheduler.now();
    return Number.isFinite(time) ? (last = time) : last;
  };
}
