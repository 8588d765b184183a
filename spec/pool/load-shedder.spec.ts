import { asyncScheduler, of, Subject, timer } from 'rxjs';
import type { PoolExhaustedError } from '../../src';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { countingScheduler } from '../helpers/counting-scheduler';
import { marbles, poolError } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';

describe('overload', () => {
  /** When each call ended, and how. */
  type Ended = [at: number, how: string];

  it('is off by default: waiters wait', () => {
    marbles(({ flush }) => {
      const pool = createPool({ connect: scriptedTarget().connect, max: 1 });
      for (let i = 0; i < 5; i++) pool.use(() => timer(1_000)).subscribe();
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ successfulOperations: 5, rejected: 0 }));
    });
  });

  it('sheds no caller while the queue is empty now and then, however long the time between is', () => {
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: scriptedTarget().connect, max: 2, overload: { target: 5, interval: 100 } });
      // Bursts of forty callers, each served within 80 ms.
      for (let burst = 0; burst < 10; burst++) {
        at(burst * 100, () => {
          for (let i = 0; i < 40; i++) pool.use(() => timer(4)).subscribe();
        });
      }
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ successfulOperations: 400, rejected: 0 }));
    });
  });

  it('sheds callers that have waited for target ms in a queue that has been standing for interval ms', () => {
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: scriptedTarget().connect, max: 1, overload: { target: 10, interval: 100 } });
      const ended: Ended[] = [];
      const call = (ms: number) =>
        pool
          .use(() => timer(ms))
          .subscribe({
            complete: () => ended.push([asyncScheduler.now(), 'done']),
            error: (error: unknown) => ended.push([asyncScheduler.now(), (error as PoolExhaustedError).reason]),
          });
      call(1_000);
      at(10, () => call(1));
      at(20, () => call(1));
      at(150, () => call(1));
      at(995, () => call(1));
      flush();
      expect(ended).toEqual([
        [110, 'overload'],
        [110, 'overload'],
        // The queue is empty because all callers were shed, and none was served: it is still a standing queue.
        [160, 'overload'],
        [1_000, 'done'],
        [1_001, 'done'],
      ]);
    });
  });

  it('works also while no lease is released', () => {
    marbles(({ at, flush }) => {
      const pool = createPool({
        connect: scriptedTarget().connect,
        max: 1,
        acquireTimeout: 60_000,
        overload: { target: 5, interval: 50 },
      });
      pool.acquire().subscribe();
      const ended: number[] = [];
      for (let frame = 1; frame <= 201; frame += 20) {
        at(frame, () => {
          pool.acquire().subscribe({ error: () => ended.push(asyncScheduler.now()) });
        });
      }
      flush();
      // The queue became non-empty at 1; from 51 on no caller waits longer than 5 ms.
      expect(ended).toEqual([51, 51, 51, 66, 86, 106, 126, 146, 166, 186, 206]);
    });
  });

  it('keeps late arrivals in a short queue: in a flood every served caller has waited briefly', () => {
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: scriptedTarget().connect, max: 4, overload: {} });
      const waits: number[] = [];
      // Twice the load that four connections can serve: 2 callers a millisecond, 4 ms of work.
      for (let frame = 0; frame < 2_000; frame++) {
        at(frame, () => {
          for (let i = 0; i < 2; i++) {
            pool
              .use(() => {
                if (frame > 500) waits.push(asyncScheduler.now() - frame);
                return timer(4);
              })
              .subscribe({ error: () => undefined });
          }
        });
      }
      flush();
      expect(Math.max(...waits)).toBeLessThanOrEqual(5);
      // And the connections are never idle meanwhile.
      expect(pool.stats.successfulOperations).toBeGreaterThan(1_900);
      expect(pool.stats.rejected + pool.stats.successfulOperations).toBe(4_000);
    });
  });

  it('forgets a queue that was emptied by serving, although some callers were shed from it before', () => {
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: scriptedTarget().connect, max: 1, overload: { target: 5, interval: 100 } });
      const ended: Ended[] = [];
      const call = (ms: number) =>
        pool
          .use(() => timer(ms))
          .subscribe({
            complete: () => ended.push([asyncScheduler.now(), 'done']),
            error: (error: unknown) => ended.push([asyncScheduler.now(), (error as PoolExhaustedError).reason]),
          });
      call(120);
      at(10, () => call(1));
      at(118, () => call(20));
      // The waits are longer than target, in a queue that has not been standing for interval.
      at(125, () => call(1));
      flush();
      expect(ended).toEqual([
        [110, 'overload'],
        [120, 'done'],
        [140, 'done'],
        [141, 'done'],
      ]);
    });
  });

  it('forgets a queue that all callers left after a quiet time, although some were shed before that', () => {
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: scriptedTarget().connect, max: 1, overload: { target: 5, interval: 100 } });
      const shed: number[] = [];
      const call = () => pool.use(() => timer(1_000)).subscribe({ error: () => shed.push(asyncScheduler.now()) });
      call();
      at(10, call);
      at(300, () => {
        const waiter = call();
        asyncScheduler.schedule(() => {
          waiter.unsubscribe();
        }, 10);
      });
      at(350, call);
      flush();
      expect(shed).toEqual([110, 450]);
    });
  });

  it('forgets a queue that its callers have left', () => {
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: scriptedTarget().connect, max: 1, overload: { target: 5, interval: 100 } });
      pool.use(() => timer(1_000)).subscribe();
      const waiter = pool.use(() => of(1)).subscribe();
      at(90, () => {
        waiter.unsubscribe();
      });
      const ended: number[] = [];
      at(200, () => {
        pool.use(() => of(1)).subscribe({ error: () => ended.push(asyncScheduler.now()) });
      });
      flush();
      expect(ended).toEqual([300]);
    });
  });

  it('forgets a queue that was empty for interval ms, although no caller has been served since', () => {
    const scripted = scriptedTarget({ openAfter: 20 });
    marbles(({ at, flush }) => {
      const pool = createPool({
        connect: scripted.connect,
        max: 1,
        idleTimeout: 1_000,
        overload: { target: 5, interval: 100 },
      });
      const ended: [string, string][] = [];
      const call = (name: string, ms: number) =>
        pool
          .use(() => timer(ms))
          .subscribe({
            complete: () => ended.push([name, 'done']),
            error: (error: unknown) => ended.push([name, (error as PoolExhaustedError).reason]),
          });
      call('a', 300);
      at(50, () => call('b', 1));
      // The pool has long been empty, and connects take longer than target.
      at(3_600_000, () => call('c', 1));
      flush();
      expect(ended).toEqual([
        ['b', 'overload'],
        ['a', 'done'],
        ['c', 'done'],
      ]);
    });
  });

  it('with a target of 0 sheds at once in a standing queue, and not after a quiet time', () => {
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: scriptedTarget().connect, max: 1, overload: { target: 0, interval: 100 } });
      pool.acquire().subscribe();
      const ended: number[] = [];
      for (const frame of [10, 50, 120, 190, 300]) {
        at(frame, () => {
          pool.acquire().subscribe({ error: () => ended.push(asyncScheduler.now()) });
        });
      }
      flush();
      expect(ended).toEqual([110, 110, 120, 190, 400]);
    });
  });

  it('sheds no stream: a stream has no deadline', () => {
    marbles(({ flush }) => {
      const pool = createPool({ connect: scriptedTarget().connect, max: 1, overload: {} });
      pool.use(() => timer(500)).subscribe();
      const got: number[] = [];
      pool.subscribe(() => got.push(asyncScheduler.now()));
      flush();
      expect(got).toEqual([500]);
    });
  });

  it('reports the cause and the next step to the caller', () => {
    marbles(({ flush }) => {
      const pool = createPool({
        connect: scriptedTarget().connect,
        max: 1,
        name: 'db',
        overload: { target: 5, interval: 20 },
      });
      pool.use(() => timer(100), { label: 'nightly' }).subscribe();
      const errors: PoolExhaustedError[] = [];
      pool.use(() => of(1)).subscribe({ error: (error: unknown) => errors.push(error as PoolExhaustedError) });
      flush();
      expect(errors).toEqual([poolError('POOL_EXHAUSTED', { reason: 'overload', pool: 'db' })] as never);
      expect(errors[0]!.message).toContain(`Pool 'db' overloaded: 1/1 connections in use, 1 waiting`);
      expect(errors[0]!.message).toContain(`waited 20 ms. Longest held 20 ms by 'nightly'.`);
    });
  });

  it('uses one timer, and only while a caller waits', () => {
    marbles(({ at, flush }) => {
      const counting = countingScheduler();
      const pool = createPool({
        connect: scriptedTarget().connect,
        max: 1,
        acquireTimeout: Infinity,
        overload: {},
        scheduler: counting.scheduler,
      });
      const end = new Subject<void>();
      pool.use(() => end).subscribe();
      expect(counting.live).toBe(0);
      for (let i = 0; i < 9; i++) pool.use(() => of(1)).subscribe();
      expect(counting.live).toBe(1);
      at(10, () => {
        end.complete();
        expect(counting.live).toBe(0);
      });
      flush();
    });
  });

  it('works in real time', async () => {
    const pool = createPool({ connect: scriptedTarget().connect, max: 1, overload: { target: 5, interval: 20 } });
    const held = new Subject<void>();
    pool.use(() => held).subscribe();
    const error = await new Promise((resolve) => {
      pool.use(() => of(1)).subscribe({ error: resolve });
    });
    expect(error).toEqual(poolError('POOL_EXHAUSTED', { reason: 'overload' }));
    held.complete();
    await pool.destroy();
  });
});
