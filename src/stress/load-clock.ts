import type { SchedulerLike } from 'rxjs';
import type { Clock } from '../pool/time/clock';
import { schedulerClock } from '../pool/rx/scheduler-clock';

/** In ms: a scheduler that differs from the date by more than this is taken to be virtual. */
const maxDifferenceMs = 1_000;

/**
 * The scheduler as a clock for measurements. RxJS's real schedulers return the date in whole milliseconds, which is too coarse for leases
 * of a few microseconds: for these the clock reads `performance.now()`. Virtual time is used as it is.
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
