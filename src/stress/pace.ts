import { timeEpsilon } from '../pool/time/clock';
import type { Cancel } from '../pool/time/clock';
import type { Load } from './load';

/** Operations that may begin at one and the same instant, the first of each worker apart, where only time can end the run. */
const mostAtOneInstant = 100_000;

/** Decides when the next operation of a load is to start. Starts are milliseconds since the beginning. */
export class Pace {
  /** No operation is planned for later; a load that is ended early ends here. */
  until: number;

  private begun = 0;
  /** The next planned start; null before it was drawn, Infinity when there is none. */
  private planned: number | null = null;
  /** Wakes the load for it. */
  private alarm: Cancel | null = null;
  private timeOver = false;
  private readonly instant = { at: -1, begun: 0 };

  constructor(
    private readonly load: Pick<Load<never>, 'arrivals' | 'workers' | 'operations' | 'duration' | 'clock'>,
    private readonly startedAt: number,
    private readonly wake: () => void,
  ) {
    this.until = load.duration;
  }

  /** When no more were planned, if it was the time that has ended the load. */
  get plannedUntil(): number | null {
    return this.timeOver ? this.until : null;
  }

  /** The planned start of an operation that may begin now; null if none may yet; Infinity if none will any more. */
  next(underWay: number): number | null {
    const { arrivals, workers, operations } = this.load;
    if (this.begun >= operations) return Infinity;
    const isFree = underWay < workers;
    if (arrivals === null) {
      if (this.timeOver) return Infinity;
      const now = this.now();
      return isFree && now < this.until - timeEpsilon ? now : null;
    }
    const planned = this.draw();
    // Until the time is up there is nothing to be done; where no one comes any more, that is all.
    if (planned >= this.until - timeEpsilon) return planned === Infinity || this.timeOver ? Infinity : null;
    // Who comes when all workers are busy is served when one is free, and has waited since it came.
    if (!isFree) return null;
    const left = planned - this.now();
    if (left <= timeEpsilon) return planned;
    this.alarm ??= this.load.clock.after(left, this.ring, true);
    return null;
  }

  /** The one that might begin has begun, at this time of the clock. Returns its number, from 0. */
  take(now: number): number {
    const { instant } = this;
    const { arrivals, operations, workers } = this.load;
    if (instant.at !== now) {
      instant.at = now;
      instant.begun = 0;
    }
    if (++instant.begun > mostAtOneInstant + workers && arrivals === null && operations === Infinity) {
      throw new Error(
        `${instant.begun} operations began at one instant: work takes no time on this clock, or the pool turns everybody away at once, so that the duration is never over. Give a number of operations as well.`,
      );
    }
    this.planned = null;
    return this.begun++;
  }

  /** Only who has come by now is still to begin. */
  timeIsUp(): void {
    this.timeOver = true;
  }

  /** Those who have come and will never begin. */
  *givenUp(): Generator<number, void, undefined> {
    if (this.load.arrivals === null) return;
    while (this.begun < this.load.operations) {
      const planned = this.draw();
      if (planned >= this.until - timeEpsilon) return;
      this.planned = null;
      this.begun++;
      yield planned;
    }
  }

  end(): void {
    this.alarm?.();
    this.alarm = null;
  }

  private draw(): number {
    if (this.planned === null) {
      const next = this.load.arrivals!.next();
      this.planned = next.done === true ? Infinity : next.value;
    }
    return this.planned;
  }

  private now(): number {
    return this.load.clock.now() - this.startedAt;
  }

  private readonly ring = (): void => {
    this.alarm = null;
    this.wake();
  };
}
