import type { Observable } from 'rxjs';
import { concat, EMPTY, ignoreElements, NEVER, of, throwError, timer } from 'rxjs';
import { createPool } from '../../src/index';
import type { PoolOptions } from '../../src/index';
import { stressTest } from '../../src/stress/index';
import type { StressOptions, StressReport } from '../../src/stress/index';
import { outcomes } from '../../src/stress/outcome';
import { seededRandom } from '../../src/stress/seeded-random';
import { effort } from '../helpers/effort';
import { expectNothingHeld, marbles } from '../helpers/marbles';

interface Connection {
  readonly id: number;
}

/** A pool and a load of which nothing is known but the seed. */
function scenario(seed: number) {
  const random = seededRandom(seed);
  const to = (most: number): number => Math.floor(random() * (most + 1));
  const oneOf = <T>(...choices: T[]): T => choices[to(choices.length - 1)]!;
  const perhaps = <T>(choice: T): T | undefined => (random() < 0.5 ? choice : undefined);
  let ids = 0;

  const connect = (): Observable<Connection> => {
    const dice = random();
    const opens = oneOf(EMPTY, timer(to(20)).pipe(ignoreElements()));
    if (dice < 0.15)
      return concat(
        opens,
        throwError(() => new Error(`refused ${to(9)}`)),
      );
    if (dice < 0.18) return NEVER;
    const life =
      dice < 0.5
        ? NEVER
        : oneOf(
            timer(to(200)),
            concat(
              timer(to(100)),
              throwError(() => new Error('reset')),
            ),
          ).pipe(ignoreElements());
    return concat(opens, of({ id: ids++ }), life);
  };
  const max = 1 + to(5);
  const pool: PoolOptions<Connection> = {
    connect,
    max,
    min: perhaps(to(max)),
    capacity: oneOf(1, 1, 3),
    order: oneOf('lifo', 'fifo'),
    maxPending: oneOf(0, 3, 1_000),
    acquireTimeout: oneOf(5, 50, 1_000),
    connectTimeout: 30,
    closeTimeout: 10,
    close: perhaps(() => timer(to(20))),
    idleTimeout: oneOf(5, 1_000),
    maxLifetime: oneOf(50, 1_000),
    maxUses: oneOf(1, 5, Infinity),
    validate: perhaps(() =>
      oneOf(of(true), timer(to(3)).pipe(ignoreElements()), concat(timer(2).pipe(ignoreElements()), of(true))),
    ),
    validateAfter: oneOf(0, 10),
    reset: perhaps(() =>
      oneOf(
        EMPTY,
        timer(to(4)),
        throwError(() => new Error('dirty')),
      ),
    ),
    isFatal: perhaps(() => random() < 0.3),
    onCancel: oneOf<PoolOptions<Connection>['onCancel']>('release', 'discard', () => timer(to(5))),
    overload: oneOf<PoolOptions<Connection>['overload']>(false, { target: 5, interval: 20 }),
    retryDelay: 5,
    breaker: oneOf<PoolOptions<Connection>['breaker']>(false, { failures: 2, probeAfter: 20 }),
    random,
  };
  const work = () =>
    oneOf<() => Observable<unknown>>(
      () => of(1),
      () => timer(to(10)),
      () => timer(to(40)),
      () => NEVER,
      () => throwError(() => new Error('failed at once')),
      () =>
        concat(
          timer(to(10)),
          throwError(() => new Error('failed')),
        ),
    )();
  const bounds = {
    duration: 200 + to(300),
    operations: perhaps(50 + to(200)),
    grace: oneOf(10, 500),
    destroy: perhaps({ timeout: oneOf(0, 20, 1_000) }),
  };
  const load: StressOptions<Connection> = oneOf<StressOptions<Connection>>(
    {
      ...bounds,
      duration: perhaps(bounds.duration),
      operations: 50 + to(200),
      workers: 1 + to(12),
      work,
      warmup: perhaps(to(100)),
    },
    { ...bounds, rate: 50 + to(400), work, random, workers: perhaps(1 + to(6)) },
    { ...bounds, rate: 50 + to(400), arrivals: 'even', work },
  );
  return { pool, load, random, to, oneOf };
}

describe('whatever the pool and the load', () => {
  for (let seed = 1; seed <= effort(15, 150); seed++) {
    it(`nothing is lost, and no rule is broken (seed ${seed})`, () => {
      marbles(({ flush, at }) => {
        const { pool: options, load, random, to, oneOf } = scenario(seed);
        const pool = createPool(options);
        let last: StressReport | undefined;
        stressTest(pool, load).subscribe({
          next: (report) => (last = report),
          complete: () => void pool.destroy({ timeout: 50 }),
        });
        if (random() < 0.4) at(50 + to(100), () => pool.stats.state === 'open' && pool.resize(1 + to(6)));
        if (random() < 0.4) at(50 + to(100), () => pool.stats.state === 'open' && pool.refresh());
        const end = 50 + to(300);
        const timeout = oneOf(0, 20, 1_000, undefined);
        if (random() < 0.4) at(end, () => void pool.destroy({ timeout }));
        flush();
        expect(last!.phase).toBe('done');
        expect(last!.violations).toEqual([]);
        const { operations } = last!;
        expect(outcomes.reduce((sum, name) => sum + operations[name], 0)).toBe(operations.ended);
        expect(operations.inFlight).toBe(0);
        expectNothingHeld(pool);
      });
    });
  }
});
