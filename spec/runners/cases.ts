// What a pool does while a test runner's fake timers are in place. Bundled into a test file of jest and of vitest, so it knows neither.
import assert from 'node:assert/strict';
import { Observable, of, throwError } from 'rxjs';
import type * as Package from '../../src/index';
import type { ConnectionPool, PoolEvent, PoolOptions } from '../../src/index';

type Load = () => Promise<typeof Package>;

/** One way in which a test may replace time. */
export interface FakeTimers {
  readonly name: string;
  /** What is replaced, and moved by `advance`. */
  readonly moves: 'all' | 'date' | 'timers';
  install(): void;
  advance(ms: number): void;
  advanceAsync(ms: number): Promise<unknown>;
  uninstall(): void;
}

type Case = (timers: FakeTimers, load: Load) => Promise<void>;

const hour = 3_600_000;
/** The pool's own clock is exact to a millisecond, and so is the date beside it. */
const nearly = 5;
/** Real milliseconds: what has passed on a machine that is busy may be more than what was asked for, never less. */
const wait = 40;
const slack = 60_000;

const opensAtOnce = (): Observable<string> =>
  new Observable((subscriber) => {
    subscriber.next('connection');
  });

/** Of the time before any was replaced. */
const { setTimeout: realTimeout } = globalThis;
const realTime = (ms: number): Promise<void> => new Promise((resolve) => realTimeout(resolve, ms));

async function untilReal(isSo: () => boolean): Promise<void> {
  while (!isSo()) await realTime(5);
}

function isBetween(value: number, low: number, high: number, what: string): void {
  assert.ok(value >= low && value <= high, `${what} must be from ${low} to ${high}, but is ${value}`);
}

/** Where real time goes on beside the timers, it may be late by what the machine takes for a step. */
const late = ({ moves }: FakeTimers): number => (moves === 'timers' ? slack : nearly);

/** Lets a time pass, and looks shortly before its end; earlier where real time may have used some of it up. */
function pass(timers: FakeTimers, ms: number, lookBefore: () => void): void {
  const first = timers.moves === 'timers' ? ms / 2 : ms - 1;
  timers.advance(first);
  lookBefore();
  timers.advance(ms - first);
}

interface Observed {
  readonly pool: ConnectionPool<string>;
  readonly events: PoolEvent[];
}

function observed({ createPool }: typeof Package, options: Partial<PoolOptions<string>>): Observed {
  const pool = createPool({ connect: opensAtOnce, max: 1, name: 'db', ...options });
  const events: PoolEvent[] = [];
  pool.events$.subscribe((event) => events.push(event));
  return { pool, events };
}

/** The messages of an acquire that is refused, once it has been refused. */
function refusals(pool: ConnectionPool<string>): string[] {
  const told: string[] = [];
  pool.acquire().subscribe({ error: (error: unknown) => told.push((error as Error).message) });
  return told;
}

function isRefused(told: readonly string[], beginning: string): void {
  assert.equal(told.length, 1);
  assert.equal(told[0]!.slice(0, beginning.length), beginning);
}

const waitedIn = (told: readonly string[]): number => Number(/waited (\d+) ms/.exec(told[0]!)?.[1]);

