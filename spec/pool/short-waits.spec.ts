import { asyncScheduler } from 'rxjs';
import type { SchedulerLike } from 'rxjs';
import type { ConnectionPool, Lease } from '../../src/index';
import { countingScheduler } from '../helpers/counting-scheduler';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { marbles, opensAtOnce } from '../helpers/marbles';

/** This number of waits in one turn makes the queue's timer defer its cancel. */
const MANY = 20;

/** A pool of one connection, and its holder. */
class Baton {
  private lease: Lease<string> | null = null;

  constructor(readonly pool: ConnectionPool<string>) {
    this.takeNext();
  }

  takeNext(acquireTimeout = 200): void {
    this.pool.acquire({ acquireTimeout }).subscribe((lease) => {
      this.lease = lease;
    });
  }

  /** Another caller waits, and is served. */
  pass(acquireTimeout?: number): void {
    const held = this.lease!;
    this.takeNext(acquireTimeout);
    held.release();
  }
}

describe('after many short waits in one turn', () => {
  const waitInVain = (pool: ConnectionPool<string>, from: () => number): Promise<number> =>
    new Promise((resolve) => {
      const start = from();
      pool.acquire({ acquireTimeout: 60 }).subscribe({
        error: () => {
          resolve(from() - start);
        },
      });
    });

  it('a wait lasts for its whole time, even if the thread was blocked for longer', async () => {
    const baton = new Baton(createPool({ connect: () => opensAtOnce('a'), max: 1 }));
    for (let i = 0; i < MANY; i++) baton.pass(60);
    for (const end = performance.now() + 100; performance.now() < end;);
    const waited = await waitInVain(baton.pool, () => performance.now());
    expect(waited).toBeGreaterThan(55);
    await baton.pool.destroy({ timeout: 0 });
  });

  it('so do leakThreshold, and the interval after which a queue is a standing queue', async () => {
    const options = {
      connect: () => opensAtOnce('a'),
      max: 1,
      leakThreshold: 60,
      overload: { target: 60, interval: 60 },
    };
    const baton = new Baton(createPool(options));
    let leaked = 0;
    baton.pool.events$.subscribe(({ type }) => {
      if (type === 'leaked') leaked++;
    });
    for (let i = 0; i < MANY; i++) baton.pass();
    for (const end = performance.now() + 100; performance.now() < end;);
    const start = performance.now();
    const shed = await new Promise<number>((resolve) => {
      baton.pool.acquire().subscribe({
        error: () => {
          resolve(performance.now() - start);
        },
      });
      setTimeout(() => {
        expect(leaked).toBe(0);
      }, 30);
    });
    expect(shed).toBeGreaterThan(55);
    await baton.pool.destroy({ timeout: 0 });
  });

  it('waits with different timeouts use no more timers than timeouts', () => {
    marbles(() => {
      const counting = countingScheduler();
      const { scheduler } = counting;
      const baton = new Baton(createPool({ connect: () => opensAtOnce('a'), max: 1, scheduler }));
      for (let i = 0; i < 100; i++) {
        baton.pass(1_000 + i);
        expect(counting.live).toBeLessThanOrEqual(2);
      }
    });
  });
});

it('a wait that began after the clock was set back ends at its time, behind others that began before', () => {
  marbles(({ at, flush }) => {
    let offset = 0;
    const scheduler: SchedulerLike = {
      now: () => asyncScheduler.now() + offset,
      schedule: asyncScheduler.schedule.bind(asyncScheduler),
    };
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1, acquireTimeout: 200, scheduler });
    offset = 7_200_000;
    const leases: Lease<string>[] = [];
    const told: number[] = [];
    const acquire = (): void => {
      pool.acquire().subscribe({
        next: (lease) => leases.push(lease),
        error: () => told.push(asyncScheduler.now()),
      });
    };
    acquire();
    acquire();
    at(5, acquire);
    at(10, () => {
      offset = 3_600_000;
    });
    at(11, acquire);
    at(12, () => {
      leases[0]!.release();
      leases[1]!.release();
    });
    flush();
    expect(leases.length).toBe(3);
    expect(told).toEqual([211]);
  });
});
