/** The longest delay of a timer, in ms: `setTimeout` with a longer one fires at once. */
export const maxTimerMs = 2 ** 31 - 1;

/** Cancels a timer; does nothing after it has fired. */
export type Cancel = () => void;

/** The only clock of a pool: every timer and every current time comes from it, so that it can be virtual. */
export interface Clock {
  /** Elapsed milliseconds, for comparison with each other only. */
  now(): number;
  /** The date, as stats and events show it. */
  date(): number;
  /** The date of the last call of `now`. */
  dateBefore(): number;
  /** The number of times that the date has jumped ahead of the elapsed time, as after the machine has slept. */
  leaps(): number;
  /** Reports that a timer for this time has fired; the clock is advanced to it if it is behind. Returns how late the timer is (ms). */
  fired(due: number): number;
  /**
   * Calls back once, after `ms`. Only a timer that is `held` keeps the process alive: one on which
   * the result of a caller depends.
   */
  after(ms: number, callback: () => void, held: boolean): Cancel;
}

/**
 * In ms: times that differ by less are equal. A clock may return fractions, and `start + ms - now` may then leave a remainder that is too
 * small to be added to the time: a timer for that remainder would fire at the same instant again without an end.
 */
export const timeEpsilon = 1e-6;

/** In ms. No pause and no timer of the pool is shorter, whatever the options say: a failing target must never become a hot loop. */
export const minDelayMs = 1;
