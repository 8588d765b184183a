import type { CoarseClock } from './coarse-clock';

const perTurn = 1_024;

/** What counts for so many: it costs more than the rest, and a loop of it serves nothing. */
export const expensive = 16;

/** After so long (ms) there has been another turn, in real and in virtual time. */
export const nextTurnMs = 1;

/**
 * How much may be begun in one turn of the event loop, and in one instant of virtual time. What the pool does is often decided in a
 * promise's callback, and a chain of those leaves no turn to timers and sockets: it may be long, and must not be endless.
 */
export class TurnBudget {
  private left = perTurn;
  /** When it was last renewed. */
  private turn = 0;
  private time = 0;

  constructor(private readonly clock: CoarseClock) {}

  spend(cost: number): void {
    this.left -= cost;
  }

  /** Whether a timer has to fire before there is any more of it. */
  get spent(): boolean {
    if (this.left > 0) return false;
    // In virtual time a turn may take no time at all.
    if (this.clock.turns === this.turn || this.clock.now() === this.time) return true;
    this.renew();
    return false;
  }

  /** A timer has fired that was to end a turn. */
  renew(): void {
    this.left = perTurn;
    this.turn = this.clock.turns;
    this.time = this.clock.now();
  }
}
