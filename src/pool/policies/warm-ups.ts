import type { Clock } from '../time/clock';
import { Timer } from '../time/timer';
import type { PoolError } from '../errors';

interface WarmUp {
  readonly goal: number;
  readonly done: (error?: PoolError) => void;
  readonly timer: Timer;
}

/** The calls of `warmUp` that wait for a number of open connections. */
export class WarmUps {
  private waiting: WarmUp[] = [];

  constructor(private readonly clock: Clock) {}

  get any(): boolean {
    return this.waiting.length > 0;
  }

  /** The largest goal of all warm-ups. */
  get goal(): number {
    let goal = 0;
    for (const warmUp of this.waiting) goal = Math.max(goal, warmUp.goal);
    return goal;
  }

  add(goal: number, timeout: number, onTimeout: () => void, done: WarmUp['done']): void {
    const timer = new Timer(this.clock, true, () => {
      this.waiting = this.waiting.filter((other) => other !== warmUp);
      onTimeout();
    });
    const warmUp: WarmUp = { goal, done, timer };
    this.waiting.push(warmUp);
    if (timeout !== Infinity) timer.set(timeout);
  }

  /**
   * Ends the warm-ups whose goal is reached (at most `most` connections count), or all of them if there is an error. Returns whether it has
   * ended any.
   */
  end(open: number, most: number, error?: PoolError): boolean {
    const ended = this.waiting.filter(({ goal }) => error !== undefined || Math.min(goal, most) <= open);
    if (ended.length === 0) return false;
    this.waiting = this.waiting.filter((warmUp) => !ended.includes(warmUp));
    for (const { timer, done } of ended) {
      timer.stop();
      done(error);
    }
    return true;
  }
}
