import { asyncScheduler } from 'rxjs';

/**
 * The source of the time.
 *
 * - `monotonic`: the system's monotonic clock, which cannot be set;
 * - `virtual`: RxJS's virtual time, inside `TestScheduler.run`;
 * - `date`: the date, where a test has replaced it together with the timers and advances both.
 */
type Source = 'monotonic' | 'virtual' | 'date';

/** The maximum difference between two readings that follow each other (ms), unless a clock was replaced or set between them. */
const toleranceMs = 2;

/** In ms. If the date jumps ahead by more, it was set, or the machine has slept; then its monotonic clock may have stopped, too. */
const dateJumpMs = 1_000;

/**
 * The globals when the module was loaded. Libraries of fake timers replace them, perhaps before that: a test file may install fake timers
 * for all its tests. `performance.now` is therefore read from the prototype, which they do not replace.
 */
const original = { Date, setInterval, performanceNow: realPerformanceNow() };

/** For comparison only: do not call the result. */
function performanceNow(): unknown {
  const { now } = performance as { readonly now: unknown };
  return now;
}

function realPerformanceNow(): unknown {
  const { Performance: type } = globalThis as {
    readonly Performance?: { readonly prototype: { readonly now?: unknown } };
  };
  return type?.prototype.now ?? performanceNow();
}

/** Fake functions have a property `clock`. Of two that differ, the current one is a fake, unless a fake was installed at load time. */
const isReplaced = (now: unknown, before: unknown): boolean => isFake(now) || (now !== before && !isFake(before));

const isFake = (value: unknown): boolean => Object.hasOwn(value as object, 'clock');

/**
 * The elapsed time, in whole milliseconds, by the sources behind `asyncScheduler`. It only grows: setting the date, replacing a clock for a
 * test or restoring it, and the begin or end of virtual time add nothing.
 */
export class MonotonicTime {
  private time = 0;
  private source: Source | null = null;
  /** The last reading of the source. */
  private last = 0;
  /** The date of that reading, and how far it was ahead of the monotonic clock. */
  private dateRead = 0;
  private ahead = 0;
  /** The number of times that the date has jumped ahead. */
  leaps = 0;
  /** The functions of that reading, to detect when they are replaced. */
  private dateClass: unknown = null;
  private interval: unknown = null;
  private performanceNow: unknown = null;

  constructor() {
    this.now();
  }

  now(): number {
    const date = asyncScheduler.now();
    const monotonic = Math.floor(performance.now());
    const isAsBefore =
      this.source === 'monotonic' &&
      Math.abs(date - monotonic - this.ahead) <= toleranceMs &&
      Date === this.dateClass &&
      setInterval === this.interval &&
      performanceNow() === this.performanceNow;
    this.dateRead = date;
    const reading = isAsBefore ? monotonic : this.readAnew(date, monotonic);
    if (reading > this.last) this.time += reading - this.last;
    this.last = reading;
    return this.time;
  }

  /** The date of the last reading. */
  get date(): number {
    return this.dateRead;
  }

  /** A timer that was set for this time has fired: it is at least that late, whatever the source reads. */
  mustBe(time: number): void {
    if (time > this.time) this.time = time;
  }

  /** Whether timers are fake, so that a test decides when they fire. */
  get timersAreReplaced(): boolean {
    return isReplaced(setInterval, original.setInterval);
  }

  private readAnew(date: number, monotonic: number): number {
    const { source, performanceNow: before } = this;
    const isVirtual = Math.abs(date - Date.now()) > toleranceMs;
    this.performanceNow = performanceNow();
    this.dateClass = Date;
    this.interval = setInterval;
    const isMovedByTest =
      this.timersAreReplaced &&
      isReplaced(Date, original.Date) &&
      !isReplaced(this.performanceNow, original.performanceNow);
    this.source = isVirtual ? 'virtual' : isMovedByTest ? 'date' : 'monotonic';
    const reading = this.source === 'monotonic' ? monotonic : date;
    if (source === 'monotonic' && this.source === source && date - monotonic - this.ahead > dateJumpMs) this.leaps++;
    this.ahead = date - monotonic;
    // The first reading of another source adds no time.
    if (this.source !== source || (reading === monotonic && this.performanceNow !== before)) this.last = reading;
    return reading;
  }
}
