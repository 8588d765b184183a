import { timeEpsilon } from '../pool/time/clock';
import type { Cancel } from '../pool/time/clock';
import type { Load } from './load';
import { formatMs } from './format-ms';

/**
 * Notices that a load does not get on: all of its workers are busy, and no work begins or ends. Where a time bounds it, it ends all the same;
 * where only a number of operations does, work that never ends would keep it for ever.
 */
export class StallDetector {
  /** Operations at work, and when one of them has begun or ended last; while there is none, when one of any has. */
  private working = 0;
  private progressAt: number;
  private cancel: Cancel | null = null;

  constructor(
    private readonly load: Pick<Load<never>, 'clock' | 'workers' | 'duration' | 'grace'>,
    startedAt: number,
    private readonly inFlight: () => number,
    private readonly onStall: (why: string) => void,
  ) {
    this.progressAt = startedAt;
  }

  /** Looks for it from now on, if it may come to that. */
  start(): void {
    const { workers, duration, grace } = this.load;
    if (duration === Infinity && workers !== Infinity && grace !== Infinity) this.checkAfter(grace);
  }

  started(now: number): void {
    if (this.working === 0) this.progressAt = now;
  }

  lent(now: number): void {
    this.working++;
    this.progressAt = now;
  }

  ended(now: number, wasLent: boolean): void {
    // Who times out while others never end is no movement.
    if (wasLent || this.working === 0) this.progressAt = now;
    if (wasLent) this.working--;
  }

  stop(): void {
    this.cancel?.();
    this.cancel = null;
  }

  private checkAfter(ms: number): void {
    this.cancel = this.load.clock.after(ms, this.check, true);
  }

  private readonly check = (): void => {
    const { clock, grace, workers } = this.load;
    const left = this.progressAt + grace - clock.now();
    if (left > timeEpsilon) this.checkAfter(left);
    else if (this.inFlight() < workers) this.checkAfter(grace);
    else {
      const all = workers === 1 ? 'the worker was' : `all ${workers} workers were`;
      this.onStall(`for ${formatMs(grace)} (grace) ${all} busy, and no work began or ended`);
    }
  };
}
