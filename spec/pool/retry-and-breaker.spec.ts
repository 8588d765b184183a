import { asyncScheduler, distinctUntilChanged, map, NEVER, Observable, of, retry, tap, throwError, timer } from 'rxjs';
import type { ConnectionPool, PoolError, PoolStats } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { countingScheduler } from '../helpers/counting-scheduler';
import { dead, expectNothingHeld, marbles, opensAtOnce, poolError } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';
import { virtualPromise } from '../helpers/virtual-promise';

describe('a pause between connects', () => {
  it('does not keep the process alive after its waiting callers have left', () => {
    const counting = countingScheduler();
    marbles(({ at, flush }) => {
      const pool = createPool({
        connect: scriptedTarget({ openAfter: 1, step: () => 'fail' }).connect,
        max: 1,
        retryDelay: 1_000,
        random: () => 0.9,
        acquireTimeout: Infinity,
        scheduler: counting.scheduler,
      });
      const waiter = pool.acquire().subscribe();
      at(10, () => {
        expect(counting.live).toBe(1);
        waiter.unsubscribe();
        expect(counting.live).toBe(0);
      });
      flush();
    });
  });
});

/** A target that is down; the bound keeps a hot loop from blocking the specs. */
const bounded = (dial: number): 'fail' | 'hang' => (dial < 5_000 ? 'fail' : 'hang');

