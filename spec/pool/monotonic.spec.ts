import FakeTimers from '@sinonjs/fake-timers';
import type { Clock, FakeMethod } from '@sinonjs/fake-timers';
import { asyncScheduler, firstValueFrom, lastValueFrom, NEVER, of, timer } from 'rxjs';
import type { SchedulerLike } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { createPool } from '../../src/index';
import type { ConnectionPool, Lease, PoolEvent, PoolOptions } from '../../src/index';
import { MonotonicTime } from '../../src/pool/rx/monotonic-time';
import { schedulerClock } from '../../src/pool/rx/scheduler-clock';
import { opensAtOnce, poolError } from '../helpers/marbles';

const RealDate = Date;
const hour = 3_600_000;

/** Lets the date continue from another time, or pins it, as when the clock is set, or by MockDate. */
function setDate(shift: number | 'pinned'): void {
  const pinned = RealDate.now();
  const shifted = (): number => (shift === 'pinned' ? pinned : RealDate.now() + shift);
  globalThis.Date = class extends RealDate {
    constructor(...given: []) {
      super(...((given.length === 0 ? [shifted()] : given) as unknown as []));
    }
    static override now = shifted;
  } as DateConstructor;
}

const realTime = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Keeps the thread busy. */
function block(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until;);
}

const onePool = (options: Partial<PoolOptions<string>> = {}): ConnectionPool<string> =>
  createPool({ connect: () => opensAtOnce('c'), max: 1, ...options });

