import { AsyncLocalStorage } from 'node:async_hooks';
import {
  asapScheduler,
  asyncScheduler,
  firstValueFrom,
  lastValueFrom,
  map,
  NEVER,
  of,
  Subject,
  throwError,
  timer,
} from 'rxjs';
import type { Observable } from 'rxjs';
import { createPool } from '../../src/index';
import type { ConnectionPool, PoolEvent, PoolOptions } from '../../src/index';
import { poolError } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';
import type { ScriptedConnection, ScriptedTarget } from '../helpers/scripted-target';
import { until } from '../helpers/turns';

type Options = Partial<PoolOptions<ScriptedConnection>>;

/** One small pool in real time. */
class Trial {
  readonly events: PoolEvent[] = [];
  readonly pool: ConnectionPool<ScriptedConnection>;

  constructor(
    options: Options = {},
    readonly target: ScriptedTarget = scriptedTarget(),
  ) {
    this.pool = createPool({ connect: target.connect, max: 1, ...options });
    this.pool.events$.subscribe((event) => this.events.push(event));
  }

  /** Holds a connection for this time, and returns it. */
  use(ms = 0): Promise<number> {
    return lastValueFrom(this.pool.use((c) => timer(ms).pipe(map(() => c.id))));
  }

  /** Holds one until the pool ends. */
  hold(): void {
    this.pool.use(() => NEVER, { label: 'holder' }).subscribe({ error: () => undefined });
  }

  /** The reasons of the evictions so far. */
  get evictions(): string[] {
    return this.events.flatMap((event) => (event.type === 'evicted' ? [event.reason] : []));
  }

  async until(type: PoolEvent['type']): Promise<PoolEvent> {
    const found = this.events.find((event) => event.type === type);
    return found ?? firstValueFrom(this.next(type));
  }

  private next(type: PoolEvent['type']): Observable<PoolEvent> {
    const found = new Subject<PoolEvent>();
    this.pool.events$.subscribe((event) => {
      if (event.type === type) found.next(event);
    });
    return found;
  }
}

const pause = (ms: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, ms));
const broken = new Error('broken pipe');

/** Each option has its effect with the real clock. Timeouts are short; only the effect is asserted, not its time. */
const trials: Record<
  keyof PoolOptions<ScriptedConnection>,
  (begin: (...of: ConstructorParameters<typeof Trial>) => Trial) => Promise<void>
