import { asyncScheduler } from 'rxjs';
import { CoarseClock } from '../../src/pool/time/coarse-clock';
import { DeferredCancelTimer } from '../../src/pool/time/deferred-cancel-timer';
import { schedulerClock } from '../../src/pool/rx/scheduler-clock';
import { countingScheduler } from '../helpers/counting-scheduler';
import { marbles } from '../helpers/marbles';

/** This number of stops in one turn cancel the underlying timer at once. */
const OFTEN = 8;

interface Scene {
  readonly timer: DeferredCancelTimer;
  /** The time at which it has fired. */
  readonly fired: number[];
  /** The number of real timers that are set, and that were ever set. */
  readonly real: { readonly live: number; readonly total: number };
  at(frame: number, action: () => void): void;
  /** Sets and stops it until a stop no longer cancels the underlying timer in this turn. */
  tire(): void;
}

function scene(act: (scene: Scene) => void): { fired: number[]; live: number } {
  const fired: number[] = [];
  const real = countingScheduler();
  marbles(({ at, flush }) => {
    const timer = new DeferredCancelTimer(new CoarseClock(schedulerClock(real.scheduler)), true, () => {
      fired.push(asyncScheduler.now());
    });
    const tire = (): void => {
      for (let i = 0; i < OFTEN; i++) {
        timer.set(100);
        timer.stop();
      }
    };
    act({ timer, fired, real, at, tire });
    flush();
  });
  return { fired, live: real.live };
}

describe('a timer that is often stopped', () => {
  it('fires once, when it is due', () => {
    expect(scene(({ timer }) => timer.set(5))).toEqual({ fired: [5], live: 0 });
  });

  it('fires at the time that was set last, earlier or later', () => {
    const { fired } = scene(({ timer, at }) => {
      timer.set(5);
      at(3, () => timer.set(5));
      at(10, () => timer.set(20));
      at(11, () => timer.set(2));
    });
    expect(fired).toEqual([8, 13]);
  });

  it('can be set again when it fires', () => {
    const { fired, live } = scene(({ timer, at, fired }) => {
      timer.set(5);
      at(5, () => {
        if (fired.length === 1) timer.set(4);
      });
    });
    expect(fired).toEqual([5, 9]);
    expect(live).toBe(0);
  });

  it('that is stopped occasionally leaves no real timer', () => {
    scene(({ timer, real }) => {
      timer.set(5);
      expect([timer.isSet, real.live]).toEqual([true, 1]);
      timer.stop();
      expect([timer.isSet, real.live]).toEqual([false, 0]);
      timer.stop();
    });
  });

  it('that is set and stopped a thousand times in a turn uses few real timers, and leaves none at its end', () => {
    const { fired } = scene(({ timer, real, at }) => {
      for (let i = 0; i < 1_000; i++) {
        timer.set(100);
        timer.stop();
      }
      expect(real.total).toBe(OFTEN + 1);
      expect(real.live).toBe(1);
      at(1, () => expect(real.live).toBe(0));
    });
    expect(fired).toEqual([]);
  });

  it('is on time again after that, whether the remaining real timer would fire before or after', () => {
    for (const ms of [150, 10]) {
      const { fired, live } = scene(({ timer, tire, real, at }) => {
        at(1, () => {
          tire();
          timer.set(100);
          timer.stop();
          timer.set(ms);
          expect(real.live).toBe(1);
        });
      });
      expect(fired).toEqual([1 + ms]);
      expect(live).toBe(0);
    }
  });

  it('has a real timer whenever it is set, even if its old one fires before the end of the turn', () => {
    const seen: number[] = [];
    const { fired } = scene(({ timer, tire, real }) => {
      tire();
      timer.set(0);
      asyncScheduler.schedule(() => seen.push(real.live));
      timer.stop();
      timer.set(5);
    });
    expect(seen).toEqual([1]);
    expect(fired).toEqual([5]);
  });

  it('ends for good, even if its real timer was to be stopped at the end of the turn', () => {
    const { fired } = scene(({ timer, tire, real }) => {
      tire();
      for (let i = 0; i < 100; i++) {
        timer.set(100);
        timer.stop();
        timer.end();
        expect(real.live).toBe(0);
      }
    });
    expect(fired).toEqual([]);
  });

  it('does not fire after it has been stopped, even if its real timer has run until the end of the turn', () => {
    const { fired } = scene(({ timer, tire, at }) => {
      tire();
      timer.set(0);
      timer.stop();
      at(3, () => timer.set(4));
    });
    expect(fired).toEqual([7]);
  });
});
