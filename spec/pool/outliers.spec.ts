import { Outliers } from '../../src/pool/policies/outliers';
import type { Slot } from '../../src/pool/state/claim-and-slot';
import { Counters } from '../../src/pool/state/counters';
import { asyncScheduler, NEVER, Observable, of, range, Subject, throwError, timer } from 'rxjs';
import type { ObservableInput } from 'rxjs';
import { batchParallel, withConnection } from '../../src/index';
import type { BatchResult, ConnectionPool, PoolEvent, PoolOptions } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { expectNothingHeld, marbles } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';
import type { ScriptedConnection } from '../helpers/scripted-target';
import { virtualPromise } from '../helpers/virtual-promise';

type Eviction = PoolEvent & { readonly type: 'evicted' };

const invalid = new Error('the session is invalid');
const badItem = new Error('the item is bad');

/** A pool of connections whose runs do what `work` says, and its observations. */
class Trial {
  readonly target = scriptedTarget();
  readonly pool: ConnectionPool<ScriptedConnection>;
  readonly evictions: Eviction[] = [];

  constructor(options: Partial<PoolOptions<ScriptedConnection>> = {}) {
    this.pool = createPool({ connect: this.target.connect, max: 4, ...options });
    this.pool.events$.subscribe((event) => {
      if (event.type === 'evicted') this.evictions.push(event);
    });
  }

  /** Runs work once; returns its outcome. */
  run(work: (connection: ScriptedConnection) => ObservableInput<unknown>): 'succeeded' | 'failed' | 'runs' {
    let outcome: 'succeeded' | 'failed' | 'runs' = 'runs';
    this.pool
      .use((connection) => work(connection) as Observable<unknown>)
      .subscribe({
        error: () => (outcome = 'failed'),
        complete: () => (outcome = 'succeeded'),
      });
    return outcome;
  }

  fail(times: number): void {
    for (let i = 0; i < times; i++) this.run(failing);
  }

  get reasons(): string[] {
    return this.evictions.map(({ reason }) => reason);
  }
}

const failing = (): Observable<never> => throwError(() => invalid);
const succeeding = (): Observable<number> => of(1);

