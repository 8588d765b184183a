import type { Measure } from './case';
import { bytesOf, milliseconds, warmUp } from './timed';

/** A pool with a queue. */
interface Line {
  /** Takes all connections, so that the next callers have to wait. */
  readonly hold: () => void | Promise<void>;
  /** Adds one waiter to the queue, which releases as soon as it is served. */
  readonly join: () => unknown;
  /** Releases the held connections. */
  readonly begin: () => void;
}

/** Makes a queue that calls `served` for each waiter that has received a connection. */
export type QueueFactory = (served: () => void) => Promise<Line>;

/** A short queue is empty before a clock can measure it: this number of waiters is measurable. */
const ENOUGH = 50_000;
/** Bytes per waiter are exact with fewer than a million waiters. */
const WEIGHED = 100_000;

/** The time and the bytes of each waiter, with all waiters in the queue at once. */
export function queued(inLine: QueueFactory): Measure {
  return async (count) => {
    let left = 0;
    let empty = (): void => {};
    const line = await inLine(() => {
      if (--left === 0) empty();
    });
    const expect = (waiters: number): Promise<void> => {
      left = waiters;
      return new Promise((resolve) => {
        empty = resolve;
      });
    };

    const through = async (waiters: number): Promise<number> => {
      await line.hold();
      const whenEmpty = expect(waiters);
      return milliseconds(() => {
        for (let i = 0; i < waiters; i++) line.join();
        line.begin();
        return whenEmpty;
      });
    };
    const weigh = async (waiters: number): Promise<number> => {
      await line.hold();
      const whenEmpty = expect(waiters);
      const bytes = await bytesOf(() => {
        for (let i = 0; i < waiters; i++) line.join();
      });
      line.begin();
      await whenEmpty;
      return bytes;
    };

    const times = Math.ceil(ENOUGH / count);
    await warmUp(() => through(times === 1 ? Math.ceil(count / 4) : count));
    let ms = 0;
    for (let i = 0; i < times; i++) ms += await through(count);
    const weighed = Math.min(count, WEIGHED);
    return { ns: ms / times / count / 1e-6, bytes: (await weigh(weighed)) / weighed };
  };
}