describe('the pause after a failed connect', () => {
  /** When the connects of a pool began whose target always refuses, for a caller that waits `wait` ms. */
  function dialTimes(options: object, wait = 2_000): readonly number[] {
    const scripted = scriptedTarget({ step: bounded });
    marbles(({ flush }) => {
      const pool = createPool({
        connect: scripted.connect,
        max: 1,
        breaker: false,
        acquireTimeout: wait,
        ...options,
      });
      pool.acquire().subscribe({ error: () => undefined });
      flush();
      expectNothingHeld(pool);
    });
    return scripted.dialTimes;
  }

  it('is at most 50 ms, and doubles up to 5 s, by default', () => {
    const times = dialTimes({ random: () => 1 - Number.EPSILON }, 30_000).map(Math.round);
    const pauses = times.slice(1).map((time, i) => time - times[i]!);
    expect(pauses.slice(0, 9)).toEqual([50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  });

  it('has full jitter by the random source', () => {
    expect(dialTimes({ random: () => 0.5 }, 200)).toEqual([0, 25, 75, 175]);
    const dice = [0.1, 0.9, 0.5];
    expect(dialTimes({ random: () => dice.shift() ?? 0.5 }, 150)).toEqual([0, 5, 95]);
  });

  it('is set by retryDelay, as a number or with both limits', () => {
    expect(dialTimes({ retryDelay: 10, random: () => 0.5 }, 40)).toEqual([0, 5, 15, 35]);
    expect(dialTimes({ retryDelay: { initial: 10, max: 20 }, random: () => 0.5 }, 40)).toEqual([0, 5, 15, 25, 35]);
    expect(dialTimes({ retryDelay: { max: 30 }, random: () => 0.5 }, 60)).toEqual([0, 15, 30, 45]);
  });

  it('is never a hot loop, even when it is 0 or the random source returns 0', () => {
    for (const options of [{ retryDelay: 0 }, { random: () => 0 }]) {
      const times = dialTimes(options, 20);
      expect(times.length).toBeLessThanOrEqual(21);
      expect(new Set(times).size).toBe(times.length);
    }
  });

  it('is no hot loop either after more failures than a number can be doubled', () => {
    const times = dialTimes({ retryDelay: 0 }, 1_500);
    expect(times.length).toBeGreaterThan(1_100);
    expect(new Set(times).size).toBe(times.length);
  });

  it('for min alone doubles after any number of failures', () => {
    const scripted = scriptedTarget({ step: bounded });
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 1, min: 1, retryDelay: 0, breaker: { probeAfter: 0 } });
      at(4_000, () => void pool.destroy());
      // A caller that acquires again after each error causes a thousand connects, and leaves.
      pool
        .acquire()
        .pipe(retry({ count: 1_100, delay: 1 }))
        .subscribe({ error: () => undefined });
      flush();
    });
    expect(scripted.dials).toBeGreaterThan(1_000);
    expect(scripted.dials).toBeLessThan(1_200);
  });

  it('passes only while a caller waits', () => {
    marbles(({ target, expectObservable, expectSubscriptions, flush }) => {
      const scripted = target('-#', '-a');
      const counting = countingScheduler();
      const pool = createPool({
        connect: scripted.connect,
        max: 1,
        retryDelay: 8,
        random: () => 0.5,
        scheduler: counting.scheduler,
      });
      expectObservable(held(pool, 1), '^--!').toBe('---');
      // Fails at 1, may be tried again from 5, and is needed again at 7.
      expectObservable(held(pool, 1), '-------^').toBe('--------(a|)');
      expectSubscriptions(scripted.lives[1]!.subscriptions).toBe('-------^');
      flush();
      expect(counting.live).toBe(0);
    });
  });

  it('applies to a caller that arrives after the failure', () => {
    marbles(({ target, expectObservable, expectSubscriptions }) => {
      const { connect, lives } = target('-#', '-a');
      const pool = createPool({ connect, max: 1, retryDelay: 8, random: () => 0.5 });
      expectObservable(held(pool, 1), '^-!').toBe('--');
      expectObservable(held(pool, 1), '---^').toBe('------(a|)');
      expectSubscriptions(lives[1]!.subscriptions).toBe('-----^');
    });
  });

  it('is short again after a connection has been lent', () => {
    marbles(({ target, expectObservable, expectSubscriptions }) => {
      const { connect, lives } = target('#', '#', 'a--#', '#', 'b');
      const pool = createPool({ connect, max: 1, retryDelay: 4, random: () => 0.5 });
      // 0, + 2, + 4 = 6; lost at 9, fails at 9, + 2
      expectObservable(held(pool, 20)).toBe('------(a|)');
      expectObservable(held(pool, 1), '-^').toBe('-----------(b|)');
      expectSubscriptions(lives[2]!.subscriptions).toBe('------^--!');
      expectSubscriptions(lives[4]!.subscriptions).toBe('-----------^');
    });
  });

  it('is not shortened by the pause after another connect, which fails later and draws a shorter one', () => {
    marbles(({ target, at, expectObservable, flush }) => {
      const dice = [0.8, 0];
      const scripted = target('----------#', '-----------#', 'a');
      const pool = createPool({
        connect: scripted.connect,
        max: 2,
        retryDelay: 50,
        random: () => dice.shift() ?? 0.5,
      });
      const open = pool.stats$.pipe(
        map(({ opened }) => opened),
        distinctUntilChanged(),
      );
      // Until 40 ms after the first failure.
      for (let i = 0; i < 2; i++) pool.use(() => of(i)).subscribe();
      expectObservable(open).toBe('0 49ms 1', [0, 1]);
      at(12, () => {
        expect(pool.stats.openFailures).toBe(2);
      });
      flush();
      expect(dice).toEqual([]);
    });
  });

  it('grows for connections that are lost before their first lease', () => {
    const times: number[] = [];
    marbles(({ flush }) => {
      const pool = createPool({
        connect: () => {
          times.push(asyncScheduler.now());
          return of('gone at once');
        },
        max: 1,
        breaker: false,
        acquireTimeout: 200,
        random: () => 0.5,
      });
      pool.acquire().subscribe({ error: () => undefined });
      flush();
    });
    expect(times).toEqual([0, 25, 75, 175]);
  });

  it('is kept for connections that are lost as soon as they are lent, by a target that accepts and disconnects', () => {
    marbles(({ cold, at, flush }) => {
      let dials = 0;
      // The bound keeps a hot loop from blocking the specs.
      const pool = createPool({ connect: () => cold(++dials < 500 ? '(a|)' : '-'), max: 1 });
      const subscription = pool.subscribe();
      at(100, () => {
        subscription.unsubscribe();
      });
      flush();
      expect(dials).toBeGreaterThan(1);
      expect(dials).toBeLessThanOrEqual(101);
    });
  });

  it('doubles for such connections from the second on, from retryDelay', () => {
    marbles(({ at, flush }) => {
      const scripted = scriptedTarget();
      const pool = createPool({
        connect: scripted.connect,
        max: 1,
        retryDelay: 16,
        random: () => 1 - Number.EPSILON,
      });
      const ask = (): void => {
        pool.acquire().subscribe({
          next: () => {
            scripted.connections.at(-1)!.lose();
            if (scripted.dials < 5) ask();
          },
        });
      };
      ask();
      at(1_000, () => void pool.destroy());
      flush();
      expect(scripted.dialTimes.map(Math.round)).toEqual([0, 0, 16, 48, 112]);
    });
  });

  it('is kept for them even when retryDelay is 0', () => {
    marbles(({ cold, at, flush }) => {
      let dials = 0;
      const pool = createPool({
        connect: () => cold(++dials < 500 ? '(a|)' : '-'),
        max: 1,
        retryDelay: { initial: 0, max: 0 },
      });
      const subscription = pool.subscribe();
      at(100, () => {
        subscription.unsubscribe();
      });
      flush();
      expect(dials).toBeGreaterThan(50);
      expect(dials).toBeLessThanOrEqual(101);
    });
  });
});

