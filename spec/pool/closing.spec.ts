import { asyncScheduler, map, NEVER, Observable, of, Subject, tap, throwError, timer } from 'rxjs';
import type { ConnectionPool, PoolOptions } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { countingScheduler } from '../helpers/counting-scheduler';
import { dead, expectNothingHeld, marbles, opensAtOnce, poolError } from '../helpers/marbles';
import { virtualPromise } from '../helpers/virtual-promise';

describe('the option close', () => {
  it('runs before the connector is unsubscribed, and the slot stays occupied until it has ended', () => {
    marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
      const { connect, lives } = target('a', 'b');
      const close = cold('                             ---|    ');
      const closeSubs = '                           ---^--!    ';
      const lifeOfA = '                             ^-----!    ';
      const lifeOfB = '                             ------^    ';
      const closed: string[] = [];
      const pool = createPool({
        connect,
        max: 1,
        close: (connection) => {
          closed.push(connection);
          return close;
        },
      });
      expectObservable(discarded(pool, 3)).toBe('      (a|)       ');
      expectObservable(held(pool, 1), '-^').toBe('     ------(b|) ');
      expectSubscriptions(close.subscriptions).toBe(closeSubs);
      expectSubscriptions(lives[0]!.subscriptions).toBe(lifeOfA);
      expectSubscriptions(lives[1]!.subscriptions).toBe(lifeOfB);
      flush();
      expect(closed).toEqual(['a']);
      expect(pool.stats.closed).toBe(1);
    });
  });

  const ways: [string, PoolOptions<string>['close']][] = [
    ['returns nothing', () => undefined],
    ['returns null', () => null as never],
    ['ends at once', () => of(1)],
    ['throws', () => failing()],
    ['fails', () => throwError(() => dead)],
    ['returns a value that from does not accept', () => 42 as never],
    [
      'returns a thenable that calls back at once',
      () => ({ then: (ok: (v: number) => void) => ok(1) }) as unknown as Promise<number>,
    ],
  ];
  for (const [how, close] of ways) {
    it(`that ${how} frees the slot at once`, () => {
      marbles(({ target, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target(opensAtOnce('a'), 'b');
        const pool = createPool({ connect, max: 1, close });
        expectObservable(discarded(pool, 3)).toBe('     (a|)   ');
        expectObservable(held(pool, 1), '-^').toBe('    ---(b|)');
        expectSubscriptions(lives[0]!.subscriptions).toBe('     ^--!   ');
        expectSubscriptions(lives[1]!.subscriptions).toBe('     ---^   ');
        flush();
        expect(pool.stats.closed).toBe(1);
        expectNothingHeld(pool);
      });
    });
  }

  it('that does not end occupies its slot for closeTimeout, and not longer', () => {
    marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
      const { connect, lives } = target('a', 'b');
      const close = cold('                                ---------------');
      const closeSubs = '                              --^----!         ';
      const pool = createPool({ connect, max: 1, close: () => close, closeTimeout: 5 });
      expectObservable(discarded(pool, 2)).toBe('         (a|)        ');
      expectObservable(held(pool, 1), '-^').toBe('        -------(b|)   ');
      expectSubscriptions(close.subscriptions).toBe(closeSubs);
      expectSubscriptions(lives[0]!.subscriptions).toBe('         ^------!      ');
      flush();
      expect(pool.stats.closed).toBe(1);
    });
  });

  it('has 5 s by default', () => {
    marbles(({ target, expectObservable }) => {
      const pool = createPool({ connect: target('a', 'b').connect, max: 1, close: () => NEVER });
      expectObservable(discarded(pool, 0)).toBe('(a|)');
      expectObservable(held(pool, 1), '-^').toBe('5s (b|)');
    });
  });

  it('is awaited without an end with the closeTimeout Infinity', () => {
    marbles(({ target, expectObservable }) => {
      const pool = createPool({
        connect: target('a', 'b').connect,
        max: 1,
        close: () => timer(600_000),
        closeTimeout: Infinity,
        acquireTimeout: Infinity,
      });
      expectObservable(discarded(pool, 0)).toBe('(a|)');
      expectObservable(held(pool, 1), '-^').toBe('10m (b|)');
    });
  });

  it('is not awaited with the closeTimeout 0', () => {
    marbles(({ target, expectObservable }) => {
      const pool = createPool({ connect: target('a', 'b').connect, max: 1, close: () => NEVER, closeTimeout: 0 });
      expectObservable(discarded(pool, 2)).toBe('(a|)');
      expectObservable(held(pool, 1), '-^').toBe('--(b|)');
    });
  });

  it('does not let the pool exceed max, however slow it is', () => {
    marbles(({ cold, at, flush }) => {
      let open = 0;
      let peak = 0;
      const pool = createPool({
        connect: () =>
          new Observable<object>((subscriber) => {
            peak = Math.max(peak, ++open);
            subscriber.next({});
            return () => open--;
          }),
        close: () => cold('----------|'),
        max: 2,
      });
      for (let frame = 0; frame < 30; frame += 3) {
        at(frame, () => {
          pool.acquire().subscribe((lease) => {
            lease.discard();
          });
        });
      }
      flush();
      expect(peak).toBe(2);
      expect(pool.stats).toEqual(jasmine.objectContaining({ acquired: 10, closed: 10 }));
    });
  });

  it('defers what is requested inside it until it has returned', () => {
    const order: string[] = [];
    const pool: ConnectionPool<string> = createPool({
      connect: () => opensAtOnce('a'),
      max: 2,
      close: () => {
        order.push('close begins');
        pool.use(() => of(1)).subscribe(() => order.push('served'));
        order.push('close returns');
      },
    });
    pool.acquire().subscribe((lease) => {
      lease.discard();
    });
    expect(order).toEqual(['close begins', 'close returns', 'served']);
  });

  it('leaves no timer', () => {
    marbles(({ cold, target, flush }) => {
      const counting = countingScheduler();
      const pool = createPool({
        connect: target('a').connect,
        max: 1,
        close: () => cold('--|'),
        scheduler: counting.scheduler,
      });
      discarded(pool, 1).subscribe();
      let liveAfterClose = -1;
      asyncScheduler.schedule(() => (liveAfterClose = counting.live), 5);
      flush();
      expect(liveAfterClose).toBe(0);
    });
  });

  it('runs for connections of promises too', async () => {
    const closed: string[] = [];
    const pool = createPool({
      connect: () => Promise.resolve('a'),
      max: 1,
      close: async (connection) => {
        await Promise.resolve();
        closed.push(connection);
      },
    });
    await pool.warmUp();
    await pool.destroy();
    expect(closed).toEqual(['a']);
    expect(pool.stats.closed).toBe(1);
  });
});

