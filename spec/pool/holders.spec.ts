import { from, NEVER, of, take, tap, timer } from 'rxjs';
import type { Observable } from 'rxjs';
import { batchParallel, withConnection } from '../../src/index';
import type { ConnectionPool, Lease, PoolError, PoolEvent } from '../../src/index';
import { collectGarbage } from '../helpers/garbage';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { marbles, poolError } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';
import type { ScriptedConnection } from '../helpers/scripted-target';
import { until } from '../helpers/turns';

const create = (options: Partial<Parameters<typeof createPool>[0]> = {}): ConnectionPool<ScriptedConnection> =>
  createPool({ max: 2, ...options, connect: scriptedTarget().connect });

function errorOf(pool: ConnectionPool<ScriptedConnection>): PoolError {
  let error: PoolError | undefined;
  pool.acquire().subscribe({ error: (reason: unknown) => (error = reason as PoolError) });
  return error!;
}

describe('pool.holders()', () => {
  it('lists the holders, the longest first', () => {
    marbles(({ at, flush }) => {
      const pool = create({ max: 3 });
      expect(pool.holders()).toEqual([]);
      pool.use(() => timer(100), { label: 'report' }).subscribe();
      at(10, () => {
        pool.acquire({ label: 'shell' }).subscribe();
      });
      at(20, () => {
        pool.use(() => timer(100)).subscribe();
      });
      at(30, () => {
        expect(pool.holders()).toEqual([
          { label: 'report', age: 30, connection: 1 },
          { label: 'shell', age: 20, connection: 2 },
          { age: 10, connection: 3 },
        ]);
      });
      flush();
      expect(pool.holders()).toEqual([{ label: 'shell', age: 110, connection: 2 }]);
    });
  });

  it('has one leak of a lease that has passed from a stream to a task', () => {
    marbles(({ flush }) => {
      const pool = create({ max: 1, leakThreshold: 100 });
      const leaks: unknown[] = [];
      pool.events$.subscribe((event) => {
        if (event.type === 'leaked') leaks.push([event.connection, event.held]);
      });
      pool
        .pipe(
          take(1),
          withConnection(() => timer(1_000)),
          batchParallel(),
        )
        .subscribe();
      flush();
      expect(leaks).toEqual([[1, 100]]);
    });
  });

  it('is sorted by the time that leases are held, not by connection numbers', () => {
    marbles(({ at, flush }) => {
      const pool = create();
      pool.use(() => timer(10), { label: 'first' }).subscribe();
      pool.use(() => NEVER, { label: 'second' }).subscribe();
      at(20, () => {
        pool.use(() => NEVER, { label: 'third' }).subscribe();
        expect(pool.holders().map(({ label, connection }) => [label, connection])).toEqual([
          ['second', 2],
          ['third', 1],
        ]);
      });
      flush();
    });
  });

  it('lists all holders of a shared connection', () => {
    const pool = create({ max: 1, capacity: 3 });
    for (const label of ['a', 'b']) pool.use(() => NEVER, { label }).subscribe();
    expect(pool.holders().map(({ label, connection }) => [label, connection])).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
  });

  it('contains the label of withConnection', () => {
    const pool = create();
    from([1, 2, 3])
      .pipe(
        withConnection(pool, () => NEVER, { label: 'import' }),
        batchParallel(),
      )
      .subscribe();
    expect(pool.holders().map(({ label }) => label)).toEqual(['import', 'import']);
  });

  it('returns a new array: changing it has no effect', () => {
    const pool = create();
    pool.acquire().subscribe();
    pool.holders().pop();
    expect(pool.holders().length).toBe(1);
  });

  it('contains the stack of the acquire, with a finite leakThreshold', () => {
    const pool = create({ leakThreshold: 1_000 });
    (function readTheConfiguration() {
      pool.acquire().subscribe();
    })();
    expect(pool.holders()[0]!.stack).toContain('readTheConfiguration');
    expect(create().holders()).toEqual([]);
  });
});

describe('an exhausted pool', () => {
  it('names the three longest holders, and how long they have held', () => {
    marbles(({ at, flush }) => {
      const pool = create({ max: 4, maxPending: 0 });
      for (const [i, label] of ['a', 'b', 'c', 'd'].entries()) {
        at(i * 1_500, () => {
          pool.acquire({ label }).subscribe();
        });
      }
      at(5_000, () => {
        expect(errorOf(pool).message).toContain(`Longest held 5 s by 'a', 3.5 s by 'b', 2 s by 'c' ….`);
      });
      flush();
    });
  });

  it('names them also when a wait times out', () => {
    marbles(({ flush }) => {
      const pool = create({ max: 1, acquireTimeout: 250 });
      pool.acquire({ label: 'forgotten' }).subscribe();
      let message = '';
      pool.acquire().subscribe({ error: (error: unknown) => (message = (error as Error).message) });
      flush();
      expect(message).toContain(`waited 250 ms. Longest held 250 ms by 'forgotten'.`);
    });
  });
});

