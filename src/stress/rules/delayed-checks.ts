import type { Cancel, Clock } from '../../pool/time/clock';

type DelayedCheck = () => void;

/**
 * Runs checks when everything else has had a turn of the event loop: what was to happen a turn later has happened by then. That takes two
 * turns, since in the first one this timer may fire before the others.
 */
export class DelayedChecks {
  private added: DelayedCheck[] = [];
  private due: DelayedCheck[] = [];
  private cancel: Cancel | null = null;
  private ended = false;

  constructor(private readonly clock: Clock) {}

  add(look: DelayedCheck): void {
    if (this.ended) return;
    this.added.push(look);
    this.cancel ??= this.clock.after(0, this.turn, true);
  }

  /** Ends all checks. */
  stop(): void {
    this.ended = true;
    this.cancel?.();
    this.cancel = null;
    this.added = [];
    this.due = [];
  }

  private readonly turn = (): void => {
    const checks = this.due;
    this.due = this.added;
    this.added = [];
    this.cancel = this.due.length > 0 ? this.clock.after(0, this.turn, true) : null;
    for (const look of checks) if (!this.ended) look();
  };
}
