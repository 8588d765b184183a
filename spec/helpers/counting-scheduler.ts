import { asyncScheduler, Subscription } from 'rxjs';
import type { SchedulerAction, SchedulerLike } from 'rxjs';

/** A clock that counts its timers: those that have neither fired nor been cancelled. A timer of 0 ms only marks the end of the turn. */
export interface CountingScheduler {
  readonly scheduler: SchedulerLike;
  readonly live: number;
  /** The maximum number of live timers. */
  readonly peak: number;
  /** The number of timers that were ever set. */
  readonly total: number;
}

export function countingScheduler(inner: SchedulerLike = asyncScheduler): CountingScheduler {
  const live = new Set<Subscription>();
  let peak = 0;
  let total = 0;
  const scheduler: SchedulerLike = {
    now: () => inner.now(),
    schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay = 0, state?: T): Subscription {
      if (delay === 0) return inner.schedule<T>(work, delay, state as T);
      const counted = new Subscription(() => live.delete(counted));
      live.add(counted);
      total++;
      peak = Math.max(peak, live.size);
      const action = inner.schedule<T>(
        function (given) {
          live.delete(counted);
          work.call(this, given);
        },
        delay,
        state as T,
      );
      counted.add(action);
      return counted;
    },
  };
  return {
    scheduler,
    get live() {
      return live.size;
    },
    get peak() {
      return peak;
    },
    get total() {
      return total;
    },
  };
}
