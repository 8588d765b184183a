import { config, NEVER, Observable, of, throwError } from 'rxjs';
import type { SchedulerLike } from 'rxjs';
import { isPoolError } from '../../src/index';
import type { PoolOptions } from '../../src/index';
import { messageOf, describeValue } from '../../src/pool/values/describe';
import { ErrorTally } from '../../src/stress/error-tally';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { marbles, opensAtOnce } from '../helpers/marbles';
import { odd } from '../helpers/odd-values';
import { turns } from '../helpers/turns';
import { virtualPromise } from '../helpers/virtual-promise';

const names = Object.keys(odd) as (keyof typeof odd)[];

/** The errors that the callers of a pool of such a target get. */
function told(options: Partial<PoolOptions<string>>, during?: () => void): unknown[] {
  const errors: unknown[] = [];
  marbles(({ at, flush }) => {
    const pool = createPool<string>({
      connect: () => opensAtOnce('c'),
      max: 2,
      breaker: { failures: 2, probeAfter: 50 },
      acquireTimeout: 500,
      ...options,
    });
    pool.acquire().subscribe({ error: (error: unknown) => errors.push(error) });
    at(20, () => during?.());
    at(1_000, () => void pool.destroy({ timeout: 0 }));
    flush();
    expect(pool.stats.state).toBe('destroyed');
  });
  return errors;
}

describe('a value that a target rejects with, throws or answers', () => {
  for (const name of names) {
    const value = odd[name];
    const fails: Record<string, Partial<PoolOptions<string>>> = {
      'a connect that rejects': { connect: () => virtualPromise<string>(1, { error: value }) },
      'a connect that fails': { connect: () => throwError(() => value) },
      'a connect that throws': {
        connect: () => {
          throw value;
        },
      },
      'a validation that fails': { validateAfter: 0, validate: () => throwError(() => value) },
      'a validation that answers anything but true': { validateAfter: 0, validate: () => of(value as boolean) },
    };
    for (const [what, options] of Object.entries(fails)) {
      if (value === true || (what.includes('anything') && Boolean(value))) continue;
      it(`${what}, with ${name}, is reported to its caller, with its value`, () => {
        const [error, ...more] = told(options);
        expect(more).toEqual([]);
        expect(isPoolError(error, 'CONNECTION_FAILED')).toBeTrue();
        expect((error as Error).message).toMatch(/failed \(.+\)/);
        if (!what.includes('anything')) expect(Object.is((error as Error).cause, value)).toBeTrue();
      });
    }

    it(`a connector that returns ${name} has failed`, () => {
      const [error] = told({ connect: () => value as Observable<string> });
      expect(isPoolError(error, 'CONNECTION_FAILED')).toBeTrue();
      expect((error as Error).message).toContain('failed (');
    });

    it(`${name}, as the end of a connection, of its close, of its reset and of work, closes at most that connection`, () => {
      let lose: (error: unknown) => void = () => undefined;
      const outcomes: unknown[] = [];
      marbles(({ at, flush }) => {
        const pool = createPool<string>({
          connect: () =>
            new Observable((subscriber) => {
              lose = (error) => {
                subscriber.error(error);
              };
              subscriber.next('c');
            }),
          max: 1,
          close: () => throwError(() => value),
          reset: () => throwError(() => value),
          isFatal: () => value as boolean,
        });
        pool.use(() => throwError(() => value)).subscribe({ error: (error: unknown) => outcomes.push(error) });
        at(10, () => {
          pool.use(() => NEVER).subscribe({ error: (error: unknown) => outcomes.push(error) });
          lose(value);
        });
        at(20, () => {
          pool.use(() => of('done')).subscribe((done) => outcomes.push(done));
        });
        at(1_000, () => void pool.destroy({ timeout: 0 }));
        flush();
        expect(pool.stats).toEqual(jasmine.objectContaining({ state: 'destroyed', totalConnections: 0 }));
      });
      expect(outcomes.length).toBe(3);
      expect(Object.is(outcomes[0], value)).toBeTrue();
      expect(isPoolError(outcomes[1], 'CONNECTION_FAILED')).toBeTrue();
      expect(outcomes[2]).toBe('done');
    });

    it(`${name} is described, is no error of a pool, and is counted`, () => {
      for (const text of [describeValue(value), messageOf(value)]) {
        expect(typeof text).toBe('string');
        expect(text).not.toBe('');
      }
      expect(isPoolError(value)).toBeFalse();
      const tally = new ErrorTally();
      tally.add(value, 0);
      expect(tally.list()[0]!.count).toBe(1);
    });

    it(`a random source that returns ${name} causes no pause without a length or an end`, () => {
      const dialled: number[] = [];
      marbles(({ at, flush }) => {
        const pool = createPool<string>({
          connect: () => {
            dialled.push(performance.now());
            return throwError(() => new Error('dead'));
          },
          max: 2,
          breaker: false,
          retryDelay: { initial: 5, max: 5 },
          acquireTimeout: 1_000,
          maxLifetime: 10,
          random: () => value as number,
        });
        pool.acquire().subscribe({ error: () => undefined });
        at(1_000, () => void pool.destroy());
        flush();
      });
      expect(dialled.length).toBeGreaterThan(150);
      expect(dialled.length).toBeLessThan(1_100);
    });
  }

  it('a rejection of a real promise with a value that is no error ends only that connect', async () => {
    const pool = createPool<string>({
      connect: () => Promise.reject(Object.create(null) as Error),
      max: 1,
      breaker: { failures: 1 },
    });
    const errors: unknown[] = [];
    pool.acquire().subscribe({ error: (error: unknown) => errors.push(error) });
    await turns(3);
    expect(isPoolError(errors[0], 'CONNECTION_FAILED')).toBeTrue();
    await pool.destroy();
  });

  it('a random source that throws is ignored', () => {
    const errors = told({
      connect: () => throwError(() => new Error('dead')),
      random: () => {
        throw new Error('no die');
      },
    });
    expect(isPoolError(errors[0], 'CONNECTION_FAILED')).toBeTrue();
  });
});

