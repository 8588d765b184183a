import type { Cancel, Clock } from '../time/clock';

/** The progress of `destroy`, and its grace period: the time in which active leases may be released. */
export class Shutdown {
  /** Whether idle connections were closed. */
  isIdleClosed = false;
  /** Whether active connections must be closed now. */
  isGraceOver = false;
  private cancelGrace: Cancel | null = null;
  /** Keeps the process alive until the pool is destroyed: a caller waits for it. */
  private cancelKeepAlive: Cancel | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly wake: () => void,
  ) {}

  begin(timeout: number): void {
    this.cancelKeepAlive = this.clock.after(Infinity, () => undefined, true);
    if (timeout === 0) {
      this.isGraceOver = true;
    } else if (timeout !== Infinity) {
      this.cancelGrace = this.clock.after(
        timeout,
        () => {
          this.cancelGrace = null;
          this.isGraceOver = true;
          this.wake();
        },
        true,
      );
    }
  }

  idleClosed(): void {
    this.isIdleClosed = true;
  }

  activeClosed(): void {
    this.isGraceOver = false;
  }

  end(): void {
    this.cancelKeepAlive?.();
    this.cancelGrace?.();
    this.cancelKeepAlive = this.cancelGrace = null;
  }
}
