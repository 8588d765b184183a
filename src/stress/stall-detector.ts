import { timeEpsilon } from '../pool/time/clock';
import type { Cancel } from '../pool/time/clock';
import type { Load } from './load';
import { formatMs } from './format-ms';

/**
 * Detects that a load makes no progress: all workers are busy, and no work begins or ends. Only loads without a duration need it: work that
 * never ends would keep them from ending.
 */
export class StallDetector {
  /** Operations with a connection; when one of them last began or ended; with none, when any operation last started or ended. */
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

  /** Starts detection, if the load may stall. */
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
    // A timeout is no progress while work that never ends holds the connections.
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