describe('a self-deadlock', () => {
  const deadlock = /inside work that holds a connection of this same pool/;

  for (const end of ['release', 'discard'] as const) {
    it(`is told of work that has ended another lease first, by its ${end}`, () => {
      let told = '';
      marbles(({ at, flush }) => {
        const pool = create({ max: 2, acquireTimeout: 10 });
        let other: Lease<ScriptedConnection> | undefined;
        pool.acquire().subscribe((lease) => (other = lease));
        const work = (): Observable<never> => {
          other![end]();
          // It takes the other connection.
          pool.acquire().subscribe();
          pool.acquire().subscribe({ error: (error: unknown) => (told = (error as Error).message) });
          return NEVER;
        };
        at(5, () => {
          pool.use(work).subscribe({ error: () => undefined });
        });
        at(100, () => void pool.destroy({ timeout: 0 }));
        flush();
      });
      expect(told).toMatch(deadlock);
    });
  }

  const nested: [string, (pool: ConnectionPool<ScriptedConnection>) => Observable<unknown>][] = [
    ['work that returns an acquire', (pool) => pool.use(() => pool.use(() => of(1)))],
    [
      'a batch inside work',
      (pool) =>
        pool.use(() =>
          from([1]).pipe(
            withConnection(pool, () => of(1)),
            batchParallel(),
          ),
        ),
    ],
  ];

  for (const [what, start] of nested) {
    it(`is named, for ${what}`, () => {
      marbles(({ flush }) => {
        const pool = create({ max: 1, acquireTimeout: 1_000 });
        const errors: unknown[] = [];
        start(pool).subscribe({
          next: (value: unknown) =>
            errors.push(...((value as { failed?: { error: unknown }[] }).failed ?? []).map((f) => f.error)),
          error: (error: unknown) => errors.push(error),
        });
        flush();
        expect(errors).toEqual([poolError('POOL_EXHAUSTED')]);
        expect((errors[0] as Error).message).toMatch(deadlock);
      });
    });
  }

  it('is named, for an acquire inside the call of work', () => {
    marbles(({ flush }) => {
      const pool = create({ max: 1, acquireTimeout: 1_000 });
      let message = '';
      pool
        .use(() => {
          pool.acquire().subscribe({ error: (error: unknown) => (message = (error as Error).message) });
          return timer(5_000);
        })
        .subscribe();
      flush();
      expect(message).toMatch(deadlock);
    });
  });

  it('is not reported for another waiting caller', () => {
    marbles(({ flush }) => {
      const pool = create({ max: 1, acquireTimeout: 1_000 });
      pool.use(() => timer(5_000)).subscribe();
      let message = '';
      pool.use(() => of(1)).subscribe({ error: (error: unknown) => (message = (error as Error).message) });
      flush();
      expect(message).toContain('exhausted');
      expect(message).not.toMatch(deadlock);
    });
  });

  it('is not reported for a holder that has released a connection that others share', () => {
    marbles(({ flush }) => {
      const pool = create({ max: 1, capacity: 2, acquireTimeout: 1_000 });
      pool.use(() => timer(5_000)).subscribe();
      let message = '';
      pool.acquire().subscribe((lease) => {
        lease.release();
        pool.acquire().subscribe();
        pool.acquire().subscribe({ error: (error: unknown) => (message = (error as Error).message) });
      });
      flush();
      expect(message).toContain('exhausted');
      expect(message).not.toMatch(deadlock);
    });
  });

  it('is named, for an acquire inside the call of work, when another holder has released the same connection there', () => {
    marbles(({ flush }) => {
      const pool = create({ max: 1, capacity: 2, acquireTimeout: 1_000 });
      let other: Lease<ScriptedConnection> | undefined;
      pool.acquire().subscribe((lease) => (other = lease));
      flush();
      let message = '';
      pool
        .use(() => {
          other?.release();
          pool.acquire().subscribe();
          pool.acquire().subscribe({ error: (error: unknown) => (message = (error as Error).message) });
          return timer(5_000);
        })
        .subscribe();
      flush();
      expect(message).toMatch(deadlock);
    });
  });

  it('is not reported for an acquire beside a task that has taken the lease over', () => {
    marbles(({ flush }) => {
      const pool = create({ max: 1, acquireTimeout: 1_000 });
      let message = '';
      pool.pipe(withConnection(() => NEVER)).subscribe((task) => {
        task.subscribe();
        pool.acquire().subscribe({ error: (error: unknown) => (message = (error as Error).message) });
      });
      flush();
      expect(message).toContain('exhausted');
      expect(message).not.toMatch(deadlock);
    });
  });

  it('is not reported for work on another pool', () => {
    marbles(({ flush }) => {
      const [pool, other] = [create({ max: 1, acquireTimeout: 1_000 }), create()];
      pool.use(() => timer(5_000)).subscribe();
      let message = '';
      other
        .use(() => pool.use(() => of(1)))
        .subscribe({ error: (error: unknown) => (message = (error as Error).message) });
      flush();
      expect(message).toContain('exhausted');
      expect(message).not.toMatch(deadlock);
    });
  });
});

