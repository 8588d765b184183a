import { InvalidConfigError } from '../pool/errors';
import { describeValue } from '../pool/values/describe';

/** Planned starts of operations: ms since the beginning, never decreasing. May be infinite. */
export type Arrivals = Iterator<number, unknown, undefined>;

/** One arrival every `1 / rate` seconds. Multiplied and not added up, so that rounding errors do not accumulate. */
export function* evenArrivals(rate: number): Generator<number, void, undefined> {
  for (let i = 0; ; i++) yield (i * 1_000) / rate;
}

/** Independent callers: the gaps are exponentially distributed. */
export function* poissonArrivals(rate: number, random: () => number): Generator<number, void, undefined> {
  for (let at = 0; ;) {
    at += (-Math.log(1 - random()) * 1_000) / rate;
    yield at;
  }
}

/** Recorded arrivals. */
export function* traceArrivals(trace: Iterable<number>): Generator<number, void, undefined> {
  let last = 0;
  let index = 0;
  for (const at of trace) {
    if (typeof at !== 'number' || !(at >= last) || at === Infinity) {
      throw new InvalidConfigError('pool', 'The trace of arrivals is not valid', [
        `arrivals[${index}] must be milliseconds, at least those of the arrival before it (${last}), but got ${describeValue(at)}`,
      ]);
    }
    last = at;
    index++;
    yield at;
  }
}
