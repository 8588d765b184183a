import { asyncScheduler, map, NEVER, Observable, of, timer } from 'rxjs';
import type { ConnectionPool } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { countingScheduler } from '../helpers/counting-scheduler';
import { expectNothingHeld, marbles, poolError } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';
import type { ScriptedConnection } from '../helpers/scripted-target';

describe('pool.destroy() during checks and timers', () => {
  /** Destroys a pool at 200 during another operation, and records when that was done. */
  function endOf(
    options: Partial<Parameters<typeof createPool<ScriptedConnection>>[0]>,
    begin: (pool: ConnectionPool<ScriptedConnection>, at: (frame: number, action: () => void) => void) => void,
  ): { doneAt: number; live: number; pool: ConnectionPool<ScriptedConnection>; timers: number } {
    const scripted = scriptedTarget();
    const counting = countingScheduler();
    let doneAt = -1;
    let pool: ConnectionPool<ScriptedConnection> | undefined;
    marbles(({ at, flush }) => {
      pool = createPool({
        max: 2,
        validateAfter: 100,
        scheduler: counting.scheduler,
        ...options,
        connect: scripted.connect,
      });
      pool.stats$.subscribe({ complete: () => (doneAt = asyncScheduler.now()) });
      begin(pool, at);
      at(200, () => void pool!.destroy());
      flush();
    });
    expectNothingHeld(pool!);
    return { doneAt, live: scripted.live, pool: pool!, timers: counting.live };
  }

  it('stops a validation, and closes the connection at once', () => {
    let stopped = -1;
    const errors: unknown[] = [];
    const { doneAt, live, timers } = endOf(
      { validate: () => new Observable<boolean>(() => () => (stopped = asyncScheduler.now())) },
      (pool, at) => {
        pool.use(() => of(1)).subscribe();
        at(195, () => {
          pool.use(() => of(1)).subscribe({ error: (error: unknown) => errors.push(error) });
        });
      },
    );
    expect([stopped, doneAt, live, timers]).toEqual([200, 200, 0, 0]);
    expect(errors).toEqual([poolError('INVALID_POOL')]);
  });

  it('stops a reset, and closes the connection at once', () => {
    let stopped = -1;
    const { doneAt, live, timers } = endOf(
      { reset: () => new Observable(() => () => (stopped = asyncScheduler.now())) },
      (pool, at) => {
        at(190, () => {
          pool.use(() => timer(5)).subscribe();
        });
      },
    );
    expect([stopped, doneAt, live, timers]).toEqual([200, 200, 0, 0]);
  });

  it('does not reset connections that are released during it', () => {
    const reset: number[] = [];
    const { doneAt } = endOf(
      {
        reset: (c) => {
          reset.push(c.id);
          return timer(50);
        },
      },
      (pool, at) => {
        at(190, () => {
          pool.use(() => timer(20)).subscribe();
        });
      },
    );
    expect(reset).toEqual([]);
    expect(doneAt).toBe(210);
  });

  it('cancels the pauses, the idle and lifetime timers, the load shedding and the leak watch', () => {
    const { doneAt, timers } = endOf(
      { min: 1, idleTimeout: 1_000, maxLifetime: 5_000, overload: {}, leakThreshold: 3_000, acquireTimeout: 9_000 },
      (pool, at) => {
        at(198, () => {
          for (let i = 0; i < 5; i++) pool.use(() => timer(10)).subscribe({ error: () => undefined });
        });
      },
    );
    expect([doneAt, timers]).toEqual([208, 0]);
  });

  it('in the middle of a refresh waits for its closes', () => {
    const { doneAt, live } = endOf({ close: () => timer(30) }, (pool, at) => {
      pool.use(() => of(1)).subscribe();
      at(190, () => {
        pool.refresh();
      });
    });
    expect([doneAt, live]).toEqual([220, 0]);
  });

  it('of a pool that was just made smaller closes the surplus connections and the others', () => {
    const { doneAt, live, pool } = endOf({ max: 4 }, (pool_, at) => {
      for (let i = 0; i < 4; i++) pool_.use(() => timer(i < 2 ? 250 : 10)).subscribe();
      at(195, () => {
        pool_.resize(1);
      });
    });
    expect([doneAt, live]).toEqual([250, 0]);
    expect(pool.stats).toEqual(jasmine.objectContaining({ opened: 4, closed: 4, successfulOperations: 4 }));
  });

  it('called inside validate or reset, is decided after that has returned', () => {
    for (const name of ['validate', 'reset'] as const) {
      const scripted = scriptedTarget();
      let pool: ConnectionPool<ScriptedConnection> | undefined;
      marbles(({ at, flush }) => {
        pool = createPool({
          connect: scripted.connect,
          max: 1,
          validateAfter: 0,
          [name]: () => {
            void pool!.destroy();
            return timer(10).pipe(map(() => true));
          },
        });
        at(1, () => {
          pool!.use(() => of(1)).subscribe({ error: () => undefined });
        });
        flush();
      });
      expect(pool!.stats.state).toBe('destroyed');
      expect(scripted.live).toBe(0);
    }
  });

  it('rejects a caller that waits for a validation that never ends', () => {
    const { doneAt } = endOf(
      { validate: () => NEVER, connectTimeout: Infinity, acquireTimeout: Infinity },
      (pool, at) => {
        pool.use(() => of(1)).subscribe();
        at(150, () => {
          pool.use(() => of(1)).subscribe({ error: () => undefined });
        });
      },
    );
    expect(doneAt).toBe(200);
  });
});
