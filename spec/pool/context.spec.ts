import { AsyncLocalStorage } from 'node:async_hooks';
import { from as pull } from 'ix/asynciterable';
import {
  asyncScheduler,
  config,
  firstValueFrom,
  lastValueFrom,
  map,
  NEVER,
  Observable,
  of,
  Subject,
  take,
  timer,
} from 'rxjs';
import type { SchedulerLike } from 'rxjs';
import { batchParallel, createPool, withConnection } from '../../src';
import type { ConnectionPool, ContextCarrier, Lease, PoolOptions } from '../../src';
import * as ix from '../../src/ix';
import { storesOf } from '../../src/pool/rx/async-context';
import { collectGarbage } from '../helpers/garbage';
import { poolError } from '../helpers/marbles';
import { turns, until } from '../helpers/turns';
import { VirtualClock } from './model/virtual-clock';

const store = new AsyncLocalStorage<unknown>();

/** A connection that opens synchronously, and stays open. */
const opens = (): Observable<object> =>
  new Observable((subscriber) => {
    subscriber.next({});
  });

async function drained(outcomes: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of outcomes);
}

/** The lease of a pool of one, so that every later caller has to wait. */
async function held<C>(pool: ConnectionPool<C>): Promise<Lease<C>> {
  return firstValueFrom(pool.acquire());
}