describe('a connection that fails every run', () => {
  const ways: [how: string, work: () => ObservableInput<unknown>][] = [
    [
      'by throwing',
      () => {
        throw invalid;
      },
    ],
    ['with an error at once', failing],
    [
      'with an error a millisecond later',
      () => new Observable((out) => asyncScheduler.schedule(() => out.error(invalid), 1)),
    ],
    ['with a promise that is rejected', () => virtualPromise(1, { error: invalid })],
  ];
  for (const [how, fails] of ways) {
    for (const dead of [1, 3, 4]) {
      it(`${how} is closed after 5 of a batch of 1,000, also where ${dead} of 4 do`, () => {
        marbles(({ at, flush }) => {
          const { pool, evictions, target } = new Trial();
          let result: BatchResult<unknown> | undefined;
          void pool.warmUp(4);
          at(1, () => {
            expect(pool.stats.totalConnections).toBe(4);
            range(1_000)
              .pipe(
                withConnection(
                  pool,
                  ({ id }: ScriptedConnection) => (id < dead ? fails() : timer(10)) as Observable<unknown>,
                ),
                batchParallel(4),
              )
              .subscribe((all) => (result = all));
          });
          flush();
          expect(result!.failed.length).toBe(5 * dead);
          expect(result!.successful.length).toBe(1_000 - 5 * dead);
          expect(target.opened).toBe(4 + dead);
          expect(evictions.length).toBe(dead);
          for (const eviction of evictions) {
            expect(eviction).toEqual(
              jasmine.objectContaining({ reason: 'outlier', error: invalid, failures: 5, uses: 5 }),
            );
          }
          expectNothingHeld(pool);
        });
      });
    }
  }

  it('is closed after the number of failures that consecutive sets', () => {
    for (const consecutive of [1, 2, 7]) {
      const trial = new Trial({ max: 1, outlier: { consecutive } });
      trial.fail(consecutive - 1);
      expect(trial.evictions).toEqual([]);
      trial.fail(1);
      expect(trial.evictions).toEqual([jasmine.objectContaining({ failures: consecutive })]);
    }
  });

  it('is kept with the option false', () => {
    const trial = new Trial({ outlier: false });
    trial.fail(1_000);
    expect(trial.evictions).toEqual([]);
    expect(trial.target.dials).toBe(1);
  });

  it('is kept if one of the last runs has succeeded', () => {
    const trial = new Trial({ max: 1 });
    for (let i = 0; i < 20; i++) {
      trial.fail(4);
      expect(trial.run(succeeding)).toBe('succeeded');
    }
    expect(trial.evictions).toEqual([]);
  });

  it('is closed whatever happens in between: cancelled runs, raw leases', () => {
    const trial = new Trial({ max: 1 });
    trial.fail(4);
    trial.pool
      .use(() => NEVER)
      .subscribe()
      .unsubscribe();
    trial.pool.acquire().subscribe((lease) => {
      lease.release();
    });
    expect(trial.evictions).toEqual([]);
    trial.fail(1);
    expect(trial.reasons).toEqual(['outlier']);
  });

  it('is judged by itself: failures on other connections do not count', () => {
    const trial = new Trial({ order: 'fifo' });
    void trial.pool.warmUp(4);
    trial.fail(16);
    expect(trial.evictions).toEqual([]);
    trial.fail(1);
    expect(trial.reasons).toEqual(['outlier']);
  });

  it('is closed once for the reason that came first', () => {
    const fatal = new Trial({ max: 1, isFatal: (error) => error === invalid });
    fatal.fail(3);
    expect(fatal.reasons).toEqual(['discarded', 'discarded', 'discarded']);
    const worn = new Trial({ max: 1, maxUses: 5 });
    worn.fail(5);
    expect(worn.reasons).toEqual(['uses']);
  });

  it('is replaced if min requires it', () => {
    const trial = new Trial({ max: 4, min: 2 });
    trial.fail(5);
    expect(trial.reasons).toEqual(['outlier']);
    expect(trial.pool.stats).toEqual(jasmine.objectContaining({ totalConnections: 2, opened: 3, closed: 1 }));
  });

  describe('that several leases share', () => {
    it('takes no new lease, and is closed when the others have ended; their outcomes change nothing', () => {
      const trial = new Trial({ max: 1, capacity: 8 });
      const others = [new Subject<void>(), new Subject<void>(), new Subject<void>()];
      for (const other of others) trial.run(() => other);
      trial.fail(5);
      expect(trial.evictions).toEqual([]);
      expect(trial.run(succeeding)).toBe('runs');
      others[0]!.complete();
      others[1]!.error(badItem);
      expect(trial.evictions).toEqual([]);
      others[2]!.complete();
      expect(trial.evictions).toEqual([jasmine.objectContaining({ reason: 'outlier', failures: 5, error: invalid })]);
      expect(trial.pool.stats).toEqual(jasmine.objectContaining({ successfulOperations: 3, opened: 2 }));
    });

    it('fails at most the leases that it carries beyond the number', () => {
      marbles(({ flush }) => {
        const trial = new Trial({ max: 2, capacity: 10 });
        void trial.pool.warmUp(2);
        let failed = -1;
        range(1_000)
          .pipe(
            withConnection(trial.pool, ({ id }: ScriptedConnection) =>
              id === 0
                ? new Observable<never>((out) => asyncScheduler.schedule(() => out.error(invalid), 1))
                : timer(10),
            ),
            batchParallel(20),
          )
          .subscribe((result) => (failed = result.failed.length));
        flush();
        expect(failed).toBeGreaterThanOrEqual(5);
        expect(failed).toBeLessThanOrEqual(5 + 10 - 1);
        expect(trial.reasons).toEqual(['outlier']);
      });
    });
  });
});

