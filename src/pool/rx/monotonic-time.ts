import { asyncScheduler } from 'rxjs';

/**
 * Where the time is read.
 *
 * - `monotonic`: the clock of the system that nobody can set;
 * - `virtual`: RxJS's own, inside `TestScheduler.run`;
 * - `date`: the date, where a test has replaced it together with the timers and moves both.
 */
type Source = 'monotonic' | 'virtual' | 'date';

/** Two readings that follow each other differ by no more (ms), unless one of them was replaced or set. */
const sameTime = 2;

/** In ms. A date that goes ahead by more was set, or the machine has slept: its monotonic clock may have slept, too. */
const leap = 1_000;

/**
 * What the module found when it was loaded. Libraries of fake timers replace these, perhaps before: a test file may install them for all
 * its tests. `performance.now` is read where they do not replace it.
 */
const found = { Date, setInterval, performanceNow: realPerformanceNow() };

/** To be compared, not called. */
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

/** Fake timers carry their clock. Of two that differ the one of now is a fake, unless the module found one when it was loaded. */
const isReplaced = (now: unknown, before: unknown): boolean => isFake(now) || (now !== before && !isFake(before));

const isFake = (value: unknown): boolean => Object.hasOwn(value as object, 'clock');

/**
 * How much time has passed, in whole milliseconds, by the sources behind `asyncScheduler`. It only grows: a date that is set, a clock that is
 * replaced for a test or given back, virtual time that begins or ends add nothing.
 */
export class MonotonicTime {
  private time = 0;
  private source: Source | null = null;
  /** What the source said last. */
  private last = 0;
  /** What the date was then, and by how much it was ahead of the monotonic clock. */
  private dateRead = 0;
  private ahead = 0;
  /** How often the date has gone ahead. */
  leaps = 0;
  /** The functions behind it, to see when they are replaced. */
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
      Math.abs(date - monotonic - this.ahead) <= sameTime &&
      Date === this.dateClass &&
      setInterval === this.interval &&
      performanceNow() === this.performanceNow;
    this.dateRead = date;
    const reading = isAsBefore ? monotonic : this.readAnew(date, monotonic);
    if (reading > this.last) this.time += reading - this.last;
    this.last = reading;
    return this.time;
  }

  /** The date when the time was read last. */
  get date(): number {
    return this.dateRead;
  }

  /** A timer has fired that was set for this time: so late it is, whatever the source says. */
  mustBe(time: number): void {
    if (time > this.time) this.time = time;
  }

  /** Whether timers are those of a test, which fire when they are told to. */
  get timersAreReplaced(): boolean {
    return isReplaced(setInterval, found.setInterval);
  }

  private readAnew(date: number, monotonic: number): number {
    const { source, performanceNow: before } = this;
    const isVirtual = Math.abs(date - Date.now()) > sameTime;
    this.performanceNow = performanceNow();
    this.dateClass = Date;
    this.interval = setInterval;
    const isMovedByTest =
      this.timersAreReplaced && isReplaced(Date, found.Date) && !isReplaced(this.performanceNow, found.performanceNow);
    this.source = isVirtual ? 'virtual' : isMovedByTest ? 'date' : 'monotonic';
    const reading = this.source === 'monotonic' ? monotonic : date;
    if (source === 'monotonic' && this.source === source && date - monotonic - this.ahead > leap) this.leaps++;
    this.ahead = date - monotonic;
    // Of another source, the first reading says nothing.
    if (this.source !== source || (reading === monotonic && this.performanceNow !== before)) this.last = reading;
    return reading;
  }
}
