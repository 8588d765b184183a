import { inspect } from 'node:util';
import { asapScheduler, asyncScheduler, map, NEVER, of, VirtualTimeScheduler } from 'rxjs';
import { createPool, InvalidConfigError } from '../../src/index';
import type { PoolOptions } from '../../src/index';
import { countingScheduler } from '../helpers/counting-scheduler';
import { marbles, opensAtOnce } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';

const right: PoolOptions<string> = { connect: () => opensAtOnce('a'), max: 1 };

/** The problems that createPool reports for these options beside the required ones. */
function problemsOf(options: Record<string, unknown>): readonly string[] {
  try {
    createPool({ ...right, ...options });
    return [];
  } catch (error) {
    if (error instanceof InvalidConfigError) return error.issues;
    throw error;
  }
}

const shown = (value: unknown): string => (typeof value === 'function' ? 'a function' : inspect(value, { depth: 0 }));

const positive = { right: [1, 7], wrong: [0, -1, 1.5, NaN, '3', null, true, {}] };
const positiveOrInfinity = { right: [1, 7, Infinity], wrong: [0, -1, 1.5, NaN, -Infinity, '3', null] };
const time = { right: [0, 0.5, 30_000, Infinity], wrong: [-1, NaN, -Infinity, '3', null, true, 2 ** 31] };
const aFunction = { right: [() => NEVER], wrong: [null, 'tcp://x', 42, {}, true] };

const values: Record<keyof PoolOptions<string>, { right: unknown[]; wrong: unknown[] }> = {
  connect: { ...aFunction, wrong: [...aFunction.wrong, undefined] },
  max: { right: positive.right, wrong: [...positive.wrong, Infinity, undefined] },
  min: { right: [0, 1], wrong: [-1, 1.5, NaN, Infinity, '3', null, true, {}] },
  close: aFunction,
  lost: {
    right: [() => NEVER, ['end', 'error']],
    wrong: [null, 'end', 42, {}, true, []],
  },
  name: { right: ['db', 'ä b'], wrong: ['', null, 42, {}] },
  capacity: { right: positive.right, wrong: [...positive.wrong, Infinity] },
  acquireTimeout: time,
  maxPending: { right: [0, 1, 10, Infinity], wrong: [-1, 1.5, NaN, '3', null] },
  connectTimeout: time,
  closeTimeout: time,
  maxOpening: positiveOrInfinity,
  retryDelay: {
    right: [0, 10, {}, { initial: 10 }, { max: 10 }, { initial: 10, max: 20 }, { initial: undefined }],
    wrong: [-1, NaN, '3', null, { initial: -1 }, { max: '3' }, { minimum: 3 }, [], { initial: 100, max: 50 }],
  },
  breaker: {
    right: [false, {}, { failures: 3 }, { failures: Infinity }, { probeAfter: 0 }],
    wrong: [true, null, 5, 'off', { failures: 0 }, { failures: 1.5 }, { probeAfter: -1 }, { after: 3 }],
  },
  context: { right: [false, () => null], wrong: [true, null, 42, {}] },
  order: { right: ['lifo', 'fifo'], wrong: ['random', '', null, 1] },
  idleTimeout: time,
  maxLifetime: time,
  lifetimeJitter: { right: [0, 0.5, 1], wrong: [-0.1, 1.1, NaN, Infinity, '3', null, true] },
  maxUses: positiveOrInfinity,
  validate: aFunction,
  validateAfter: time,
  reset: aFunction,
  isFatal: aFunction,
  outlier: {
    right: [false, {}, { consecutive: 1 }, { consecutive: undefined }],
    wrong: [
      true,
      null,
      5,
      'off',
      [],
      { consecutive: 0 },
      { consecutive: 1.5 },
      { consecutive: Infinity },
      { after: 3 },
    ],
  },
  onCancel: { right: ['release', 'discard', () => NEVER], wrong: ['close', '', null, {}, true] },
  cancelTimeout: time,
  leakThreshold: time,
  overload: {
    right: [false, {}, { target: 5 }, { interval: 100 }, { target: 0, interval: 0 }],
    wrong: [true, null, 5, 'off', { target: -1 }, { interval: '3' }, { after: 3 }],
  },
  timings: { right: [true, false], wrong: [null, 0, 1, 'yes', {}] },
  scheduler: {
    right: [asyncScheduler, asapScheduler, new VirtualTimeScheduler()],
    wrong: [null, 'async', {}, 42],
  },
  random: { right: [() => 0], wrong: [null, 0.5, 'dice'] },
};

