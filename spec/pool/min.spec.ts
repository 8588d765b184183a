import { asyncScheduler, firstValueFrom, NEVER, of, timer } from 'rxjs';
import { createPool } from '../../src/index';
import { createLastingPool } from '../helpers/lasting-pool';
import { marbles, poolError } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';
import { turns } from '../helpers/turns';

describe('min', () => {
  it('is opened when the pool is created, before any acquire', () => {
    const scripted = scriptedTarget({ openAfter: 10 });
    marbles(({ flush }) => {
      const pool = createLastingPool({ connect: scripted.connect, max: 5, min: 3 });
      expect(pool.stats.openingConnections).toBe(3);
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ totalConnections: 3, availableConnections: 3, opened: 3 }));
    });
    expect(scripted.dialTimes).toEqual([0, 0, 0]);
  });

  it('opens no more than maxOpening at a time', () => {
    const scripted = scriptedTarget({ openAfter: 10 });
    marbles(({ flush }) => {
      createLastingPool({ connect: scripted.connect, max: 5, min: 5, maxOpening: 2 });
      flush();
    });
    expect(scripted.dialTimes).toEqual([0, 0, 10, 10, 20]);
  });

  it('is restored when a connection is lost', () => {
    const scripted = scriptedTarget({ openAfter: 10 });
    marbles(({ at, flush }) => {
      const pool = createLastingPool({ connect: scripted.connect, max: 5, min: 2 });
      at(50, () => {
        scripted.connections[0]!.lose();
      });
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ totalConnections: 2, opened: 3, closed: 1 }));
    });
    // A connection that is lost before its first use is a failed connect: a pause precedes the next one.
    expect(scripted.dialTimes.slice(0, 2)).toEqual([0, 0]);
    expect(scripted.dialTimes[2]).toBeGreaterThanOrEqual(50);
  });

  it('is restored at once when a used connection is discarded', () => {
    const scripted = scriptedTarget({ openAfter: 10 });
    marbles(({ at, flush }) => {
      const pool = createLastingPool({ connect: scripted.connect, max: 5, min: 2 });
      at(20, () => {
        pool.acquire().subscribe((lease) => {
          lease.discard();
        });
      });
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ totalConnections: 2, opened: 3, closed: 1 }));
    });
    expect(scripted.dialTimes).toEqual([0, 0, 20]);
  });

  it('is not closed by idleTimeout, and connections above it are', () => {
    const scripted = scriptedTarget();
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 5, min: 2, idleTimeout: 100, maxLifetime: Infinity });
      for (let i = 0; i < 4; i++) pool.use(() => timer(10)).subscribe();
      at(105, () => {
        expect(pool.stats.totalConnections).toBe(4);
      });
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ totalConnections: 2, closed: 2 }));
    });
  });

  it('is retried while the target is down, with pauses that double: an unused pool becomes quiet', () => {
    const scripted = scriptedTarget({ openAfter: 1, step: () => 'fail' });
    marbles(({ flush }) => {
      createLastingPool({ connect: scripted.connect, max: 5, min: 1, retryDelay: { initial: 100, max: 1_000 } });
      // Virtual time runs until no timer is left: this returns.
      flush();
    });
    const { dialTimes } = scripted;
    const pauses = dialTimes.slice(1).map((time, i) => time - dialTimes[i]!);
    for (const [i, pause] of pauses.slice(1).entries()) expect(pause).toBeGreaterThanOrEqual(1.9 * (pauses[i]! - 1));
    expect(dialTimes.length).toBeLessThan(40);
  });

  it('is open soon after the target is back, when a caller acquires', () => {
    let up = false;
    const scripted = scriptedTarget({ openAfter: 1, step: () => (up ? 'open' : 'fail') });
    marbles(({ at, flush }) => {
      const pool = createLastingPool({ connect: scripted.connect, max: 5, min: 2 });
      let served = -1;
      at(100_000, () => {
        up = true;
        pool.use(() => of(1)).subscribe(() => (served = asyncScheduler.now()));
      });
      flush();
      expect(served - 100_000).toBeLessThan(1_100);
      expect(pool.stats.totalConnections).toBe(2);
    });
  });

  it('is not restored by a pool that is being destroyed', () => {
    const scripted = scriptedTarget({ openAfter: 10 });
    marbles(({ at, flush }) => {
      const pool = createLastingPool({ connect: scripted.connect, max: 5, min: 3 });
      at(5, () => void pool.destroy());
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ state: 'destroyed', totalConnections: 0, opened: 0 }));
    });
    expect(scripted.dials).toBe(3);
    expect(scripted.live).toBe(0);
  });

  it('counts connections in use', () => {
    const scripted = scriptedTarget();
    const pool = createLastingPool({ connect: scripted.connect, max: 5, min: 2 });
    for (let i = 0; i < 2; i++) pool.use(() => NEVER).subscribe();
    expect(scripted.dials).toBe(2);
  });

  it('works in real time', async () => {
    const scripted = scriptedTarget({ openAfter: 1 });
    const pool = createPool({ connect: scripted.connect, max: 3, min: 2 });
    await pool.warmUp();
    expect(pool.stats.totalConnections).toBe(2);
    (await firstValueFrom(pool.acquire())).discard();
    await turns(1);
    await pool.warmUp();
    expect(pool.stats.totalConnections).toBe(2);
    await pool.destroy();
    expect(scripted.live).toBe(0);
  });
});