describe('a connector that is an Observable', () => {
  it('is unsubscribed to close the connection', () => {
    marbles(({ target, expectObservable, expectSubscriptions }) => {
      const { connect, lives } = target('-a');
      const pool = createPool({ connect, max: 1 });
      expectObservable(discarded(pool, 3)).toBe('-(a|)');
      expectSubscriptions(lives[0]!.subscriptions).toBe('^---!');
    });
  });

  it('may throw in its teardown: the slot is freed nevertheless', () => {
    const pool = createPool({
      connect: () =>
        new Observable<string>((subscriber) => {
          subscriber.next('a');
          return failing;
        }),
      max: 1,
    });
    pool.acquire().subscribe((lease) => {
      lease.discard();
    });
    expect(pool.stats).toEqual(jasmine.objectContaining({ closed: 1, closingConnections: 0, totalConnections: 0 }));
  });

  for (const [how, life] of [
    ['completes', 'a--|'],
    ['errors', 'a--#'],
  ] as const) {
    it(`that ${how} reports the loss of an idle connection, and another is opened on demand`, () => {
      marbles(({ target, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target(life, 'b');
        const pool = createPool({ connect, max: 1 });
        expectObservable(held(pool, 1)).toBe('(a|)');
        expectObservable(held(pool, 1), '-----^').toBe('-----(b|)');
        expectSubscriptions(lives[0]!.subscriptions).toBe('^--!');
        expectSubscriptions(lives[1]!.subscriptions).toBe('-----^');
        flush();
        // It was lent before, so its loss is no failed connect.
        expect(pool.stats).toEqual(jasmine.objectContaining({ openFailures: 0, closed: 1, discarded: 0 }));
      });
    });
  }

  it('is not closed again by close when it has ended by itself', () => {
    marbles(({ target, expectObservable, flush }) => {
      const closed: string[] = [];
      const pool = createPool({ connect: target('a--|').connect, max: 1, close: (c) => void closed.push(c) });
      expectObservable(held(pool, 1)).toBe('(a|)');
      flush();
      expect(closed).toEqual([]);
      expect(pool.stats.closed).toBe(1);
    });
  });
});

describe('the option lost', () => {
  for (const [how, gone] of [
    ['emits', '--x'],
    ['completes', '--|'],
    ['errors', '--#'],
  ] as const) {
    it(`that ${how} reports the loss of the connection`, () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
        const lost = cold(gone, undefined, dead);
        const closed: string[] = [];
        const pool = createPool({
          connect: target('a').connect,
          max: 1,
          lost: () => lost,
          close: (c) => void closed.push(c),
        });
        expectObservable(pool.use(() => NEVER)).toBe(
          '--#',
          undefined,
          poolError('CONNECTION_FAILED', { phase: 'use' }),
        );
        expectSubscriptions(lost.subscriptions).toBe('^-!');
        flush();
        expect(closed).toEqual(['a']);
        expect(pool.stats).toEqual(jasmine.objectContaining({ discarded: 1, closed: 1, totalConnections: 0 }));
      });
    });
  }

  it('keeps its error as the cause', () => {
    marbles(({ cold, target, expectObservable }) => {
      const pool = createPool({ connect: target('a').connect, max: 1, lost: () => cold('--#', undefined, dead) });
      expectObservable(pool.use(() => NEVER)).toBe('--#', undefined, poolError('CONNECTION_FAILED', { cause: dead }));
    });
  });

  it('receives the connection, and is unsubscribed when that is closed', () => {
    marbles(({ cold, target, at, flush, expectSubscriptions }) => {
      const lost = cold('----------');
      const watched: string[] = [];
      const pool = createPool({
        connect: target('-a').connect,
        max: 1,
        lost: (connection) => {
          watched.push(connection);
          return lost;
        },
      });
      void pool.warmUp();
      at(4, () => void pool.destroy());
      expectSubscriptions(lost.subscriptions).toBe('-^--!');
      flush();
      expect(watched).toEqual(['a']);
    });
  });

  it('that throws or ends at once means a failed connect', () => {
    for (const lost of [() => of(1), () => failing()]) {
      marbles(({ target, expectObservable, flush }) => {
        let opened = 0;
        const pool = createPool({
          connect: target(opensAtOnce('a'), opensAtOnce('b')).connect,
          max: 1,
          lost: () => (opened++ === 0 ? lost() : NEVER),
          retryDelay: 4,
          random: () => 0.5,
        });
        expectObservable(held(pool, 1)).toBe('--(b|)');
        flush();
        expect(pool.stats.openFailures).toBe(1);
      });
    }
  });

  it('reports the loss of a connection of a promise', async () => {
    const gone = new Subject<void>();
    let dials = 0;
    const pool = createPool({
      connect: () => Promise.resolve(`c${dials++}`),
      max: 1,
      lost: () => gone,
    });
    const error = await new Promise<unknown>((resolve) => {
      pool
        .use(() => {
          setTimeout(() => gone.next());
          return NEVER;
        })
        .subscribe({ error: resolve });
    });
    expect(error).toEqual(poolError('CONNECTION_FAILED', { phase: 'use' }));
    expect(dials).toBe(1);
  });
});

