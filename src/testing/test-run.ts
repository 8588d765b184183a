import { asapScheduler, asyncScheduler } from 'rxjs';
import type { SchedulerLike } from 'rxjs';
import type { RunHelpers, TestScheduler } from 'rxjs/testing';
import type { ConnectionPool } from '../pool/connection-pool';
import { createPool } from '../pool/create-pool';
import { isPoolError } from '../pool/errors';
import type { Connector } from '../pool/connector';
import type { PoolOptions } from '../pool/options';
import { internalsOf } from '../pool/rx/internals';
import { isPromiseLike } from '../pool/rx/work-result';
import { maxTimerMs } from '../pool/time/clock';
import { seededRandom } from '../stress/seeded-random';
import { Expectations } from './expectations';
import { leaksOf } from './leaks';
import { parseMarbles } from './marbles';

/** How long virtual time runs on when the test has ended, so that what is being closed can end (ms). */
const settleMs = 60_000;

/** An action of `at`. What it returns is not awaited. */
export type TestAction = () => unknown;

/** What a `poolTest` has created, and what it expects. */
export class TestRun {
  readonly random: () => number;
  readonly expectations: Expectations;
  private readonly pools: ConnectionPool<unknown>[] = [];
  private readonly endChecks: (() => void)[] = [];
  private isOver = false;
  /** A possible reason of a failure. */
  private note: string | null = null;

  constructor(
    readonly scheduler: TestScheduler,
    readonly seed: number,
    private readonly until: number,
  ) {
    this.random = seededRandom(seed);
    this.expectations = new Expectations(scheduler);
    scheduler.maxFrames = until;
  }

  readonly pool = <C>(options: PoolOptions<C>): ConnectionPool<C> => {
    const given = (options as Partial<PoolOptions<C>> | null | undefined)?.scheduler;
    if (given !== undefined) this.assertOwnScheduler(given, 'The option scheduler of pool()');
    const connect = (options as Partial<PoolOptions<C>> | null | undefined)?.connect;
    const pool = createPool<C>({
      idleTimeout: Infinity,
      maxLifetime: Infinity,
      // Never reached: it makes the pool keep the stack of each acquire.
      leakThreshold: maxTimerMs,
      random: this.random,
      ...options,
      ...(typeof connect === 'function' ? { connect: this.noting(connect) } : {}),
    });
    this.pools.push(pool);
    return pool;
  };

  /** The same connector. A real promise that it returns is noted: it does not settle in virtual time. */
  private noting<C>(connect: Connector<C>): Connector<C> {
    const noted: Connector<C> = (context) => {
      const opening = connect(context);
      if (opening instanceof Promise) {
        this.note =
          "A connect has returned a real promise, which does not settle in virtual time: let it return promised('--a')";
      }
      return opening;
    };
    return Object.assign(noted, connect);
  }

  readonly at = (when: string | number, actions: Readonly<Record<string, TestAction>> | TestAction): void => {
    if (typeof when === 'number') {
      if (typeof actions !== 'function') throw new TypeError('at(frame, action) takes a function as the action');
      if (!(when >= 0 && when < Infinity)) throw new RangeError(`at takes a frame of 0 or more, but got ${when}`);
      this.schedule(when, actions);
      return;
    }
    const values = typeof actions === 'function' ? undefined : actions;
    const messages = parseMarbles('at', when, { values });
    const letters = new Set<unknown>();
    for (const { frame, notification } of messages) {
      if (notification.kind !== 'N')
        throw new Error(`at takes a letter for each action, but no '|' and no '#': '${when}'`);
      const action = values === undefined ? actions : notification.value;
      if (typeof action !== 'function') throw new TypeError(`at takes functions as actions, but got ${typeof action}`);
      letters.add(action);
      this.schedule(frame, action as TestAction);
    }
    const unused = Object.keys(values ?? {}).filter((letter) => !letters.has(values![letter]));
    if (unused.length > 0) throw new Error(`at has no frame for the action ${unused.join(', ')} in '${when}'`);
  };