describe('the breaker', () => {
  it('opens after five failures in a row by default: a waiting caller gets the cause within a second', () => {
    marbles(({ target, expectObservable, flush }) => {
      const scripted = target('#', '#', '#', '#', '#');
      const pool = createPool({ connect: scripted.connect, max: 3, random: () => 0.5, name: 'db' });
      // Half of 50 + 100 + 200 + 400: at most 750.
      expectObservable(pool.acquire()).toBe(
        '375ms #',
        undefined,
        poolError('CONNECTION_FAILED', { phase: 'open', attempts: 5, cause: dead, pool: 'db' }),
      );
      flush();
      expect(scripted.dials).toBe(5);
      expect(pool.stats).toEqual(jasmine.objectContaining({ breaker: 'open', openFailures: 5, rejected: 1 }));
    });
  });

  it('rejects every waiting caller when it opens, and later callers at once while it is open', () => {
    marbles(({ target, expectObservable, flush }) => {
      const scripted = target('-#', '-#');
      const pool = createPool({
        connect: scripted.connect,
        max: 1,
        retryDelay: 4,
        random: () => 0.5,
        breaker: { failures: 2, probeAfter: 100 },
      });
      const failed = poolError('CONNECTION_FAILED', { attempts: 2, cause: dead });
      expectObservable(held(pool, 1)).toBe('       ----#  ', undefined, failed);
      expectObservable(held(pool, 1), '-^').toBe(' ----#  ', undefined, failed);
      expectObservable(held(pool, 1), '------^').toBe('------#', undefined, failed);
      flush();
      expect(scripted.dials).toBe(2);
    });
  });

  it('allows one probe at a time, after probeAfter, when a connection is wanted; and closes when the probe succeeds', () => {
    marbles(({ target, expectObservable, expectSubscriptions }) => {
      const { connect, lives } = target('#', '---#', '---a', '-b');
      const pool = createPool({ connect, max: 3, breaker: { failures: 1, probeAfter: 10 } });
      const failed = poolError('CONNECTION_FAILED');
      const states = pool.stats$.pipe(map((s) => s.breaker[0]));
      expectObservable(held(pool, 9)).toBe('                      #', undefined, failed);
      // Two callers wait for the probe that fails: both wait for it, and no second connect begins.
      expectObservable(held(pool, 9), '------------^').toBe('   ---------------#', undefined, failed);
      expectObservable(held(pool, 9), '-------------^').toBe('  ---------------#', undefined, failed);
      // Its next probe is ten after its failure at 15.
      expectObservable(held(pool, 9), '-------------------------^').toBe('----------------------------(a|)');
      expectObservable(held(pool, 9), '--------------------------^').toBe('-----------------------------(b|)');
      expectSubscriptions(lives[1]!.subscriptions).toBe('------------^--!');
      expectSubscriptions(lives[2]!.subscriptions).toBe('-------------------------^');
      expectSubscriptions(lives[3]!.subscriptions).toBe('----------------------------^');
      expectObservable(states.pipe(distinctUntilChanged())).toBe('(co)--------h--o---------h--c');
    });
  });

  it('does not reject callers that an open connection can serve', () => {
    marbles(({ target, expectObservable }) => {
      const pool = createPool({ connect: target('a', '#').connect, max: 2, breaker: { failures: 1, probeAfter: 50 } });
      expectObservable(held(pool, 8)).toBe('(a|)');
      expectObservable(held(pool, 8), '-^').toBe('--------(a|)');
      expectObservable(held(pool, 8), '--^').toBe('----------------(a|)');
    });
  });

  it('keeps the failures when a connection from before them is lent', () => {
    marbles(({ at, flush }) => {
      const scripted = scriptedTarget({ step: (dial) => (dial === 0 ? 'open' : 'fail'), error: dead });
      const pool = createPool({
        connect: scripted.connect,
        min: 1,
        max: 2,
        retryDelay: 1,
        breaker: { failures: 2, probeAfter: 1_000 },
        random: () => 0,
      });
      const told: unknown[] = [];
      pool.warmUp(2).catch(() => undefined);
      at(10, () => {
        expect(pool.stats).toEqual(jasmine.objectContaining({ breaker: 'open', openFailures: 2, totalConnections: 1 }));
        pool.acquire().subscribe();
        pool.acquire().subscribe({ error: (error: unknown) => told.push(error) });
        scripted.connections[0]!.lose();
        expect(told).toEqual([poolError('CONNECTION_FAILED', { phase: 'open', attempts: 2, cause: dead })]);
        expect(scripted.dials).toBe(3);
        void pool.destroy({ timeout: 0 });
      });
      flush();
    });
  });

  it('is half-open until its probe has passed the validation', () => {
    marbles(({ cold, at, flush }) => {
      const pool = createPool({
        connect: () => opensAtOnce('a'),
        max: 1,
        validate: () => cold('-----(x|)', { x: false }),
        validateAfter: 0,
        breaker: { failures: 1, probeAfter: 10 },
      });
      const states: string[] = [];
      pool.stats$
        .pipe(
          map(({ breaker }) => breaker),
          distinctUntilChanged(),
        )
        .subscribe((state) => states.push(state));
      const ask = (): void => {
        pool.acquire().subscribe({ error: () => undefined });
      };
      ask();
      at(20, ask);
      at(50, () => void pool.destroy());
      flush();
      expect(states.slice(0, 4)).toEqual(['closed', 'open', 'half-open', 'open']);
      expect(states.slice(1)).not.toContain('closed');
    });
  });

  it('is probed for min alone after probeAfter first, and then after pauses that double', () => {
    marbles(({ at, flush }) => {
      const scripted = scriptedTarget({ step: bounded });
      const pool = createPool({
        connect: scripted.connect,
        min: 1,
        max: 1,
        retryDelay: 1,
        breaker: { failures: 2, probeAfter: 100 },
        random: () => 0,
      });
      at(1_000, () => void pool.destroy());
      flush();
      expect(scripted.dialTimes).toEqual([0, 1, 101, 301, 701]);
    });
  });

  it('names the failed connect in the error of a wait after a failed validation is forgotten', () => {
    marbles(({ cold, target, at, flush }) => {
      const scripted = target('a', 'b', '-');
      const answers = [false, true];
      const pool = createPool({
        connect: scripted.connect,
        max: 1,
        retryDelay: 1,
        validate: () => cold('-(x|)', { x: answers.shift()! }),
        validateAfter: 0,
        acquireTimeout: 20,
        random: () => 0,
      });
      pool.acquire().subscribe((lease) => {
        lease.discard();
      });
      let told: unknown;
      at(10, () => {
        expect(pool.stats).toEqual(jasmine.objectContaining({ openFailures: 1, acquired: 1, totalConnections: 0 }));
        pool.acquire().subscribe({ error: (error: unknown) => (told = error) });
      });
      at(40, () => void pool.destroy());
      flush();
      expect(told).toEqual(poolError('CONNECTION_FAILED', { phase: 'open', attempts: 0 }));
    });
  });

  it('rejects later callers while the slot of the failed connect is still closing', () => {
    marbles(({ at, flush }) => {
      const pool = createPool({
        connect: () => virtualPromise<string>(Infinity, { value: 'late' }),
        max: 1,
        connectTimeout: 10,
        closeTimeout: 500,
        breaker: { failures: 1, probeAfter: 1_000 },
      });
      const told: [number, string][] = [];
      const ask = (): void => {
        pool.acquire().subscribe({
          error: (error: unknown) => told.push([asyncScheduler.now(), (error as PoolError).code]),
        });
      };
      ask();
      at(20, () => {
        expect(pool.stats).toEqual(jasmine.objectContaining({ breaker: 'open', closingConnections: 1 }));
        ask();
      });
      at(30, () => void pool.destroy());
      flush();
      expect(told).toEqual([
        [10, 'CONNECTION_FAILED'],
        [20, 'CONNECTION_FAILED'],
      ]);
    });
  });

  it('false: never opens; waiting callers time out by acquireTimeout only', () => {
    marbles(({ expectObservable, flush }) => {
      const scripted = scriptedTarget({ step: () => 'fail' });
      const pool = createPool({
        connect: scripted.connect,
        max: 1,
        breaker: false,
        retryDelay: { initial: 10, max: 10 },
        random: () => 0.5,
        acquireTimeout: 52,
      });
      expectObservable(pool.acquire()).toBe('52ms #', undefined, poolError('CONNECTION_FAILED', { attempts: 11 }));
      flush();
      expect(scripted.dials).toBe(11);
      expect(pool.stats.breaker).toBe('closed');
    });
  });

  it('counts failures in a row: a success resets the count', () => {
    marbles(({ target, expectObservable, flush }) => {
      const scripted = target('#', '#', 'a-|', '#', '#', 'b');
      const pool = createPool({
        connect: scripted.connect,
        max: 1,
        breaker: { failures: 3, probeAfter: 100 },
        retryDelay: 2,
        random: () => 0.5,
      });
      // 0, 1, 3; lost at 5; 5, 6, 8
      expectObservable(held(pool, 9)).toBe('---(a|)');
      expectObservable(held(pool, 1), '----^').toBe('--------(b|)');
      flush();
      expect(pool.stats.breaker).toBe('closed');
    });
  });

  it('leaves no timer while no caller waits', () => {
    marbles(({ at, flush }) => {
      const counting = countingScheduler();
      const scripted = scriptedTarget({ step: () => 'fail' });
      const pool = createPool({ connect: scripted.connect, max: 1, scheduler: counting.scheduler });
      pool.acquire().subscribe({ error: () => undefined });
      at(5_000, () => {
        expect(counting.live).toBe(0);
      });
      flush();
      expect(scripted.dials).toBe(5);
    });
  });

  it('is no hot loop with a caller that acquires again after every error', () => {
    marbles(({ flush }) => {
      const scripted = scriptedTarget({ step: () => 'fail' });
      const pool = createPool({ connect: scripted.connect, max: 2 });
      let told = 0;
      const ask = (): void => {
        pool.acquire().subscribe({
          error: () => {
            told++;
            if (asyncScheduler.now() < 10_000) asyncScheduler.schedule(ask, 1);
          },
        });
      };
      ask();
      flush();
      expect(told).toBeGreaterThan(1_000);
      expect(scripted.dials).toBeLessThanOrEqual(15);
    });
  });

  it('opens for a warm-up too', () => {
    marbles(({ flush }) => {
      const scripted = scriptedTarget({ step: () => 'fail' });
      const pool = createPool({ connect: scripted.connect, max: 2, random: () => 0.5 });
      pool.warmUp(2).catch(() => undefined);
      flush();
      expect(scripted.dials).toBe(5);
      expect(pool.stats.breaker).toBe('open');
    });
  });

  it('is unnoticed by callers that arrive when the target is back', () => {
    marbles(({ at, flush }) => {
      let up = false;
      const pool = createPool({ connect: () => (up ? opensAtOnce('a') : failing()), max: 2, random: () => 0.5 });
      const told: string[] = [];
      const ask = (): void => {
        pool.use((c) => of(c)).subscribe({ next: (c) => told.push(c), error: () => told.push('error') });
      };
      ask();
      at(600, () => {
        up = true;
        ask();
      });
      at(1_400, ask);
      at(1_401, ask);
      let stats: PoolStats | undefined;
      at(1_402, () => (stats = pool.stats));
      flush();
      expect(told).toEqual(['error', 'error', 'a', 'a']);
      expect(stats!.breaker).toBe('closed');
    });
  });
});

