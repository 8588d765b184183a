import { asyncScheduler, firstValueFrom, forkJoin, of, timer } from 'rxjs';
import { createPool } from '../../src/index';
import type { ConnectionPool } from '../../src/index';
import { createLastingPool } from '../helpers/lasting-pool';
import { marbles } from '../helpers/marbles';
import type { Run } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';

interface Trial {
  /** The number of open connections when the callers arrive. */
  readonly open: number;
  /** The durations of a connect and of the work (ms). */
  readonly connect: number;
  readonly work: number;
  /** The duration of earlier work, as the pool has measured it. 0: it has measured nothing. */
  readonly believed?: number;
  readonly callers: number;
  readonly max?: number;
}

interface Outcome {
  /** The number of connects that began beside the open connections. */
  readonly extra: number;
  /** When the last caller got a connection, and when all were done (ms). */
  readonly allHeld: number;
  readonly allDone: number;
}

function outcomeOf({ open, connect, work, believed = 0, callers, max = 50 }: Trial): Outcome {
  const scripted = scriptedTarget({ openAfter: connect });
  let allHeld = -1;
  let allDone = -1;
  let served = 0;
  marbles(({ at, flush }) => {
    const pool = createLastingPool({ connect: scripted.connect, max });
    if (open > 0) void pool.warmUp(open);
    const known = connect * 10;
    at(known, () => {
      if (believed > 0) for (let i = 0; i < open; i++) pool.use(() => timer(believed)).subscribe();
    });
    const come = known + believed + 10;
    at(come, () => {
      for (let i = 0; i < callers; i++) {
        pool
          .use(() => {
            allHeld = asyncScheduler.now() - come;
            return timer(work);
          })
          .subscribe(() => {
            served++;
            allDone = asyncScheduler.now() - come;
          });
      }
    });
    flush();
  });
  expect(served).toBe(callers);
  return { extra: scripted.dials - open, allHeld, allDone };
}

