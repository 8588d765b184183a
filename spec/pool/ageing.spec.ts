import { asyncScheduler, NEVER, of, timer } from 'rxjs';
import { createPool } from '../../src/index';
import type { EvictReason, PoolEvent } from '../../src/index';
import { countingScheduler } from '../helpers/counting-scheduler';
import { expectNothingHeld, marbles } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';
import { turns, until } from '../helpers/turns';

/** When each connection was evicted, and why. */
type Evicted = [at: number, connection: number, reason: EvictReason];

function evictionsOf(pool: { events$: { subscribe(next: (event: PoolEvent) => void): unknown } }): Evicted[] {
  const evicted: Evicted[] = [];
  pool.events$.subscribe((event) => {
    if (event.type === 'evicted') evicted.push([event.at, event.connection, event.reason]);
  });
  return evicted;
}

describe('idleTimeout', () => {
  it('closes a connection that has been idle for that time', () => {
    const scripted = scriptedTarget();
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 3, idleTimeout: 100, maxLifetime: Infinity });
      const evicted = evictionsOf(pool);
      pool.use(() => timer(10)).subscribe();
      at(50, () => {
        pool.use(() => timer(10)).subscribe();
      });
      flush();
      expect(evicted).toEqual([[160, 1, 'idle']]);
      expect(pool.stats).toEqual(jasmine.objectContaining({ totalConnections: 0, closed: 1 }));
    });
    expect(scripted.live).toBe(0);
  });

  it('closes each connection at its own time', () => {
    const scripted = scriptedTarget();
    marbles(({ flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 3, idleTimeout: 100, maxLifetime: Infinity });
      const evicted = evictionsOf(pool);
      for (let i = 0; i < 3; i++) pool.use(() => timer(10 * (i + 1))).subscribe();
      flush();
      expect(evicted).toEqual([
        [110, 1, 'idle'],
        [120, 2, 'idle'],
        [130, 3, 'idle'],
      ]);
    });
  });

  it('closes surplus connections with lifo after a busy time, although the pool is always in use', () => {
    const scripted = scriptedTarget();
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 5, idleTimeout: 100, maxLifetime: Infinity });
      for (let i = 0; i < 5; i++) pool.use(() => timer(1)).subscribe();
      for (let frame = 10; frame < 300; frame += 10) {
        at(frame, () => {
          pool.use(() => timer(1)).subscribe();
        });
      }
      at(299, () => {
        expect(pool.stats.totalConnections).toBe(1);
      });
      flush();
    });
  });

  it('does not close a lent connection, however long it is lent', () => {
    const scripted = scriptedTarget();
    marbles(({ flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 1, idleTimeout: 10, maxLifetime: Infinity });
      const evicted = evictionsOf(pool);
      pool.use(() => timer(1_000)).subscribe();
      flush();
      expect(evicted).toEqual([[1_010, 1, 'idle']]);
    });
  });

  it('of 0 closes a connection as soon as no caller needs it', () => {
    const scripted = scriptedTarget();
    marbles(({ flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 1, idleTimeout: 0 });
      const ids: number[] = [];
      for (let i = 0; i < 2; i++) {
        pool
          .use((c) => {
            ids.push(c.id);
            return timer(5);
          })
          .subscribe();
      }
      flush();
      // The second lease followed on the same connection.
      expect(ids).toEqual([0, 0]);
      expect(pool.stats).toEqual(jasmine.objectContaining({ totalConnections: 0, opened: 1, closed: 1 }));
    });
  });

  it('of Infinity never closes a connection', () => {
    const scripted = scriptedTarget();
    marbles(({ flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 1, idleTimeout: Infinity, maxLifetime: Infinity });
      pool.use(() => timer(5)).subscribe();
      flush();
      expect(pool.stats.totalConnections).toBe(1);
    });
  });

  it('uses one timer for all connections, and none when none is idle', () => {
    const scripted = scriptedTarget();
    marbles(({ at, flush }) => {
      const counting = countingScheduler();
      const pool = createPool({
        connect: scripted.connect,
        max: 50,
        idleTimeout: 100,
        maxLifetime: Infinity,
        scheduler: counting.scheduler,
      });
      expect(counting.live).toBe(0);
      for (let i = 0; i < 50; i++) pool.use(() => timer(5)).subscribe();
      expect(counting.live).toBe(0);
      at(6, () => {
        expect(counting.live).toBe(1);
      });
      flush();
      expect(counting.live).toBe(0);
      expect(pool.stats.totalConnections).toBe(0);
    });
  });

  it('uses one timer even after it has closed some connections while others are idle', () => {
    const counting = countingScheduler();
    marbles(({ at, flush }) => {
      const pool = createPool({
        connect: scriptedTarget().connect,
        max: 5,
        idleTimeout: 100,
        maxLifetime: Infinity,
        scheduler: counting.scheduler,
      });
      for (let i = 0; i < 5; i++) pool.use(() => timer(10 * (i + 1))).subscribe();
      const live: number[] = [];
      for (const frame of [105, 115, 125, 135, 145]) at(frame, () => live.push(counting.live));
      at(146, () => void pool.destroy());
      at(147, () => live.push(counting.live));
      flush();
      expect(live).toEqual([1, 1, 1, 1, 1, 0]);
    });
  });

  it('works in real time', async () => {
    const scripted = scriptedTarget();
    const pool = createPool({ connect: scripted.connect, max: 1, idleTimeout: 20 });
    pool.use(() => of(1)).subscribe();
    expect(scripted.live).toBe(1);
    await until(() => scripted.live === 0);
    expect(pool.stats.closed).toBe(1);
    await pool.destroy();
  });
});

