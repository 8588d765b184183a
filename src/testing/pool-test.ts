import { TestScheduler } from 'rxjs/testing';
import type { RunHelpers } from 'rxjs/testing';
import type { ConnectionPool } from '../pool/connection-pool';
import type { PoolOptions } from '../pool/options';
import type { PoolStats } from '../pool/rx/stats';
import { isPromiseLike } from '../pool/rx/work-result';
import { assertDeepEqual } from './assert-deep-equal';
import { enterRun } from './current-run';
import { checkMarbles, parseMarbles } from './marbles';
import { expectEvents, expectStats } from './recorded';
import type { EventFilter, EventsExpectation, StatsExpectation, StatsFigureExpectation } from './recorded';
import { TestRun } from './test-run';
import type { TestAction } from './test-run';

/** What a `poolTest` works with: the helpers of `TestScheduler.run`, and those of pools. Frames are milliseconds of virtual time. */
export interface PoolTestHelpers extends RunHelpers {
  /**
   * Creates a pool in the time of the test: with the random source of the test, and connections that last (`idleTimeout` and `maxLifetime` are
   * `Infinity`), because virtual time runs until all timers have fired. Options that are given take precedence. At the end of the test the
   * pool must hold no lease, and is destroyed.
   */
  pool<C>(options: PoolOptions<C>): ConnectionPool<C>;
  /**
   * Runs an action at each frame that has its letter, or at a frame that is given as a number.
   *
   * ```ts
   * at('--x----y', { x: () => pool.refresh(), y: () => pool.resize(1) });
   * ```
   */
  at(marbles: string, actions: Readonly<Record<string, TestAction>> | TestAction): void;
  at(frame: number, action: TestAction): void;
  /**
   * Compares figures of the pool's `stats`, at the end of each frame in which they have changed; `|` when the pool is destroyed. Begins in the
   * current frame.
   *
   * ```ts
   * expectStats(pool, 'inUseConnections').toBe('0-1---0');
   * expectStats(pool).toBe('a-b---a', { a: { activeLeases: 0 }, b: { activeLeases: 1, pendingAcquires: 2 } });
   * ```
   */
  expectStats(pool: ConnectionPool<unknown>): StatsExpectation;
  expectStats<K extends keyof PoolStats>(
    pool: ConnectionPool<unknown>,
    figure: K,
  ): StatsFigureExpectation<PoolStats[K]>;
  /**
   * Compares the events of the pool that pass the filter. A letter stands for a type of event, or for the properties that matter. With one
   * type as the filter any letter stands for it. Several rows are one above the other: an event that follows a group too closely cannot be
   * written in the same row.
   *
   * ```ts
   * expectEvents(pool, 'timedOut').toBe('-');
   * expectEvents(pool, ['acquired', 'released']).toBe('--a---r', { a: 'acquired', r: { type: 'released', held: 4 } });
   * expectEvents(pool).toBe(['--o', '--a--a', '-----r---r'], { o: 'opened', a: 'acquired', r: 'released' });
   * ```
   */
  expectEvents(pool: ConnectionPool<unknown>, filter?: EventFilter): EventsExpectation;
  /** The random source of the pools: the same numbers in every run with the same `seed`. */
  random(): number;
  /** The scheduler of the test, for what takes one. */
  readonly scheduler: TestScheduler;
}

/** The options of `poolTest`. */
export interface PoolTestOptions {
  /** Of the random source. Default 1. */
  readonly seed?: number;
  /**
   * When virtual time ends, in ms, if timers are still left then, as those of an `interval`. Default an hour, 3 600 000. `Infinity`: only when
   * no timer is left, as in `TestScheduler.run`.
   */
  readonly until?: number;
  /** Whether a lease that is held at the end fails the test. Default true. */
  readonly leaks?: boolean;
}

