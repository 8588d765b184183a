import type { Cancel, Clock } from '../time/clock';
import type { PoolError } from '../errors';

interface WarmUp {
  readonly goal: number;
  readonly done: (error?: PoolError) => void;
  cancelTimeout: Cancel | null;
}

/** Those who wait for a number of connections to be open. */
export class WarmUps {
  private waiting: WarmUp[] = [];

  constructor(private readonly clock: Clock) {}

  get any(): boolean {
    return this.waiting.length > 0;
  }

  /** As many as the most ambitious one wants. */
  get goal(): number {
    let goal = 0;
    for (const warmUp of this.waiting) goal = Math.max(goal, warmUp.goal);
    return goal;
  }

  add(goal: number, timeout: number, onTimeout: () => void, done: WarmUp['done']): void {
    const warmUp: WarmUp = { goal, done, cancelTimeout: null };
    this.waiting.push(warmUp);
    if (timeout === Infinity) return;
    warmUp.cancelTimeout = this.clock.after(
      timeout,
      () => {
        this.waiting = this.waiting.filter((other) => other !== warmUp);
        onTimeout();
      },
      true,
    );
  }

  /**
   * Tells those whose goal is reached (or all that there may be are open), or all of them when there is an error. Says whether there
   * was anyone to tell.
   */
  end(open: number, most: number, error?: PoolError): boolean {
    const ended = this.waiting.filter(({ goal }) => error !== undefined || Math.min(goal, most) <= open);
    if (ended.length === 0) return false;
    this.waiting = this.waiting.filter((warmUp) => !ended.includes(warmUp));
    for (const { cancelTimeout, done } of ended) {
      cancelTimeout?.();
      done(error);
    }
    return true;
  }
}