describe('a clock that returns no time', () => {
  for (const now of [NaN, undefined, Infinity, 'soon', null] as unknown[]) {
    it(`(${String(now)}) blocks nothing`, () => {
      let dials = 0;
      const timers = new Map<number, () => void>();
      let made = 0;
      const scheduler = {
        now: () => now as number,
        schedule: (work: () => void) => {
          const id = made++;
          timers.set(id, work);
          return {
            unsubscribe: () => {
              timers.delete(id);
            },
          };
        },
      };
      const pool = createPool<string>({
        connect: () => (++dials % 2 === 1 ? throwError(() => new Error('dead')) : opensAtOnce('c')),
        max: 2,
        min: 1,
        idleTimeout: 5,
        maxLifetime: 5,
        scheduler: scheduler as unknown as SchedulerLike,
      });
      pool.use(() => of(1)).subscribe({ error: () => undefined });
      for (let round = 0; round < 20; round++) {
        for (const [id, work] of [...timers]) {
          timers.delete(id);
          work();
        }
      }
      expect(dials).toBeGreaterThan(0);
      expect(dials).toBeLessThan(100);
    });
  }
});

describe('a step that throws', () => {
  it('is not repeated without an end when it changes nothing', () => {
    let asked = 0;
    let isHostile = true;
    // The members by which RxJS recognises a subscriber.
    const hostile = {
      next: () => undefined,
      error: () => undefined,
      complete: () => undefined,
      unsubscribe: () => undefined,
      remove: () => undefined,
      add: () => undefined,
      get closed(): boolean {
        if (asked++ > 1 && isHostile) throw new Error('asked too often');
        return false;
      },
      destination: null,
    };
    const reported: unknown[] = [];
    const { onUnhandledError } = config;
    config.onUnhandledError = (error) => reported.push(error);
    marbles(({ flush }) => {
      const pool = createPool({ connect: () => NEVER as Observable<string>, max: 1 });
      pool.acquire().subscribe(hostile);
      expect(asked).toBeGreaterThan(1);
      expect(asked).toBeLessThan(100);
      isHostile = false;
      void pool.destroy({ timeout: 0 });
      flush();
    });
    config.onUnhandledError = onUnhandledError;
    expect(reported.map((error) => (error as Error).message)).toContain('asked too often');
  });
});

describe('messageOf', () => {
  it('finds the reason at any position', () => {
    const parts = ['a', 'b', 'c', 'd', 'e'].map((word) => new Error(word));
    const itself = new AggregateError([], '');
    itself.errors.push(itself, new Error('inner'));
    expect([
      messageOf(new Error('refused')),
      messageOf(new AggregateError(parts.slice(0, 2))),
      messageOf(new AggregateError(parts, 'all failed')),
      messageOf(new AggregateError([new Error('same'), new Error('same')])),
      messageOf({ message: 'like an error' }),
      messageOf({ code: 'ECONNRESET' }),
      messageOf(Object.assign(new Error(''), { code: 'EPIPE' })),
      messageOf(new Error('', { cause: new Error('the cause') })),
      messageOf(new TypeError('')),
      messageOf({ message: 5, code: 7 }),
      messageOf('words'),
      messageOf(''),
      messageOf(undefined),
      messageOf(Symbol('s')),
      messageOf(10n),
      messageOf({}),
      messageOf([1, 2]),
      messageOf(new URL('tcp://a:1/')),
    ]).toEqual([
      'refused',
      'a; b',
      'all failed: a; b; c; and 2 more',
      'same',
      'like an error',
      'ECONNRESET',
      'EPIPE',
      'the cause',
      'TypeError',
      '7',
      'words',
      '""',
      'undefined',
      'Symbol(s)',
      '10n',
      'an object',
      'an array of 2',
      'tcp://a:1/',
    ]);
    expect(messageOf(itself)).toContain('inner');
  });
});