function failing(): Observable<never> {
  return of(1).pipe(
    map(() => {
      throw dead;
    }),
  );
}

/** Acquires, records the connection, and releases it after this number of frames. */
function held(pool: ConnectionPool<string>, frames: number): Observable<string> {
  return pool.acquire().pipe(
    tap((lease) => {
      asyncScheduler.schedule(() => {
        lease.release();
      }, frames);
    }),
    map((lease) => lease.connection),
  );
}

describe('an abandoned probe', () => {
  /** A pool whose breaker has opened at 0, and whose probe for a caller does not answer from 10 on. */
  function withProbe(spec: (pool: ConnectionPool<unknown>, leave: () => void, dials: () => number) => void): void {
    const scripted = scriptedTarget({
      openAfter: 1,
      step: (dial) => (dial === 0 ? 'fail' : dial === 1 ? 'hang' : 'open'),
    });
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 2, breaker: { failures: 1, probeAfter: 5 } });
      pool.acquire().subscribe({ error: () => undefined });
      at(10, () => {
        const caller = pool.acquire().subscribe({
          next: (lease) => {
            lease.release();
          },
          error: () => undefined,
        });
        expect(pool.stats.breaker).toBe('half-open');
        spec(
          pool,
          () => {
            caller.unsubscribe();
          },
          () => scripted.dials,
        );
      });
      flush();
    });
  }

  it('leaves the breaker open when a refresh abandons it while no caller waits', () => {
    withProbe((pool, leave) => {
      leave();
      pool.refresh();
      expect(pool.stats).toEqual(jasmine.objectContaining({ breaker: 'open', openingConnections: 0 }));
    });
  });

  it('leaves the breaker open when a resize abandons it, and the next caller begins a probe at once', () => {
    withProbe((pool, leave, dials) => {
      leave();
      pool.warmUp(1).catch(() => undefined);
      pool.resize(1);
      expect(pool.stats.openingConnections).toBe(1);
      pool.refresh();
      expect(dials()).toBe(3);
      expect(pool.stats.breaker).toBe('half-open');
    });
  });

  it('is followed by another probe while its caller waits', () => {
    withProbe((pool, _, dials) => {
      pool.refresh();
      expect(dials()).toBe(3);
      expect(pool.stats).toEqual(jasmine.objectContaining({ breaker: 'half-open', openingConnections: 1 }));
    });
  });

  it('leaves the breaker open when the pool is destroyed', () => {
    withProbe((pool) => {
      void pool.destroy();
      expect(pool.stats).toEqual(jasmine.objectContaining({ breaker: 'open', state: 'destroyed' }));
    });
  });

  it('that continues after its caller has left decides by its outcome', () => {
    const scripted = scriptedTarget({ openAfter: 3, step: (dial) => (dial === 0 ? 'fail' : 'open') });
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 2, breaker: { failures: 1, probeAfter: 5 } });
      pool.acquire().subscribe({ error: () => undefined });
      at(10, () => {
        pool.acquire().subscribe().unsubscribe();
      });
      at(20, () => {
        expect(pool.stats).toEqual(jasmine.objectContaining({ breaker: 'closed', totalConnections: 1 }));
      });
      flush();
    });
  });

  it('leaves the breaker open when it has opened, but its caller has left before the validation', () => {
    const scripted = scriptedTarget({ openAfter: 3, step: (dial) => (dial === 0 ? 'fail' : 'open') });
    const states: string[] = [];
    marbles(({ at, flush }) => {
      const pool = createPool({
        connect: scripted.connect,
        max: 2,
        idleTimeout: 100,
        validate: () => of(true),
        validateAfter: 0,
        breaker: { failures: 1, probeAfter: 5 },
      });
      pool.events$.subscribe((event) => {
        if (event.type === 'breaker') states.push(`${event.at} ${event.state}`);
      });
      pool.acquire().subscribe({ error: () => undefined });
      at(10, () => {
        pool.acquire().subscribe().unsubscribe();
      });
      // Open, but not validated: the next caller has it validated, and is not rejected.
      at(50, () => {
        pool.acquire().subscribe((lease) => {
          lease.release();
        });
        expect(pool.stats).toEqual(jasmine.objectContaining({ breaker: 'closed', acquired: 1 }));
      });
      flush();
    });
    expect(states).toEqual(['3 open', '10 half-open', '13 open', '50 half-open', '50 closed']);
  });

  it('leaves the breaker open when it is closed by idleTimeout before it was validated', () => {
    const scripted = scriptedTarget({ openAfter: 3, step: (dial) => (dial === 0 ? 'fail' : 'open') });
    marbles(({ at, flush }) => {
      const pool = createPool({
        connect: scripted.connect,
        max: 2,
        idleTimeout: 20,
        validate: () => of(true),
        validateAfter: 0,
        breaker: { failures: 1, probeAfter: 5 },
      });
      pool.acquire().subscribe({ error: () => undefined });
      at(10, () => {
        pool.acquire().subscribe().unsubscribe();
      });
      at(50, () => {
        expect(pool.stats).toEqual(jasmine.objectContaining({ breaker: 'open', totalConnections: 0 }));
      });
      flush();
    });
  });

  it('is not abandoned while it is being validated: it is the only connect', () => {
    const scripted = scriptedTarget({ openAfter: 3, step: (dial) => (dial === 0 ? 'fail' : 'open') });
    marbles(({ at, flush }) => {
      const pool = createPool({
        connect: scripted.connect,
        max: 5,
        validate: () => timer(10).pipe(map(() => true)),
        validateAfter: 0,
        breaker: { failures: 1, probeAfter: 5 },
      });
      pool.acquire().subscribe({ error: () => undefined });
      at(10, () => {
        for (let i = 0; i < 3; i++) pool.acquire().subscribe();
      });
      at(20, () => {
        expect(pool.stats).toEqual(jasmine.objectContaining({ breaker: 'half-open', totalConnections: 1 }));
        expect(scripted.dials).toBe(2);
      });
      at(25, () => {
        expect(pool.stats.breaker).toBe('closed');
        expect(scripted.dials).toBeGreaterThan(2);
      });
      flush();
    });
  });
});

