import type { Cancel, Clock } from '../../pool/time/clock';

type Look = () => void;

/**
 * Looks again when everything else has had a turn of the event loop: who was to do something a turn later has done it by then. It takes two:
 * in the first one our timer may come before theirs.
 */
export class Turns {
  private fresh: Look[] = [];
  private ripe: Look[] = [];
  private cancel: Cancel | null = null;
  private over = false;

  constructor(private readonly clock: Clock) {}

  later(look: Look): void {
    if (this.over) return;
    this.fresh.push(look);
    this.cancel ??= this.clock.after(0, this.turn, true);
  }

  /** Nothing is looked at any more. */
  end(): void {
    this.over = true;
    this.cancel?.();
    this.cancel = null;
    this.fresh = [];
    this.ripe = [];
  }

  private readonly turn = (): void => {
    const due = this.ripe;
    this.ripe = this.fresh;
    this.fresh = [];
    this.cancel = this.ripe.length > 0 ? this.clock.after(0, this.turn, true) : null;
    for (const look of due) if (!this.over) look();
  };
}