describe('maxLifetime', () => {
  it('closes an idle connection at that age', () => {
    const scripted = scriptedTarget({ openAfter: 5 });
    marbles(({ at, flush }) => {
      const pool = createPool({
        connect: scripted.connect,
        max: 1,
        idleTimeout: Infinity,
        maxLifetime: 100,
        lifetimeJitter: 0,
      });
      const evicted = evictionsOf(pool);
      pool.use(() => of(1)).subscribe();
      at(90, () => {
        pool.use(() => of(1)).subscribe();
      });
      flush();
      // Counted from the time it opened, whatever its use.
      expect(evicted).toEqual([[105, 1, 'lifetime']]);
    });
  });

  it('closes a lent connection when it is released, and opens another for the next caller', () => {
    const scripted = scriptedTarget();
    marbles(({ flush }) => {
      const pool = createPool({
        connect: scripted.connect,
        max: 1,
        idleTimeout: Infinity,
        maxLifetime: 100,
        lifetimeJitter: 0,
      });
      const ids: number[] = [];
      for (let i = 0; i < 3; i++) {
        pool
          .use((c) => {
            ids.push(c.id);
            return timer(70);
          })
          .subscribe();
      }
      flush();
      expect(ids).toEqual([0, 0, 1]);
      expect(pool.stats).toEqual(jasmine.objectContaining({ successfulOperations: 3, failedOperations: 0 }));
      expectNothingHeld(pool);
    });
  });

  it('is shortened by jitter, so that connections that were opened together are not closed together', () => {
    const scripted = scriptedTarget();
    marbles(({ flush }) => {
      const dice = [0, 0.5, 0.999];
      const pool = createPool({
        connect: scripted.connect,
        max: 3,
        idleTimeout: Infinity,
        maxLifetime: 1_000,
        lifetimeJitter: 0.2,
        random: () => dice.shift()!,
      });
      const evicted = evictionsOf(pool);
      for (let i = 0; i < 3; i++) pool.use(() => timer(1)).subscribe();
      flush();
      expect(evicted.map(([at, connection]) => [Math.round(at), connection])).toEqual([
        [800, 3],
        [900, 2],
        [1_000, 1],
      ]);
    });
  });

  it('applies to a replacement that expires before older connections', () => {
    marbles(({ at, flush }) => {
      const dice = [0.5, 0, 0.9];
      const pool = createPool({
        connect: scriptedTarget().connect,
        max: 2,
        min: 2,
        idleTimeout: Infinity,
        maxLifetime: 1_000,
        lifetimeJitter: 1,
        random: () => dice.shift() ?? 0,
      });
      const evicted = evictionsOf(pool);
      for (const frame of [0, 550]) {
        at(frame, () => {
          for (let i = 0; i < 2; i++) pool.use(() => timer(1)).subscribe();
        });
      }
      at(700, () => void pool.destroy());
      flush();
      expect(evicted.slice(0, 2)).toEqual([
        [500, 1, 'lifetime'],
        [600, 3, 'lifetime'],
      ]);
    });
  });

  it('replaces connections of min that are used', () => {
    const scripted = scriptedTarget();
    marbles(({ at, flush }) => {
      const pool = createPool({
        connect: scripted.connect,
        max: 2,
        min: 1,
        idleTimeout: Infinity,
        maxLifetime: 100,
        lifetimeJitter: 0,
      });
      at(50, () => {
        pool.use(() => of(1)).subscribe();
      });
      at(101, () => {
        expect(pool.stats).toEqual(jasmine.objectContaining({ totalConnections: 1, opened: 2, closed: 1 }));
      });
      flush();
    });
  });

  it('replaces a connection of min that was never lent when a caller needs it, and not before', () => {
    const scripted = scriptedTarget();
    marbles(({ at, flush }) => {
      const pool = createPool({
        connect: scripted.connect,
        max: 2,
        min: 1,
        idleTimeout: Infinity,
        maxLifetime: 100,
        lifetimeJitter: 0,
      });
      const ids: number[] = [];
      at(500, () => {
        expect(pool.stats).toEqual(jasmine.objectContaining({ totalConnections: 1, opened: 1 }));
        pool.use((c) => of(c.id)).subscribe((id) => ids.push(id));
      });
      flush();
      expect(ids).toEqual([1]);
    });
  });

  it('works in real time, with leases that outlast it', async () => {
    const scripted = scriptedTarget();
    const pool = createPool({ connect: scripted.connect, max: 1, maxLifetime: 20, lifetimeJitter: 0 });
    const seen = new Set<number>();
    await until(() => {
      pool.use((c) => of(c.id)).subscribe((id) => seen.add(id));
      return seen.size > 2;
    });
    await pool.destroy();
    expect(scripted.live).toBe(0);
  });
});

