import { asyncScheduler, map, NEVER, Observable, of, tap } from 'rxjs';
import { InvalidConfigError, InvalidLeaseError, InvalidPoolError } from '../../src/index';
import type { ConnectionPool, Lease, PoolStats } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { countingScheduler } from '../helpers/counting-scheduler';
import { expectNothingHeld, marbles, opensAtOnce, poolError } from '../helpers/marbles';
import { turns } from '../helpers/turns';
import { virtualPromise } from '../helpers/virtual-promise';

const gone = poolError('INVALID_POOL');

describe('pool.destroy()', () => {
  it('closes idle connections at once', () => {
    marbles(({ target, at, expectSubscriptions, flush }) => {
      const { connect, lives } = target('-a', '-b');
      const pool = createPool({ connect, max: 2 });
      void pool.warmUp(2);
      at(4, () => void pool.destroy());
      expectSubscriptions(lives[0]!.subscriptions).toBe('^---!');
      expectSubscriptions(lives[1]!.subscriptions).toBe('^---!');
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ state: 'destroyed', closed: 2, totalConnections: 0 }));
    });
  });

  it('rejects every waiting caller at once, and every later caller, with an InvalidPoolError', () => {
    marbles(({ target, at, expectObservable, flush }) => {
      const pool = createPool({ connect: target('a').connect, max: 1, name: 'db' });
      const named = poolError('INVALID_POOL', { pool: 'db', message: jasmine.stringContaining("'db'") });
      expectObservable(held(pool, 8)).toBe('(a|)');
      expectObservable(held(pool, 8), '-^').toBe('---#', undefined, named);
      expectObservable(
        pool.use(() => of('x')),
        '--^',
      ).toBe('---#', undefined, named);
      expectObservable(held(pool, 8), '-----^').toBe('-----#', undefined, named);
      expectObservable(held(pool, 8), '-------------^').toBe('-------------#', undefined, named);
      at(3, () => void pool.destroy());
      flush();
      expect(pool.stats.acquired).toBe(1);
      expectNothingHeld(pool);
    });
  });

  it('abandons connects in progress', () => {
    marbles(({ target, at, expectObservable, expectSubscriptions, flush }) => {
      const { connect, lives } = target('------a');
      const pool = createPool({ connect, max: 1 });
      at(2, () => void pool.destroy());
      expectObservable(held(pool, 1)).toBe('--#', undefined, gone);
      expectSubscriptions(lives[0]!.subscriptions).toBe('^-!');
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ state: 'destroyed', opened: 0, openFailures: 0 }));
    });
  });

  it('closes a lent connection when it is released, and lets work end normally', () => {
    marbles(({ cold, target, at, expectObservable, expectSubscriptions, flush }) => {
      const { connect, lives } = target('a');
      const pool = createPool({ connect, max: 1 });
      const work = cold('   -x---y|');
      const workSubs = '    ^-----!';
      at(2, () => void pool.destroy());
      expectObservable(pool.use(() => work)).toBe('-x---y|');
      expectSubscriptions(work.subscriptions).toBe(workSubs);
      expectSubscriptions(lives[0]!.subscriptions).toBe('^-----!');
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ successfulOperations: 1, discarded: 0, closed: 1 }));
    });
  });

  it('closes lent connections when its timeout expires: work fails with an InvalidPoolError, leases end', () => {
    marbles(({ cold, target, at, expectObservable, expectSubscriptions, flush }) => {
      const { connect, lives } = target('a', 'b');
      const pool = createPool({ connect, max: 2 });
      const reasons: string[] = [];
      pool.events$.subscribe((event) => event.type === 'evicted' && reasons.push(event.reason));
      const work = cold('   -x----------');
      const workSubs = '    ^-----!     ';
      let lease: Lease<string> | undefined;
      let signal: AbortSignal | undefined;
      at(1, () => void pool.acquire().subscribe((given) => (lease = given)));
      at(2, () => void pool.destroy({ timeout: 4 }));
      const result = pool.use((_connection, context) => {
        ({ signal } = context);
        return work;
      });
      expectObservable(result).toBe('-x----#', undefined, gone);
      expectSubscriptions(work.subscriptions).toBe(workSubs);
      expectSubscriptions(lives[0]!.subscriptions).toBe('^-----!');
      expectSubscriptions(lives[1]!.subscriptions).toBe('-^----!');
      flush();
      expect(reasons).toEqual(['destroy', 'destroy']);
      expect(signal!.aborted).toBe(true);
      expect(() => lease!.connection).toThrowError(InvalidLeaseError);
      lease!.release();
      expect(pool.stats).toEqual(
        jasmine.objectContaining({ state: 'destroyed', failedOperations: 1, discarded: 2, released: 0 }),
      );
    });
  });

  it('waits 30 s for lent connections by default', () => {
    marbles(({ target, at, expectSubscriptions, flush }) => {
      const { connect, lives } = target('a');
      const pool = createPool({ connect, max: 1 });
      pool.use(() => NEVER).subscribe({ error: () => undefined });
      at(2, () => void pool.destroy());
      expectSubscriptions(lives[0]!.subscriptions).toBe('^ 30001ms !');
      flush();
      expect(pool.stats.state).toBe('destroyed');
    });
  });

  it('with the timeout 0 closes at once, with Infinity waits without an end', () => {
    marbles(({ cold, target, at, expectObservable, expectSubscriptions }) => {
      const hasty = target('a');
      const hastyPool = createPool({ connect: hasty.connect, max: 1 });
      at(2, () => void hastyPool.destroy({ timeout: 0 }));
      expectObservable(hastyPool.use(() => NEVER)).toBe('--#', undefined, gone);
      expectSubscriptions(hasty.lives[0]!.subscriptions).toBe('^-!');

      const patient = target('a');
      const patientPool = createPool({ connect: patient.connect, max: 1 });
      at(2, () => void patientPool.destroy({ timeout: Infinity }));
      expectObservable(patientPool.use(() => cold('60m x|'))).toBe('60m x|');
      expectSubscriptions(patient.lives[0]!.subscriptions).toBe('^ 3600000ms !');
    });
  });

  it('ends the leases of cancelled promise work when its timeout expires', () => {
    marbles(({ target, at, expectSubscriptions, flush }) => {
      const { connect, lives } = target('a');
      const pool = createPool({ connect, max: 1 });
      const running = pool.use(() => virtualPromise(50, { value: 'x' })).subscribe();
      at(1, () => {
        running.unsubscribe();
      });
      at(2, () => void pool.destroy({ timeout: 3 }));
      expectSubscriptions(lives[0]!.subscriptions).toBe('^----!');
      flush();
      expect(pool.stats).toEqual(
        jasmine.objectContaining({ state: 'destroyed', cancelledOperations: 1, discarded: 1 }),
      );
    });
  });

  it('resolves when every connection has finished closing, and not before', async () => {
    const order: string[] = [];
    let closed: () => void = () => undefined;
    const pool = createPool({
      connect: () => opensAtOnce('a'),
      max: 1,
      close: () => new Promise<void>((resolve) => (closed = resolve)),
    });
    await pool.warmUp();
    const destroyed = pool.destroy().then(() => order.push('destroyed'));
    await turns(3);
    order.push('closing');
    expect(pool.stats).toEqual(jasmine.objectContaining({ state: 'draining', closingConnections: 1 }));
    closed();
    await destroyed;
    expect(order).toEqual(['closing', 'destroyed']);
    expect(pool.stats).toEqual(jasmine.objectContaining({ state: 'destroyed', closingConnections: 0 }));
  });

  it('resolves at once for a pool without connections', async () => {
    const pool = createPool({ connect: () => NEVER, max: 1 });
    await pool.destroy();
    expect(pool.stats.state).toBe('destroyed');
  });

  it('returns the same promise when it is called again, whatever its options are', async () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    pool.use(() => NEVER).subscribe({ error: () => undefined });
    const first = pool.destroy({ timeout: 0 });
    expect(pool.destroy()).toBe(first);
    expect(pool[Symbol.asyncDispose]()).toBe(first);
    await first;
    expect(pool.destroy({ timeout: 5 })).toBe(first);
  });

  it('begins at the call, even if the promise is not awaited', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    pool.use(() => of(1)).subscribe();
    void pool.destroy();
    expect(pool.stats).toEqual(jasmine.objectContaining({ state: 'destroyed', totalConnections: 0, closed: 1 }));
  });

  it('is called at the end of the block that declares the pool by await using', async () => {
    let seen: PoolStats | undefined;
    {
      await using pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      pool.use(() => of(1)).subscribe();
      pool.stats$.subscribe((stats) => (seen = stats));
      expect(seen!.state).toBe('open');
    }
    expect(seen!.state).toBe('destroyed');
  });

  it('leaves no timer, whatever was in progress', () => {
    const goingOn: [string, (pool: ConnectionPool<string>) => void][] = [
      ['nothing', () => undefined],
      ['a lease', (pool) => void pool.acquire().subscribe({ error: () => undefined })],
      ['work', (pool) => void pool.use(() => NEVER).subscribe({ error: () => undefined })],
      [
        'two callers of one connection',
        (pool) => {
          pool.use(() => NEVER).subscribe({ error: () => undefined });
          pool.use(() => NEVER).subscribe({ error: () => undefined });
        },
      ],
      [
        'cancelled promise work',
        (pool) => {
          pool
            .use(() => virtualPromise(Infinity, { value: 'x' }))
            .subscribe()
            .unsubscribe();
        },
      ],
      [
        'cancelled work whose connection is cleaned',
        (pool) => {
          pool
            .use(() => NEVER)
            .subscribe()
            .unsubscribe();
        },
      ],
      ['a warm-up', (pool) => void pool.warmUp().catch(() => undefined)],
      ['a stream', (pool) => void pool.subscribe()],
      [
        'a stream that releases at once',
        (pool) =>
          void pool.subscribe((lease) => {
            lease.release();
          }),
      ],
    ];
    for (const connector of ['open', 'hanging', 'failing', 'promise'] as const) {
      for (const [what, begin] of goingOn) {
        marbles(({ cold, at, flush }) => {
          const counting = countingScheduler();
          const pool = createPool<string>({
            connect: () =>
              connector === 'open'
                ? opensAtOnce('a')
                : connector === 'hanging'
                  ? NEVER
                  : connector === 'failing'
                    ? cold('-#')
                    : virtualPromise(Infinity, { value: 'a' }),
            close: () => cold('--|'),
            onCancel: () => NEVER,
            max: 1,
            scheduler: counting.scheduler,
          });
          begin(pool);
          let live = -1;
          pool.stats$.subscribe({ complete: () => (live = counting.live) });
          at(3, () => void pool.destroy({ timeout: 2 }));
          flush();
          expect(live).withContext(`${what}, ${connector}: timers left at the end`).toBe(0);
          expect(counting.live).withContext(`${what}, ${connector}: timers left later`).toBe(0);
          expect(pool.stats.state).toBe('destroyed');
          expectNothingHeld(pool);
        });
      }
    }
  });

  it('called inside the work, inside next, inside close or inside connect, is decided after that has returned', () => {
    for (const where of ['work', 'next', 'close', 'connect', 'error'] as const) {
      const inside: string[] = [];
      const destroyInside = (place: string): void => {
        if (place !== where) return;
        void pool.destroy({ timeout: 0 });
        inside.push(pool.stats.state);
      };
      const pool: ConnectionPool<string> = createPool({
        connect: () => {
          destroyInside('connect');
          return opensAtOnce('a');
        },
        max: 1,
        close: () => {
          destroyInside('close');
        },
      });
      pool
        .use(() => {
          destroyInside('work');
          if (where === 'error') throw new Error('own');
          return of(1);
        })
        .subscribe({
          next: () => {
            destroyInside('next');
          },
          error: () => {
            destroyInside('error');
          },
        });
      if (where === 'close') {
        pool.acquire().subscribe((lease) => {
          lease.discard();
        });
      }
      expect(inside).withContext(where).toEqual(['draining']);
      void pool.destroy();
      expectNothingHeld(pool);
    }
  });

  it('waits for a close that began before it', () => {
    marbles(({ cold, target, at, expectSubscriptions, flush }) => {
      const { connect, lives } = target('a');
      const pool = createPool({ connect, max: 1, close: () => cold('-----|') });
      let destroyedAt = -1;
      pool.stats$.subscribe({ complete: () => (destroyedAt = asyncScheduler.now()) });
      at(1, () => {
        pool.acquire().subscribe((lease) => {
          lease.discard();
        });
      });
      void pool.warmUp();
      at(2, () => void pool.destroy());
      expectSubscriptions(lives[0]!.subscriptions).toBe('^-----!');
      flush();
      expect(destroyedAt).toBe(6);
    });
  });

  it('closes a connection whose teardown throws, and the others with it', () => {
    const pool = createPool({
      connect: () =>
        new Observable<string>((subscriber) => {
          subscriber.next('a');
          return () => {
            throw new Error('teardown');
          };
        }),
      max: 3,
    });
    void pool.warmUp(3);
    void pool.destroy();
    expect(pool.stats).toEqual(jasmine.objectContaining({ state: 'destroyed', closed: 3 }));
  });

  for (const wrong of [-1, NaN, '5', null]) {
    it(`rejects with an InvalidConfigError that names the timeout ${typeof wrong} ${wrong}, and destroys nothing`, async () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      const error = await pool.destroy({ timeout: wrong as number }).then(
        () => null,
        (e: unknown) => e,
      );
      expect(error).toBeInstanceOf(InvalidConfigError);
      expect((error as Error).message).toContain(String(wrong));
      expect(pool.stats.state).toBe('open');
    });
  }

  it('rejects with an InvalidPoolError for a destroyed pool', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    void pool.destroy();
    let error: unknown;
    pool.acquire().subscribe({ error: (e: unknown) => (error = e) });
    expect(error).toBeInstanceOf(InvalidPoolError);
  });
});

/** Acquires, records the connection, and releases it after this number of frames. */
function held(pool: ConnectionPool<string>, frames: number): Observable<string> {
  return pool.acquire().pipe(
    tap((lease) => {
      asyncScheduler.schedule(() => {
        lease.release();
      }, frames);
    }),
    map((lease) => lease.connection),
  );
}