describe('leakThreshold', () => {
  const leaksOf = (pool: ConnectionPool<ScriptedConnection>): PoolEvent[] => {
    const leaks: PoolEvent[] = [];
    pool.events$.subscribe((event) => {
      if (event.type === 'leaked') leaks.push(event);
    });
    return leaks;
  };

  it('reports a lease that is held for longer, once, with its label and stack; the lease is still held', () => {
    marbles(({ at, flush }) => {
      const pool = create({ leakThreshold: 100 });
      const leaks = leaksOf(pool);
      let lease: Lease<ScriptedConnection> | undefined;
      (function forgetToRelease() {
        pool.acquire({ label: 'cursor' }).subscribe((given) => (lease = given));
      })();
      at(500, () => {
        expect(lease!.connection.id).toBe(0);
        lease!.release();
      });
      flush();
      expect(leaks).toEqual([
        jasmine.objectContaining({
          type: 'leaked',
          at: 100,
          connection: 1,
          label: 'cursor',
          held: 100,
          collected: false,
        }),
      ] as never);
      expect((leaks[0] as { stack?: string }).stack).toContain('forgetToRelease');
      expect(pool.stats).toEqual(jasmine.objectContaining({ released: 1, discarded: 0 }));
    });
  });

  it('does not report a lease that is released in time', () => {
    marbles(({ flush }) => {
      const pool = create({ leakThreshold: 100 });
      const leaks = leaksOf(pool);
      for (let i = 0; i < 5; i++) pool.use(() => timer(99)).subscribe();
      flush();
      expect(leaks).toEqual([]);
    });
  });

  it('reports each lease at its time', () => {
    marbles(({ at, flush }) => {
      const pool = create({ max: 3, leakThreshold: 100 });
      const leaks = leaksOf(pool);
      for (const frame of [0, 30, 60]) {
        at(frame, () => {
          pool.use(() => timer(frame === 30 ? 10 : 500)).subscribe();
        });
      }
      flush();
      expect(leaks.map(({ at: when }) => when)).toEqual([100, 160]);
    });
  });

  it('works in real time', async () => {
    const pool = create({ leakThreshold: 10 });
    const leaks = leaksOf(pool);
    // Referenced, so that the garbage collector does not find it first.
    const held: unknown[] = [];
    pool.acquire().subscribe((lease) => held.push(lease));
    await until(() => leaks.length > 0);
    expect(leaks.length).toBe(1);
    await pool.destroy({ timeout: 0 });
    expect(held.length).toBe(1);
  });
});

describe('a garbage-collected lease', () => {
  it('is reported, and its connection is closed and replaced', async () => {
    const pool = create({ max: 1 });
    const events: PoolEvent[] = [];
    pool.events$.subscribe((event) => events.push(event));
    await new Promise<void>((resolve) => {
      pool.acquire({ label: 'lost' }).subscribe(() => {
        resolve();
      });
    });
    await until(() => {
      collectGarbage();
      return events.some(({ type }) => type === 'leaked');
    });
    expect(events.find(({ type }) => type === 'leaked')).toEqual(
      jasmine.objectContaining({ label: 'lost', collected: true, connection: 1 }),
    );
    expect(pool.stats).toEqual(jasmine.objectContaining({ discarded: 1, activeLeases: 0 }));
    const id = await new Promise((resolve) => {
      pool.use((c) => of(c.id)).subscribe(resolve);
    });
    expect(id).toBe(1);
    await pool.destroy();
  });

  it('of a pool that is collected too does not disturb the reports of other pools', async () => {
    let pool: ConnectionPool<ScriptedConnection> | null = create({ max: 1 });
    pool.acquire().subscribe();
    // By then the lease is tracked, because it was not released at once.
    await new Promise((resolve) => setTimeout(resolve, 5));
    collectGarbage();
    pool = null;
    collectGarbage();
    let told = false;
    const others = new FinalizationRegistry(() => {
      told = true;
    });
    (() => {
      others.register({}, undefined);
    })();
    await until(() => {
      collectGarbage();
      return told;
    });
    expect(told).toBe(true);
    expect(pool).toBeNull();
  });

  it('is not reported while it is referenced', async () => {
    const pool = create({ max: 1 });
    const lease = await new Promise<Lease<ScriptedConnection>>((resolve) => {
      pool.acquire().subscribe(resolve);
    });
    for (let i = 0; i < 2; i++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      collectGarbage();
    }
    expect(pool.stats.activeLeases).toBe(1);
    lease.release();
    await pool.destroy();
  });

  it('is not tracked after its release: its holder is not retained', async () => {
    const pool = create({ max: 1 });
    const lendForAWhile = async (): Promise<WeakRef<object>> => {
      const owner: { lease?: Lease<ScriptedConnection> } = {};
      pool
        .acquire()
        .pipe(tap((lease) => (owner.lease = lease)))
        .subscribe();
      await new Promise((resolve) => setTimeout(resolve, 5));
      owner.lease!.release();
      return new WeakRef(owner);
    };
    const owner = await lendForAWhile();
    await until(() => {
      collectGarbage();
      return owner.deref() === undefined;
    });
    expect(owner.deref()).toBeUndefined();
    await pool.destroy();
  });
});
