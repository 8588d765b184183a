import type { CoarseClock } from './coarse-clock';

const perTurn = 1_024;

/** The cost of an expensive operation, one that serves no caller if it is repeated in a loop. */
export const expensive = 16;

/** A timer of this delay (ms) fires in another turn, in real and in virtual time. */
export const nextTurnMs = 1;

/**
 * Limits how much begins in one turn of the event loop, and in one instant of virtual time. The pool often decides in a callback of a
 * promise, and timers and sockets get no turn during a chain of those: such a chain may be long, but must not be endless.
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

  /** Whether the budget is used up until the next timer fires. */
  get isSpent(): boolean {
    if (this.left > 0) return false;
    // In virtual time a turn may take no time.
    if (this.clock.turns === this.turn || this.clock.now() === this.time) return true;
    this.renew();
    return false;
  }

  /** Call it when a timer that ends a turn has fired. */
  renew(): void {
    this.left = perTurn;
    this.turn = this.clock.turns;
    this.time = this.clock.now();
  }
}
