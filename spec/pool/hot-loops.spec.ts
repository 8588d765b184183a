import { asyncScheduler, firstValueFrom, of, retry, takeUntil, tap, throwError, timer } from 'rxjs';
import { concat, concatMap, concatWith, defer, ignoreElements, map, NEVER } from 'rxjs';
import type { ConnectionPool, Lease, PoolOptions } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { marbles, opensAtOnce } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';

/** The limit of a loop that would leave no turn to other code, so that the spec fails and does not hang. */
const endless = 40_000;

/** A loop in real time over a connector whose promises resolve at once. Counts its rounds until a timer of 20 ms fires. */
async function roundsIn20Ms(
  options: Partial<PoolOptions<string>>,
  start: (pool: ConnectionPool<string>, round: () => boolean) => unknown,
): Promise<number> {
  let rounds = 0;
  let over = false;
  const round = (): boolean => {
    if (++rounds === endless) void pool.destroy({ timeout: 0 });
    return !over && rounds < endless;
  };
  const pool = createPool<string>({
    connect: () => {
      // A connect that is not counted.
      if (options.min !== undefined && !round()) return Promise.reject(new Error('over'));
      return Promise.resolve('c');
    },
    max: 2,
    ...options,
  });
  start(pool, round);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const atTheTimer = rounds;
  over = true;
  await pool.destroy({ timeout: 0 });
  return atTheTimer;
}

/** Acquires again inside its callback. */
const again =
  (give: (lease: Lease<string>) => void) =>
  (pool: ConnectionPool<string>, round: () => boolean): void => {
    const ask = (): void => {
      pool.acquire().subscribe({
        next: (lease) => {
          give(lease);
          if (round()) ask();
        },
        error: () => undefined,
      });
    };
    ask();
  };
const discard = (lease: Lease<string>): void => {
  lease.discard();
};
const release = (lease: Lease<string>): void => {
  lease.release();
};
/** The stream of the pool. */
const each =
  (give: (lease: Lease<string>, pool: ConnectionPool<string>) => void) =>
  (pool: ConnectionPool<string>, round: () => boolean): void => {
    const subscription = pool.subscribe((lease) => {
      give(lease, pool);
      if (!round()) setTimeout(() => subscription.unsubscribe());
    });
  };

describe('a loop over a connector of promises leaves turns to other code:', () => {
  const loops: Record<string, Parameters<typeof roundsIn20Ms>> = {
    'a stream whose receiver discards': [{}, each(discard)],
    'a stream whose receiver releases, with maxUses 1': [{ maxUses: 1 }, each(release)],
    'a stream whose receiver refreshes and releases': [
      {},
      each((lease, pool) => {
        pool.refresh();
        lease.release();
      }),
    ],
    'a stream whose receiver releases and refreshes': [
      {},
      each((lease, pool) => {
        lease.release();
        pool.refresh();
      }),
    ],
    'a stream whose receiver keeps its leases, and makes the pool larger': [
      {},
      each((_, pool) => {
        pool.resize(pool.stats.maxConnections + 1);
      }),
    ],
    'a caller that discards and acquires again inside next': [{}, again(discard)],
    'a refresh whenever a connection opens': [
      { min: 1 },
      (pool) =>
        pool.events$.subscribe(({ type }) => {
          if (type === 'opened' && pool.stats.state === 'open') pool.refresh();
        }),
    ],
    'a resize down and up whenever a connection opens': [
      { min: 2 },
      (pool) =>
        pool.events$.subscribe(({ type }) => {
          if (pool.stats.state !== 'open') return;
          if (type === 'opened' && pool.stats.totalConnections === 2) pool.resize(1);
          if (type === 'closed') pool.resize(2);
        }),
    ],
  };
  for (const [name, [options, start]] of Object.entries(loops)) {
    it(name, async () => {
      const rounds = await roundsIn20Ms(options, start);
      expect(rounds).toBeGreaterThan(1);
      expect(rounds).toBeLessThan(5_000);
    });
  }

  // Cheaper rounds, which do not connect: more of them are allowed, but not without an end.
  const quick: typeof loops = {
    'a stream whose receiver releases in a microtask': [
      {},
      each((lease) => {
        void Promise.resolve().then(() => {
          lease.release();
        });
      }),
    ],
    'a caller that releases and acquires again inside next, with maxUses 1': [{ maxUses: 1 }, again(release)],
  };
  for (const [name, [options, start]] of Object.entries(quick)) {
    it(name, async () => {
      const rounds = await roundsIn20Ms(options, start);
      expect(rounds).toBeGreaterThan(1);
      expect(rounds).toBeLessThan(endless);
    });
  }
});

