import { asyncScheduler } from 'rxjs';
import type { SchedulerAction, SchedulerLike, Subscription } from 'rxjs';

/** Real timers on a clock that does not advance, so that their delays are exact. Shows which of its timers keep the process alive. */
export interface HoldingScheduler {
  readonly scheduler: SchedulerLike;
  /** The delays (ms) of the timers that are set and keep the process alive, in the order in which they were set. */
  readonly holding: readonly number[];
  /** The same for the other timers. */
  readonly others: readonly number[];
}

type Action = Subscription & { readonly id?: NodeJS.Timeout };

export function holdingScheduler(): HoldingScheduler {
  const actions: { readonly action: Action; readonly delay: number }[] = [];
  const delays = (held: boolean): number[] =>
    actions.filter(({ action }) => !action.closed && action.id?.hasRef() === held).map(({ delay }) => delay);
  return {
    scheduler: {
      now: () => 0,
      // The action itself is returned: the pool uses its timer to let the process end.
      schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay = 0, state?: T): Subscription {
        const action = asyncScheduler.schedule<T>(work, delay, state);
        actions.push({ action, delay });
        return action;
      },
    },
    get holding() {
      return delays(true);
    },
    get others() {
      return delays(false);
    },
  };
}