  private schedule(frame: number, action: TestAction): void {
    const { scheduler } = this;
    if (frame < scheduler.frame) {
      throw new RangeError(`at cannot schedule an action for frame ${frame}: it is frame ${scheduler.frame} already`);
    }
    scheduler.schedule(() => {
      const result = action();
      if (!isPromiseLike(result)) return;
      // For example the promise of `warmUp`: it rejects when the test ends, which is not a failure of the test.
      result.then(undefined, (error: unknown) => {
        if (!this.isOver || !isPoolError(error)) throw error;
      });
    }, frame - scheduler.frame);
  }

  /** Throws unless the pool lives in the time of this test. */
  assertPool(pool: unknown, what: string): void {
    const inner = internalsOf(pool);
    if (inner === undefined) throw new TypeError(`${what} takes a pool of createPool, or of poolTest's pool()`);
    this.assertOwnScheduler(inner.scheduler, `The scheduler of pool '${(pool as ConnectionPool<unknown>).name}'`);
  }

  private assertOwnScheduler(scheduler: SchedulerLike, what: string): void {
    if (scheduler === asyncScheduler || scheduler === asapScheduler || scheduler === this.scheduler) return;
    throw new Error(
      `${what} is another one than that of the test, so its time would not pass: leave the option scheduler out, which makes the pool's time ` +
        'virtual inside poolTest',
    );
  }

  /** Lets virtual time pass for longer by this time (ms). */
  lengthen(ms: number): void {
    this.scheduler.maxFrames += ms;
  }

  /** A check at the end of the test: it calls `fail`. */
  addEndCheck(check: () => void): void {
    this.endChecks.push(check);
  }

  readonly flush: RunHelpers['flush'] = () => {
    this.scheduler.flush();
    this.expectations.verify();
  };

  /** Lets all virtual time pass, and checks everything. */
  finish(checkLeaks: boolean): void {
    const { scheduler, expectations } = this;
    scheduler.flush();
    for (const check of this.endChecks.splice(0)) check();
    if (scheduler.actions.some(({ delay }) => delay < maxTimerMs)) {
      this.note ??= `Virtual time was ended at ${this.until} ms, with timers left: poolTest(…, { until }) lets it run for longer`;
    }
    try {
      expectations.verifyAll();
    } catch (error) {
      throw this.withNote(error as Error);
    }
    if (!checkLeaks) return;
    const end = scheduler.frame;
    expectations.subscriptions.unsubscribe();
    this.settle();
    for (const pool of this.pools) {
      const found = leaksOf(pool, ` at the end of the test (frame ${end})`);
      if (found !== null) expectations.fail(found);
    }
    expectations.verify();
  }

  /** Destroys what the test has created. What a failed test had still planned is not done. */
  end(hasFailed: boolean): void {
    const { scheduler, expectations, pools } = this;
    this.isOver = true;
    if (hasFailed) {
      // A hot Observable begins with the next flush; those of RxJS are no business of a failed test.
      (scheduler as unknown as { readonly hotObservables: unknown[] }).hotObservables.length = 0;
      for (const action of scheduler.actions.splice(0)) action.unsubscribe();
    }
    const attempt = (what: () => unknown): void => {
      try {
        what();
      } catch {
        // A caller that still waited and handles no errors: it was rejected by the end of the test.
      }
    };
    attempt(() => {
      expectations.subscriptions.unsubscribe();
    });
    for (const pool of pools) attempt(() => void pool.destroy({ timeout: 0 }));
    for (let left = pools.length + 1; left > 0 && scheduler.actions.length > 0; left--) {
      attempt(() => {
        this.settle();
      });
    }
  }

  private settle(): void {
    this.scheduler.maxFrames = this.scheduler.frame + settleMs;
    this.scheduler.flush();
  }

  private withNote(error: Error): Error {
    const { note } = this;
    if (note === null) return error;
    error.stack = (error.stack ?? '').replace(error.message, () => `${error.message}\n\n${note}`);
    error.message = `${error.message}\n\n${note}`;
    return error;
  }
}