describe('work that always fails', () => {
  it('costs a new connection each time the number of failed runs has doubled', () => {
    const trial = new Trial({ max: 1 });
    trial.fail(1_000);
    expect(trial.evictions.map(({ failures }) => failures)).toEqual([5, 11, 23, 47, 95, 191, 383]);
    expect(trial.target.dials).toBe(8);
  });

  it('costs each connection of a pool once, and then the same', () => {
    marbles(({ flush }) => {
      const target = scriptedTarget({ openAfter: 7 });
      const pool = createPool({ connect: target.connect, max: 8 });
      range(10_000)
        .pipe(
          withConnection(
            pool,
            () => new Observable<never>((out) => asyncScheduler.schedule(() => out.error(badItem), 1)),
          ),
          batchParallel(8),
        )
        .subscribe();
      flush();
      expect(pool.stats.failedOperations).toBe(10_000);
      expect(target.dials).toBeGreaterThan(8);
      expect(target.dials).toBeLessThanOrEqual(8 + 8 + Math.ceil(Math.log2(10_000 / 5)));
    });
  });

  it('is forgotten when it succeeds again: no black hole needs more than 16 times the number', () => {
    const trial = new Trial({ max: 2, min: 2, order: 'fifo' });
    trial.fail(100_000);
    let eaten = 0;
    const dead = trial.target.connections.at(-1)!.id;
    const before = trial.evictions.length;
    for (let i = 0; i < 1_000 && trial.evictions.length === before; i++) {
      trial.run(({ id }) => (id === dead ? failing() : succeeding()));
      eaten = i;
    }
    expect(trial.evictions.length).toBe(before + 1);
    expect(eaten).toBeLessThanOrEqual(2 * 16 * 5);
  });
});

describe('the only connection', () => {
  it('is replaced once, and its replacement is kept if it works', () => {
    const trial = new Trial({ max: 1 });
    trial.fail(5);
    expect(trial.run(succeeding)).toBe('succeeded');
    for (let i = 0; i < 100; i++) trial.run(i % 4 === 0 ? succeeding : failing);
    expect(trial.reasons).toEqual(['outlier']);
  });

  it('is validated instead, each time the number of failed runs has doubled, and kept if it passes', () => {
    const asked: number[] = [];
    let runs = 0;
    const trial = new Trial({
      max: 1,
      validate: () => {
        asked.push(runs);
        return of(true);
      },
      validateAfter: 600_000,
    });
    for (; runs < 100; runs++) trial.run(failing);
    expect(asked).toEqual([5, 11, 23, 47, 95]);
    expect(trial.evictions).toEqual([]);
    expect(trial.target.dials).toBe(1);
  });

  it('is closed if it does not pass', () => {
    const trial = new Trial({ max: 1, validate: ({ id }) => of(id > 0), validateAfter: 600_000 });
    trial.fail(5);
    expect(trial.run(succeeding)).toBe('succeeded');
    expect(trial.reasons).toEqual(['validate']);
    expect(trial.pool.stats).toEqual(jasmine.objectContaining({ opened: 2, openFailures: 0 }));
  });

  it('is closed without validation while several leases share it', () => {
    const trial = new Trial({ max: 1, capacity: 2, validate: () => of(true), validateAfter: 600_000 });
    const other = new Subject<void>();
    trial.run(() => other);
    trial.fail(5);
    other.complete();
    expect(trial.reasons).toEqual(['outlier']);
  });
});

describe('a streak of failures that the work has caused', () => {
  it('counts half as much after 1,000 successful runs, and is forgotten after ten times as many', () => {
    const counters = new Counters();
    const outliers = new Outliers({ consecutive: 3 }, counters);
    const slot = () => ({ failures: 0, markedForClose: false, mustValidate: false }) as unknown as Slot<unknown>;
    const streak = slot();
    /** The number of failures in a row that make a connection an outlier. */
    const needed = (): number => {
      const failing = slot();
      let count = 1;
      while (!outliers.runFailed(failing)) count++;
      return count;
    };
    // Two failures, then a success; five are needed then, so four, then a success; and so on.
    for (const failures of [2, 4, 8, 16]) {
      streak.failures = failures;
      outliers.runSucceeded(streak);
    }
    expect(needed()).toBe(33);
    counters.successfulOperations += 1_000;
    expect(needed()).toBe(17);
    counters.successfulOperations += 10_000;
    expect(needed()).toBe(3);
  });
});

describe('the replacement of an ejected connection', () => {
  it('is on trial until its first run has ended, and those that are opened later are not', () => {
    const outliers = new Outliers({ consecutive: 3 }, new Counters());
    const slot = () => ({ failures: 0, markedForClose: false, mustValidate: false }) as unknown as Slot<unknown>;
    const failing = slot();
    expect([1, 2, 3].map(() => outliers.runFailed(failing))).toEqual([false, false, true]);
    outliers.ejected(failing);
    const replacement = slot();
    outliers.connectBegan(replacement);
    expect(replacement.failures).toBeLessThan(0);
    outliers.runSucceeded(replacement);
    expect(replacement.failures).toBe(0);
    const later = slot();
    outliers.connectBegan(later);
    expect(later.failures).toBe(0);
  });
});