/** Time passes when the test says so: with the date, or without it. */
const moved: Record<string, Case> = {
  'an acquire times out on its millisecond, however long that is': async (timers, load) => {
    for (const acquireTimeout of [slack, hour]) {
      const { pool } = observed(await load(), { acquireTimeout });
      pool.acquire().subscribe();
      const told = refusals(pool);
      pass(timers, acquireTimeout, () => {
        assert.deepEqual(told, []);
      });
      isRefused(told, `Pool 'db' exhausted: 1/1 connections in use, 1 waiting, waited`);
      const waited = waitedIn(told);
      isBetween(waited, acquireTimeout - nearly, acquireTimeout + late(timers), 'the wait in the message');
      void pool.destroy({ timeout: 0 });
    }
  },

  'a lease that is held for an hour is reported with that age': async (timers, load) => {
    const { pool, events } = observed(await load(), { leakThreshold: hour });
    pool.acquire().subscribe();
    timers.advance(hour);
    const leaked = events.find(({ type }) => type === 'leaked') as { held: number } | undefined;
    isBetween(leaked?.held ?? 0, hour - nearly, hour + late(timers), 'held');
    isBetween(pool.holders()[0]!.age, hour - nearly, hour + late(timers), 'the age of the holder');
    void pool.destroy({ timeout: 0 });
  },

  'an idle connection is closed after its idleTimeout': async (timers, load) => {
    const { pool, events } = observed(await load(), { idleTimeout: 60_000 });
    pool.use(() => of(1)).subscribe();
    pass(timers, 60_000, () => {
      assert.equal(pool.stats.totalConnections, 1);
    });
    assert.equal(pool.stats.totalConnections, 0);
    const evicted = events.find(({ type }) => type === 'evicted') as { reason: string; age: number } | undefined;
    assert.equal(evicted?.reason, 'idle');
    isBetween(evicted?.age ?? 0, 60_000 - nearly, 60_000 + late(timers), 'the age of the connection');
    void pool.destroy({ timeout: 0 });
  },

  'a connection is closed at the end of its lifetime': async (timers, load) => {
    const { pool, events } = observed(await load(), {
      idleTimeout: Infinity,
      maxLifetime: 2 * hour,
      lifetimeJitter: 0,
    });
    pool.use(() => of(1)).subscribe();
    timers.advance(2 * hour + nearly);
    const evicted = events.find(({ type }) => type === 'evicted') as { reason: string } | undefined;
    assert.equal(evicted?.reason, 'lifetime');
    void pool.destroy({ timeout: 0 });
  },

  'an open breaker probes, and closes': async (timers, load) => {
    let up = false;
    const { pool } = observed(await load(), {
      connect: () => (up ? opensAtOnce() : throwError(() => new Error('refused'))),
      min: 1,
      breaker: { failures: 1, probeAfter: hour },
    });
    isRefused(refusals(pool), `Pool 'db' cannot connect`);
    assert.equal(pool.stats.breaker, 'open');
    up = true;
    pass(timers, hour, () => {
      assert.equal(pool.stats.breaker, 'open');
    });
    assert.deepEqual([pool.stats.breaker, pool.stats.totalConnections], ['closed', 1]);
    void pool.destroy({ timeout: 0 });
  },

  'promises of connections and of work settle, and a connect that takes too long is given up': async (timers, load) => {
    let tries = 0;
    const { pool } = observed(await load(), {
      connect: async () => (++tries === 1 ? new Promise<string>(() => undefined) : Promise.resolve('second')),
      connectTimeout: 10_000,
      closeTimeout: 1_000,
      retryDelay: 100,
    });
    let value: unknown;
    pool.use(async (connection) => Promise.resolve(connection)).subscribe((result) => (value = result));
    await timers.advanceAsync(10_000);
    await timers.advanceAsync(5_000);
    assert.deepEqual([tries, value], [2, 'second']);
    void pool.destroy({ timeout: 0 });
  },

  'destroy closes what is lent when its time is over': async (timers, load) => {
    const { pool } = observed(await load(), {});
    pool.acquire().subscribe();
    let isDestroyed = false;
    void pool.destroy({ timeout: hour }).then(() => (isDestroyed = true));
    await timers.advanceAsync(hour / 2);
    assert.equal(isDestroyed, false);
    await timers.advanceAsync(hour / 2);
    assert.equal(isDestroyed, true);
  },
};

