import { asyncScheduler } from 'rxjs';
import type { SchedulerLike, Subscription } from 'rxjs';
import { maxTimerMs } from '../time/clock';
import type { Clock } from '../time/clock';
import { MonotonicTime } from './monotonic-time';
import { timerOf } from './rxjs-internals';

/**
 * The pool's clock on top of an RxJS scheduler: `asyncScheduler` in production, virtual inside `TestScheduler.run`. `now()` of RxJS's
 * real-time schedulers is the date, so durations are measured by the monotonic clock instead. A scheduler with another `now` is used as it is.
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
      if (!held) timerOf(action)?.unref?.();
      return () => {
        if (!held) releaseTimerList(action);
        action.unsubscribe();
      };
    },
  };
}

/**
 * Node keeps an empty timer list for each duration until that duration is over, if the last timer in it was unreferenced; each lifetime with
 * jitter has its own duration. Referencing the timer before it is cancelled releases the list.
 */
function releaseTimerList(action: Subscription): void {
  timerOf(action)?.ref?.();
}

/** A reading that is not finite leaves the clock unchanged: with NaN no pause would ever begin, and none that has begun would end. */
function timeOf(scheduler: SchedulerLike): () => number {
  let last = 0;
  return () => {
    const time = scheduler.now();
    return Number.isFinite(time) ? (last = time) : last;
  };
}
