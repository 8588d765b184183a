import type { SchedulerLike } from 'rxjs';
import type { Clock } from '../pool/time/clock';
import { schedulerClock } from '../pool/rx/scheduler-clock';

/** In ms: a scheduler that is further from the time of day than this has a time of its own. */
const maxDifferenceMs = 1_000;

/**
 * The scheduler as a clock to measure with. RxJS's own schedulers tell the time of day in whole milliseconds, too coarse for a lease that
 * takes a few microseconds: they are read from the system's finest clock. Virtual time is taken as it is.
 */
export function loadClock(scheduler: SchedulerLike): Clock {
  const clock = schedulerClock(scheduler);
  const isVirtual = Math.abs(scheduler.now() - Date.now()) > maxDifferenceMs;
  return isVirtual
    ? clock
    : {
        now: () => performance.now(),
        date: () => scheduler.now(),
        dateBefore: () => scheduler.now(),
        leaps: () => 0,
        fired: () => 0,
        after: (ms, callback, held) => clock.after(ms, callback, held),
      };
}