describe('the options of createPool', () => {
  it('reject an incomplete scheduler', () => {
    for (const half of [{ now: () => 0 }, { schedule: () => 0 }]) {
      expect(problemsOf({ scheduler: half })).toEqual([
        jasmine.stringContaining('scheduler must be an RxJS scheduler'),
      ]);
    }
  });

  for (const [name, { right: taken, wrong }] of Object.entries(values)) {
    for (const value of taken) {
      it(`accept ${shown(value)} for ${name}`, () => {
        expect(problemsOf({ [name]: value })).toEqual([]);
      });
    }
    for (const value of wrong) {
      it(`reject ${typeof value} ${shown(value)} for ${name}, and name both`, () => {
        const problems = problemsOf({ [name]: value });
        expect(problems.length).toBe(1);
        expect(problems[0]).toContain(name);
        const inner: unknown = typeof value === 'object' && value !== null ? Object.entries(value)[0] : undefined;
        if (Array.isArray(inner)) expect(problems[0]).toContain(inner[0] as string);
        else if (typeof value !== 'object' || value === null) expect(problems[0]).toContain(String(value));
      });
    }
    if (!['connect', 'max'].includes(name)) {
      it(`accept undefined for ${name} as if it were absent`, () => {
        expect(problemsOf({ [name]: undefined })).toEqual([]);
      });
    }
  }

  it('reject a min above max, and a lifetime of 0 with a min: each is valid by itself', () => {
    expect(problemsOf({ min: 2 })).toEqual(['min must be at most max (1), but got 2']);
    expect(problemsOf({ min: 1, maxLifetime: 0 })).toEqual([
      jasmine.stringMatching(/^maxLifetime must be more than 0 when min is: .* its 1 connections only to close them/),
    ]);
    expect(problemsOf({ min: 0, maxLifetime: 0 })).toEqual([]);
  });

  it('reject a revoked proxy, on which every access throws', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const name of ['breaker', 'retryDelay', 'scheduler']) {
      expect(problemsOf({ [name]: proxy })).toEqual([jasmine.stringMatching(`^${name} must be .*, but got `)]);
    }
    expect(() => createPool(proxy as PoolOptions<string>)).toThrowError(
      InvalidConfigError,
      /options must be an object/,
    );
  });

  it('reject an unknown option, and list the known ones', () => {
    const [problem, ...others] = problemsOf({ maxConnections: 3 });
    expect(others).toEqual([]);
    for (const name of ['maxConnections', ...Object.keys(values)]) expect(problem).toContain(name);
  });

  for (const name of ['toString', 'constructor', '__proto__x', 'hasOwnProperty']) {
    it(`reject ${name}, which every object has`, () => {
      expect(problemsOf({ [name]: 3 }).length).toBe(1);
    });
  }

  it('say what else an option may be that is an object', () => {
    for (const [options, message] of [
      [{ breaker: 5 }, 'breaker must be false or an object with failures and probeAfter, but got 5'],
      [{ outlier: true }, 'outlier must be false or an object with consecutive, but got true'],
      [{ overload: null }, 'overload must be false or an object with target and interval, but got null'],
      [{ retryDelay: 'x' }, 'retryDelay must be milliseconds or an object with initial and max, but got "x"'],
      [{ retryDelay: { initial: 5, max: 4 } }, 'retryDelay.initial must be at most retryDelay.max (4), but got 5'],
    ] as const)
      expect(() => createPool({ connect: () => NEVER, max: 1, ...(options as object) })).toThrowError(
        `Pool 'pool' cannot be created: ${message}`,
      );
    for (const retryDelay of [{ initial: 4, max: 4 }, { initial: 5 }, { max: 40_000 }])
      expect(() => createPool({ connect: () => NEVER, max: 1, retryDelay })).not.toThrow();
  });

  it('list every problem in one message', () => {
    const wrong = { max: 0, capacity: 1.5, acquireTimeout: -1, retryDelay: { initial: -1, max: -2 }, lifo: true };
    const problems = problemsOf(wrong);
    expect(problems.length).toBe(6);
    try {
      createPool({ connect: right.connect, ...wrong } as never);
    } catch (error) {
      for (const problem of problems) expect((error as Error).message).toContain(problem);
    }
  });

  for (const wrong of [undefined, null, 'tcp://x', 42, [], true]) {
    it(`reject ${wrong === undefined ? 'undefined' : JSON.stringify(wrong)}`, () => {
      expect(() => createPool(wrong as never)).toThrowMatching(
        (error) => error instanceof InvalidConfigError && error.message.includes('connect'),
      );
    });
  }

  it('require connect and max, and name both', () => {
    expect(() => createPool({} as never)).toThrowMatching(
      (error) =>
        error instanceof InvalidConfigError &&
        error.issues.length === 2 &&
        ['connect', 'max'].every((name) => error.issues.some((issue) => issue.startsWith(name))),
    );
  });

  it('name the pool in the error, if it has a name', () => {
    expect(() => createPool({ name: 'db' } as never)).toThrowMatching(
      (error) => error instanceof InvalidConfigError && error.pool === 'db' && error.message.includes("'db'"),
    );
  });

  it('open nothing when they are rejected', () => {
    let dials = 0;
    expect(() =>
      createPool({
        connect: () => {
          dials++;
          return NEVER;
        },
        max: -1,
      }),
    ).toThrowError(InvalidConfigError);
    expect(dials).toBe(0);
  });

  it('are read once: later changes of the object have no effect', () => {
    const options = { connect: () => opensAtOnce('a'), max: 1, name: 'db', acquireTimeout: Infinity };
    const pool = createPool(options);
    options.max = 5;
    options.name = 'other';
    for (let i = 0; i < 3; i++) pool.acquire().subscribe();
    expect(pool.stats).toEqual(jasmine.objectContaining({ name: 'db', maxConnections: 1, totalConnections: 1 }));
  });

  describe('have these effects and defaults besides those in other specs:', () => {
    it('name is in the stats and on the pool, and is pool by default', () => {
      expect(createPool({ ...right, name: 'db' }).name).toBe('db');
      expect(createPool({ ...right, name: 'db' }).stats.name).toBe('db');
      expect(createPool(right).name).toBe('pool');
    });

    it('max bounds the connections', () => {
      const scripted = scriptedTarget();
      const pool = createPool({ connect: scripted.connect, max: 3, acquireTimeout: Infinity });
      for (let i = 0; i < 5; i++) pool.acquire().subscribe();
      expect(scripted.peak).toBe(3);
      expect(pool.stats).toEqual(jasmine.objectContaining({ maxConnections: 3, activeLeases: 3, pendingAcquires: 2 }));
    });

    it('maxOpening is 16', () => {
      const scripted = scriptedTarget({ openAfter: 5 });
      marbles(({ flush }) => {
        const pool = createPool({ connect: scripted.connect, max: 100 });
        for (let i = 0; i < 100; i++) pool.acquire().subscribe();
        flush();
      });
      expect(scripted.peakOpening).toBe(16);
      expect(scripted.opened).toBe(100);
    });

    it('scheduler is the only clock: no other is read', () => {
      const virtual = new VirtualTimeScheduler();
      const counting = countingScheduler(virtual);
      const scripted = scriptedTarget({ step: () => 'hang' });
      const pool = createPool({
        connect: scripted.connect,
        max: 1,
        acquireTimeout: 86_400_000,
        connectTimeout: 3_600_000,
        breaker: false,
        retryDelay: 1,
        scheduler: counting.scheduler,
      });
      let told = -1;
      pool.acquire().subscribe({ error: () => (told = virtual.now()) });
      virtual.flush();
      // A day of waiting for a target that does not answer, in no real time.
      expect(told).toBe(86_400_000);
      expect(scripted.dials).toBeGreaterThanOrEqual(24);
      expect(pool.stats.at).toBe(virtual.now());
      expect(counting.live).toBe(0);
    });

    it('scheduler is asyncScheduler, which is virtual under TestScheduler.run with nothing passed in', () => {
      marbles(({ target, expectObservable }) => {
        const pool = createPool({ connect: target('1s a').connect, max: 1 });
        expectObservable(pool.acquire().pipe(map((lease) => lease.connection))).toBe('1s (a|)');
      });
    });

    it('random is the only random source', () => {
      let thrown = 0;
      marbles(({ target, flush }) => {
        const pool = createPool({
          connect: target('#', '#', 'a').connect,
          max: 1,
          retryDelay: 4,
          lifetimeJitter: 0,
          random: () => {
            thrown++;
            return 0.5;
          },
        });
        pool.acquire().subscribe();
        flush();
      });
      expect(thrown).toBe(2);
    });

    it('random is Math.random', () => {
      const die = spyOn(Math, 'random').and.returnValue(0.5);
      marbles(({ target, expectObservable }) => {
        const pool = createPool({ connect: target('#', 'a').connect, max: 1, lifetimeJitter: 0 });
        expectObservable(pool.acquire().pipe(map((lease) => lease.connection))).toBe('25ms (a|)');
      });
      expect(die).toHaveBeenCalledTimes(1);
    });

    it('label is accepted by every acquire', () => {
      const pool = createPool(right);
      const seen: unknown[] = [];
      pool.use(() => of('x'), { label: 'report' }).subscribe((value) => seen.push(value));
      pool.acquire({ label: 'report' }).subscribe((lease) => seen.push(lease.connection));
      expect(seen).toEqual(['x', 'a']);
    });
  });
});