describe('maxUses', () => {
  it('closes a connection after that number of leases', () => {
    const scripted = scriptedTarget();
    const pool = createPool({ connect: scripted.connect, max: 1, maxUses: 3 });
    const ids: number[] = [];
    for (let i = 0; i < 7; i++) pool.use((c) => of(c.id)).subscribe((id) => ids.push(id));
    expect(ids).toEqual([0, 0, 0, 1, 1, 1, 2]);
    expect(pool.stats).toEqual(jasmine.objectContaining({ opened: 3, closed: 2, totalConnections: 1 }));
  });

  it('is the reason in the events', () => {
    const scripted = scriptedTarget();
    const pool = createPool({ connect: scripted.connect, max: 1, maxUses: 2 });
    const evicted = evictionsOf(pool);
    for (let i = 0; i < 4; i++) pool.use(() => of(1)).subscribe();
    expect(evicted.map(([, connection, reason]) => [connection, reason])).toEqual([
      [1, 'uses'],
      [2, 'uses'],
    ]);
  });

  it('of 1 gives each caller a new connection', () => {
    const scripted = scriptedTarget();
    const pool = createPool({ connect: scripted.connect, max: 2, maxUses: 1 });
    for (let i = 0; i < 5; i++) pool.use(() => of(1)).subscribe();
    expect(pool.stats).toEqual(jasmine.objectContaining({ opened: 5, closed: 5, successfulOperations: 5 }));
    expect(scripted.live).toBe(0);
  });

  it('with capacity counts leases, and closes the connection when the last of them has ended', () => {
    const scripted = scriptedTarget();
    const pool = createPool({ connect: scripted.connect, max: 2, capacity: 4, maxUses: 2 });
    const leases: { release(): void }[] = [];
    for (let i = 0; i < 3; i++) pool.acquire().subscribe((lease) => leases.push(lease));
    expect(scripted.opened).toBe(2);
    leases[0]!.release();
    expect(pool.stats.closed).toBe(0);
    leases[1]!.release();
    leases[2]!.release();
    expect(pool.stats.closed).toBe(1);
  });
});

describe('timers', () => {
  it('are not set in a pool without open connections', () => {
    marbles(({ flush }) => {
      const counting = countingScheduler();
      createPool({ connect: scriptedTarget().connect, max: 5, scheduler: counting.scheduler });
      flush();
      expect(counting.total).toBe(0);
    });
  });

  it('are not set after destroy', async () => {
    const counting = countingScheduler(asyncScheduler);
    const scripted = scriptedTarget();
    const pool = createPool({ connect: scripted.connect, max: 5, min: 2, scheduler: counting.scheduler });
    pool.use(() => NEVER).subscribe({ error: () => undefined });
    await turns(1);
    await pool.destroy({ timeout: 0 });
    expect(counting.live).toBe(0);
  });
});