/**
 * Runs a test of code that uses a pool in virtual time: marbles, as in `TestScheduler.run`, with any test runner. It returns when the test has
 * passed, and throws an `Error` otherwise, whose message shows the expected and the actual marbles one above the other.
 *
 * ```ts
 * it('waits for a connection', () => {
 *   poolTest(({ pool, cold, expectObservable }) => {
 *     const words = pool({ max: 1, connect: scriptedConnector('--a') });
 *     expectObservable(words.use(() => cold('-x|'))).toBe('---x|');
 *   });
 * });
 * ```
 *
 * At the end the subscriptions of `expectObservable` are unsubscribed; then no lease of a pool may be held, and the pools are destroyed. The
 * function must not be `async`: virtual time does not wait for promises. Tests cannot be nested.
 */
export function poolTest(test: (helpers: PoolTestHelpers) => void, options: PoolTestOptions = {}): void {
  const { seed = 1, until = 3_600_000, leaks = true } = options;
  if (typeof test !== 'function') throw new TypeError(`poolTest takes a function, but got ${typeof test}`);
  if (!Number.isSafeInteger(seed))
    throw new TypeError(`poolTest: seed must be a whole number, but got ${String(seed)}`);
  if (!(until >= 0)) throw new TypeError(`poolTest: until must be milliseconds, 0 or more, but got ${String(until)}`);
  const scheduler = new TestScheduler(assertDeepEqual);
  scheduler.run((rxjs) => {
    const run = new TestRun(scheduler, seed, until);
    const leave = enterRun(run);
    let hasFailed = true;
    try {
      const result: unknown = call(test, helpersOf(run, rxjs));
      if (isPromiseLike(result)) throw asyncError(result);
      run.finish(leaks);
      hasFailed = false;
    } finally {
      run.end(hasFailed);
      leave();
    }
  });
  countExpectation();
}

/** The function may return a promise, whatever its type says. */
const call: (test: (helpers: PoolTestHelpers) => unknown, helpers: PoolTestHelpers) => unknown = (test, helpers) =>
  test(helpers);

function helpersOf(run: TestRun, rxjs: RunHelpers): PoolTestHelpers {
  const { pool, at, flush, scheduler, random, expectations } = run;
  const { expectObservable, expectSubscriptions } = expectations;
  return {
    ...rxjs,
    pool,
    at,
    flush,
    random,
    scheduler,
    expectObservable,
    expectSubscriptions,
    expectStats: (of: ConnectionPool<unknown>, figure?: keyof PoolStats) => expectStats(run, of, figure),
    expectEvents: (of, filter) => expectEvents(run, of, filter),
    cold: (marbles, values, error) => {
      checkMarbles('cold', marbles, { values });
      return rxjs.cold(marbles, values, error);
    },
    hot: (marbles, values, error) => {
      checkMarbles('hot', marbles, { values, subscription: true });
      return rxjs.hot(marbles, values, error);
    },
    // That of RxJS counts the characters of a time progression.
    time: (marbles) => {
      const [end, ...rest] = parseMarbles('time', marbles);
      if (end?.notification.kind === 'C' && rest.length === 0) return end.frame;
      throw new Error(`time takes marbles with nothing but an end, such as '---|', but got '${marbles}'`);
    },
  };
}

function asyncError(result: PromiseLike<unknown>): Error {
  // What it rejects with follows from this mistake.
  result.then(undefined, () => undefined);
  return new Error(
    'poolTest got an async function, or one that returns a promise: what follows an await would run after virtual time has ended. Make it a ' +
      "function without await, and use promised('--a') for what returns a promise",
  );
}

/** Jasmine warns of a spec in which its own `expect` was not called. */
function countExpectation(): void {
  const { jasmine, expect } = globalThis as {
    jasmine?: { getEnv?: unknown };
    expect?: () => { nothing?: () => void };
  };
  if (typeof jasmine?.getEnv !== 'function' || typeof expect !== 'function') return;
  try {
    expect().nothing?.();
  } catch {
    // Outside a spec.
  }
}
