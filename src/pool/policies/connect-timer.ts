import type { Cancel, Clock } from '../time/clock';

/** The timer for when the next connect may begin, while one is wanted that may not begin yet. */
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

  /** In `due` ms, or never when that is Infinity. `held`: somebody waits for it. A timer that fires earlier stays. */
  set(due: number, held: boolean): void {
    if (due === Infinity) {
      this.stop();
      return;
    }
    const at = this.clock.now() + due;
    if (this.timer !== null && this.timer.at <= at && this.timer.held === held) return;
    this.timer?.cancel();
    const awake = (): void => {
      this.timer = null;
      this.onDue();
    };
    this.timer = { at, held, cancel: this.clock.after(due, awake, held) };
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = null;
  }
}
