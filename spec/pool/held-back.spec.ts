import { concat, map, NEVER, of, throwError, timer } from 'rxjs';
import type { Observable } from 'rxjs';
import { isPoolError } from '../../src/index';
import type { ConnectionPool, PoolError, PoolOptions } from '../../src/index';
import { createLastingPool } from '../helpers/lasting-pool';
import { marbles, opensAtOnce } from '../helpers/marbles';

const tooMany = new Error('too many connections');

/** The first connects open at once, the others do what the case says. */
const connectOnce = (others: () => Observable<string>, first = 1): (() => Observable<string>) => {
  let connects = 0;
  return () => (++connects <= first ? opensAtOnce(`c${connects}`) : others());
};

describe('the first caller that is rejected', () => {
  it('is told of the holder in the first milliseconds of the pool, too', () => {
    for (const frame of [0, 1, 2]) {
      let message = '';
      marbles(({ at, flush }) => {
        const pool = createLastingPool({ connect: connectOnce(() => NEVER), max: 1, maxPending: 0 });
        holdOne(pool);
        at(frame, () => {
          pool.acquire().subscribe({ error: (error: unknown) => (message = (error as Error).message) });
        });
        at(frame + 1, () => void pool.destroy({ timeout: 0 }));
        flush();
      });
      expect(message).withContext(`at ${frame} ms`).toContain("by 'report'");
    }
  });
});

interface Case {
  readonly what: string;
  readonly options: Omit<PoolOptions<string>, 'max'> & { max?: number };
  /** Prepares the pool. By default one caller holds a connection. */
  readonly before?: (pool: ConnectionPool<string>) => void;
  readonly code: PoolError['code'];
  readonly says: readonly string[];
  readonly cause?: unknown;
}

const holdOne = (pool: ConnectionPool<string>): void => {
  pool.use(() => NEVER, { label: 'report' }).subscribe({ error: () => undefined });
};
const useOnce = (pool: ConnectionPool<string>): void => {
  pool.use(() => of(1)).subscribe();
};

const cases: readonly Case[] = [
  {
    what: 'a server that accepts no more connections',
    options: { connect: connectOnce(() => throwError(() => tooMany)) },
    code: 'POOL_EXHAUSTED',
    says: [
      '1/10 connections in use (1 open)',
      'failed (too many connections)',
      'accepts 10 connections',
      "by 'report'",
    ],
    cause: tooMany,
  },
  {
    what: 'a second connect that never answers',
    options: { connect: connectOnce(() => NEVER) },
    code: 'POOL_EXHAUSTED',
    says: [
      '1/10 connections in use (1 open, 1 opening)',
      'Check that the target is up, and that it accepts 10 connections',
    ],
  },
  {
    what: 'a validation that never answers',
    options: { connect: connectOnce(() => NEVER, 9), max: 1, validate: () => NEVER, validateAfter: 0 },
    before: () => undefined,
    code: 'POOL_EXHAUSTED',
    says: ['1/1 connections in use (1 being validated)', 'Make validate answer sooner, or lower connectTimeout'],
  },
  {
    what: 'a reset that never ends',
    options: { connect: connectOnce(() => NEVER, 9), max: 2, reset: () => NEVER },
    before: (pool) => {
      useOnce(pool);
      holdOne(pool);
    },
    code: 'POOL_EXHAUSTED',
    says: ['2/2 connections in use (1 being reset)', 'Make reset end sooner, or lower cancelTimeout', "by 'report'"],
  },
  {
    what: 'a close that never ends',
    options: { connect: connectOnce(() => NEVER, 9), max: 2, close: () => NEVER, maxUses: 1, closeTimeout: 5_000 },
    before: (pool) => {
      useOnce(pool);
      holdOne(pool);
    },
    code: 'POOL_EXHAUSTED',
    says: ['1/2 connections in use (1 open, 1 closing)', 'Make close end sooner, or lower closeTimeout'],
  },
  {
    what: 'cancelled work that continues',
    options: { connect: connectOnce(() => NEVER, 9), max: 1 },
    before: (pool) => {
      pool
        .use(() => new Promise(() => undefined))
        .subscribe()
        .unsubscribe();
    },
    code: 'POOL_EXHAUSTED',
    says: [
      '1/1 connections in use (1 held by cancelled work)',
      'Make cancelled work (its signal, onCancel) end sooner',
    ],
  },
  {
    what: 'a clean-up after cancelled work that never ends',
    options: { connect: connectOnce(() => NEVER, 9), max: 1, onCancel: () => NEVER },
    before: (pool) => {
      pool
        .use(() => NEVER)
        .subscribe()
        .unsubscribe();
    },
    code: 'POOL_EXHAUSTED',
    says: [
      '1/1 connections in use (1 held by cancelled work)',
      'Make cancelled work (its signal, onCancel) end sooner',
    ],
  },
  {
    what: 'a first connect that never answers',
    options: { connect: () => NEVER },
    before: () => undefined,
    code: 'CONNECTION_FAILED',
    says: ['no connection open after 200 ms', 'has not answered', 'Check that the target is up and can be reached.'],
  },
  {
    what: 'slots that are still closing',
    options: { connect: connectOnce(() => NEVER, 9), max: 1, close: () => NEVER, maxUses: 1 },
    before: useOnce,
    code: 'CONNECTION_FAILED',
    says: ['1 of 1 slots are occupied by connections that are still closing. Make close end sooner'],
  },
  {
    what: 'connects that fail, beside one that is still closing',
    options: {
      connect: connectOnce(() => throwError(() => tooMany)),
      max: 2,
      close: () => NEVER,
      maxUses: 1,
      breaker: false,
    },
    before: useOnce,
    code: 'CONNECTION_FAILED',
    says: ['failed (too many connections)', '1 of 2 slots', 'Check that the target is up', 'Make close end sooner'],
    cause: tooMany,
  },
  {
    what: 'a validation that rejects new connections',
    options: {
      connect: connectOnce(() => opensAtOnce('bad')),
      validate: (connection) => of(connection !== 'bad'),
      validateAfter: 0,
      breaker: false,
    },
    code: 'POOL_EXHAUSTED',
    says: ['accepts 10 connections', 'Check that validate is right about new connections.'],
    cause: jasmine.any(Error),
  },
  {
    what: 'a validation that rejects all connections',
    options: {
      connect: () => opensAtOnce('bad'),
      validate: () => of(false),
      validateAfter: 0,
      breaker: { failures: 2 },
    },
    before: () => undefined,
    code: 'CONNECTION_FAILED',
    says: [
      'cannot connect: the last',
      'Check that validate is right about new connections, and that the target is up; the pool',
    ],
    cause: jasmine.any(Error),
  },
];