describe('connections of min that have outlived maxLifetime, none of them lent since the breaker opened,', () => {
  for (const max of [1, 2]) {
    it(`are validated for the next caller, which is served: ${max}`, () => {
      const told: unknown[] = [];
      marbles(({ flush }) => {
        const { connect } = scriptedTarget({ openAfter: 1, step: (dial) => (dial < 3 ? 'fail' : 'open') });
        const pool = createPool({
          connect,
          // Until it has ended, no connect can begin in its place.
          close: () => timer(5),
          max,
          min: max,
          maxLifetime: 100,
          validate: () => of(true),
          validateAfter: 0,
          breaker: { failures: 1, probeAfter: 20 },
        });
        timer(1_000).subscribe(() => {
          expect(pool.stats.totalConnections).toBe(max);
          expect(pool.stats.breaker).toBe('open');
          pool
            .use(() => of('served'))
            .subscribe({
              next: (value) => told.push(value),
              error: (error: unknown) => told.push(error),
            });
        });
        flush();
        expect(pool.stats.breaker).toBe('closed');
      });
      expect(told).toEqual(['served']);
    });
  }
});

describe('a connection of min that has outlived maxLifetime, in a pool without validate,', () => {
  it('is closed for its age while the breaker is open, and not lent', () => {
    const reasons: string[] = [];
    const told: unknown[] = [];
    marbles(({ at, flush }) => {
      const { connect } = scriptedTarget({ openAfter: 1, step: (dial) => (dial === 0 ? 'open' : 'fail') });
      const pool = createPool({
        connect,
        max: 2,
        min: 1,
        maxLifetime: 20,
        breaker: { failures: 1, probeAfter: 1_000 },
      });
      pool.events$.subscribe((event) => {
        if (event.type === 'evicted') reasons.push(event.reason);
      });
      at(10, () => {
        pool.warmUp(2).catch(() => undefined);
      });
      at(30, () => {
        expect([pool.stats.breaker, pool.stats.totalConnections]).toEqual(['open', 1]);
        pool
          .use(() => of('served'))
          .subscribe({
            next: (value) => told.push(value),
            error: (error: unknown) => told.push(error),
          });
      });
      at(40, () => void pool.destroy());
      flush();
    });
    expect(reasons).toEqual(['lifetime']);
    expect(told).toEqual([poolError('CONNECTION_FAILED')]);
  });
});
