import { readFileSync } from 'node:fs';
import type { Observable } from 'rxjs';
import { asyncScheduler, map, NEVER, of, race, tap, timer } from 'rxjs';
import { createPool } from '../../src/index';
import { countingScheduler } from '../helpers/counting-scheduler';
import { createLastingPool } from '../helpers/lasting-pool';
import { dead, expectNothingHeld, marbles, opensAtOnce, poolError } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';
import { virtualPromise } from '../helpers/virtual-promise';

/** The second table of `docs/semantics.md`, row by row: what users of other pools have reported. */
const rows: Readonly<Record<string, () => void>> = {
  'a connect that throws': () => {
    marbles(({ flush }) => {
      let dials = 0;
      const pool = createLastingPool({
        connect: (): Observable<string> => {
          dials++;
          throw dead;
        },
        max: 10,
      });
      const told: unknown[] = [];
      pool.acquire().subscribe({ error: (error: any) => told.push(error) });
      flush();
      expect(told).toEqual([poolError('CONNECTION_FAILED', { cause: dead })]);
      expect(dials).toBe(5);
    });
  },

  'a connect that never answers': () => {
    const scripted = scriptedTarget({ step: () => 'hang' });
    marbles(({ flush }) => {
      const pool = createLastingPool({ connect: scripted.connect, max: 1, acquireTimeout: 200 });
      const told: [number, unknown][] = [];
      pool.acquire().subscribe({ error: (error: any) => told.push([asyncScheduler.now(), error]) });
      flush();
      expect(told).toEqual([[200, poolError('CONNECTION_FAILED')]]);
      expectNothingHeld(pool);
      expect(pool.stats.openingConnections).toBe(0);
    });
    expect(scripted.live).toBe(0);
  },

  'a connection that comes after its timeout': () => {
    marbles(({ flush }) => {
      const answers = [virtualPromise(30, { value: 'late' }), virtualPromise(1, { value: 'in time' })];
      const closed: string[] = [];
      const pool = createLastingPool<string>({
        connect: () => answers.shift() as Promise<string>,
        close: (c) => void closed.push(`${c} at ${asyncScheduler.now()}`),
        max: 2,
        connectTimeout: 10,
      });
      const served: string[] = [];
      pool.use((c) => of(c)).subscribe((c) => served.push(c));
      flush();
      expect(served).toEqual(['in time']);
      expect(closed).toEqual(['late at 30']);
      expect(pool.stats).toEqual(jasmine.objectContaining({ totalConnections: 1, closingConnections: 0 }));
    });
  },

  'a connection that is kept after its release': () => {
    const pool = createLastingPool({ connect: scriptedTarget().connect, max: 1 });
    pool.acquire().subscribe((lease) => {
      lease.release();
      expect(() => lease.connection).toThrow(poolError('INVALID_LEASE'));
    });
  },

  'a close that never ends': () => {
    const scripted = scriptedTarget();
    marbles(({ flush }) => {
      const pool = createLastingPool({ connect: scripted.connect, close: () => NEVER, max: 1, closeTimeout: 50 });
      const served: number[] = [];
      for (let i = 0; i < 3; i++) {
        pool.acquire().subscribe((lease) => {
          served.push(asyncScheduler.now());
          lease.discard();
        });
      }
      flush();
      expect(served).toEqual([0, 50, 100]);
    });
    expect(scripted.live).toBe(0);
  },

  'destroying a pool whose lease is never released': () => {
    const scripted = scriptedTarget();
    marbles(({ flush }) => {
      const pool = createLastingPool({ connect: scripted.connect, max: 1 });
      let ended = -1;
      pool.stats$.subscribe({ complete: () => (ended = asyncScheduler.now()) });
      pool.acquire().subscribe();
      void pool.destroy({ timeout: 500 });
      flush();
      expect(ended).toBe(500);
    });
    expect(scripted.live).toBe(0);
  },

  'destroying a pool while connects fail': () => {
    const scripted = scriptedTarget({ openAfter: 1, step: () => 'fail' });
    marbles(({ at, flush }) => {
      const pool = createLastingPool({ connect: scripted.connect, max: 1, min: 1, breaker: false });
      pool.acquire().subscribe({ error: () => undefined });
      at(100, () => void pool.destroy());
      flush();
      expect(pool.stats.state).toBe('destroyed');
    });
    expect(scripted.dials).toBeGreaterThan(1);
    expect(Math.max(...scripted.dialTimes)).toBeLessThanOrEqual(100);
  },

  'an acquire after others have waited too long': () => {
    marbles(({ at, flush }) => {
      const pool = createLastingPool({ connect: scriptedTarget().connect, max: 1, acquireTimeout: 10 });
      pool.use(() => timer(20)).subscribe();
      const told: string[] = [];
      for (let i = 0; i < 3; i++) pool.acquire().subscribe({ error: () => told.push('timeout') });
      at(30, () => {
        pool.use(() => of('served')).subscribe((value) => told.push(value));
      });
      flush();
      expect(told).toEqual(['timeout', 'timeout', 'timeout', 'served']);
    });
  },

  'a timeout that fires after the lease was lent': () => {
    const timers = countingScheduler();
    const errors: unknown[] = [];
    marbles(({ at, flush }) => {
      const pool = createLastingPool({
        connect: scriptedTarget().connect,
        max: 1,
        acquireTimeout: 100,
        scheduler: timers.scheduler,
      });
      pool.use(() => timer(20)).subscribe();
      pool.use(() => timer(300)).subscribe({ error: (error: any) => errors.push(error) });
      at(21, () => {
        expect(timers.live).toBe(0);
      });
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ timeouts: 0, successfulOperations: 2 }));
    });
    expect(errors).toEqual([]);
  },

  'acquireTimeout while the connect is under way': () => {
    marbles(({ flush }) => {
      const pool = createLastingPool({
        connect: scriptedTarget({ openAfter: 500 }).connect,
        max: 2,
        acquireTimeout: 200,
      });
      const told: number[] = [];
      for (let i = 0; i < 5; i++) pool.acquire().subscribe({ error: () => told.push(asyncScheduler.now()) });
      flush();
      expect(told).toEqual(Array<number>(5).fill(200));
    });
  },

  'a caller that cancels': () => {
    const scripted = scriptedTarget({ openAfter: 20 });
    marbles(({ at, flush }) => {
      const pool = createLastingPool({ connect: scripted.connect, max: 1 });
      race(pool.acquire(), timer(10)).subscribe();
      const served: number[] = [];
      at(30, () => {
        pool.use((c) => of(c.id)).subscribe((id) => served.push(id));
      });
      flush();
      expect(served).toEqual([0]);
      expectNothingHeld(pool);
    });
    expect(scripted.dials).toBe(1);
  },

  'a caller that cancels during the validation': () => {
    const scripted = scriptedTarget();
    marbles(({ at, flush }) => {
      const pool = createLastingPool({
        connect: scripted.connect,
        max: 1,
        validate: () => timer(10).pipe(map(() => true)),
        validateAfter: 0,
      });
      const first = pool.acquire().subscribe();
      at(5, () => {
        first.unsubscribe();
      });
      const served: number[] = [];
      at(30, () => {
        pool.use((c) => of(c.id)).subscribe((id) => served.push(id));
      });
      flush();
      expect(served).toEqual([0]);
      expectNothingHeld(pool);
    });
    expect(scripted.dials).toBe(1);
  },

  'callers that cancel at the moment at which they would be served': () => {
    marbles(({ at, flush }) => {
      const pool = createLastingPool({ connect: scriptedTarget().connect, max: 1 });
      pool.use(() => timer(5)).subscribe();
      const quitters = Array.from({ length: 50 }, () => pool.use(() => timer(5)).subscribe());
      let served = -1;
      pool.use(() => of(1)).subscribe(() => (served = asyncScheduler.now()));
      // The first of them has just got the connection, and the others would be next.
      at(5, () => {
        for (const quitter of quitters) quitter.unsubscribe();
      });
      flush();
      expect(served).toBe(5);
      expectNothingHeld(pool);
    });
  },

  'many failed connects, and then none': () => {
    let up = false;
    const scripted = scriptedTarget({ openAfter: 1, step: () => (up ? 'open' : 'fail') });
    marbles(({ at, flush }) => {
      const pool = createLastingPool({ connect: scripted.connect, max: 10, breaker: false });
      let served = 0;
      for (let i = 0; i < 1_000; i++) pool.use(() => timer(1)).subscribe(() => served++);
      at(2_000, () => {
        up = true;
      });
      flush();
      expect(served).toBe(1_000);
      expectNothingHeld(pool);
    });
  },

  'a connection that is lost while idle': () => {
    const scripted = scriptedTarget();
    marbles(({ at, flush }) => {
      const pool = createLastingPool({ connect: scripted.connect, max: 2 });
      pool.use(() => timer(1)).subscribe();
      const served: number[] = [];
      at(10, () => {
        scripted.connections[0]!.lose(dead);
        pool.use((c) => of(c.id)).subscribe((id) => served.push(id));
      });
      flush();
      expect(served).toEqual([1]);
      expect(pool.stats).toEqual(jasmine.objectContaining({ totalConnections: 1, closed: 1, discarded: 0 }));
    });
  },

  'a connection that is lost while leased': () => {
    const scripted = scriptedTarget();
    marbles(({ at, flush }) => {
      const pool = createLastingPool({ connect: scripted.connect, max: 2 });
      const told: unknown[] = [];
      pool.use(() => NEVER).subscribe({ error: (error: any) => told.push(error) });
      pool.use(() => timer(20)).subscribe(() => told.push('the other'));
      at(10, () => {
        scripted.connections[0]!.lose(dead);
      });
      flush();
      expect(told).toEqual([poolError('CONNECTION_FAILED', { phase: 'use', cause: dead }), 'the other']);
      expectNothingHeld(pool);
    });
  },

  'one broken connection': () => {
    const scripted = scriptedTarget();
    const pool = createLastingPool({ connect: scripted.connect, max: 3, min: 3 });
    pool.acquire().subscribe((lease) => {
      lease.discard(dead);
    });
    expect(pool.stats).toEqual(jasmine.objectContaining({ totalConnections: 3, opened: 4, closed: 1, discarded: 1 }));
  },

  'idle connections of a pool without traffic': () => {
    const scripted = scriptedTarget();
    marbles(({ flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 5, idleTimeout: 100 });
      for (let i = 0; i < 5; i++) pool.use(() => timer(1)).subscribe();
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ totalConnections: 0, closed: 5 }));
    });
    expect(scripted.live).toBe(0);
  },

  'a validation that never answers': () => {
    const scripted = scriptedTarget();
    marbles(({ flush }) => {
      let checks = 0;
      const pool = createLastingPool({
        connect: scripted.connect,
        max: 1,
        connectTimeout: 50,
        validate: () => (checks++ === 0 ? NEVER : of(true)),
        validateAfter: 0,
        retryDelay: 1,
      });
      const served: number[] = [];
      pool.use((c) => of(c.id)).subscribe((id) => served.push(id));
      flush();
      expect(served).toEqual([1]);
    });
  },

  'work that throws': () => {
    const pool = createLastingPool({ connect: scriptedTarget().connect, max: 1 });
    const told: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      pool
        .use((): Observable<never> => {
          throw dead;
        })
        .subscribe({ error: (error: any) => told.push(error) });
    }
    expect(told).toEqual([dead, dead, dead]);
    expect(pool.stats).toEqual(jasmine.objectContaining({ opened: 1, failedOperations: 3 }));
    expectNothingHeld(pool);
  },

  'a caller that never releases': () => {
    marbles(({ flush }) => {
      const pool = createLastingPool({ connect: scriptedTarget().connect, max: 1, acquireTimeout: 5_000 });
      pool.acquire({ label: 'report' }).subscribe();
      const told: unknown[] = [];
      pool.acquire().subscribe({ error: (error: any) => told.push(error) });
      flush();
      const message = jasmine.stringMatching(/1\/1.*5000 ms.*'report'/s);
      expect(told).toEqual([poolError('POOL_EXHAUSTED', { reason: 'timeout', message })]);
    });
  },

  'the cause of a wait without a lease': () => {
    const scripted = scriptedTarget({ openAfter: 1, step: (dial) => (dial === 0 ? 'open' : 'fail'), error: dead });
    marbles(({ flush }) => {
      const pool = createLastingPool({ connect: scripted.connect, max: 2, acquireTimeout: 1_000 });
      pool.use(() => NEVER).subscribe();
      const told: unknown[] = [];
      timer(5).subscribe(() => {
        pool.acquire().subscribe({ error: (error: any) => told.push(error) });
      });
      flush();
      expect(told).toEqual([poolError('POOL_EXHAUSTED', { cause: dead })]);
    });
  },

  'a queue without a bound': () => {
    const pool = createLastingPool({ connect: scriptedTarget().connect, max: 1, maxPending: 2 });
    const told: unknown[] = [];
    for (let i = 0; i < 5; i++) pool.acquire().subscribe({ error: (error: any) => told.push(error) });
    expect(told).toEqual(Array(2).fill(poolError('POOL_EXHAUSTED', { reason: 'queue-full' })));
    expect(pool.stats.pendingAcquires).toBe(2);
  },

  'connections that were opened together': () => {
    const closedAt: number[] = [];
    marbles(({ flush }) => {
      let dice = 0;
      const pool = createPool({
        connect: () => opensAtOnce('a').pipe(tap({ unsubscribe: () => closedAt.push(asyncScheduler.now()) })),
        max: 4,
        idleTimeout: Infinity,
        maxLifetime: 1_000,
        lifetimeJitter: 0.4,
        random: () => dice++ / 4,
      });
      for (let i = 0; i < 4; i++) pool.use(() => timer(1)).subscribe();
      flush();
    });
    expect(closedAt).toEqual([700, 800, 900, 1_000]);
  },
};

describe('what users of other pools have reported', () => {
  for (const [row, check] of Object.entries(rows)) it(row, check);

  it('is a table in docs/semantics.md, with a row for each of these', () => {
    const page = readFileSync(new URL('../../docs/semantics.md', import.meta.url), 'utf8');
    const table = page.slice(page.indexOf('### What their users have reported'));
    const named = [...table.matchAll(/^\| ([^|]+?) +\|/gm)]
      .map(([, name]) => name!)
      .filter((name) => /^[a-z]/.test(name));
    expect(named.filter((name) => name !== 'case')).toEqual(Object.keys(rows));
  });
});
