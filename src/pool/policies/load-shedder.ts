import { timeEpsilon } from '../time/clock';
import type { CoarseClock } from '../time/coarse-clock';
import type { WaitQueue } from '../state/wait-queue';
import { DeferredCancelTimer } from '../time/deferred-cancel-timer';

/** Times in ms. */
export interface LoadShedderOptions {
  readonly target: number;
  readonly interval: number;
}

/**
 * Sheds load by the time that callers have waited, not by the length of the wait queue: a long queue that moves is no overload, a short
 * standing queue is. A queue that has not been empty for `interval` is a standing queue. In it no caller waits for longer than `target`,
 * until serving has emptied the queue, or no caller has arrived for `interval`. The rule is the one for servers of "Fail at Scale" (Ben
 * Maurer, ACM Queue 13/8, 2015), after CoDel (Nichols and Jacobson, ACM Queue 10/5, 2012). It works by time alone, so that it also sheds
 * while no lease is released.
 */
export class LoadShedder<C> {
  /** The time since which the queue has not been empty; -1 while it is. A queue that shedding has emptied counts as not empty for `interval`. */
  private since = -1;
  private emptiedByShedding = false;
  /** The time since which shedding has emptied the queue; -1 while it has not. */
  private emptySince = -1;
  private readonly timer: DeferredCancelTimer;

  constructor(
    private readonly options: LoadShedderOptions,
    private readonly clock: CoarseClock,
    private readonly queue: WaitQueue<C>,
    wake: () => void,
  ) {
    this.timer = new DeferredCancelTimer(clock, true, wake);
  }

  /** Whether the first pending caller must be rejected. */
  shouldShed(): boolean {
    if (this.queue.pending === 0) return false;
    this.forgetAfterQuiet();
    return this.since >= 0 && this.dueIn() === 0;
  }

  /** Whether no caller was waiting at the end of the last pass. */
  get isQuiescent(): boolean {
    return this.since < 0;
  }

  /** The first pending caller was rejected. */
  shed(): void {
    this.emptiedByShedding = true;
  }

  /** A connection was lent. */
  served(): void {
    this.emptiedByShedding = false;
  }

  /** Call it at the end of a pass. */
  armTimer(): void {
    if (this.queue.pending === 0) {
      if (!this.emptiedByShedding) this.since = this.emptySince = -1;
      else if (this.emptySince < 0) this.emptySince = this.clock.now();
      this.timer.stop();
      return;
    }
    this.forgetAfterQuiet();
    if (this.since < 0) this.since = this.clock.now();
    if (!this.timer.isSet) this.timer.set(this.dueIn());
  }

  /** A caller waits. A queue that was empty for `interval` counts as a new one, even if shedding had emptied it. */
  private forgetAfterQuiet(): void {
    if (this.emptySince < 0) return;
    if (this.clock.now() - this.emptySince > this.options.interval - timeEpsilon) {
      this.since = -1;
      this.emptiedByShedding = false;
    }
    this.emptySince = -1;
  }

  private dueIn(): number {
    const { target, interval } = this.options;
    const now = this.clock.now();
    const { waitingSince: since } = this.queue.firstPending!;
    const due = Math.max(this.since + interval, (since < 0 ? now : since) + target) - now;
    return due > timeEpsilon ? due : 0;
  }
}