describe('the connect policy with turnover', () => {
  // In place of the name: how a caller leaves the queue, which the one before it does not.
  const ways: Record<string, (pool: ConnectionPool<unknown>, at: Run['at']) => void> = {
    'timed out': (pool) => {
      pool.acquire({ acquireTimeout: 1 }).subscribe({ error: () => undefined });
    },
    'were cancelled': (pool, at) => {
      const waits = pool.acquire().subscribe();
      at(1, () => {
        waits.unsubscribe();
      });
    },
    'were rejected': (pool) => {
      pool.acquire().subscribe({ error: () => undefined });
    },
  };
  for (const [how, comeAndLeave] of Object.entries(ways)) {
    it(`counts callers that ${how} as arrived, and opens before a connect time is over for the one that stays`, () => {
      const scripted = scriptedTarget({ openAfter: 100 });
      marbles(({ at, flush }) => {
        const pool = createLastingPool({
          connect: scripted.connect,
          max: 2,
          ...(how === 'were rejected' ? { maxPending: 0 } : {}),
        });
        pool.use(() => timer(20)).subscribe();
        at(200, () => {
          pool.use(() => timer(500)).subscribe();
          pool.use(() => timer(1)).subscribe();
        });
        // One at a time: those that wait together are demand by their number.
        for (let i = 0; i < 10; i++) {
          at(202 + 2 * i, () => {
            comeAndLeave(pool, at);
          });
        }
        flush();
        expect(pool.stats).toEqual(jasmine.objectContaining({ successfulOperations: 3, acquired: 3 }));
      });
      expect(scripted.dialTimes[0]).toBe(0);
      expect(scripted.dialTimes[1]).toBeLessThan(225);
    });
  }

  it('begins one connect for many callers whose work takes no time, when none is open any more', () => {
    const scripted = scriptedTarget({ openAfter: 100 });
    let served = 0;
    marbles(({ at, flush }) => {
      const pool = createLastingPool({ connect: scripted.connect, max: 50 });
      for (let i = 0; i < 3; i++) pool.use(() => of(1)).subscribe();
      at(200, () => {
        pool.refresh();
      });
      at(300, () => {
        const before = scripted.dials;
        for (let i = 0; i < 50; i++) pool.use(() => of(1)).subscribe(() => served++);
        expect(scripted.dials - before).toBe(1);
      });
      flush();
    });
    expect(served).toBe(50);
  });

  it('begins at most one connect for a spike of short work that the open connections will have served', () => {
    const { extra, allDone } = outcomeOf({ open: 5, connect: 150, work: 2, callers: 50 });
    expect(extra).toBeLessThanOrEqual(1);
    expect(allDone).toBeLessThanOrEqual(35);
  });

  it('does not use nearly immediate connects as the measure of later ones: it begins at most one then, too', () => {
    // Connects of a few ms measure our own process: the first ones went to a target on the same machine, or to a cache.
    for (const quick of [1, 2, 4]) {
      const fast = scriptedTarget({ openAfter: quick });
      const slow = scriptedTarget({ openAfter: 150 });
      marbles(({ at, flush }) => {
        const pool = createLastingPool({
          connect: () => (fast.dials < 5 ? fast : slow).connect(),
          max: 50,
        });
        void pool.warmUp(5);
        at(10, () => {
          for (let i = 0; i < 5; i++) pool.use(() => timer(1)).subscribe();
        });
        let ended = -1;
        at(20, () => {
          for (let i = 0; i < 50; i++) pool.use(() => timer(2)).subscribe(() => (ended = asyncScheduler.now() - 20));
        });
        flush();
        expect(ended).toBe(20);
      });
      expect(slow.dials).toBeLessThanOrEqual(1);
    }
  });

  it('fills a pool by connects of a few ms without that measure', () => {
    expect(outcomeOf({ open: 5, connect: 2, work: 100, believed: 100, callers: 50 }).allHeld).toBeLessThanOrEqual(12);
  });

  it('begins none once it knows how short the work is', () => {
    expect(outcomeOf({ open: 5, connect: 150, work: 2, believed: 2, callers: 50 })).toEqual({
      extra: 0,
      allHeld: 18,
      allDone: 20,
    });
  });

  it('fills a cold pool of fifty within a second of connects of 100 ms, when work is long', () => {
    const { extra, allHeld } = outcomeOf({ open: 0, connect: 100, work: 1_000, callers: 50 });
    expect(extra).toBe(50);
    expect(allHeld).toBeLessThanOrEqual(500);
  });

  it('begins at once the connects for callers that will not be served in time, up to maxOpening, where work is long', () => {
    const known = outcomeOf({ open: 5, connect: 150, work: 100, believed: 100, callers: 50 });
    const unknown = outcomeOf({ open: 5, connect: 150, work: 100, callers: 50 });
    expect(known.allDone).toBeLessThanOrEqual(402);
    expect(known.allDone).toBeLessThanOrEqual(unknown.allDone);
  });

  it('counts the callers that the open connections serve meanwhile', () => {
    // Two connections serve two callers in the 40 ms of a connect, as the work takes 40 ms, too: of four waiting callers two are left.
    const { extra } = outcomeOf({ open: 2, connect: 40, work: 40, believed: 40, callers: 6 });
    expect(extra).toBe(2);
  });

  describe('when its measures are wrong', () => {
    it('because work is shorter than before: begins no more than maxOpening useless connects', () => {
      const { extra, allDone } = outcomeOf({ open: 5, connect: 150, work: 2, believed: 1_000, callers: 50 });
      expect(extra).toBe(16);
      expect(allDone).toBe(20);
    });

    it('because work is longer than before: uses slow start once a caller has waited for one connect time', () => {
      const scripted = { open: 5, connect: 100, believed: 2, callers: 50 };
      expect(outcomeOf({ ...scripted, work: 1_000 }).allHeld).toBe(700);
      // However long the work is: no caller waits for its end.
      expect(outcomeOf({ ...scripted, work: 60_000 }).allHeld).toBe(700);
    });

    it('lets a single waiter behind a stuck connection wait for at most two connect times', () => {
      const { allHeld, extra } = outcomeOf({ open: 1, connect: 100, work: 60_000, believed: 2, callers: 2 });
      expect(extra).toBe(1);
      expect(allHeld).toBe(200);
    });
  });

  it('binds no waiter to a connect: the first waiter takes the first available connection', () => {
    const scripted = scriptedTarget({ openAfter: 50 });
    marbles(({ at, flush }) => {
      const pool = createLastingPool({ connect: scripted.connect, max: 2 });
      void pool.warmUp(1);
      const served: [name: string, at: number, connection: number][] = [];
      const ask = (name: string, work: number): void => {
        pool
          .use((c) => {
            served.push([name, asyncScheduler.now(), c.id]);
            return timer(work);
          })
          .subscribe();
      };
      at(100, () => {
        ask('first', 20);
        ask('second', 60);
        expect(pool.stats.openingConnections).toBe(1);
      });
      at(110, () => {
        ask('third', 5);
      });
      flush();
      // The connect began for the second caller, and serves the third.
      expect(served).toEqual([
        ['first', 100, 0],
        ['second', 120, 0],
        ['third', 150, 1],
      ]);
    });
    expect(scripted.dials).toBe(2);
  });

  it('keeps a connect whose callers have all been served or cancelled', () => {
    const scripted = scriptedTarget({ openAfter: 50 });
    marbles(({ at, flush }) => {
      const pool = createLastingPool({ connect: scripted.connect, max: 3 });
      const gone = pool.acquire().subscribe();
      at(10, () => {
        gone.unsubscribe();
      });
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ availableConnections: 1, acquired: 0 }));
    });
    expect(scripted.dials).toBe(1);
  });

  it('counts connections, not leases, with capacity', () => {
    const scripted = scriptedTarget({ openAfter: 50 });
    marbles(({ flush }) => {
      const pool = createLastingPool({ connect: scripted.connect, max: 20, capacity: 10 });
      for (let i = 0; i < 25; i++) pool.acquire().subscribe();
      flush();
      expect(pool.stats.activeLeases).toBe(25);
    });
    expect(scripted.dials).toBe(3);
  });

  it('works in real time: callers that would wait without an end get connections of their own, and no more than they need', async () => {
    const scripted = scriptedTarget({ openAfter: 10 });
    const pool = createPool({ connect: scripted.connect, max: 20 });
    await pool.warmUp(4);
    // So that the pool measures short work.
    await firstValueFrom(forkJoin(Array.from({ length: 4 }, () => pool.use(() => timer(1)))));
    const leases = await firstValueFrom(forkJoin(Array.from({ length: 7 }, () => pool.acquire())));
    expect(new Set(leases.map(({ connection }) => connection)).size).toBe(7);
    expect(scripted.dials).toBe(7);
    for (const lease of leases) lease.release();
    await pool.destroy();
    expect(scripted.live).toBe(0);
  });
});