describe('a connection that is lost during its first lease', () => {
  /** A connection that the spec loses. */
  const lossy = (losses: (() => void)[]): Observable<string> =>
    new Observable((subscriber) => {
      losses.push(() => subscriber.error(dead));
      subscriber.next('c');
    });

  it('does not delay the probe of a breaker that opened meanwhile', () => {
    const losses: (() => void)[] = [];
    let dials = 0;
    const served: number[] = [];
    const refused: number[] = [];
    marbles(({ at, flush }) => {
      const pool = createPool({
        connect: () => (++dials === 3 ? throwError(() => dead) : lossy(losses)),
        max: 3,
        retryDelay: 1_000,
        random: () => 1,
        breaker: { failures: 1, probeAfter: 50 },
      });
      const acquire = (): void => {
        pool.acquire().subscribe({
          next: () => served.push(asyncScheduler.now()),
          error: () => refused.push(asyncScheduler.now()),
        });
      };
      at(0, acquire);
      // The first early loss, which may be chance.
      at(10, () => losses[0]!());
      at(11, acquire);
      // The third connect fails: the breaker opens until 70.
      at(20, acquire);
      at(30, () => losses[1]!());
      at(75, acquire);
      at(200, () => void pool.destroy({ timeout: 0 }));
      flush();
    });
    expect([served, refused, dials]).toEqual([[0, 11, 75], [30], 4]);
  });

  it('is followed by a longer and longer pause from the second in a row on', () => {
    const dialled: number[] = [];
    marbles(({ at, flush }) => {
      const pool = createPool({
        connect: () => {
          dialled.push(asyncScheduler.now());
          const losses: (() => void)[] = [];
          at(5, () => losses[0]!());
          return lossy(losses);
        },
        max: 1,
        retryDelay: { initial: 100, max: 250 },
        random: () => 1,
        acquireTimeout: Infinity,
      });
      // Each acquires again when its connection is lost.
      const again = (): void => {
        pool.use(() => NEVER).subscribe({ error: () => asyncScheduler.now() < 1_000 && again() });
      };
      again();
      at(1_000, () => void pool.destroy({ timeout: 0 }));
      flush();
    });
    expect(dialled).toEqual([0, 5, 110, 315, 570, 825]);
  });
});
