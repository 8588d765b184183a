import { timeEpsilon } from '../pool/time/clock';
import type { Cancel } from '../pool/time/clock';
import type { Load } from './load';
import { shownMs } from './ms';

/**
 * Notices that a load does not get on: all of its workers are busy, and no work begins or ends. Where a time bounds it, it ends all the same;
 * where only a number of operations does, work that never ends would keep it for ever.
 */
export class Standstill {
  /** Operations at work, and when one of them has begun or ended last; while there is none, when one of any has. */
  private working = 0;
  private movedAt: number;
  private cancel: Cancel | null = null;

  constructor(
    private readonly load: Pick<Load<never>, 'clock' | 'workers' | 'duration' | 'grace'>,
    startedAt: number,
    private readonly underWay: () => number,
    private readonly giveUp: (why: string) => void,
  ) {
    this.movedAt = startedAt;
  }

  /** Looks for it from now on, if it may come to that. */
  watch(): void {
    const { workers, duration, grace } = this.load;
    if (duration === Infinity && workers !== Infinity && grace !== Infinity) this.lookIn(grace);
  }

  begun(now: number): void {
    if (this.working === 0) this.movedAt = now;
  }

  lent(now: number): void {
    this.working++;
    this.movedAt = now;
  }

  ended(now: number, wasLent: boolean): void {
    // Who times out while others never end is no movement.
    if (wasLent || this.working === 0) this.movedAt = now;
    if (wasLent) this.working--;
  }

  end(): void {
    this.cancel?.();
    this.cancel = null;
  }

  private lookIn(ms: number): void {
    this.cancel = this.load.clock.after(ms, this.look, true);
  }

  private readonly look = (): void => {
    const { clock, grace, workers } = this.load;
    const left = this.movedAt + grace - clock.now();
    if (left > timeEpsilon) this.lookIn(left);
    else if (this.underWay() < workers) this.lookIn(grace);
    else {
      const all = workers === 1 ? 'the worker was' : `all ${workers} workers were`;
      this.giveUp(`for ${shownMs(grace)} (grace) ${all} busy, and no work began or ended`);
    }
  };
}
