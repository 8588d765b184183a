/** In ms. A `setTimeout` of more fires at once. */
export const maxTimerMs = 2 ** 31 - 1;

/** Ends a timer that has not fired; after it has, a call does nothing. */
export type Cancel = () => void;

/** The one clock of a pool: every timer and every "now" comes from here, so that it can be virtual. */
export interface Clock {
  /** Milliseconds that have passed, only ever compared with each other. */
  now(): number;
  /** The date: what is shown to the outside. */
  date(): number;
  /** The date when `now` was asked last. */
  dateBefore(): number;
  /** How often the date has gone ahead of the time that has passed, as when the machine has slept. */
  leaps(): number;
  /** A timer has fired that was set for this time: it is believed. Returns by how much it is late (ms). */
  fired(due: number): number;
  /**
   * Calls back once, `ms` from now. Only a timer that is `held` keeps a process alive: one on which
   * somebody's answer depends.
   */
  after(ms: number, callback: () => void, held: boolean): Cancel;
}

/**
 * In ms: times that differ by less are the same. A clock may show fractions, and `start + ms - now` then leaves a rest too
 * small to add to it: a timer set for that rest would fire at the same instant for ever.
 */
export const timeEpsilon = 1e-6;
