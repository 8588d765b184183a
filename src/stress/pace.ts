import { timeEpsilon } from '../pool/time/clock';
import type { Cancel } from '../pool/time/clock';
import type { Load } from './load';

/** Operations that may begin at one and the same instant, the first of each worker apart, where only time can end the run. */
const maxPerInstant = 100_000;

/** Decides when the next operation of a load is to start. Starts are milliseconds since the beginning. */
export class Pace {
  /** No operation is planned for later; a load that is ended early ends here. */
  until: number;

  private started = 0;
  /** The next planned start; null before it was drawn, Infinity when there is none. */
  private planned: number | null = null;
  /** Wakes the load for it. */
  private cancelTimer: Cancel | null = null;
  private durationOver = false;
  private readonly instant = { at: -1, begun: 0 };

  constructor(
    private readonly load: Pick<Load<never>, 'arrivals' | 'workers' | 'operations' | 'duration' | 'clock'>,
    private readonly startedAt: number,
    private readonly onDue: () => void,
  ) {
    this.until = load.duration;
  }

  /** When no more were planned, if it was the time that has ended the load. */
  get plannedUntil(): number | null {
    return this.durationOver ? this.until : null;
  }

  /** The planned start of an operation that may begin now; null if none may yet; Infinity if none will any more. */
  next(inFlight: number): number | null {
    const { arrivals, workers, operations } = this.load;
    if (this.started >= operations) return Infinity;
    const isFree = inFlight < workers;
    if (arrivals === null) {
      if (this.durationOver) return Infinity;
      const now = this.now();
      return isFree && now < this.until - timeEpsilon ? now : null;
    }
    const planned = this.draw();
    // Until the time is up there is nothing to be done; where no one comes any more, that is all.
    if (planned >= this.until - timeEpsilon) return planned === Infinity || this.durationOver ? Infinity : null;
    // Who comes when all workers are busy is served when one is free, and has waited since it came.
    if (!isFree) return null;
    const left = planned - this.now();
    if (left <= timeEpsilon) return planned;
    this.cancelTimer ??= this.load.clock.after(left, this.onTimer, true);
    return null;
  }

  /** The one that might begin has begun, at this time of the clock. Returns its number, from 0. */
  start(now: number): number {
    const { instant } = this;
    const { arrivals, operations, workers } = this.load;
    if (instant.at !== now) {
      instant.at = now;
      instant.begun = 0;
    }
    if (++instant.begun > maxPerInstant + workers && arrivals === null && operations === Infinity) {
      throw new Error(
        `${instant.begun} operations began at one instant: work takes no time on this clock, or the pool turns everybody away at once, so that the duration is never over. Give a number of operations as well.`,
      );
    }
    this.planned = null;
    return this.started++;
  }

  /** Only who has come by now is still to begin. */
  endDuration(): void {
    this.durationOver = true;
  }

  /** Those who have come and will never begin. */
  *unstarted(): Generator<number, void, undefined> {
    if (this.load.arrivals === null) return;
    while (this.started < this.load.operations) {
      const planned = this.draw();
      if (planned >= this.until - timeEpsilon) return;
      this.planned = null;
      this.started++;
      yield planned;
    }
  }

  stop(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
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

  private readonly onTimer = (): void => {
    this.cancelTimer = null;
    this.onDue();
  };
}
