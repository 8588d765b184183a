import { timeEpsilon } from '../time/clock';
import type { CoarseClock } from '../time/coarse-clock';
import type { WaitQueue } from '../state/wait-queue';
import { DeferredCancelTimer } from '../time/deferred-cancel-timer';

/** In ms. */
export interface LoadShedderOptions {
  readonly target: number;
  readonly interval: number;
}

/**
 * Sheds load by the time that it has waited, not by the length of the line: a long line that moves is no overload, a short one that
 * stands is. A line that has not been empty for `interval` is a standing one, and nobody shall wait in it for longer than `target`,
 * until it has been emptied by serving, or nobody has come for `interval`. The rule is the one for servers of "Fail at Scale" (Ben
 * Maurer, ACM Queue 13/8, 2015), after CoDel (Nichols and Jacobson, ACM Queue 10/5, 2012), and works by time alone, so that it sheds as
 * well when nothing comes back.
 */
export class LoadShedder<C> {
  /** Since when the line has been standing, if it is one that stands; -1 when it is not. Emptied by shedding, it stands for a while yet. */
  private since = -1;
  private emptiedByShedding = false;
  /** Since when it has been empty so; -1 while it is not. */
  private emptySince = -1;
  private readonly timer: DeferredCancelTimer;

  constructor(
    private readonly options: LoadShedderOptions,
    private readonly clock: CoarseClock,
    private readonly line: WaitQueue<C>,
    wake: () => void,
  ) {
    this.timer = new DeferredCancelTimer(clock, true, wake);
  }

  /** Whether the first in line has waited for too long. */
  get sheds(): boolean {
    if (this.line.pending === 0) return false;
    this.forgetAfterQuiet();
    return this.since >= 0 && this.dueIn() === 0;
  }

  /** Whether nobody has been waiting, as far as it knows. */
  get isQuiescent(): boolean {
    return this.since < 0;
  }

  /** The first in line was turned away. */
  shed(): void {
    this.emptiedByShedding = true;
  }

  /** Somebody was lent a connection. */
  served(): void {
    this.emptiedByShedding = false;
  }

  /** Nothing is decided any more for now. */
  armTimer(): void {
    if (this.line.pending === 0) {
      if (!this.emptiedByShedding) this.since = this.emptySince = -1;
      else if (this.emptySince < 0) this.emptySince = this.clock.now();
      this.timer.stop();
      return;
    }
    this.forgetAfterQuiet();
    if (this.since < 0) this.since = this.clock.now();
    if (!this.timer.isSet) this.timer.set(this.dueIn());
  }

  /** Somebody waits. A line in which nobody was for `interval` is another one, although nobody has been served since. */
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
    const { since } = this.line.firstPending!;
    const due = Math.max(this.since + interval, (since < 0 ? now : since) + target) - now;
    return due > timeEpsilon ? due : 0;
  }
}
