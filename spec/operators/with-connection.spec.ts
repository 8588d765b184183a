import { catchError, from, map, mergeAll, mergeMap, NEVER, of, retry, Subject, take, tap, timeout } from 'rxjs';
import type { Observable } from 'rxjs';
import { InvalidConfigError, withConnection } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { expectNothingHeld, marbles, opensAtOnce, poolError } from '../helpers/marbles';

describe('withConnection(pool, work)', () => {
  describe('as an operator', () => {
    it('makes every item a task that knows its item and its place, and leases nothing by itself', () => {
      marbles(({ hot, target, expectObservable, expectSubscriptions, flush }) => {
        const { connect } = target();
        const pool = createPool({ connect, max: 1 });
        const source = hot('  -x--y--|');
        const sourceSubs = '  ^------!';
        const expected = '    -A--B--|';

        const result = source.pipe(
          withConnection(pool, () => NEVER),
          map(({ item, index }) => ({ item, index })),
        );
        expectObservable(result).toBe(expected, { A: { item: 'x', index: 0 }, B: { item: 'y', index: 1 } });
        expectSubscriptions(source.subscriptions).toBe(sourceSubs);
        flush();
        expect(pool.stats.acquired).toBe(0);
      });
    });

    it('passes an error of the source on', () => {
      marbles(({ hot, target, expectObservable, expectSubscriptions }) => {
        const pool = createPool({ connect: target().connect, max: 1 });
        const source = hot('  -x--#');
        const sourceSubs = '  ^---!';
        const expected = '    -x--#';

        const result = source.pipe(
          withConnection(pool, () => NEVER),
          map(({ item }) => item),
        );
        expectObservable(result).toBe(expected);
        expectSubscriptions(source.subscriptions).toBe(sourceSubs);
      });
    });

    it('lets go of the source when it is unsubscribed', () => {
      marbles(({ hot, target, expectObservable, expectSubscriptions }) => {
        const pool = createPool({ connect: target().connect, max: 1 });
        const source = hot('  -x--y--z--|');
        const unsub = '       -----!     ';
        const sourceSubs = '  ^----!     ';
        const expected = '    -x--y-     ';

        const result = source.pipe(
          withConnection(pool, () => NEVER),
          map(({ item }) => item),
        );
        expectObservable(result, unsub).toBe(expected);
        expectSubscriptions(source.subscriptions).toBe(sourceSubs);
      });
    });

    it('counts the places from 0 for every subscriber', () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      const tasks = of('x', 'y').pipe(
        withConnection(pool, () => of(0)),
        map(({ index }) => index),
      );
      const seen: number[] = [];
      tasks.subscribe((index) => seen.push(index));
      tasks.subscribe((index) => seen.push(index));
      expect(seen).toEqual([0, 1, 0, 1]);
    });

    it('leases when a task is subscribed, and not when it is made', () => {
      marbles(({ cold, hot, target, expectObservable, expectSubscriptions }) => {
        const { connect, lives } = target('--a');
        const pool = createPool({ connect, max: 1 });
        const source = hot('  -1-----|   ');
        const sourceSubs = '  ^------!   ';
        const life = '        ----^      ';
        const x = cold('            -x|  ');
        const xSubs = '       ------^-!  ';
        const expected = '    -------x|  ';

        const result = source.pipe(
          withConnection(pool, () => x),
          mergeMap((task) => of(task).pipe(delayed(3), mergeAll())),
        );
        expectObservable(result).toBe(expected);
        expectSubscriptions(source.subscriptions).toBe(sourceSubs);
        expectSubscriptions(x.subscriptions).toBe(xSubs);
        expectSubscriptions(lives[0]!.subscriptions).toBe(life);

        function delayed<T>(frames: number): (inner: Observable<T>) => Observable<T> {
          return (inner) => cold(`${'-'.repeat(frames)}(x|)`).pipe(mergeMap(() => inner));
        }
      });
    });

    it('tells work the connection, the item and its place', () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      const calls: unknown[][] = [];
      from(['x', 'y'])
        .pipe(
          withConnection(pool, (connection, item, index) => {
            calls.push([connection, item, index]);
            return of(0);
          }),
          mergeAll(),
        )
        .subscribe();
      expect(calls).toEqual([
        ['a', 'x', 0],
        ['a', 'y', 1],
      ]);
    });
  });

  describe('a task', () => {
    it('passes on the values and the completion of asynchronous work, and gives its connection back', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target('--a');
        const pool = createPool({ connect, max: 1 });
        const work = cold('     -x-y-|');
        const workSubs = '    --^----!';
        const life = '        ^       ';
        const expected = '    ---x-y-|';

        expectObservable(taskOf(pool, () => work)).toBe(expected);
        expectSubscriptions(work.subscriptions).toBe(workSubs);
        expectSubscriptions(lives[0]!.subscriptions).toBe(life);
        flush();
        expect(pool.stats.successfulOperations).toBe(1);
        expectNothingHeld(pool);
      });
    });

    it("passes the work's error on as it is, and keeps the connection", () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target('--a');
        const pool = createPool({ connect, max: 1 });
        const own = new RangeError('my own');
        const work = cold('     -x-#', undefined, own);
        const workSubs = '    --^--!';
        const life = '        ^     ';
        const expected = '    ---x-#';

        let error: unknown;
        const result = taskOf(pool, () => work).pipe(tap({ error: (e: unknown) => (error = e) }));
        expectObservable(result).toBe(expected, undefined, own);
        expectSubscriptions(work.subscriptions).toBe(workSubs);
        expectSubscriptions(lives[0]!.subscriptions).toBe(life);
        flush();
        expect(error).toBe(own);
        expect(pool.stats.failedOperations).toBe(1);
        expectNothingHeld(pool);
      });
    });

    it('fails with what work throws, and gives its connection back', () => {
      marbles(({ target, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target('--a');
        const pool = createPool({ connect, max: 1 });
        const life = '        ^   ';
        const expected = '    --# ';

        const result = taskOf(pool, (): Observable<string> => {
          throw new RangeError('thrown by work');
        });
        expectObservable(result).toBe(expected, undefined, new RangeError('thrown by work'));
        expectSubscriptions(lives[0]!.subscriptions).toBe(life);
        flush();
        expect(pool.stats.failedOperations).toBe(1);
        expectNothingHeld(pool);
      });
    });

    it('passes on all of synchronous work in the turn in which the connection opens', () => {
      marbles(({ target, expectObservable, flush }) => {
        const pool = createPool({ connect: target('--a').connect, max: 1 });
        const expected = '    --(xyz|)';

        expectObservable(taskOf(pool, () => of('x', 'y', 'z'))).toBe(expected);
        flush();
        expectNothingHeld(pool);
      });
    });

    it('takes an array for synchronous work', () => {
      marbles(({ target, expectObservable, flush }) => {
        const pool = createPool({ connect: target('--a').connect, max: 1 });
        expectObservable(taskOf(pool, () => ['x', 'y'])).toBe('--(xy|)');
        flush();
        expectNothingHeld(pool);
      });
    });

    it('fails when work returns a string, which would be emitted letter by letter', () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      let error: unknown;
      of(1)
        // @ts-expect-error a string is refused by its type already
        .pipe(withConnection(pool, () => 'letters'))
        .subscribe((task) => task.subscribe({ next: () => fail('a letter'), error: (e: unknown) => (error = e) }));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toContain('letter by letter');
      expectNothingHeld(pool);
    });

    it('runs anew on each subscription', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions }) => {
        const { connect } = target('--a');
        const pool = createPool({ connect, max: 1 });
        const work = cold('     -x|       ');
        const subs = [
          '                   --^-!       ', //
          '                   -----^-!    ',
        ];
        const first = '       ^           ';
        const second = '      -----^      ';
        const task = taskOf(pool, () => work);
        expectObservable(task, first).toBe('   ---x|   ');
        expectObservable(task, second).toBe('  ------x|');
        expectSubscriptions(work.subscriptions).toBe(subs);
      });
    });

    it('never begins to work when it is unsubscribed before its connection has opened, which then stays for the next', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target('----a');
        const pool = createPool({ connect, max: 1 });
        const work = cold('     -x|');
        const unsub = '       --!  ';
        const life = '        ^    ';
        const expected = '    ---  ';

        expectObservable(
          taskOf(pool, () => work),
          unsub,
        ).toBe(expected);
        expectSubscriptions(work.subscriptions).toBe([]);
        expectSubscriptions(lives[0]!.subscriptions).toBe(life);
        flush();
        expect(pool.stats).toEqual(jasmine.objectContaining({ availableConnections: 1, acquired: 0 }));
        expectNothingHeld(pool);
      });
    });

    it('leaves the line when it is unsubscribed there', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
        const pool = createPool({ connect: target('a').connect, max: 1 });
        const long = cold('   ------x|');
        const longSubs = '    ^------!';
        const never = cold('  x|      ');
        const last = cold('          y|  ');
        const lastSubs = '    -------^!  ';

        expectObservable(taskOf(pool, () => long)).toBe('------x|');
        expectObservable(
          taskOf(pool, () => never),
          '-^--!',
        ).toBe('---');
        expectObservable(
          taskOf(pool, () => last),
          '--^',
        ).toBe('-------y|');
        expectSubscriptions(long.subscriptions).toBe(longSubs);
        expectSubscriptions(never.subscriptions).toBe([]);
        expectSubscriptions(last.subscriptions).toBe(lastSubs);
        flush();
        expectNothingHeld(pool);
      });
    });

    it('stops its work when it is unsubscribed, and its connection comes back', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target('--a');
        const pool = createPool({ connect, max: 1 });
        const work = cold('     -x-y-z|');
        const unsub = '       ------!  ';
        const workSubs = '    --^---!  ';
        const life = '        ^        ';
        const expected = '    ---x-y-  ';

        expectObservable(
          taskOf(pool, () => work),
          unsub,
        ).toBe(expected);
        expectSubscriptions(work.subscriptions).toBe(workSubs);
        expectSubscriptions(lives[0]!.subscriptions).toBe(life);
        flush();
        expect(pool.stats.cancelledOperations).toBe(1);
        expectNothingHeld(pool);
      });
    });

    it('changes nothing when it is unsubscribed after its end', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target('a');
        const pool = createPool({ connect, max: 1 });
        const work = cold('   -x|   ');
        const unsub = '       -----!';
        const workSubs = '    ^-!   ';
        const expected = '    -x|   ';

        expectObservable(
          taskOf(pool, () => work),
          unsub,
        ).toBe(expected);
        expectSubscriptions(work.subscriptions).toBe(workSubs);
        expectSubscriptions(lives[0]!.subscriptions).toBe('^');
        flush();
        expect(pool.stats).toEqual(
          jasmine.objectContaining({ successfulOperations: 1, cancelledOperations: 0, acquired: 1, released: 1 }),
        );
      });
    });

    it('does not run for a subscriber that is closed already', () => {
      marbles(({ cold, target, expectSubscriptions, flush }) => {
        const pool = createPool({ connect: target(opensAtOnce('a')).connect, max: 1 });
        const work = cold('-x');
        const source = new Subject<number>();
        const subscription = source
          .pipe(
            withConnection(pool, () => work),
            // The project ends its own pipeline, and RxJS subscribes what it returns all the same.
            mergeMap((task) => {
              subscription.unsubscribe();
              return task;
            }),
          )
          .subscribe();
        source.next(1);
        flush();
        expectSubscriptions(work.subscriptions).toBe([]);
        expect(pool.stats.acquired).toBe(0);
        expectNothingHeld(pool);
      });
    });

    it('stops synchronous work whose subscriber unsubscribes inside next', () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      const given: number[] = [];
      const seen: number[] = [];
      of(1)
        .pipe(
          withConnection(pool, () => of(1, 2, 3).pipe(tap((n) => given.push(n)))),
          mergeAll(),
          take(2),
        )
        .subscribe((n) => seen.push(n));
      expect(seen).toEqual([1, 2]);
      expect(given).toEqual([1, 2]);
      expect(pool.stats).toEqual(jasmine.objectContaining({ cancelledOperations: 1, successfulOperations: 0 }));
      expectNothingHeld(pool);
    });

    it('waits no longer than its own acquireTimeout', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions }) => {
        const pool = createPool({ connect: target('a').connect, max: 1 });
        const long = cold('   ----------x|');
        const never = cold('  y|          ');
        const expected = '    -----#      ';

        expectObservable(taskOf(pool, () => long)).toBe('----------x|');
        const hurried = of(1).pipe(
          withConnection(pool, () => never, { acquireTimeout: 5, label: 'hurried' }),
          mergeAll(),
        );
        expectObservable(hurried).toBe(expected, undefined, poolError('POOL_EXHAUSTED', { reason: 'timeout' }));
        expectSubscriptions(never.subscriptions).toBe([]);
      });
    });
  });

  describe('a task with operators on it', () => {
    it('is still a task, with item and place', () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      const seen: [string, number][] = [];
      of('x', 'y')
        .pipe(
          withConnection(pool, (_connection, item) => of(item)),
          map((task) => task.pipe(timeout(500), retry(2))),
          map((task) => task.pipe(map((value) => `${value}!`))),
        )
        .subscribe(({ item, index }) => seen.push([item, index]));
      expect(seen).toEqual([
        ['x', 0],
        ['y', 1],
      ]);
    });

    it('leases anew for every retry, and has released before', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target('a');
        const pool = createPool({ connect, max: 1 });
        const fails = cold('  -#      ');
        const works = cold('   -x|    ');
        const inners = [fails, works];
        const expected = '    --x|    ';

        const result = taskOf(pool, () => inners.shift()!).pipe(retry(1));
        expectObservable(result).toBe(expected);
        expectSubscriptions(fails.subscriptions).toBe('^!');
        expectSubscriptions(works.subscriptions).toBe('-^-!');
        expectSubscriptions(lives[0]!.subscriptions).toBe('^');
        flush();
        expect(pool.stats).toEqual(
          jasmine.objectContaining({ acquired: 2, released: 2, failedOperations: 1, successfulOperations: 1 }),
        );
      });
    });

    it('gives its connection back when a timeout ends it', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
        const pool = createPool({ connect: target('a').connect, max: 1 });
        const work = cold('   ----------x|');
        const workSubs = '    ^---!       ';
        const expected = '    ----#       ';

        const result = taskOf(pool, () => work).pipe(timeout(4));
        expectObservable(result).toBe(expected, undefined, jasmine.objectContaining({ name: 'TimeoutError' }));
        expectSubscriptions(work.subscriptions).toBe(workSubs);
        flush();
        expectNothingHeld(pool);
      });
    });

    it('leaves the line when a timeout ends it there', () => {
      marbles(({ cold, target, expectObservable, flush }) => {
        const pool = createPool({ connect: target('a').connect, max: 1 });
        const long = cold('   ----------|');
        expectObservable(taskOf(pool, () => long)).toBe('----------|');
        expectObservable(
          taskOf(pool, () => of('late')).pipe(
            timeout(4),
            catchError(() => of('t')),
          ),
        ).toBe('----(t|)');
        flush();
        expect(pool.stats.acquired).toBe(1);
        expectNothingHeld(pool);
      });
    });
  });

  describe('used from inside itself', () => {
    it('lets a work use the pool again, on a second connection', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
        const { connect } = target('a', 'b');
        const pool = createPool({ connect, max: 2 });
        const inner = cold('  --x|   ');
        const innerSubs = '   ^--!   ';
        const expected = '    --v|   ';

        const result = taskOf(pool, (outer) =>
          pool.use((second) => inner.pipe(map((value) => `${value} on ${second} within ${outer}`))),
        );
        expectObservable(result).toBe(expected, { v: 'x on b within a' });
        expectSubscriptions(inner.subscriptions).toBe(innerSubs);
        flush();
        expectNothingHeld(pool);
      });
    });

    it('tells a work that waits for its own connection in a pool of one, after acquireTimeout', () => {
      marbles(({ target, expectObservable, flush }) => {
        const pool = createPool({ connect: target('a').connect, max: 1, acquireTimeout: 6 });
        const expected = '    ------#';
        const result = taskOf(pool, () => pool.use(() => of('never')));
        expectObservable(result).toBe(expected, undefined, poolError('POOL_EXHAUSTED', { reason: 'timeout' }));
        flush();
        expectNothingHeld(pool);
      });
    });

    it('serves a subscriber that feeds the source inside next', () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      const source = new Subject<number>();
      const seen: number[] = [];
      source
        .pipe(
          withConnection(pool, (_connection, item) => of(item)),
          mergeAll(1),
        )
        .subscribe({
          next: (item) => {
            seen.push(item);
            if (item < 5) source.next(item + 1);
            else source.complete();
          },
          complete: () => seen.push(-1),
        });
      source.next(1);
      expect(seen).toEqual([1, 2, 3, 4, 5, -1]);
      expectNothingHeld(pool);
    });

    it('decides what is asked for inside next when that next has returned', () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 2 });
      const order: string[] = [];
      of('x')
        .pipe(
          withConnection(pool, (_connection, item) => of(item)),
          mergeAll(),
        )
        .subscribe(() => {
          order.push('next begins');
          pool.use(() => of('y')).subscribe(() => order.push('the other is served'));
          order.push('next returns');
        });
      expect(order).toEqual(['next begins', 'next returns', 'the other is served']);
    });
  });

  describe('on a pool of one', () => {
    it('serves its tasks one after the other, in the order in which they were subscribed', () => {
      marbles(({ cold, hot, target, expectObservable, expectSubscriptions }) => {
        const { connect, lives } = target('a');
        const pool = createPool({ connect, max: 1 });
        const source = hot('  xyz|          ');
        const sourceSubs = '  ^--!          ';
        const x = cold('      --x|          ');
        const xSubs = '       ^--!          ';
        const y = cold('         --y|       ');
        const ySubs = '       ---^--!       ';
        const z = cold('            --z|    ');
        const zSubs = '       ------^--!    ';
        const expected = '    --x--y--z|    ';

        const works: Record<string, Observable<string>> = { x, y, z };
        const result = source.pipe(
          withConnection(pool, (_connection, item) => works[item]!),
          mergeAll(),
        );
        expectObservable(result).toBe(expected);
        expectSubscriptions(source.subscriptions).toBe(sourceSubs);
        expectSubscriptions(x.subscriptions).toBe(xSubs);
        expectSubscriptions(y.subscriptions).toBe(ySubs);
        expectSubscriptions(z.subscriptions).toBe(zSubs);
        expectSubscriptions(lives[0]!.subscriptions).toBe('^');
      });
    });
  });

  describe('with wrong arguments', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1, name: 'db' });

    it('refuses its own pool as the source, with advice', () => {
      expect(() => pool.pipe(withConnection(pool, () => of(1)))).toThrowMatching(
        (error) =>
          error instanceof InvalidConfigError &&
          error.pool === 'db' &&
          error.message.includes("'db'") &&
          error.message.includes('pool.pipe(withConnection(work))'),
      );
    });

    it('refuses its own pool behind other operators too, and gives the lease back', () => {
      marbles(({ target, expectObservable, flush }) => {
        const own = createPool({ connect: target('--a').connect, max: 1 });
        const result = own.pipe(
          take(3),
          withConnection(own, () => of(1)),
          mergeAll(),
        );
        expectObservable(result).toBe('--#', undefined, poolError('INVALID_CONFIG'));
        flush();
        expectNothingHeld(own);
      });
    });

    it('takes the leases of another pool as its items', () => {
      const other = createPool({ connect: () => opensAtOnce('b'), max: 1 });
      const seen: string[] = [];
      other
        .pipe(
          take(1),
          withConnection(pool, (connection, lease) => of(`${connection} and ${lease.connection}`)),
          mergeAll(),
        )
        .subscribe((value) => seen.push(value));
      expect(seen).toEqual(['a and b']);
    });

    for (const wrong of [undefined, null, 'work', 42, {}]) {
      it(`refuses ${JSON.stringify(wrong)} as the work`, () => {
        expect(() => withConnection(pool, wrong as never)).toThrowMatching(
          (error) => error instanceof InvalidConfigError && error.issues.length === 1 && error.pool === 'db',
        );
      });
    }

    for (const wrong of [undefined, null, 'pool', 42, {}, NEVER]) {
      it(`refuses ${wrong === NEVER ? 'an Observable' : JSON.stringify(wrong)} as the pool`, () => {
        expect(() => withConnection(wrong as never, () => of(1))).toThrowMatching(
          (error) => error instanceof InvalidConfigError && error.message.includes('createPool'),
        );
      });
    }

    it('names every wrong option of the acquire at once', () => {
      expect(() =>
        withConnection(pool, () => of(1), { acquireTimeout: -1, label: 7, wait: 1 } as never),
      ).toThrowMatching(
        (error) =>
          error instanceof InvalidConfigError &&
          error.issues.length === 3 &&
          ['-1', '7', 'wait'].every((shown) => error.message.includes(shown)),
      );
    });
  });
});

/** One task of its own. */
function taskOf<R>(
  pool: Parameters<typeof withConnection<string, number, Observable<R> | R[]>>[0],
  work: (connection: string) => Observable<R> | R[],
): Observable<R> {
  return of(1).pipe(withConnection(pool, work), mergeAll());
}
