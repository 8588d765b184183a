import type { Cancel, Clock } from '../pool/time/clock';

/** In ms: how long the event loop may be kept from everything else. */
const longest = 10;
/** The same where time does not pass meanwhile: so many operations. */
const most = 10_000;
/** Between two looks at the clock. */
const lookEvery = 32;

/**
 * Lets the event loop breathe. Work that ends at once would be followed by the next for as long as there is any, and neither timers nor
 * sockets nor who wants to stop it would get a turn.
 */
export class Breath {
  /** Since a timer fired last. */
  private begun = 0;
  private since = 0;
  private timer: Cancel | null = null;
  private waiting = false;

  constructor(
    private readonly clock: Clock,
    private readonly goOn: () => void,
  ) {}

  /** Whether one more may begin now; if not, `goOn` is called when it may. */
  take(): boolean {
    if (this.waiting) return false;
    if (++this.begun % lookEvery !== 0) return true;
    const now = this.clock.now();
    if (this.timer === null) {
      this.since = now;
      this.timer = this.clock.after(0, this.breathe, true);
    }
    this.waiting = this.begun > most || now - this.since > longest;
    return !this.waiting;
  }

  end(): void {
    this.timer?.();
    this.timer = null;
    this.waiting = true;
  }

  private readonly breathe = (): void => {
    this.timer = null;
    this.begun = 0;
    if (!this.waiting) return;
    this.waiting = false;
    this.goOn();
  };
}
