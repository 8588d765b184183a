import type { Cancel, Clock } from '../time/clock';
import { Timer } from '../time/timer';

/** The progress of `destroy`, and its grace period: the time in which active leases may be released. */
export class Shutdown {
  /** Whether idle connections were closed. */
  isIdleClosed = false;
  /** Whether active connections must be closed now. */
  isGraceOver = false;
  private readonly graceTimer: Timer;
  /** Keeps the process alive until the pool is destroyed: a caller waits for it. */
  private stopKeepAlive: Cancel = () => undefined;

  constructor(
    private readonly clock: Clock,
    wake: () => void,
  ) {
    this.graceTimer = new Timer(clock, true, () => {
      this.isGraceOver = true;
      wake();
    });
  }

  begin(timeout: number): void {
    this.stopKeepAlive = this.clock.after(Infinity, () => undefined, true);
    if (timeout === 0) this.isGraceOver = true;
    else if (timeout !== Infinity) this.graceTimer.set(timeout);
  }

  idleClosed(): void {
    this.isIdleClosed = true;
  }

  activeClosed(): void {
    this.isGraceOver = false;
  }

  end(): void {
    this.stopKeepAlive();
    this.graceTimer.stop();
  }
}
