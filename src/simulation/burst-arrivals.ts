import type { RandomSource } from './random-sources';

/** Bursts of `size` simultaneous arrivals, one every `every` ms: exactly, or on average with a random source. */
export function* burstArrivals(
  size: number,
  every: number,
  random: RandomSource | null,
): Generator<number, void, undefined> {
  for (let at = 0, burst = 0; ; burst++) {
    at = random === null ? burst * every : at - Math.log(1 - random()) * every;
    for (let i = 0; i < size; i++) yield at;
  }
}