> = {
  connect: async (begin) => {
    const trial = begin({}, scriptedTarget({ openAfter: 2 }));
    expect([await trial.use(), trial.target.opened]).toEqual([0, 1]);
  },
  max: async (begin) => {
    const trial = begin({ max: 2 });
    await Promise.all([1, 2, 3, 4, 5].map((ms) => trial.use(ms)));
    expect(trial.target.peak).toBe(2);
  },
  min: async (begin) => {
    const { target } = begin({ max: 3, min: 2 }, scriptedTarget({ openAfter: 1 }));
    await until(() => target.opened === 2);
    expect(target.dials).toBe(2);
  },
  close: async (begin) => {
    const closed: number[] = [];
    const trial = begin({ close: (c) => timer(3).pipe(map(() => closed.push(c.id))) });
    await trial.use();
    await trial.pool.destroy();
    expect(closed).toEqual([0]);
  },
  lost: async (begin) => {
    const gone = new Subject<void>();
    const trial = begin({ lost: () => gone });
    await trial.use();
    gone.next();
    await trial.until('closed');
    expect(trial.evictions).toEqual(['lost']);
  },
  name: async (begin) => {
    const { pool } = begin({ name: 'db', maxPending: 0 });
    pool.acquire().subscribe();
    await expectAsync(firstValueFrom(pool.acquire())).toBeRejectedWith(poolError('POOL_EXHAUSTED', { pool: 'db' }));
  },
  capacity: async (begin) => {
    const trial = begin({ capacity: 3 });
    await Promise.all([3, 3, 3].map((ms) => trial.use(ms)));
    expect([trial.target.opened, trial.pool.timings().wait.count]).toEqual([1, 3]);
  },
  acquireTimeout: async (begin) => {
    const trial = begin({ acquireTimeout: 5 });
    trial.hold();
    await expectAsync(trial.use()).toBeRejectedWith(poolError('POOL_EXHAUSTED', { reason: 'timeout' }));
    expect((await trial.until('timedOut')) as { waited?: number }).toEqual(
      jasmine.objectContaining({ type: 'timedOut' }),
    );
  },
  maxPending: async (begin) => {
    const trial = begin({ maxPending: 1 });
    const first = trial.use(3);
    const second = trial.use();
    await expectAsync(trial.use()).toBeRejectedWith(poolError('POOL_EXHAUSTED', { reason: 'queue-full' }));
    expect(await Promise.all([first, second])).toEqual([0, 0]);
  },
  connectTimeout: async (begin) => {
    const trial = begin(
      { connectTimeout: 5, retryDelay: 0 },
      scriptedTarget({ step: (dial) => (dial === 0 ? 'hang' : 'open') }),
    );
    await trial.use();
    expect([trial.target.dials, trial.pool.stats.openFailures]).toEqual([2, 1]);
  },
  closeTimeout: async (begin) => {
    const trial = begin({ close: () => NEVER, closeTimeout: 5, maxUses: 1 });
    expect([await trial.use(), await trial.use()]).toEqual([0, 1]);
    expect(trial.target.peak).toBe(1);
  },
  maxOpening: async (begin) => {
    const trial = begin({ max: 8, maxOpening: 2 }, scriptedTarget({ openAfter: 2 }));
    await trial.pool.warmUp(8);
    expect(trial.target.peakOpening).toBe(2);
  },
  retryDelay: async (begin) => {
    const trial = begin(
      { retryDelay: { initial: 10, max: 10 }, random: () => 0.99 },
      scriptedTarget({ step: (dial) => (dial < 2 ? 'fail' : 'open') }),
    );
    await trial.use();
    const [first, , third] = trial.target.dialTimes;
    expect(third! - first!).toBeGreaterThanOrEqual(17);
  },
  breaker: async (begin) => {
    const target = scriptedTarget({ step: (dial) => (dial < 2 ? 'fail' : 'open') });
    const trial = begin({ breaker: { failures: 2, probeAfter: 10 }, retryDelay: 1 }, target);
    await expectAsync(trial.use()).toBeRejectedWith(poolError('CONNECTION_FAILED', { attempts: 2 }));
    await pause(15);
    expect(await trial.use()).toBe(0);
    expect(trial.events.flatMap((event) => (event.type === 'breaker' ? [event.state] : []))).toEqual([
      'open',
      'half-open',
      'closed',
    ]);
  },
  order: async (begin) => {
    for (const order of ['lifo', 'fifo'] as const) {
      const trial = begin({ max: 2, order });
      await Promise.all([trial.use(2), trial.use(10)]);
      expect(await trial.use()).toBe(order === 'lifo' ? 1 : 0);
    }
  },
  idleTimeout: async (begin) => {
    const trial = begin({ idleTimeout: 5 });
    await trial.use();
    await trial.until('closed');
    expect(trial.evictions).toEqual(['idle']);
  },
  maxLifetime: async (begin) => {
    const trial = begin({ maxLifetime: 5 });
    await trial.use();
    await trial.until('closed');
    expect(trial.evictions).toEqual(['lifetime']);
  },
  lifetimeJitter: async (begin) => {
    const trial = begin({ maxLifetime: 60_000, lifetimeJitter: 1, random: () => 0.9999 });
    await trial.use();
    await trial.until('closed');
    expect(trial.evictions).toEqual(['lifetime']);
  },
  maxUses: async (begin) => {
    const trial = begin({ maxUses: 2 });
    const ids = [await trial.use(), await trial.use(), await trial.use()];
    expect(ids).toEqual([0, 0, 1]);
    expect(trial.evictions).toEqual(['uses']);
  },
  validate: async (begin) => {
    const trial = begin({ validateAfter: 0, validate: (c) => Promise.resolve(c.id > 0), retryDelay: 1 });
    expect(await trial.use()).toBe(1);
    expect(trial.evictions).toEqual(['validate']);
  },
  validateAfter: async (begin) => {
    let asked = 0;
    const trial = begin({ validateAfter: 300, validate: () => of(++asked > 0) });
    const began = performance.now();
    await trial.use();
    await trial.use();
    // If the machine took this long, the case cannot be judged.
    if (performance.now() - began < 300) expect(asked).toBe(0);
    asked = 0;
    await pause(310);
    await trial.use();
    expect(asked).toBe(1);
  },
  reset: async (begin) => {
    const reset: number[] = [];
    const trial = begin({ reset: (c) => timer(2).pipe(map(() => reset.push(c.id))) });
    await Promise.all([trial.use(), trial.use()]);
    expect(reset[0]).toBe(0);
  },
  isFatal: async (begin) => {
    const trial = begin({ isFatal: (error) => error === broken });
    for (const error of [new Error('no such table'), broken]) {
      await expectAsync(lastValueFrom(trial.pool.use(() => throwError(() => error)))).toBeRejectedWith(error);
    }
    expect([await trial.use(), trial.evictions]).toEqual([1, ['discarded']]);
  },
  outlier: async (begin) => {
    const trial = begin({ outlier: { consecutive: 2 } });
    for (const error of [new Error('first'), broken]) {
      await expectAsync(lastValueFrom(trial.pool.use(() => throwError(() => error)))).toBeRejectedWith(error);
    }
    expect([await trial.use(), trial.evictions]).toEqual([1, ['outlier']]);
  },
  onCancel: async (begin) => {
    const cleaned: number[] = [];
    const forms: [PoolOptions<ScriptedConnection>['onCancel'], number][] = [
      ['release', 0],
      ['discard', 1],
      [(c) => timer(3).pipe(map(() => cleaned.push(c.id))), 0],
    ];
    for (const [onCancel, next] of forms) {
      const trial = begin({ onCancel });
      trial.pool
        .use(() => NEVER)
        .subscribe()
        .unsubscribe();
      expect(await trial.use()).toBe(next);
    }
    expect(cleaned).toEqual([0]);
  },
  cancelTimeout: async (begin) => {
    const trial = begin({ cancelTimeout: 5 });
    trial.pool
      .use(() => new Promise(() => undefined))
      .subscribe()
      .unsubscribe();
    expect([await trial.use(), trial.evictions]).toEqual([1, ['discarded']]);
  },
  leakThreshold: async (begin) => {
    const trial = begin({ leakThreshold: 5 });
    trial.hold();
    expect(await trial.until('leaked')).toEqual(
      jasmine.objectContaining({ label: 'holder', collected: false }) as never,
    );
    expect(trial.pool.holders()[0]!.age).toBeGreaterThanOrEqual(4);
  },
  overload: async (begin) => {
    const trial = begin({ overload: { target: 2, interval: 5 } });
    trial.hold();
    await expectAsync(trial.use()).toBeRejectedWith(poolError('POOL_EXHAUSTED', { reason: 'overload' }));
  },
  timings: async (begin) => {
    for (const timings of [true, false]) {
      const trial = begin({ timings });
      await trial.use(3);
      expect(trial.pool.timings().use.count).toBe(timings ? 1 : 0);
    }
  },
  context: async (begin) => {
    const store = new AsyncLocalStorage<string>();
    for (const context of [undefined, false] as const) {
      const trial = begin({ context });
      const lease = await firstValueFrom(trial.pool.acquire());
      const waiter = store.run('waiter', () => lastValueFrom(trial.pool.use(() => of(store.getStore()))));
      store.run('holder', () => {
        lease.release();
      });
      expect(await waiter).toBe(context === false ? 'holder' : 'waiter');
    }
    // A store that is not disabled makes every later promise and timer of the process slower.
    store.disable();
  },
  scheduler: async (begin) => {
    for (const scheduler of [asyncScheduler, asapScheduler]) {
      const trial = begin({ scheduler, acquireTimeout: 5 });
      trial.hold();
      await expectAsync(trial.use()).toBeRejectedWith(poolError('POOL_EXHAUSTED'));
    }
  },
  random: async (begin) => {
    const trial = begin(
      { retryDelay: 60_000, random: () => 0 },
      scriptedTarget({ step: (dial) => (dial === 0 ? 'fail' : 'open') }),
    );
    expect(await trial.use()).toBe(0);
  },
};

describe('in real time, the option', () => {
  for (const [name, trial] of Object.entries(trials)) {
    it(`${name} has its documented effect`, async () => {
      const begun: Trial[] = [];
      await trial((...parts) => {
        const one = new Trial(...parts);
        begun.push(one);
        return one;
      });
      await Promise.all(begun.map(({ pool }) => pool.destroy({ timeout: 0 })));
      for (const { pool, target } of begun) expect([pool.stats.totalConnections, target.live]).toEqual([0, 0]);
    });
  }
});
