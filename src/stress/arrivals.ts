import { InvalidConfigError } from '../pool/errors';
import { describeValue } from '../pool/values/describe';

/** When operations are to start: milliseconds since the beginning, never falling. It may go on for ever. */
export type Arrivals = Iterator<number, unknown, undefined>;

/** One every `1 / rate` seconds. Counted, not added up, so that no error grows over a long run. */
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

/** When they came elsewhere. */
export function* traceArrivals(trace: Iterable<number>): Generator<number, void, undefined> {
  let last = 0;
  let index = 0;
  for (const at of trace) {
    if (typeof at !== 'number' || !(at >= last) || at === Infinity) {
      throw new InvalidConfigError('pool', 'This is no trace of arrivals', [
        `arrivals[${index}] must be milliseconds, not before the one ahead of it (${last}), but got ${describeValue(at)}`,
      ]);
    }
    last = at;
    index++;
    yield at;
  }
}
