import { asyncScheduler } from 'rxjs';
import { schedulerClock } from '../../src/pool/rx/scheduler-clock';
import { EventLoopYield } from '../../src/stress/event-loop-yield';
import { countingScheduler } from '../helpers/counting-scheduler';
import { marbles } from '../helpers/marbles';

describe('a load that yields to the event loop', () => {
  it('leaves no timer when it is stopped, and does not go on', () => {
    const timers = { set: 0, cancelled: 0 };
    marbles(({ flush }) => {
      const clock = schedulerClock(countingScheduler().scheduler);
      let resumed = 0;
      const counted = {
        ...clock,
        now: () => asyncScheduler.now(),
        after: (...args: Parameters<typeof clock.after>) => {
          timers.set++;
          const cancel = clock.after(...args);
          return () => {
            timers.cancelled++;
            cancel();
          };
        },
      };
      const loop = new EventLoopYield(counted, () => resumed++);
      let allowed = 0;
      // The clock does not advance: the number of operations is the bound.
      while (loop.mayContinue()) allowed++;
      expect(allowed).toBeGreaterThan(9_000);
      expect(allowed).toBeLessThan(11_000);
      expect(timers).toEqual({ set: 1, cancelled: 0 });
      loop.stop();
      expect(timers).toEqual({ set: 1, cancelled: 1 });
      flush();
      expect(resumed).toBe(0);
      expect(loop.mayContinue()).toBeFalse();
    });
  });

  it('goes on in the next turn', () => {
    marbles(({ flush }) => {
      let resumed = 0;
      const loop = new EventLoopYield(schedulerClock(asyncScheduler), () => resumed++);
      while (loop.mayContinue());
      expect(loop.mayContinue()).toBeFalse();
      flush();
      expect(resumed).toBe(1);
      expect(loop.mayContinue()).toBeTrue();
    });
  });
});