describe('a loop in virtual time takes time', () => {
  /** The number of connects in 450 ms. */
  function dialsIn450Ms(
    options: Partial<PoolOptions<string>>,
    start: (pool: ConnectionPool<string>) => unknown = () => undefined,
  ): number {
    let dials = 0;
    marbles(({ at, flush }) => {
      const pool = createPool<string>({
        max: 2,
        ...options,
        connect: (context) => {
          if (++dials > 5_000) return NEVER;
          return options.connect?.(context) ?? opensAtOnce('c');
        },
      });
      start(pool);
      at(450, () => void pool.destroy({ timeout: 0 }));
      flush();
      expect(pool.stats.state).toBe('destroyed');
    });
    return dials;
  }

  for (const idleTimeout of [0, 1, 5]) {
    it(`with a warm-up of two, of which one is slow, and an idleTimeout of ${idleTimeout}: it opens two`, async () => {
      let warm: Promise<void> | undefined;
      let dialled = 0;
      const dials = dialsIn450Ms(
        {
          idleTimeout,
          connect: () => concat(timer(dialled++ % 2 === 0 ? 0 : 200).pipe(map(() => 'c')), NEVER),
        },
        (pool) => (warm = pool.warmUp(2)),
      );
      await warm;
      expect(dials).toBe(2);
    });
  }

  it('with a warm-up whose first connection has expired when the second opens: it opens two, and closes the first', async () => {
    let warm: Promise<void> | undefined;
    let dialled = 0;
    const totals: number[] = [];
    const dials = dialsIn450Ms(
      {
        maxLifetime: 5,
        connect: () => concat(timer(dialled++ === 0 ? 0 : 200).pipe(map(() => 'c')), NEVER),
      },
      (pool) => {
        warm = pool.warmUp(2);
        for (const ms of [199, 201, 300]) asyncScheduler.schedule(() => totals.push(pool.stats.totalConnections), ms);
      },
    );
    await warm;
    expect(dials).toBe(2);
    expect(totals).toEqual([1, 1, 0]);
  });

  it('with a refresh whenever a connection opens', () => {
    const refreshed = (pool: ConnectionPool<string>) =>
      pool.events$.subscribe(({ type }) => {
        if (type === 'opened' && pool.stats.state === 'open') pool.refresh();
      });
    for (const min of [1, 2]) expect(dialsIn450Ms({ min }, refreshed)).toBeLessThan(50);
    // For a waiting caller as well.
    const waited = dialsIn450Ms({}, (pool) => {
      refreshed(pool);
      pool.acquire().subscribe({ error: () => undefined });
    });
    expect(waited).toBeGreaterThan(4);
    expect(waited).toBeLessThan(50);
  });

  it('with a connector that refreshes its own pool', () => {
    let own: ConnectionPool<string> | undefined;
    const dials = dialsIn450Ms(
      {
        connect: () => {
          own!.refresh();
          return opensAtOnce('c');
        },
      },
      (pool) => {
        own = pool;
        pool.acquire().subscribe({ error: () => undefined });
      },
    );
    expect(dials).toBeGreaterThan(4);
    expect(dials).toBeLessThan(50);
  });

  it('with a resize down and up whenever a connection opens', () => {
    const dials = dialsIn450Ms({ min: 2 }, (pool) => {
      pool.events$.subscribe(({ type }) => {
        if (pool.stats.state !== 'open') return;
        if (type === 'opened' && pool.stats.totalConnections === 2) pool.resize(1);
        if (type === 'closed') pool.resize(2);
      });
      pool.resize(1);
    });
    expect(dials).toBeGreaterThan(4);
    expect(dials).toBeLessThan(60);
  });

  it('with a caller that discards and acquires again inside next, however fast the connector is', () => {
    for (const connect of [() => opensAtOnce('c'), () => concat(timer(0).pipe(map(() => 'c')), NEVER)]) {
      const asks = (pool: ConnectionPool<string>): void => {
        again(discard)(pool, () => true);
      };
      // It no longer runs without an end in one instant: after a number of rounds the pool makes it wait for the next instant.
      const dials = dialsIn450Ms({ connect }, (pool) => {
        asyncScheduler.schedule(() => void pool.destroy({ timeout: 0 }), 20);
        asks(pool);
      });
      expect(dials).toBeGreaterThan(100);
      expect(dials).toBeLessThan(2_500);
    }
  });

  it('with a stream whose receiver discards, over a connector that takes no time', () => {
    const dials = dialsIn450Ms({ connect: () => concat(timer(0).pipe(map(() => 'c')), NEVER) }, (pool) => {
      asyncScheduler.schedule(() => void pool.destroy({ timeout: 0 }), 20);
      pool.subscribe(discard);
    });
    expect(dials).toBeGreaterThan(19);
    expect(dials).toBeLessThan(2_500);
  });

  it('with connects that end at once, and a tiny idleTimeout and maxLifetime', () => {
    const ends = { connect: () => of('c'), min: 1, breaker: false as const, retryDelay: 0 };
    expect(dialsIn450Ms(ends)).toBeLessThan(460);
    expect(dialsIn450Ms({ idleTimeout: 0, maxLifetime: 1, min: 1 })).toBeLessThan(5);
    const asked = dialsIn450Ms({ idleTimeout: 0, maxLifetime: 0 }, (pool) => {
      pool.acquire().subscribe().unsubscribe();
    });
    expect(asked).toBe(1);
  });
});