describe('The context of a pool', () => {
  // A store that is not disabled makes every later promise and timer of the process slower.
  afterAll(() => {
    store.disable();
  });

  describe('Callbacks that belong to no caller', () => {
    it('run in the context of no caller: connect, validate, reset, lost and close', async () => {
      const seen: Record<string, unknown[]> = {};
      const see = (what: string): void => void (seen[what] ??= []).push(store.getStore());
      const gone = new Subject<void>();
      const pool = createPool<object>({
        connect: async () => {
          see('connect');
          await Promise.resolve();
          see('connect, later');
          return {};
        },
        lost: () => {
          see('lost');
          return gone;
        },
        validate: () => {
          see('validate');
          return of(true);
        },
        validateAfter: 0,
        reset: () => {
          see('reset');
          return of(true);
        },
        close: () => see('close'),
        max: 1,
      });
      await store.run('a caller', async () => {
        await lastValueFrom(pool.use(() => of(1)));
        await lastValueFrom(pool.use(() => of(2)));
        pool.refresh();
        await lastValueFrom(pool.use(() => of(3)));
        await pool.destroy();
      });
      expect(Object.keys(seen).sort()).toEqual(['close', 'connect', 'connect, later', 'lost', 'reset', 'validate']);
      expect(new Set(Object.values(seen).flat())).toEqual(new Set([undefined]));
    });

    it('run in the context of no caller: every timer', async () => {
      const stores: unknown[] = [];
      const scheduler: SchedulerLike = {
        now: () => asyncScheduler.now(),
        schedule: (work, delay, state) => {
          stores.push(store.getStore());
          return asyncScheduler.schedule(work as () => void, delay, state);
        },
      };
      await store.run('a caller', async () => {
        const pool = createPool({
          connect: opens,
          max: 1,
          acquireTimeout: 5,
          connectTimeout: 5,
          cancelTimeout: 5,
          leakThreshold: 1,
          overload: { target: 1, interval: 2 },
          scheduler,
        });
        const lease = await held(pool);
        await expectAsync(lastValueFrom(pool.use(() => of(1)))).toBeRejectedWith(poolError('POOL_EXHAUSTED'));
        lease.release();
        pool
          .use(() => new Promise(() => undefined))
          .subscribe()
          .unsubscribe();
        await pool.destroy({ timeout: 1 });
      });
      expect(stores.length).toBeGreaterThan(5);
      expect(new Set(stores)).toEqual(new Set([undefined]));
    });

    it('keep no store while a connection is idle', async () => {
      const pool = createPool({ connect: async () => Promise.resolve({}), max: 2 });
      const stores: WeakRef<object>[] = [];
      await (async () => {
        for (let i = 0; i < 4; i++) {
          const one = { megabytes: i };
          stores.push(new WeakRef(one));
          await store.run(one, () =>
            Promise.all([1, 2, 3].map(() => lastValueFrom(pool.use(async () => Promise.resolve(1))))),
          );
        }
      })();
      await turns(3);
      collectGarbage();
      expect(pool.stats.availableConnections).toBeGreaterThan(0);
      expect(stores.filter((ref) => ref.deref() !== undefined).length).toBe(0);
      await pool.destroy();
    });
  });

  it('costs nothing for a caller that is served at once', async () => {
    const asked: string[] = [];
    const context: ContextCarrier = (of) => {
      asked.push(of);
      return null;
    };
    const pool = createPool({ connect: opens, max: 2, context });
    for (let i = 0; i < 10; i++) {
      await lastValueFrom(pool.use(() => of(1)));
      await lastValueFrom(pool.use(async () => Promise.resolve(1)));
      (await held(pool)).release();
    }
    expect(asked).toEqual(['pool']);
    await pool.destroy();
  });

  it('is not carried where the platform has no stores, as in a browser', () => {
    expect(storesOf(undefined)).toBeNull();
  });

  it('is that of a stream for every lease, also of those that come in a later turn', async () => {
    const pool = createPool({ connect: opens, max: 1 });
    await pool.warmUp();
    const seen: unknown[] = [];
    store.run('a stream', () => {
      pool.pipe(take(4)).subscribe((lease) => {
        seen.push(store.getStore());
        lease.release();
      });
    });
    await until(() => seen.length === 4);
    expect(seen).toEqual(['a stream', 'a stream', 'a stream', 'a stream']);
    await pool.destroy();
  });

  it('is that of each item that a batch received while it had no capacity', async () => {
    const pool = createPool({ connect: opens, max: 3 });
    const source = new Subject<number>();
    const seen: unknown[] = [];
    const wrong: unknown[] = [];
    const batch = lastValueFrom(
      source.pipe(
        withConnection(pool, async (_, item) => {
          seen.push(item);
          if (store.getStore() !== item) wrong.push([item, store.getStore()]);
          await Promise.resolve();
          return item;
        }),
        batchParallel(2),
      ),
    );
    for (let item = 0; item < 20; item++) {
      store.run(item, () => {
        source.next(item);
      });
    }
    source.complete();
    await batch;
    expect(seen.length).toBe(20);
    expect(wrong).toEqual([]);
    await pool.destroy();
  });

  for (const [name, between] of [
    ['a task right behind withConnection', null],
    ['a task behind another operator', map(<T>(task: T) => task)],
  ] as const) {
    it(`is that of an item that came inside the work of another one: ${name}`, async () => {
      const pool = createPool({ connect: opens, max: 2 });
      await pool.warmUp(2);
      const source = new Subject<string>();
      const seen: unknown[] = [];
      const tasks = source.pipe(
        withConnection(pool, (_, item) => {
          seen.push([item, store.getStore()]);
          if (item === 'first') {
            store.run('second', () => {
              source.next('second');
            });
          }
          return of(item);
        }),
      );
      const batch = lastValueFrom((between === null ? tasks : tasks.pipe(between)).pipe(batchParallel(2)));
      store.run('first', () => {
        source.next('first');
      });
      source.complete();
      await batch;
      expect(seen).toEqual([
        ['first', 'first'],
        ['second', 'second'],
      ]);
      await pool.destroy();
    });
  }

  it('is that of a stream that is served in a later turn the first time', async () => {
    const clock = new VirtualClock();
    const pool = createPool({ connect: opens, max: 1, scheduler: clock });
    const serveStreams = (count: number, onLease: () => void): void => {
      for (let i = 0; i < count; i++) {
        pool.pipe(take(1)).subscribe((lease) => {
          onLease();
          lease.release();
        });
      }
    };
    // More leases than streams get in one turn.
    serveStreams(2_000, () => undefined);
    const seen: unknown[] = [];
    store.run('a stream', () => {
      serveStreams(1, () => seen.push(store.getStore()));
    });
    expect(seen).toEqual([]);
    clock.pass(10);
    expect(seen).toEqual(['a stream']);
    void pool.destroy({ timeout: 0 });
  });

  it('is that of each item that a batch held while the target was down', async () => {
    const clock = new VirtualClock();
    let away = true;
    const pool = createPool({
      connect: () => (away ? new Observable<object>((s) => s.error(new Error('away'))) : opens()),
      max: 2,
      retryDelay: 1,
      breaker: { failures: 1, probeAfter: 5 },
      scheduler: clock,
    });
    const source = new Subject<number>();
    const seen: [number, unknown][] = [];
    const batch = lastValueFrom(
      source.pipe(
        withConnection(pool, (_, item) => {
          seen.push([item, store.getStore()]);
          return of(item);
        }),
        batchParallel(3),
      ),
    );
    for (let item = 0; item < 6; item++) {
      store.run(item, () => {
        source.next(item);
      });
    }
    source.complete();
    clock.pass(20);
    away = false;
    store.run('elsewhere', () => {
      clock.pass(100);
    });
    await batch;
    expect(seen.map(([item]) => item)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(seen.filter(([item, own]) => item !== own)).toEqual([]);
    void pool.destroy({ timeout: 0 });
  });

  it('is that of the holder, when a lease passes to a task inside a callback of another one', async () => {
    const pool = createPool({ connect: opens, max: 2 });
    let seen: unknown;
    const lease = await held(pool);
    const tasks = of(lease).pipe(
      withConnection(() => {
        seen = store.getStore();
        return of(1);
      }),
    );
    const task = await firstValueFrom(tasks);
    await lastValueFrom(
      pool.use(() => {
        store.run('the holder', () => task.subscribe());
        return of(1);
      }),
    );
    expect(seen).toBe('the holder');
    await pool.destroy();
  });

  describe('is that of the caller when its signal is aborted elsewhere', () => {
    type Pool = ConnectionPool<object>;
    type Begin = (pool: Pool, work: () => Observable<never>, signal: AbortSignal) => Promise<unknown>;
    const ways: Record<string, Begin> = {
      use: (pool, work, signal) => lastValueFrom(pool.use(work, { signal })),
      'a task': (pool, work, signal) =>
        lastValueFrom(of(1).pipe(withConnection(pool, work, { signal }), batchParallel())),
      'a pulled task': (pool, work, signal) =>
        drained(ix.batchParallel()(ix.withConnection(pool, work, { signal })(pull([1])))),
      'a pulled batch': (pool, work, signal) =>
        drained(ix.batchParallel({ signal })(ix.withConnection(pool, work)(pull([1])))),
      'an iterator': (pool, work, signal) =>
        ix
          .batchParallel()(ix.withConnection(pool, work)(pull([1])))
          [Symbol.asyncIterator](signal)
          .next(),
    };
    for (const [name, begin] of Object.entries(ways)) {
      it(`${name}, although it was served at once`, async () => {
        const pool = createPool({ connect: opens, max: 1 });
        const controller = new AbortController();
        const seen: unknown[] = [];
        const work = (): Observable<never> => {
          seen.push(store.getStore());
          return new Observable(() => () => seen.push(store.getStore()));
        };
        const ended = store.run('caller', () =>
          begin(pool, work, controller.signal).then(
            () => seen.push(store.getStore()),
            () => seen.push(store.getStore()),
          ),
        );
        await until(() => seen.length === 1);
        store.run('elsewhere', () => {
          controller.abort();
        });
        await ended;
        expect(seen).toEqual(['caller', 'caller', 'caller']);
        await pool.destroy();
      });
    }
  });

  it('is that of the holder for the listeners of the signal of its lease, although it was served at once', async () => {
    const pool = createPool({ connect: opens, max: 1 });
    const seen: unknown[] = [];
    const lease = await firstValueFrom(pool.acquire());
    store.run('holder', () => {
      lease.signal.addEventListener('abort', () => seen.push(store.getStore()));
    });
    await store.run('elsewhere', () => pool.destroy({ timeout: 0 }));
    expect(seen).toEqual(['holder']);
  });

  describe('The option context', () => {
    /** A carrier of a variable, like zone.js. */
    class Variable {
      value = 'root';

      run<T>(value: string, fn: () => T): T {
        const { value: outer } = this;
        this.value = value;
        try {
          return fn();
        } finally {
          this.value = outer;
        }
      }

      readonly carrier: ContextCarrier = (of) => {
        const value = of === 'pool' ? 'root' : this.value;
        return (run) => {
          this.run(value, run);
        };
      };
    }

    async function contended(
      variable: Variable,
      options: Partial<PoolOptions<object>>,
    ): Promise<{ seen: string[]; connected: string }> {
      let connected = '';
      const pool = createPool<object>({
        connect: () => {
          connected = variable.value;
          return opens();
        },
        max: 1,
        ...options,
      });
      const lease = await variable.run('first', () => held(pool));
      const seen: string[] = [];
      const waiters = ['a', 'b'].map((name) =>
        variable.run(name, () =>
          lastValueFrom(
            pool.use(() => {
              seen.push(variable.value);
              return of(1);
            }),
          ),
        ),
      );
      variable.run('releasing', () => {
        lease.release();
      });
      await Promise.all(waiters);
      await pool.destroy();
      return { seen, connected };
    }

    it('accepts a function that carries another context', async () => {
      const variable = new Variable();
      expect(await contended(variable, { context: variable.carrier })).toEqual({ seen: ['a', 'b'], connected: 'root' });
    });

    it('is off with false', async () => {
      const variable = new Variable();
      expect(await contended(variable, { context: false })).toEqual({
        seen: ['releasing', 'releasing'],
        connected: 'first',
      });
      const pool = createPool({ connect: opens, max: 1, context: false });
      const lease = await held(pool);
      const waiter = store.run('waiter', () => lastValueFrom(pool.use(() => of(store.getStore()))));
      store.run('releasing', () => {
        lease.release();
      });
      expect(await waiter).toBe('releasing');
      await pool.destroy();
    });

    it('serves a caller even with a carrier that throws, does not call back, or calls back twice, and reports that', async () => {
      const reported: unknown[] = [];
      config.onUnhandledError = (error) => reported.push(error);
      const broken = new Error('broken');
      const throws = (): never => {
        throw broken;
      };
      const carriers: ContextCarrier[] = [
        (of) => (of === 'pool' ? null : throws()),
        (of) => (of === 'pool' ? null : throws),
        () => () => undefined,
        () => (run) => {
          run();
          run();
        },
      ];
      for (const context of carriers) {
        const variable = new Variable();
        expect((await contended(variable, { context })).seen.length).toBe(2);
      }
      await until(() => reported.length === 4);
      config.onUnhandledError = null;
      expect(new Set(reported)).toEqual(new Set([broken]));
    });

    it('rejects a function that returns another value', () => {
      const context = (() => 5) as unknown as ContextCarrier;
      expect(() => createPool({ connect: opens, max: 1, name: 'db', context })).toThrowError(
        /context must return a function that calls its argument, or null, but returned 5/,
      );
    });

    it('carries the zone by default where zone.js is loaded', async () => {
      const variable = new Variable();
      const zone = (name: string): { run: <T>(fn: () => T) => T } => ({ run: (fn) => variable.run(name, fn) });
      const global = globalThis as { Zone?: unknown };
      global.Zone = {
        root: zone('root'),
        get current() {
          return zone(variable.value);
        },
      };
      try {
        expect(await contended(variable, {})).toEqual({ seen: ['a', 'b'], connected: 'root' });
        // The stores are carried as well.
        const pool = createPool({ connect: opens, max: 1 });
        const lease = await held(pool);
        const waiter = store.run('waiter', () => lastValueFrom(pool.use(() => of(store.getStore()))));
        lease.release();
        expect(await waiter).toBe('waiter');
        await pool.destroy();
      } finally {
        delete global.Zone;
      }
    });
  });

  it('is kept by no wait that has ended', async () => {
    const pool = createPool({ connect: opens, max: 1 });
    const lease = await held(pool);
    const ref = await (async () => {
      const one = {};
      const waiting = store.run(one, () => pool.use(() => NEVER).subscribe());
      await firstValueFrom(timer(1));
      waiting.unsubscribe();
      return new WeakRef(one);
    })();
    await turns(3);
    collectGarbage();
    expect(ref.deref()).toBeUndefined();
    lease.release();
    await pool.destroy();
  });
});