describe('a connect that answers inside the callback in which it is abandoned', () => {
  interface Answer {
    readonly open: () => void;
    readonly refuse: () => void;
  }
  const observable = (answers: Answer[]) => () =>
    new Observable<number>((life) => {
      const open = (): void => {
        life.next(answers.length);
      };
      const refuse = (): void => {
        life.error(dead);
      };
      answers.push({ open, refuse });
    });
  /** A promise that calls back inside the call that settles it. */
  const thenable = (answers: Answer[]) => () => ({
    then: (yes: (connection: number) => void, no: (error: unknown) => void) => {
      const open = (): void => {
        yes(answers.length);
      };
      const refuse = (): void => {
        no(dead);
      };
      answers.push({ open, refuse });
    },
  });
  const forms = { 'an Observable': observable, 'a promise': thenable };
  const ways: Record<string, (pool: ConnectionPool<number>) => void> = {
    destroy: (pool) => void pool.destroy(),
    refresh: (pool) => {
      pool.refresh();
    },
    resize: (pool) => {
      pool.resize(1);
    },
  };

  for (const [form, connectBy] of Object.entries(forms)) {
    for (const [way, giveUp] of Object.entries(ways)) {
      for (const how of ['open', 'refuse'] as const) {
        it(`is not counted twice: ${form}, ${way}, ${how}`, () => {
          const answers: Answer[] = [];
          const pool = createPool<number>({ connect: connectBy(answers) as PoolOptions<number>['connect'], max: 2 });
          for (let caller = 0; caller < 2; caller++) pool.acquire().subscribe({ error: () => undefined });
          let answered = false;
          pool.stats$.subscribe((stats) => {
            expect(stats.openingConnections).toBeGreaterThanOrEqual(0);
            if (stats.closingConnections === 0 || answered) return;
            answered = true;
            answers[1]![how]();
          });
          giveUp(pool);
          expect(answered).toBeTrue();
          expect(pool.stats).toEqual(jasmine.objectContaining({ opened: 0, openFailures: 0 }));
          void pool.destroy();
          for (const { refuse } of answers) refuse();
          expect(pool.stats).toEqual(jasmine.objectContaining({ state: 'destroyed', openingConnections: 0 }));
        });
      }
    }
  }
});

