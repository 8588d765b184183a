import type { Cancel, Clock } from '../pool/time/clock';

/** In ms: how long the event loop may be kept from everything else. */
const maxBusyMs = 10;
/** The same where time does not pass meanwhile: so many operations. */
const maxOperations = 10_000;
/** Between two looks at the clock. */
const operationsPerCheck = 32;

/**
 * Lets the event loop breathe. Work that ends at once would be followed by the next for as long as there is any, and neither timers nor
 * sockets nor who wants to stop it would get a turn.
 */
export class EventLoopYield {
  /** Since a timer fired last. */
  private operations = 0;
  private since = 0;
  private timer: Cancel | null = null;
  private yielding = false;

  constructor(
    private readonly clock: Clock,
    private readonly onResume: () => void,
  ) {}

  /** Whether one more may begin now; if not, `goOn` is called when it may. */
  mayContinue(): boolean {
    if (this.yielding) return false;
    if (++this.operations % operationsPerCheck !== 0) return true;
    const now = this.clock.now();
    if (this.timer === null) {
      this.since = now;
      this.timer = this.clock.after(0, this.onTurn, true);
    }
    this.yielding = this.operations > maxOperations || now - this.since > maxBusyMs;
    return !this.yielding;
  }

  stop(): void {
    this.timer?.();
    this.timer = null;
    this.yielding = true;
  }

  private readonly onTurn = (): void => {
    this.timer = null;
    this.operations = 0;
    if (!this.yielding) return;
    this.yielding = false;
    this.onResume();
  };
}