describe('durations', () => {
  afterEach(() => {
    globalThis.Date = RealDate;
  });

  for (const [name, shift] of [
    ['set back by an hour', -hour],
    ['set forward by an hour', hour],
    ['pinned', 'pinned'],
  ] as const) {
    describe(`while the date is ${name}`, () => {
      it('are elapsed time: a caller waits for its acquireTimeout', async () => {
        const pool = onePool({ acquireTimeout: 60 });
        const lease = await firstValueFrom(pool.acquire());
        const waits = lastValueFrom(pool.acquire());
        const before = performance.now();
        setDate(shift);
        const error = await waits.then(
          () => null,
          (thrown: unknown) => thrown,
        );
        expect(performance.now() - before).toBeGreaterThan(55);
        expect(error).toEqual(poolError('POOL_EXHAUSTED', { reason: 'timeout' }));
        const said = /waited (\d+) ms/.exec((error as Error).message);
        expect(Number(said![1])).toBeLessThan(hour / 2);
        lease.release();
        await pool.destroy();
      });

      it('end: an open breaker probes, and idle connections are closed', async () => {
        let up = false;
        const pool = onePool({
          connect: () => (up ? opensAtOnce('c') : Promise.reject(new Error('refused'))),
          breaker: { failures: 1, probeAfter: 30 },
          retryDelay: 1,
          idleTimeout: 40,
        });
        await expectAsync(lastValueFrom(pool.use(() => of(1)))).toBeRejected();
        expect(pool.stats.breaker).toBe('open');
        setDate(shift);
        up = true;
        await realTime(31);
        for (let tries = 0; pool.stats.totalConnections === 0 && tries < 200; tries++) {
          await lastValueFrom(pool.use(() => of(1))).catch(() => realTime(5));
        }
        expect(pool.stats.totalConnections).toBe(1);
        const evicted = firstValueFrom(pool.events$);
        expect((await evicted).type).toBe('evicted');
        await pool.destroy();
      });

      it('are in the timings and the holders, and the date is in stats and events', async () => {
        const pool = onePool();
        const events: PoolEvent[] = [];
        pool.events$.subscribe((event) => events.push(event));
        const lease = await firstValueFrom(pool.acquire());
        setDate(shift);
        await realTime(20);
        expect(pool.holders()[0]!.age).toBeGreaterThanOrEqual(19);
        expect(pool.holders()[0]!.age).toBeLessThan(hour / 2);
        lease.release();
        expect(pool.timings().use.max).toBeLessThan(hour / 2);
        const { at, elapsed } = events.at(-1)!;
        expect(elapsed - events.at(-2)!.elapsed).toBeGreaterThanOrEqual(19);
        expect(elapsed - events.at(-2)!.elapsed).toBeLessThan(hour / 2);
        expect(Math.abs(at - Date.now())).toBeLessThan(hour / 2);
        expect(Math.abs(pool.stats.at - Date.now())).toBeLessThan(hour / 2);
        await pool.destroy();
      });
    });
  }

  it('do not jump when the date jumps at random under load', async () => {
    const pool = onePool({ max: 3, acquireTimeout: 5_000, leakThreshold: 5_000 });
    const wrong: string[] = [];
    pool.events$.subscribe((event) => {
      if (event.type === 'leaked' || event.type === 'timedOut' || event.type === 'evicted') wrong.push(event.type);
    });
    let shift = 1;
    const work = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) {
        shift = (shift * 48_271) % 2_147_483_647;
        setDate((shift % (2 * hour)) - hour);
        await lastValueFrom(pool.use(() => timer(1)));
      }
    };
    await Promise.all(Array.from({ length: 8 }, work));
    expect(wrong).toEqual([]);
    expect(pool.timings().wait.max).toBeLessThan(hour / 10);
    await pool.destroy();
  });

  it('and a date that jumped ahead while a connection was lent: those that were idle are validated, once', async () => {
    let validated: string[] = [];
    let opened = 0;
    const pool = onePool({
      connect: () => opensAtOnce(`c${++opened}`),
      max: 2,
      validateAfter: hour,
      validate: (connection) => {
        validated.push(connection);
        return of(true);
      },
    });
    const acquire = (): Promise<Lease<string>> => firstValueFrom(pool.acquire());
    const lent = await acquire();
    (await acquire()).release();
    setDate(hour);
    const other = await acquire();
    expect(validated).toEqual(['c2']);
    validated = [];
    lent.release();
    (await acquire()).release();
    other.release();
    const again = [await acquire(), await acquire()];
    expect(again.map(({ connection }) => connection).sort()).toEqual(['c1', 'c2']);
    expect(validated).toEqual([]);
    for (const lease of again) lease.release();
    await pool.destroy();
  });

  describe('with fake timers', () => {
    const times = (): { pool: ConnectionPool<string>; failed: () => boolean } => {
      const pool = onePool({ acquireTimeout: 200 });
      let failed = false;
      pool.acquire().subscribe();
      pool.acquire().subscribe({ error: () => (failed = true) });
      return { pool, failed: () => failed };
    };

    for (const [name, toFake] of [
      ['all of them', undefined],
      ['timers and Date, as vitest has it', ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date']],
      ['timers alone', ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval']],
    ] as const) {
      for (const when of ['before', 'after'] as const) {
        it(`${name}, installed ${when} the pool is created: a timer that fires defines the time`, () => {
          let pool = when === 'after' ? onePool({ acquireTimeout: 200 }) : null;
          const clock = FakeTimers.install(toFake === undefined ? {} : { toFake: [...toFake] as FakeMethod[] });
          try {
            pool ??= onePool({ acquireTimeout: 200 });
            let failed = false;
            pool.acquire().subscribe();
            pool.acquire().subscribe({ error: () => (failed = true) });
            clock.tick(199);
            expect(failed).toBeFalse();
            clock.tick(1);
            expect(failed).toBeTrue();
          } finally {
            clock.uninstall();
          }
        });
      }
    }

    it('of Date alone: real timers time out', async () => {
      const clock = FakeTimers.install({ toFake: ['Date'] });
      try {
        const { pool, failed } = times();
        clock.tick(hour);
        await realTime(50);
        expect(failed()).toBeFalse();
        for (let tries = 0; !failed() && tries < 100; tries++) await realTime(20);
        expect(failed()).toBeTrue();
        void pool.destroy({ timeout: 0 });
      } finally {
        clock.uninstall();
      }
    });

    for (const order of ['timers and then the date', 'the date and then timers'] as const) {
      it(`of ${order}: the first advance counts`, () => {
        const time = new MonotonicTime();
        let now = RealDate.now();
        let clock: Clock | undefined;
        const fakes = [
          () => {
            clock = FakeTimers.install({ toFake: ['setTimeout', 'setInterval'] });
          },
          () => {
            globalThis.Date = class extends RealDate {
              static override now = (): number => now;
            } as DateConstructor;
          },
        ];
        try {
          for (const fake of order === 'timers and then the date' ? fakes : fakes.reverse()) {
            fake();
            time.now();
          }
          const before = time.now();
          now += 100;
          expect(time.now() - before).toBe(100);
        } finally {
          clock?.uninstall();
        }
      });
    }

    it('of performance.now alone, which go on from its time: the first advance counts', () => {
      const time = new MonotonicTime();
      const real = performance.now;
      let now = real.call(performance);
      try {
        performance.now = () => now;
        const before = time.now();
        now += 100;
        expect(time.now() - before).toBe(100);
      } finally {
        delete (performance as { now?: unknown }).now;
      }
    });

    it('that advance the date and not performance.now: a connection that was unused for that time is validated', () => {
      const clock = FakeTimers.install({
        toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
      });
      try {
        let validations = 0;
        const pool = onePool({ validateAfter: 500, validate: () => of(++validations > 0) });
        pool.use(() => of(1)).subscribe();
        clock.tick(600);
        pool.use(() => of(1)).subscribe();
        expect(validations).toBe(1);
      } finally {
        clock.uninstall();
      }
    });

    it('that are restored add nothing to the time', async () => {
      const pool = onePool();
      const lease = await firstValueFrom(pool.acquire());
      const clock = FakeTimers.install({ now: 0 });
      const { age } = pool.holders()[0]!;
      clock.tick(hour);
      expect(pool.holders()[0]!.age).toBe(age + hour);
      clock.uninstall();
      expect(pool.holders()[0]!.age).toBeLessThan(hour + 10_000);
      lease.release();
      await pool.destroy();
    });
  });

  describe('in virtual time', () => {
    const inside = (spec: () => void): void => {
      new TestScheduler((actual, expected) => {
        expect(actual).toEqual(expected);
      }).run(spec);
    };

    for (const where of ['outside', 'inside'] as const) {
      it(`are virtual where the pool was created ${where}`, () => {
        let pool = where === 'outside' ? onePool({ acquireTimeout: 200 }) : null;
        const waits: number[] = [];
        inside(() => {
          pool ??= onePool({ acquireTimeout: 200 });
          const current = pool;
          current.acquire().subscribe();
          asyncScheduler.schedule(() => {
            current.acquire().subscribe({ error: () => waits.push(asyncScheduler.now()) });
          }, 1_000);
          asyncScheduler.schedule(() => {
            expect(current.holders()[0]!.age).toBe(1_150);
          }, 1_150);
        });
        expect(waits).toEqual([1_200]);
      });
    }

    it('add nothing when they begin and end', () => {
      const time = new MonotonicTime();
      const before = time.now();
      inside(() => {
        expect(time.now() - before).toBeLessThan(1_000);
        asyncScheduler.schedule(() => {
          expect(time.now() - before).toBeGreaterThanOrEqual(hour);
        }, hour);
      });
      expect(time.now() - before).toBeLessThan(hour + 10_000);
    });
  });

  it('by a scheduler of the user are its own', () => {
    let now = 5;
    const scheduler: SchedulerLike = {
      now: () => now,
      schedule: asyncScheduler.schedule.bind(asyncScheduler),
    };
    const clock = schedulerClock(scheduler);
    now = 105;
    expect([clock.now(), clock.date()]).toEqual([105, 105]);
  });
});

