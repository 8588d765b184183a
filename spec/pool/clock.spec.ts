import { Observable, VirtualTimeScheduler } from 'rxjs';
import type { SchedulerLike } from 'rxjs';
import { createLastingPool as createPool } from '../helpers/lasting-pool';

/** Virtual time that goes on a little at every look, as real time does. */
function restlessClock(step: number): SchedulerLike & { flush: () => void } {
  const scheduler = new VirtualTimeScheduler();
  let looks = 0;
  return {
    now: () => scheduler.now() + step * looks++,
    schedule: scheduler.schedule.bind(scheduler),
    flush: () => {
      scheduler.flush();
    },
  };
}

describe('the clock', () => {
  it('may go on between two looks: who waits for a dead target is told all the same', () => {
    for (let step = 0.1; step < 3; step += 0.1) {
      const scheduler = restlessClock(step);
      const pool = createPool({
        max: 1,
        connect: () => new Observable<string>((subscriber) => subscriber.error(new Error('refused'))),
        retryDelay: { initial: 2, max: 4 },
        acquireTimeout: Infinity,
        random: () => 0.5,
        scheduler,
      });
      let told: unknown;
      pool.acquire().subscribe({ error: (error: unknown) => (told = error) });
      scheduler.flush();
      expect(told)
        .withContext(`${step} ms a look`)
        .toEqual(jasmine.objectContaining({ code: 'CONNECTION_FAILED' }));
    }
  });
});