describe('code without a loop is not slowed down:', () => {
  it('a use for each connection, over a connector that takes no time', () => {
    const scripted = scriptedTarget();
    marbles(({ flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 1, maxUses: 1 });
      for (let i = 0; i < 1_000; i++) pool.use(() => of(i)).subscribe();
      expect(pool.stats.successfulOperations).toBe(1_000);
      expect(scripted.dials).toBe(1_000);
      flush();
    });
  });

  it('a use for each connection, over one that takes a millisecond', () => {
    const scripted = scriptedTarget({ openAfter: 1 });
    let ended = -1;
    marbles(({ flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 4, maxUses: 1, maxOpening: 4 });
      void pool.warmUp(4);
      for (let i = 0; i < 4_000; i++)
        pool.use(() => timer(1).pipe(ignoreElements())).subscribe({ complete: () => (ended = asyncScheduler.now()) });
      flush();
    });
    expect(scripted.dials).toBe(4_000);
    expect(ended).toBeLessThan(2_100);
  });

  it('a discard for each connection, when each took a millisecond to open', () => {
    const scripted = scriptedTarget({ openAfter: 1 });
    let ended = -1;
    marbles(({ flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 1 });
      for (let i = 0; i < 1_000; i++)
        pool.acquire().subscribe((lease) => {
          lease.discard();
          ended = asyncScheduler.now();
        });
      flush();
    });
    expect(scripted.dials).toBe(1_000);
    expect(ended).toBe(1_000);
  });

  it('a refresh, and another one, of a pool without callers', () => {
    const scripted = scriptedTarget();
    marbles(({ flush }) => {
      const pool = createPool({ connect: scripted.connect, max: 20, min: 20 });
      pool.refresh();
      pool.refresh();
      expect(pool.stats.totalConnections).toBe(20);
      expect(scripted.dials).toBe(60);
      void pool.destroy();
      flush();
    });
  });
});

describe('a caller that acquires again as soon as it is rejected leaves turns to other code:', () => {
  const rejects = (): Promise<never> => Promise.reject(new Error('refused'));

  const refused: Record<string, Partial<PoolOptions<string>>> = {
    'by a breaker that has just opened': {
      connect: () => timer(1).pipe(concatMap(() => throwError(() => new Error('refused')))),
      breaker: { failures: 1 },
    },
    'by a full queue': {
      connect: () =>
        timer(1).pipe(
          map(() => 'c'),
          concatWith(NEVER),
        ),
      max: 1,
      maxPending: 0,
    },
  };
  for (const [by, options] of Object.entries(refused)) {
    it(`${by}, with retry()`, () => {
      let times = 0;
      let served = 0;
      marbles(({ flush }) => {
        const pool = createPool({ connect: () => NEVER, max: 1, ...options });
        const retried$ = defer(() => pool.use(() => of('served'))).pipe(
          tap({ error: () => times++ }),
          retry(endless),
          takeUntil(timer(20)),
        );
        const begin = (): void => {
          retried$.subscribe({ next: () => served++, error: () => undefined });
        };
        pool
          .use(() => {
            begin();
            return timer(10);
          })
          .subscribe({ error: begin });
        flush();
      });
      expect(times).toBeGreaterThan(100);
      expect(times).toBeLessThan(endless);
      expect(served).toBe(by === 'by a full queue' ? 1 : 0);
    });
  }

  const loops: Record<string, (pool: ConnectionPool<string>) => Promise<unknown>> = {
    'a lease': (pool) => firstValueFrom(pool.acquire()),
    'a warm-up': (pool) => pool.warmUp(1),
  };
  for (const [what, ask] of Object.entries(loops)) {
    it(`in a loop that awaits ${what} while the breaker is open`, async () => {
      const pool = createPool({ connect: rejects, max: 1, breaker: { failures: 1 } });
      let refused = 0;
      let over = false;
      const fires = new Promise<void>((resolve) => setTimeout(resolve, 5));
      const loop = async (): Promise<void> => {
        while (!over && refused < 10 * endless) await ask(pool).catch(() => refused++);
      };
      const looped = loop();
      await fires;
      over = true;
      expect(refused).toBeGreaterThan(1);
      expect(refused).toBeLessThan(10 * endless);
      await looped;
      await pool.destroy();
    });
  }

  it('and independent callers are rejected at once by a full queue, however large their number is', () => {
    marbles(({ flush }) => {
      const pool = createPool({ connect: () => opensAtOnce('c'), max: 1, maxPending: 5 });
      pool.use(() => timer(10)).subscribe();
      let refused = 0;
      for (let i = 0; i < 5_000; i++) pool.use(() => of(1)).subscribe({ error: () => refused++ });
      expect(refused).toBe(4_995);
      expect(pool.stats.pendingAcquires).toBe(5);
      flush();
    });
  });
});
