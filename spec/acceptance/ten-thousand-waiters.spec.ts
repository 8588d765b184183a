import { asyncScheduler, NEVER } from 'rxjs';
import type { Subscription } from 'rxjs';
import type { Lease } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { countingScheduler } from '../helpers/counting-scheduler';
import { expectNothingHeld, marbles, opensAtOnce } from '../helpers/marbles';

const many = 10_000;

describe('ten thousand waiters', () => {
  it('are served in order, one after the other, on a pool of one', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    const served: number[] = [];
    let first: Lease<string> | undefined;
    pool.acquire().subscribe((lease) => (first = lease));
    for (let i = 0; i < many; i++) {
      pool.acquire().subscribe((lease) => {
        served.push(i);
        lease.release();
      });
    }
    expect(pool.stats.pendingAcquires).toBe(many);
    first!.release();
    expect(served).toEqual(Array.from({ length: many }, (_, i) => i));
    expectNothingHeld(pool);
  });

  it('are served in order when each releases in its own time', () => {
    marbles(({ flush }) => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 7, acquireTimeout: Infinity });
      const served: number[] = [];
      for (let i = 0; i < many; i++) {
        pool.acquire().subscribe((lease) => {
          served.push(i);
          asyncScheduler.schedule(
            () => {
              lease.release();
            },
            1 + (i % 3),
          );
        });
      }
      flush();
      expect(served).toEqual(Array.from({ length: many }, (_, i) => i));
      expectNothingHeld(pool);
    });
  });

  it('may leave from the middle: the others keep their order, and none that left is served', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    const served: number[] = [];
    let first: Lease<string> | undefined;
    pool.acquire().subscribe((lease) => (first = lease));
    const waiting: Subscription[] = [];
    for (let i = 0; i < many; i++) {
      waiting.push(
        pool.acquire().subscribe((lease) => {
          served.push(i);
          lease.release();
        }),
      );
    }
    // From the inside outwards, so that every one that leaves has neighbours on both sides.
    const leaves = (i: number): boolean => i % 3 !== 0;
    for (let d = 0; d < many / 2; d++) {
      for (const i of [many / 2 + d, many / 2 - 1 - d]) {
        if (leaves(i)) waiting[i]!.unsubscribe();
      }
    }
    const stay = Array.from({ length: many }, (_, i) => i).filter((i) => !leaves(i));
    expect(pool.stats.pendingAcquires).toBe(stay.length);
    first!.release();
    expect(served).toEqual(stay);
    expectNothingHeld(pool);
  });

  it('all time out, each at its own time and in order, with one timer in use at a time', () => {
    marbles(({ at, flush }) => {
      const counting = countingScheduler();
      const pool = createPool({
        connect: () => opensAtOnce('a'),
        max: 1,
        acquireTimeout: 1_000,
        scheduler: counting.scheduler,
      });
      pool.use(() => NEVER).subscribe();
      const told: number[] = [];
      const wrong: string[] = [];
      for (let frame = 0; frame < 100; frame++) {
        at(frame, () => {
          for (let n = 0; n < many / 100; n++) {
            const i = frame * 100 + n;
            pool.acquire().subscribe({
              error: () => {
                told.push(i);
                if (asyncScheduler.now() !== frame + 1_000) wrong.push(`${i} at ${asyncScheduler.now()}`);
              },
            });
          }
        });
      }
      flush();
      expect(told).toEqual(Array.from({ length: many }, (_, i) => i));
      expect(wrong).toEqual([]);
      expect(counting.peak).toBe(1);
      expect(counting.total).toBeLessThanOrEqual(101);
      expect(counting.live).toBe(0);
      expect(pool.stats).toEqual(jasmine.objectContaining({ timeouts: many, pendingAcquires: 0 }));
    });
  });

  it('all fail at once when the pool is destroyed', () => {
    const counting = countingScheduler();
    const pool = createPool({ connect: () => NEVER, max: 1, scheduler: counting.scheduler });
    const told: number[] = [];
    for (let i = 0; i < many; i++) pool.acquire().subscribe({ error: () => told.push(i) });
    void pool.destroy();
    expect(told).toEqual(Array.from({ length: many }, (_, i) => i));
    expect(counting.live).toBe(0);
  });

  it('may all acquire again inside the error of the first wait', () => {
    marbles(({ flush }) => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1, acquireTimeout: 50 });
      pool.use(() => NEVER).subscribe();
      let again = 0;
      for (let i = 0; i < many; i++) {
        pool.acquire().subscribe({
          error: () => {
            pool.acquire().subscribe({ error: () => again++ });
          },
        });
      }
      flush();
      expect(again).toBe(many);
      expect(pool.stats.timeouts).toBe(2 * many);
    });
  });
});
