import type { Cancel } from './clock';
import type { CoarseClock } from './coarse-clock';

/**
 * For what is set and stopped again and again, as by a line in which now and then somebody waits for a moment: a real timer costs more than a
 * lease. Stopped often in one turn, the real one goes on until the turn is over, and then it is stopped, or set anew if that is wanted.
 */
export class DeferredCancelTimer {
  /** What it is set for, in ms; null when it is not set. */
  private wanted: number | null = null;
  /** The real one. */
  private cancel: Cancel | null = null;
  /** Whether that is out of date, and is to be seen to when the turn is over. */
  private stale = false;

  constructor(
    private readonly clock: CoarseClock,
    /** Whether somebody's answer depends on it. */
    private readonly held: boolean,
    private readonly callback: () => void,
  ) {}

  get isSet(): boolean {
    return this.wanted !== null;
  }

  /** To fire in so many ms, whatever it was set for; in so many from the end of the turn, when it was stopped often in this one. */
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

  /** Stops it in earnest. */
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
      // The end of the turn keeps no process alive that somebody's answer depends on.
      this.start(this.wanted);
    }
  };
}