describe('a blocked thread', () => {
  it('fails no connect that arrived in time: input that has arrived is processed before a deadline expires', async () => {
    // Like a socket: its data arrives when the event loop turns.
    const arrivesBy = (ms: number) => (): Promise<string> =>
      new Promise((resolve) => {
        const from = performance.now();
        const look = (): void => {
          if (performance.now() - from >= ms) setImmediate(resolve, 'c');
          else setImmediate(look);
        };
        setImmediate(look);
      });
    const pool = createPool({ connect: arrivesBy(50), max: 8, min: 8, connectTimeout: 300 });
    block(700);
    await pool.warmUp(8);
    expect(pool.stats).toEqual(jasmine.objectContaining({ openFailures: 0, breaker: 'closed', totalConnections: 8 }));
    await pool.destroy();
  });

  it('does not hide how long a connection was unused', async () => {
    let validations = 0;
    const pool = onePool({ validateAfter: 100, validate: () => of(++validations > 0) });
    const uses = (times: number): void => {
      for (let i = 0; i < times; i++) pool.use(() => of(1)).subscribe();
    };
    uses(1);
    const before = validations;
    uses(200);
    expect(validations).toBe(before);
    block(150);
    uses(1);
    expect(validations).toBe(before + 1);
    await pool.destroy();
  });

  it('does not shorten the wait of a caller, nor report a lease as a leak', async () => {
    const pool = onePool({ acquireTimeout: 200, leakThreshold: 200 });
    let leaks = 0;
    pool.events$.subscribe(({ type }) => {
      if (type === 'leaked') leaks++;
    });
    for (let i = 0; i < 10; i++) pool.use(() => of(1)).subscribe();
    block(185);
    const begun = performance.now();
    const lease = await firstValueFrom(pool.acquire());
    const error = await lastValueFrom(pool.acquire()).catch((thrown: unknown) => thrown);
    expect(performance.now() - begun).toBeGreaterThan(195);
    expect(error).toEqual(poolError('POOL_EXHAUSTED'));
    expect(leaks).toBeLessThanOrEqual(1);
    lease.release();
    await pool.destroy();
  });

  it('lends no connection past its idleTimeout or maxLifetime, even in the same turn', async () => {
    for (const [reason, options] of Object.entries({
      idle: { idleTimeout: 100 },
      lifetime: { maxLifetime: 100, lifetimeJitter: 0 },
    })) {
      let opened = 0;
      const pool = onePool({ connect: () => opensAtOnce(`c${++opened}`), ...options });
      const reasons: string[] = [];
      pool.events$.subscribe((event) => {
        if (event.type === 'evicted') reasons.push(event.reason);
      });
      pool.use(() => of(1)).subscribe();
      block(150);
      const lease = await firstValueFrom(pool.acquire());
      expect(lease.connection).withContext(reason).toBe('c2');
      expect(reasons).toEqual([reason]);
      lease.release();
      await pool.destroy();
    }
  });

  it('does not extend the wait of a caller', async () => {
    const pool = onePool({ connect: () => NEVER, acquireTimeout: 50 });
    const waits = lastValueFrom(pool.acquire());
    block(200);
    await expectAsync(waits).toBeRejectedWith(poolError('CONNECTION_FAILED'));
    await pool.destroy();
  });
});