/** The same, where the date goes with the timers: what has no timer of its own is seen to age as well. */
const movedWithDate: Record<string, Case> = {
  'a connection that was unused for long enough is validated': async (timers, load) => {
    let validations = 0;
    const { pool } = observed(await load(), { validateAfter: 500, validate: () => of(++validations > 0) });
    pool.use(() => of(1)).subscribe();
    timers.advance(499);
    pool.use(() => of(1)).subscribe();
    assert.equal(validations, 0);
    timers.advance(500);
    pool.use(() => of(1)).subscribe();
    assert.equal(validations, 1);
    void pool.destroy({ timeout: 0 });
  },

  'waits and leases are measured, and dated': async (timers, load) => {
    const { pool, events } = observed(await load(), {});
    pool.acquire().subscribe((lease) => setTimeout(() => lease.release(), 300));
    pool.use(() => of(1)).subscribe();
    const before = Date.now();
    timers.advance(300);
    const { wait: waits, use } = pool.timings();
    isBetween(waits.max, 300 - nearly, 300 + nearly, 'the longest wait');
    isBetween(use.max, 300 - nearly, 300 + nearly, 'the longest lease');
    isBetween(events.at(-1)!.at - before, 300 - nearly, 300 + nearly, 'the date of the last event');
    void pool.destroy({ timeout: 0 });
  },
};

/** Time passes by itself, and the date leaps when the test says so. */
const dateAlone: Record<string, Case> = {
  'nothing ages when the date leaps ahead by hours': async (timers, load) => {
    const { pool, events } = observed(await load(), { idleTimeout: hour, leakThreshold: hour, acquireTimeout: hour });
    pool.acquire().subscribe();
    const told = refusals(pool);
    timers.advance(5 * hour);
    await realTime(wait);
    isBetween(pool.holders()[0]!.age, wait - nearly, slack, 'the age of the holder');
    assert.deepEqual(
      events.map(({ type }) => type),
      ['opened', 'acquired'],
    );
    assert.deepEqual(told, []);
    void pool.destroy({ timeout: 0 });
  },

  'an acquire times out in real time, with what it has waited really': async (timers, load) => {
    const { pool, events } = observed(await load(), { acquireTimeout: wait });
    pool.acquire().subscribe();
    const told = refusals(pool);
    const before = performance.now();
    timers.advance(hour);
    await untilReal(() => told.length > 0);
    isBetween(performance.now() - before, wait - nearly, slack, 'the time until the refusal');
    const waited = waitedIn(told);
    isBetween(waited, wait - nearly, slack, 'the wait in the message');
    // What is shown as a date is the date.
    isBetween(Date.now() - events.at(-1)!.at, -nearly, slack, 'the age of the last event');
    void pool.destroy({ timeout: 0 });
  },

  'an idle connection is closed in real time': async (timers, load) => {
    const { pool } = observed(await load(), { idleTimeout: wait });
    pool.use(() => of(1)).subscribe();
    timers.advance(hour);
    await untilReal(() => pool.stats.totalConnections === 0);
    void pool.destroy({ timeout: 0 });
  },
};

/** Real time is restored for a pool that was created before, or while, it was replaced. */
const givenBack: Record<string, Case> = {
  'a pool goes on in real time when it is given back': async (timers, load) => {
    const { pool } = observed(await load(), { acquireTimeout: wait });
    pool.acquire().subscribe();
    timers.advance(hour);
    const { age } = pool.holders()[0]!;
    timers.uninstall();
    const told = refusals(pool);
    await untilReal(() => told.length > 0);
    isBetween(pool.holders()[0]!.age - age, wait - nearly, slack, 'what the age has grown by');
    void pool.destroy({ timeout: 0 });
  },
};

const casesOf: Record<FakeTimers['moves'], Record<string, Case>> = {
  all: { ...moved, ...movedWithDate, ...givenBack },
  timers: { ...moved, ...givenBack },
  date: { ...dateAlone, ...givenBack },
};

/**
 * Each case under each way to replace time, as tests of the runner. `loaded`: whether the package is loaded before time is replaced, or
 * while it is.
 */
export function forEachCase(
  ways: readonly FakeTimers[],
  loaded: 'before' | 'inside',
  test: (name: string, run: () => Promise<void>) => void,
): void {
  const load: Load = () => import('../../src/index');
  for (const timers of ways) {
    for (const [name, run] of Object.entries(casesOf[timers.moves])) {
      test(`${timers.name}: ${name}`, async () => {
        if (loaded === 'before') await load();
        timers.install();
        try {
          await run(timers, load);
        } finally {
          timers.uninstall();
        }
      });
    }
  }
}
