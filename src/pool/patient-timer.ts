import { hair } from './clock';
import type { Cancel } from './clock';
import type { CoarseClock } from './coarse-clock';

/**
 * For what is set and stopped again and again, as by a line in which now and then somebody waits for a moment: a real timer costs more than a
 * lease. Stopped often in one turn, it is stopped in earnest only at the end of that. Set again before, the real timer goes on, and when it
 * fires too early it is set for what is left.
 */
export class PatientTimer {
  /** When it is to fire, by the clock; Infinity when it is not. */
  private due = Infinity;
  /** The real timer, and when that fires: not later. */
  private cancel: Cancel | null = null;
  private at = Infinity;
  private stopping = false;

  constructor(
    private readonly clock: CoarseClock,
    /** Whether somebody's answer depends on it. */
    private readonly held: boolean,
    private readonly callback: () => void,
  ) {}

  get isSet(): boolean {
    return this.due < Infinity;
  }

  /** To fire in so many ms, whatever it was set for. */
  set(ms: number): void {
    this.due = this.clock.now() + ms;
    if (this.cancel === null || this.at > this.due) this.start(ms);
  }

  stop(): void {
    this.due = Infinity;
    if (this.cancel === null || this.stopping) return;
    this.stopping = true;
    this.clock.whenCalm(this.stopInEarnest);
  }

  private start(ms: number): void {
    this.cancel?.();
    this.at = this.due;
    this.cancel = this.clock.after(ms, this.fire, this.held);
  }

  private readonly fire = (): void => {
    this.cancel = null;
    if (!this.isSet) return;
    const left = this.due - this.clock.now();
    if (left > hair) {
      this.start(left);
      return;
    }
    this.due = Infinity;
    this.callback();
  };

  private readonly stopInEarnest = (): void => {
    this.stopping = false;
    if (this.isSet) return;
    this.cancel?.();
    this.cancel = null;
  };
}
