import type { Measure } from './case';
import { bytesOf, milliseconds, warmUp } from './timed';

/** A pool with a line before it. */
interface Line {
  /** Takes all connections, so that whoever comes next has to wait. */
  readonly hold: () => void | Promise<void>;
  /** One more gets in line; it gives back as soon as it is served. */
  readonly join: () => unknown;
  /** Gives back what is held. */
  readonly begin: () => void;
}

/** Makes one, which says `served` for everyone who has got a connection. */
export type QueueFactory = (served: () => void) => Promise<Line>;

/** A short line is over before a clock can tell: so many are worth measuring. */
const ENOUGH = 50_000;
/** Bytes per waiter need no million of them. */
const WEIGHED = 100_000;

/** Time and bytes of each who waits, all of them being in line at once. */
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
