import type { Die } from './dice';

/** So many at once, one such burst every `every` ms: exactly, or on average where there is a die. */
export function* burstArrivals(size: number, every: number, die: Die | null): Generator<number, void, undefined> {
  for (let at = 0, burst = 0; ; burst++) {
    at = die === null ? burst * every : at - Math.log(1 - die()) * every;
    for (let i = 0; i < size; i++) yield at;
  }
}