/** The error of a caller whose wait of 200 ms times out. */
function errorOf({ options, before = holdOne }: Case, more: Partial<PoolOptions<string>> = {}): PoolError {
  let told: unknown;
  marbles(({ flush, at }) => {
    const pool = createLastingPool({ name: 'db', max: 10, acquireTimeout: 200, ...options, ...more });
    before(pool);
    at(1, () => {
      pool.acquire().subscribe({ error: (error: unknown) => (told ??= error) });
    });
    at(900, () => void pool.destroy({ timeout: 0 }));
    flush();
  });
  return told as PoolError;
}

describe('the error of a failed wait names what delays the other connections:', () => {
  for (const one of cases) {
    it(one.what, () => {
      const error = errorOf(one);
      expect(isPoolError(error, one.code)).withContext(String(error)).toBe(true);
      for (const part of one.says) expect(error.message).toContain(part);
      expect(error.cause).toEqual(one.cause);
      expect(error.message).not.toMatch(/raise max\b/i);
    });
  }

  it('work, and then a higher max helps', () => {
    const error = errorOf({ ...cases[0]!, options: { connect: connectOnce(() => NEVER, 9), max: 1 } });
    expect(error.message).toBe(
      `Pool 'db' exhausted: 1/1 connections in use, 1 waiting, waited 200 ms. Longest held 201 ms by 'report'. ` +
        'Raise max or acquireTimeout, make the work shorter, or lower the concurrency.',
    );
  });

  it('work that is slower than before, for which no connect has begun yet', () => {
    const slowly = concat(timer(100).pipe(map(() => 'c')), NEVER);
    let told: unknown;
    marbles(({ flush, at }) => {
      const pool = createLastingPool({ name: 'db', max: 10, connect: () => slowly });
      pool.use(() => timer(5)).subscribe();
      at(200, () => {
        holdOne(pool);
        pool.acquire({ acquireTimeout: 50 }).subscribe({ error: (error: unknown) => (told = error) });
      });
      at(900, () => void pool.destroy({ timeout: 0 }));
      flush();
    });
    expect((told as Error).message).toBe(
      `Pool 'db' exhausted: 1/10 connections in use (1 open), 1 waiting, waited 50 ms. Longest held 50 ms by 'report'. ` +
        'Raise max or acquireTimeout, make the work shorter, or lower the concurrency.',
    );
  });

  it('also when the wait queue is full', () => {
    const { options } = cases[3]!;
    const error = errorOf({ ...cases[3]!, options: { ...options, maxPending: 0 } });
    expect(error.message).toContain('the wait queue is full (maxPending 0)');
    expect(error.message).toContain('(1 being reset)');
    expect(error.message).not.toMatch(/raise max\b/i);
  });

  it('also when the load is shed', () => {
    const error = errorOf({
      ...cases[0]!,
      options: { connect: connectOnce(() => throwError(() => tooMany)), overload: {} },
    });
    expect(error.message).toContain('overloaded: 1/10');
    expect(error.message).toContain('failed (too many connections)');
    expect(error.message).not.toMatch(/raise max\b/i);
  });

  it('and the error of a warm-up does, too', () => {
    let told: unknown;
    marbles(({ flush }) => {
      const pool = createLastingPool({
        connect: connectOnce(() => NEVER, 1),
        max: 3,
        acquireTimeout: 200,
        connectTimeout: Infinity,
      });
      pool.warmUp(3).catch((error: unknown) => (told = error));
      flush();
    });
    return Promise.resolve()
      .then(() => undefined)
      .then(() => {
        expect((told as Error).message).toContain(
          '1 of 3 connections open after 200 ms: 2 connects in progress have not answered.',
        );
        expect((told as Error).message).toContain('accepts 3 connections');
      });
  });
});
