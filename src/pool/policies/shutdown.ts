import type { Cancel, Clock } from '../time/clock';

/** How far `destroy` has come, and for how long it is patient with what is lent. */
export class Shutdown {
  private idleClosed = false;
  private graceOver = false;
  private cancelGrace: Cancel | null = null;
  /** Keeps the process alive until the end has come: somebody waits for it. */
  private cancelKeepAlive: Cancel | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly wake: () => void,
  ) {}

  begin(timeout: number): void {
    this.cancelKeepAlive = this.clock.after(Infinity, () => undefined, true);
    if (timeout === 0) {
      this.graceOver = true;
    } else if (timeout !== Infinity) {
      this.cancelGrace = this.clock.after(
        timeout,
        () => {
          this.cancelGrace = null;
          this.graceOver = true;
          this.wake();
        },
        true,
      );
    }
  }

  /** True once: it is time to close what nobody holds. */
  takeCloseIdle(): boolean {
    const first = !this.idleClosed;
    this.idleClosed = true;
    return first;
  }

  /** True once: whoever still holds a connection has had his time. */
  takeCloseActive(): boolean {
    const first = this.graceOver;
    this.graceOver = false;
    return first;
  }

  end(): void {
    this.cancelKeepAlive?.();
    this.cancelGrace?.();
    this.cancelKeepAlive = this.cancelGrace = null;
  }
}
