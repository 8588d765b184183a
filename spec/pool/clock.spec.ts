import { asyncScheduler, Observable, VirtualTimeScheduler } from 'rxjs';
import type { SchedulerLike } from 'rxjs';
import type { ConnectionPool, PoolOptions } from '../../src/index';
import { schedulerClock } from '../../src/pool/rx/scheduler-clock';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { marbles } from '../helpers/marbles';

/** Virtual time that advances a little with every reading, as real time does. */
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
  it('may advance between two readings: a caller that waits for a target that is down gets its error nevertheless', () => {
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

  describe('that was set back to before the pool was created', () => {
    /** Its time is an hour earlier than when the pool was created. */
    function createBefore<C>(options: PoolOptions<C>): { pool: ConnectionPool<C>; putRight: () => void } {
      let offset = 0;
      const scheduler: SchedulerLike = {
        now: () => asyncScheduler.now() + offset,
        schedule: asyncScheduler.schedule.bind(asyncScheduler),
      };
      const pool = createPool({ ...options, scheduler });
      offset = -3_600_000;
      return { pool, putRight: () => (offset = 0) };
    }

    it('opens, then evicts and closes connections as usual', () => {
      marbles(({ target, at, flush }) => {
        const { pool } = createBefore({ connect: target('-a').connect, max: 1 });
        const events: string[] = [];
        pool.events$.subscribe(({ type }) => events.push(type));
        void pool.warmUp();
        at(5, () => void pool.destroy());
        flush();
        expect(events).toEqual(['opened', 'evicted', 'closed', 'destroyed']);
        expect(pool.stats).toEqual(jasmine.objectContaining({ opened: 1, closed: 1 }));
      });
    });

    it('and is corrected again, ends a wait that began in between once, and none of a cancelled caller', () => {
      marbles(({ target, at, flush }) => {
        const { pool, putRight } = createBefore({ connect: target('a').connect, max: 1, acquireTimeout: 20 });
        const told: [string, number][] = [];
        const wait = (name: string) =>
          pool.acquire().subscribe({
            error: () => told.push([name, asyncScheduler.now()]),
          });
        pool.acquire().subscribe();
        const first = wait('first');
        wait('second');
        at(5, () => {
          first.unsubscribe();
        });
        at(10, putRight);
        at(50, () => void pool.destroy({ timeout: 0 }));
        flush();
        expect(told).toEqual([['second', 20]]);
        expect(pool.stats.timeouts).toBe(1);
      });
    });
  });
});

describe('a timer in Node', () => {
  interface NodeTimer {
    hasRef(): boolean;
  }

  /** Whether the timer was referenced when it was set, and when it was cancelled. */
  function referenced(held: boolean): [atSet: boolean, atCancel: boolean] {
    let timer: NodeTimer | undefined;
    let atCancel: boolean | undefined;
    const scheduler: SchedulerLike = {
      now: () => asyncScheduler.now(),
      schedule: (work, delay, state) => {
        const action = asyncScheduler.schedule(work as () => void, delay, state);
        timer = (action as unknown as { id: NodeTimer }).id;
        const inner = action.unsubscribe.bind(action);
        action.unsubscribe = () => {
          atCancel ??= timer!.hasRef();
          inner();
        };
        return action;
      },
    };
    const cancel = schedulerClock(scheduler).after(60_000, () => undefined, held);
    const atSet = timer!.hasRef();
    cancel();
    return [atSet, atCancel!];
  }

  it('keeps the process alive if it is held', () => {
    expect(referenced(true)).toEqual([true, true]);
  });

  it('is referenced again before it is cancelled if it is not held: Node would keep an empty list for its duration', () => {
    expect(referenced(false)).toEqual([false, true]);
  });
});
