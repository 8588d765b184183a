import type { RandomSource } from './random-sources';

/** So many at once, one such burst every `every` ms: exactly, or on average where there is a random source. */
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
