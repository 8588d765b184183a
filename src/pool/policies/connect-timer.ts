import type { Cancel, Clock } from '../time/clock';

/** The timer for the next connect, while one is wanted that may not begin yet. */
export class ConnectTimer {
  private timer: { readonly at: number; readonly held: boolean; readonly cancel: Cancel } | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly onDue: () => void,
  ) {}

  /** Whether no timer is set. */
  get isIdle(): boolean {
    return this.timer === null;
  }

  /** Sets the timer to `due` ms, or stops it if `due` is Infinity. `held`: a caller waits for it. A timer that fires earlier is kept. */
  set(due: number, held: boolean): void {
    if (due === Infinity) {
      this.stop();
      return;
    }
    const at = this.clock.now() + due;
    if (this.timer !== null && this.timer.at <= at && this.timer.held === held) return;
    this.timer?.cancel();
    const fire = (): void => {
      this.timer = null;
      this.onDue();
    };
    this.timer = { at, held, cancel: this.clock.after(due, fire, held) };
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = null;
  }
}
