import { timeEpsilon } from '../pool/time/clock';
import type { Cancel } from '../pool/time/clock';
import type { Load } from './load';

/** The most operations that may start at one instant, beside the first of each worker, where only time ends the run. */
const maxPerInstant = 100_000;

/** Decides when the next operation of a load starts. Starts are in ms since the beginning. */
export class Pace {
  /** No operation is planned for later. A load that ends early lowers it. */
  until: number;

  private started = 0;
  /** The next planned start; null before it is drawn, Infinity when there is none. */
  private planned: number | null = null;
  /** Cancels the timer for the next planned start. */
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

  /** When planning ended, if the duration ended it; otherwise null. */
  get plannedUntil(): number | null {
    return this.durationOver ? this.until : null;
  }

  /** The planned start of an operation that may start now; null if none may start yet; Infinity if none will. */
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
    // Until the duration is over the load waits. With no arrivals left it is complete.
    if (planned >= this.until - timeEpsilon) return planned === Infinity || this.durationOver ? Infinity : null;
    // An operation that arrives while all workers are busy starts when one is free. Its wait counts from its arrival.
    if (!isFree) return null;
    const left = planned - this.now();
    if (left <= timeEpsilon) return planned;
    this.cancelTimer ??= this.load.clock.after(left, this.onTimer, true);
    return null;
  }

  /** Records that the operation offered by `next` starts at this time of the clock. Returns its index, from 0. */
  start(now: number): number {
    const { instant } = this;
    const { arrivals, operations, workers } = this.load;
    if (instant.at !== now) {
      instant.at = now;
      instant.begun = 0;
    }
    if (++instant.begun > maxPerInstant + workers && arrivals === null && operations === Infinity) {
      throw new Error(
        `${instant.begun} operations began at one instant: work takes no time on this clock, or the pool rejects every operation at once, so that the duration never ends. Give a number of operations as well.`,
      );
    }
    this.planned = null;
    return this.started++;
  }

  /** From now on only operations that have arrived already start. */
  endDuration(): void {
    this.durationOver = true;
  }

  /** The planned starts of operations that have arrived and will never start. */
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
