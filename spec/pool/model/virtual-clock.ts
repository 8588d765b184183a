import { Subscription } from 'rxjs';
import type { SchedulerAction, SchedulerLike } from 'rxjs';

/** So many timers at one instant can only be one that sets itself again and again. */
const hotLoop = 10_000;

/**
 * A scheduler whose time passes only when a spec says so, one timer after the other. Unlike RxJS's own virtual one it can
 * be asked how many timers are set, and lets a spec act between two timers of the same instant.
 */
export class VirtualClock implements SchedulerLike {
  private time = 0;
  private firedNow = 0;
  /** In the order in which they were set. */
  private timers: Timer<never>[] = [];

  /** `turn` is told the time before each timer fires. */
  constructor(private readonly turn: (now: number) => void = () => undefined) {}

  now(): number {
    return this.time;
  }

  schedule<T>(work: (this: SchedulerAction<T>, state: T) => void, delay = 0, state?: T): Subscription {
    const timer = new Timer(this, work);
    timer.schedule(state, delay);
    return timer;
  }

  /** How many timers are set. */
  get pending(): number {
    return this.timers.length;
  }

  /** When the next timer is due; `Infinity` when there is none. */
  get next(): number {
    let next = Infinity;
    for (const { at } of this.timers) next = Math.min(next, at);
    return next;
  }

  /** Fires the earliest timer that is due at `limit` or before; false when there is none, and it is `limit` now. */
  fire(limit: number): boolean {
    const at = this.next;
    const now = Math.max(this.time, Math.min(at, limit));
    this.firedNow = now > this.time ? 0 : this.firedNow + 1;
    if (this.firedNow > hotLoop) throw new Error(`a hot loop: ${hotLoop} timers have fired at ${now}`);
    this.time = now;
    this.turn(this.time);
    if (at > limit) return false;
    this.timers.find((timer) => timer.at === at)!.fire();
    return true;
  }

  /** Lets `ms` pass; with 0, whatever is due now fires. */
  pass(ms: number): void {
    const limit = this.time + ms;
    while (this.fire(limit));
  }

  set(timer: Timer<never>): void {
    this.timers.push(timer);
  }

  unset(timer: Timer<never>): void {
    this.timers = this.timers.filter((other) => other !== timer);
  }
}

class Timer<T> extends Subscription implements SchedulerAction<T> {
  at = 0;
  private state: T | undefined;

  constructor(
    private readonly clock: VirtualClock,
    private readonly work: (this: SchedulerAction<T>, state: T) => void,
  ) {
    super(() => {
      clock.unset(this as unknown as Timer<never>);
    });
  }

  schedule(state?: T, delay = 0): Subscription {
    this.state = state;
    this.at = this.clock.now() + Math.max(0, delay);
    this.clock.set(this as unknown as Timer<never>);
    return this;
  }

  fire(): void {
    this.clock.unset(this as unknown as Timer<never>);
    this.work(this.state as T);
  }
}
