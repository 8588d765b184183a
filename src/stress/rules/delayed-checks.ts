import type { Cancel, Clock } from '../../pool/time/clock';

type DelayedCheck = () => void;

/**
 * Looks again when everything else has had a turn of the event loop: who was to do something a turn later has done it by then. It takes two:
 * in the first one our timer may come before theirs.
 */
export class DelayedChecks {
  private added: DelayedCheck[] = [];
  private due: DelayedCheck[] = [];
  private cancel: Cancel | null = null;
  private over = false;

  constructor(private readonly clock: Clock) {}

  add(look: DelayedCheck): void {
    if (this.over) return;
    this.added.push(look);
    this.cancel ??= this.clock.after(0, this.turn, true);
  }

  /** Nothing is looked at any more. */
  stop(): void {
    this.over = true;
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
    for (const look of checks) if (!this.over) look();
  };
}
