import type { Cancel, Clock } from '../pool/time/clock';

/** In ms: how long the event loop may be blocked. */
const maxBusyMs = 10;
/** The same as a number of operations, for a clock that does not advance meanwhile. */
const maxOperations = 10_000;
/** Operations between two readings of the clock. */
const operationsPerCheck = 32;

/**
 * Yields to the event loop. Work that ends at once is followed by the next operation, so that timers, sockets and a request to stop would
 * get no turn.
 */
export class EventLoopYield {
  /** Operations since the last turn of the event loop. */
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
