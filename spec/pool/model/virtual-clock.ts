import { Subscription } from 'rxjs';
import type { SchedulerAction, SchedulerLike } from 'rxjs';

/** A larger number of timers at one instant means that a timer sets itself again and again. */
const hotLoop = 10_000;

/**
 * A scheduler whose time passes only on command, one timer after the other. Unlike RxJS's own virtual one it shows
 * the number of timers, and lets a spec act between two timers of the same instant.
 */
export class VirtualClock implements SchedulerLike {
  private time = 0;
  private firedNow = 0;
  /** In the order in which they were set. */
  private timers: Timer<never>[] = [];

  /** `turn` receives the time before each timer fires. */
  constructor(private readonly turn: (now: number) => void = () => undefined) {}

  now(): number {
    return this.time;
  }

  schedule<T>(work: (this: SchedulerAction<T>, state: T) => void, delay = 0, state?: T): Subscription {
    const timer = new Timer(this, work);
    timer.schedule(state, delay);
    return timer;
  }

  /** The number of timers. */
  get pending(): number {
    return this.timers.length;
  }

  /** When the next timer is due; `Infinity` when there is none. */
  get next(): number {
    let next = Infinity;
    for (const { at } of this.timers) next = Math.min(next, at);
    return next;
  }

  /** Fires the earliest timer that is due at `limit` or before; returns false when there is none, and sets the time to `limit`. */
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

  /** Lets `ms` pass; with 0, fires whatever is due now. */
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
