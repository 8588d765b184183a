import type { Cancel } from './clock';
import type { CoarseClock } from './coarse-clock';

/**
 * A timer that is cheap to set and stop repeatedly, as by a queue in which callers wait for a moment now and then: a real timer costs more
 * than a lease. If it is stopped often in one turn, the real timer runs until the end of the turn, and is then cancelled, or set again if
 * that is wanted.
 */
export class DeferredCancelTimer {
  /** The delay in ms; null if it is not set. */
  private wanted: number | null = null;
  /** Cancels the real timer. */
  private cancel: Cancel | null = null;
  /** Whether the real timer is outdated, and will be updated at the end of the turn. */
  private stale = false;

  constructor(
    private readonly clock: CoarseClock,
    /** Whether it keeps the process alive, because the result of a caller depends on it. */
    private readonly held: boolean,
    private readonly callback: () => void,
  ) {}

  get isSet(): boolean {
    return this.wanted !== null;
  }

  /** Sets it to fire after `ms`, instead of the previous delay; counted from the end of the turn if it was stopped often in this turn. */
  set(ms: number): void {
    this.wanted = ms;
    if (!this.stale) this.start(ms);
  }

  stop(): void {
    this.wanted = null;
    if (this.cancel === null || this.stale) return;
    this.stale = true;
    this.clock.onTurnEnd(this.catchUp);
  }

  /** Cancels the underlying timer. */
  end(): void {
    if (this.stale) this.clock.forget(this.catchUp);
    this.wanted = null;
    this.catchUp();
  }

  private start(ms: number): void {
    this.cancel?.();
    this.cancel = this.clock.after(ms, this.fire, this.held);
  }

  private readonly catchUp = (): void => {
    this.stale = false;
    if (this.wanted !== null) {
      this.start(this.wanted);
    } else {
      this.cancel?.();
      this.cancel = null;
    }
  };

  private readonly fire = (): void => {
    this.cancel = null;
    if (!this.stale) {
      this.wanted = null;
      this.callback();
    } else if (this.wanted !== null) {
      // Without it the process could end before the end of the turn, although a caller waits.
      this.start(this.wanted);
    }
  };
}