it('a thenable that rejects and then resolves has its connection closed', () => {
  const closed: string[] = [];
  const both = {
    then: (kept: (connection: string) => void, refused: (error: unknown) => void) => {
      refused(dead);
      kept('a');
    },
  };
  const pool = createPool<string>({
    connect: () => both as never,
    close: (connection) => void closed.push(connection) as never,
    max: 1,
    retryDelay: 60_000,
    random: () => 0.5,
  });
  pool.acquire().subscribe({ error: () => undefined });
  expect(closed).toEqual(['a']);
  expect(pool.stats).toEqual(jasmine.objectContaining({ opened: 0, openFailures: 1 }));
  void pool.destroy();
});

describe('the option connectTimeout', () => {
  it('abandons a connect that does not answer, and connects again', () => {
    marbles(({ target, expectObservable, expectSubscriptions, flush }) => {
      const { connect, lives } = target('-', '-a');
      const pool = createPool({ connect, max: 1, connectTimeout: 5, retryDelay: 4, random: () => 0.5 });
      expectObservable(held(pool, 1)).toBe('              --------(a|)');
      expectSubscriptions(lives[0]!.subscriptions).toBe(' ^----!      ');
      expectSubscriptions(lives[1]!.subscriptions).toBe(' -------^    ');
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ openFailures: 1, opened: 1 }));
    });
  });

  it('is 10 s by default', () => {
    marbles(({ target, expectObservable, expectSubscriptions }) => {
      const { connect, lives } = target('-', 'a');
      const pool = createPool({ connect, max: 1, retryDelay: 2, random: () => 0.5 });
      expectObservable(held(pool, 1)).toBe('10s -(a|)');
      expectSubscriptions(lives[0]!.subscriptions).toBe('^ 9999ms !');
    });
  });

  it('is the cause of the errors that callers get', () => {
    marbles(({ target, expectObservable }) => {
      const pool = createPool({ connect: target('-').connect, max: 1, connectTimeout: 7, breaker: { failures: 1 } });
      expectObservable(held(pool, 1)).toBe(
        '-------#',
        undefined,
        poolError('CONNECTION_FAILED', {
          cause: jasmine.objectContaining({ message: jasmine.stringMatching(/7 ms.*connectTimeout/) }),
        }),
      );
    });
  });

  it('Infinity waits without an end', () => {
    marbles(({ target, expectObservable }) => {
      const pool = createPool({
        connect: target('30m a').connect,
        max: 1,
        connectTimeout: Infinity,
        acquireTimeout: Infinity,
      });
      expectObservable(held(pool, 1)).toBe('30m (a|)');
    });
  });

  it('does not end an open connection', () => {
    marbles(({ target, expectObservable, expectSubscriptions }) => {
      const { connect, lives } = target('--a');
      const pool = createPool({ connect, max: 1, connectTimeout: 3 });
      expectObservable(held(pool, 1)).toBe('--(a|)');
      expectObservable(held(pool, 1), '---------^').toBe('---------(a|)');
      expectSubscriptions(lives[0]!.subscriptions).toBe('^');
    });
  });

  describe('on a promise', () => {
    const late = <T>(ms: number, value: T): PromiseLike<T> => virtualPromise(ms, { value });

    it('closes the connection that arrives too late, never lends it, and occupies its slot until then', () => {
      marbles(({ at, expectObservable, flush }) => {
        const lives = [late(8, 'late'), late(1, 'b')];
        const closed: string[] = [];
        const shown: string[] = [];
        const pool = createPool({
          connect: () => lives.shift()!,
          close: (c) => void closed.push(`${c} at ${asyncScheduler.now()}`),
          max: 1,
          connectTimeout: 4,
          retryDelay: 2,
          random: () => 0.5,
        });
        for (const frame of [3, 6, 8]) {
          at(frame, () => {
            const { openingConnections, closingConnections } = pool.stats;
            shown.push(`${frame}: ${openingConnections} opening, ${closingConnections} closing`);
          });
        }
        expectObservable(held(pool, 1)).toBe('---------(b|)');
        flush();
        expect(closed).toEqual(['late at 8']);
        expect(shown).toEqual(['3: 1 opening, 0 closing', '6: 0 opening, 1 closing', '8: 0 opening, 1 closing']);
        expect(pool.stats).toEqual(jasmine.objectContaining({ opened: 1, openFailures: 1 }));
      });
    });

    it('frees the slot after closeTimeout, and closes the connection even if it arrives after that', () => {
      marbles(({ expectObservable, flush }) => {
        const lives = [late(50, 'late'), late(1, 'b')];
        const closed: string[] = [];
        const pool = createPool({
          connect: () => lives.shift()!,
          close: (c) => void closed.push(`${c} at ${asyncScheduler.now()}`),
          max: 1,
          connectTimeout: 4,
          closeTimeout: 6,
          retryDelay: 2,
          random: () => 0.5,
        });
        expectObservable(held(pool, 1)).toBe('-----------(b|)');
        flush();
        expect(closed).toEqual(['late at 50']);
        expect(pool.stats).toEqual(jasmine.objectContaining({ opened: 1, totalConnections: 1, closingConnections: 0 }));
      });
    });

    it('frees the slot when the promise is rejected after all', () => {
      marbles(({ expectObservable }) => {
        const refused = virtualPromise<string>(6, { error: dead });
        const lives = [refused, late(1, 'b')];
        const pool = createPool({
          connect: () => lives.shift()!,
          max: 1,
          connectTimeout: 4,
          retryDelay: 2,
          random: () => 0.5,
        });
        expectObservable(held(pool, 1)).toBe('-------(b|)');
      });
    });

    it('closes a connection that arrives after the pool has been destroyed', () => {
      marbles(({ at, flush }) => {
        const closed: string[] = [];
        const pool = createPool({
          connect: () => late(8, 'late'),
          close: (c) => void closed.push(`${c} at ${asyncScheduler.now()}`),
          max: 1,
        });
        const told: string[] = [];
        pool.acquire().subscribe({ error: () => told.push(`told at ${asyncScheduler.now()}`) });
        pool.stats$.subscribe({ complete: () => told.push(`destroyed at ${asyncScheduler.now()}`) });
        at(3, () => void pool.destroy());
        flush();
        expect(told).toEqual(['told at 3', 'destroyed at 8']);
        expect(closed).toEqual(['late at 8']);
        expect(pool.stats.acquired).toBe(0);
      });
    });
  });
});

function failing(): never {
  throw dead;
}

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

/** The same, but discards it. */
function discarded(pool: ConnectionPool<string>, frames: number): Observable<string> {
  return pool.acquire().pipe(
    tap((lease) => {
      asyncScheduler.schedule(() => {
        lease.discard();
      }, frames);
    }),
    map((lease) => lease.connection),
  );
}
