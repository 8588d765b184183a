import { concatAll, delay, exhaustAll, map, mergeAll, NEVER, of, retry, switchAll, take, tap } from 'rxjs';
import type { Observable } from 'rxjs';
import { batchParallel, batchSequential, withConnection } from '../../src/index';
import type { ConnectionPool, ConnectionTask, Lease } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { dead, expectNothingHeld, marbles, opensAtOnce, poolError } from '../helpers/marbles';

describe('withConnection(work), with the pool as the source', () => {
  it('makes every lease that the pool emits a task that works on it and releases it', () => {
    marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
      const { connect, lives } = target('--a', '--b');
      const pool = createPool({ connect, max: 2 });
      const lifeOfA = '     ^         ';
      const lifeOfB = '     --^       ';
      const onA = cold('      --x|    ');
      const onASubs = '     --^--!    ';
      const onB = cold('        --y|  ');
      const onBSubs = '     ----^--!  ';
      const expected = '    ----x-y|  ';

      const works: Record<string, Observable<string>> = { a: onA, b: onB };
      const result = pool.pipe(
        take(2),
        withConnection((connection) => works[connection]!),
        mergeAll(),
      );
      expectObservable(result).toBe(expected);
      expectSubscriptions(onA.subscriptions).toBe(onASubs);
      expectSubscriptions(onB.subscriptions).toBe(onBSubs);
      expectSubscriptions(lives[0]!.subscriptions).toBe(lifeOfA);
      expectSubscriptions(lives[1]!.subscriptions).toBe(lifeOfB);
      flush();
      // The lease of the stream is the lease of the work: it was not released and acquired again in between.
      expect(pool.stats).toEqual(jasmine.objectContaining({ acquired: 2, released: 2, successfulOperations: 2 }));
      expectNothingHeld(pool);
    });
  });

  it('goes on with the connections that come back, until it is unsubscribed', () => {
    marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
      const pool = createPool({ connect: target('a').connect, max: 1 });
      const work = cold('   --x|         ');
      const workSubs = [
        '                   ^--!         ',
        '                   ---^--!      ',
        '                   ------^-!    ',
      ];
      const unsub = '       --------!    ';
      const expected = '    --x--x---    ';

      const result = pool.pipe(
        withConnection(() => work),
        mergeAll(),
      );
      expectObservable(result, unsub).toBe(expected);
      expectSubscriptions(work.subscriptions).toBe(workSubs);
      flush();
      expectNothingHeld(pool);
    });
  });

  it('knows the lease and its place, from 0', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 2 });
    const seen: [string, number][] = [];
    const subscription = pool
      .pipe(withConnection(() => of(1)))
      .subscribe(({ item, index }) => seen.push([item.connection, index]));
    expect(seen).toEqual([
      ['a', 0],
      ['a', 1],
    ]);
    subscription.unsubscribe();
    expectNothingHeld(pool);
  });

  it('keeps since when the connection is held: before its task began, the lease was lent already', () => {
    marbles(({ cold, at, flush }) => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 2, timings: true });
      const held: number[] = [];
      pool.events$.subscribe((event) => {
        if (event.type === 'released') held.push(event.held);
      });
      pool
        .pipe(
          take(2),
          withConnection(() => cold('----------|')),
          concatAll(),
        )
        .subscribe();
      at(15, () => {
        expect(pool.holders()).toEqual([{ age: 15, connection: 2 }]);
      });
      flush();
      expect(held).toEqual([10, 20]);
      expect(pool.timings().use.max).toBe(20);
    });
  });

  it('gives work its signal', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    let signal: AbortSignal | undefined;
    const subscription = pool
      .pipe(
        withConnection((_connection, context) => {
          signal = context.signal;
          return NEVER;
        }),
        mergeAll(),
      )
      .subscribe();
    expect(signal!.aborted).toBe(false);
    subscription.unsubscribe();
    expect(signal!.aborted).toBe(true);
    expectNothingHeld(pool);
  });

  it('completes when the pool is destroyed', () => {
    marbles(({ cold, target, at, expectObservable, expectSubscriptions, flush }) => {
      const { connect, lives } = target('a');
      const pool = createPool({ connect, max: 1 });
      const work = cold('   ---x|   ');
      const workSubs = '    ^---!   ';
      const life = '        ^---!   ';
      const expected = '    ---x|   ';

      at(1, () => void pool.destroy());
      const result = pool.pipe(
        withConnection(() => work),
        mergeAll(),
      );
      expectObservable(result).toBe(expected);
      expectSubscriptions(work.subscriptions).toBe(workSubs);
      expectSubscriptions(lives[0]!.subscriptions).toBe(life);
      flush();
      expectNothingHeld(pool);
    });
  });

  it('passes the error of a work on, stops the others, and gives every lease back', () => {
    marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
      const { connect, lives } = target(opensAtOnce('a'), opensAtOnce('b'));
      const pool = createPool({ connect, max: 2 });
      const onA = cold('    ----x|');
      const onASubs = '     ^--!  ';
      const onB = cold('    ---#  ');
      const onBSubs = '     ^--!  ';
      const expected = '    ---#  ';

      const works: Record<string, Observable<string>> = { a: onA, b: onB };
      const result = pool.pipe(
        withConnection((connection) => works[connection]!),
        mergeAll(),
      );
      expectObservable(result).toBe(expected);
      expectSubscriptions(onA.subscriptions).toBe(onASubs);
      expectSubscriptions(onB.subscriptions).toBe(onBSubs);
      expectSubscriptions(lives[0]!.subscriptions).toBe('^');
      expectSubscriptions(lives[1]!.subscriptions).toBe('^');
      flush();
      expectNothingHeld(pool);
    });
  });

  describe('releases the lease of a task that has not run', () => {
    it('when the pipeline is unsubscribed', () => {
      marbles(({ target, at, expectObservable, flush }) => {
        const pool = createPool({ connect: target(opensAtOnce('a'), opensAtOnce('b')).connect, max: 2 });
        const tasks = pool.pipe(withConnection(() => of(1)));
        let before = -1;
        at(3, () => (before = pool.stats.activeLeases));
        expectObservable(tasks.pipe(map(({ index }) => String(index))), '^---!').toBe('(01)');
        flush();
        expect(before).toBe(2);
        expectNothingHeld(pool);
      });
    });

    it('when the pipeline is unsubscribed while another runs', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target(opensAtOnce('a'), opensAtOnce('b'), opensAtOnce('c'));
        const pool = createPool({ connect, max: 3 });
        const work = cold('   -----x|');
        const workSubs = '    ^--!   ';
        const unsub = '       ^--!   ';

        const result = pool.pipe(
          withConnection(() => work),
          mergeAll(1),
        );
        expectObservable(result, unsub).toBe('---');
        expectSubscriptions(work.subscriptions).toBe(workSubs);
        expectSubscriptions(lives[2]!.subscriptions).toBe('^');
        flush();
        expectNothingHeld(pool);
      });
    });

    it('when the pipeline is unsubscribed while another runs, and the source has completed', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
        const { connect } = target(opensAtOnce('a'), opensAtOnce('b'), opensAtOnce('c'));
        const pool = createPool({ connect, max: 3 });
        const work = cold('   -----x|');
        const workSubs = '    ^--!   ';
        const unsub = '       ^--!   ';

        const result = pool.pipe(
          take(3),
          withConnection(() => work),
          mergeAll(1),
        );
        expectObservable(result, unsub).toBe('---');
        expectSubscriptions(work.subscriptions).toBe(workSubs);
        flush();
        expectNothingHeld(pool);
      });
    });

    it('in the very unsubscribe', () => {
      for (const source of [
        (pool: ConnectionPool<string>) => pool,
        (pool: ConnectionPool<string>) => pool.pipe(take(3)),
      ]) {
        const pool = createPool({ connect: () => opensAtOnce('a'), max: 3 });
        const subscription = source(pool)
          .pipe(
            withConnection(() => NEVER),
            mergeAll(1),
          )
          .subscribe();
        expect(pool.stats.activeLeases).toBe(3);
        subscription.unsubscribe();
        expectNothingHeld(pool);
      }
    });

    it('when another fails, and the source has completed', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
        const { connect } = target(opensAtOnce('a'), opensAtOnce('b'));
        const pool = createPool({ connect, max: 2 });
        const work = cold('   --#');
        const workSubs = '    ^-!';

        const result = pool.pipe(
          take(2),
          withConnection(() => work),
          concatAll(),
        );
        expectObservable(result).toBe('--#');
        expectSubscriptions(work.subscriptions).toBe(workSubs);
        flush();
        expectNothingHeld(pool);
      });
    });

    it('when the source has completed and the task is not run', () => {
      marbles(({ target, expectObservable, flush }) => {
        const pool = createPool({ connect: target(opensAtOnce('a')).connect, max: 1 });
        const tasks = pool.pipe(
          take(1),
          withConnection(() => of(1)),
          map(({ index }) => String(index)),
        );
        expectObservable(tasks).toBe('(0|)');
        flush();
        expectNothingHeld(pool);
      });
    });

    it('but not while another one runs, which was started a moment after the end of the source', () => {
      marbles(({ at, flush }) => {
        const pool = createPool({ connect: () => opensAtOnce('a'), max: 2 });
        const tasks: ConnectionTask<Lease<string>, number>[] = [];
        pool
          .pipe(
            take(2),
            withConnection(() => of(1).pipe(delay(5))),
          )
          .subscribe((task) => tasks.push(task));
        tasks[0]!.subscribe();
        const active: number[] = [];
        at(2, () => active.push(pool.stats.activeLeases));
        at(10, () => active.push(pool.stats.activeLeases));
        flush();
        expect(active).toEqual([2, 0]);
        expectNothingHeld(pool);
      });
    });

    it('when the pool is destroyed', () => {
      marbles(({ target, at, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target(opensAtOnce('a'));
        const pool = createPool({ connect, max: 1 });
        at(2, () => void pool.destroy());
        const tasks = pool.pipe(
          withConnection(() => of(1)),
          map(({ index }) => String(index)),
        );
        expectObservable(tasks).toBe('0-|');
        expectSubscriptions(lives[0]!.subscriptions).toBe('^-!');
        flush();
        expectNothingHeld(pool);
      });
    });
  });

  it('leases anew for a task that is run after its lease has gone back', () => {
    marbles(({ cold, target, at, expectObservable, expectSubscriptions, flush }) => {
      const { connect } = target(opensAtOnce('a'));
      const pool = createPool({ connect, max: 1 });
      const work = cold('     -x|');
      const workSubs = '    --^-!';
      const tasks: ConnectionTask<Lease<string>, string>[] = [];
      const subscription = pool.pipe(withConnection(() => work)).subscribe((task) => tasks.push(task));
      at(1, () => {
        subscription.unsubscribe();
      });
      const later = cold('  --(s|)').pipe(
        map(() => tasks[0]!),
        mergeAll(),
      );
      expectObservable(later).toBe('---x|');
      expectSubscriptions(work.subscriptions).toBe(workSubs);
      flush();
      expect(pool.stats.acquired).toBe(2);
      expectNothingHeld(pool);
    });
  });

  it('leases anew for a retry', () => {
    marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
      const pool = createPool({ connect: target(opensAtOnce('a')).connect, max: 1 });
      const fails = cold('  --#     ');
      const works = cold('    -x|   ');
      const inners = [fails, works];
      const result = pool.pipe(
        take(1),
        withConnection(() => inners.shift()!),
        map((task) => task.pipe(retry(1))),
        mergeAll(),
      );
      expectObservable(result).toBe('---x|');
      expectSubscriptions(fails.subscriptions).toBe('^-!');
      expectSubscriptions(works.subscriptions).toBe('--^-!');
      flush();
      expectNothingHeld(pool);
    });
  });

  it('does not work on a lease that was released before its turn', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    let error: unknown;
    pool
      .pipe(
        take(1),
        tap((lease) => {
          lease.release();
        }),
        withConnection(() => {
          fail('worked on a connection that another caller may hold');
          return of(1);
        }),
        mergeAll(),
      )
      .subscribe({ error: (e: unknown) => (error = e) });
    expect(error).toEqual(poolError('INVALID_LEASE'));
    expectNothingHeld(pool);
  });

  it('fails a task whose connection was lost before its turn with a ConnectionFailedError', () => {
    marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
      const { connect } = target(opensAtOnce('a'), cold('b-#', undefined, dead));
      const pool = createPool({ connect, max: 2 });
      const onA = cold('    ----x|');
      const onASubs = '     ^----!';
      const expected = '    ----x#';
      const result = pool.pipe(
        take(2),
        withConnection(() => onA),
        mergeAll(1),
      );
      expectObservable(result).toBe(expected, undefined, poolError('CONNECTION_FAILED', { phase: 'use', cause: dead }));
      expectSubscriptions(onA.subscriptions).toBe(onASubs);
      flush();
      expectNothingHeld(pool);
    });
  });

  it('does not hold the thread with synchronous work: a connection that comes back at once comes round in a later task', () => {
    marbles(({ target, expectObservable, flush }) => {
      const pool = createPool({ connect: target(opensAtOnce('a')).connect, max: 1 });
      let runs = 0;
      const subscription = pool
        .pipe(
          withConnection(() => of(++runs)),
          mergeAll(),
        )
        .subscribe();
      expect(runs).toBe(1);
      subscription.unsubscribe();
      const five = pool.pipe(
        withConnection(() => of(1)),
        mergeAll(),
        map(() => 'x'),
        take(3),
      );
      expectObservable(five.pipe(map((x, n) => `${x}${n}`))).toBe('pq(r|)', { p: 'x0', q: 'x1', r: 'x2' });
      flush();
      expectNothingHeld(pool);
    });
  });

  it('refuses items that are no leases, with advice', () => {
    let error: unknown;
    (of(1, 2) as Observable<never>)
      .pipe(withConnection(() => of(1)))
      .subscribe({ next: () => fail('a task'), error: (e: unknown) => (error = e) });
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message).toContain('withConnection(pool, work)');
  });

  describe('before an operator that flattens', () => {
    it('switchAll: stops the work on the last connection when the next one comes, and it comes back', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
        const { connect } = target('a', '--b');
        const pool = createPool({ connect, max: 2 });
        const onA = cold('    -1-2-3|');
        const onASubs = '     ^-!    ';
        const onB = cold('      -x-y|');
        const onBSubs = '     --^---!';
        const expected = '    -1-x-y|';
        const works: Record<string, Observable<string>> = { a: onA, b: onB };
        const result = pool.pipe(
          take(2),
          withConnection((connection) => works[connection]!),
          switchAll(),
        );
        expectObservable(result).toBe(expected);
        expectSubscriptions(onA.subscriptions).toBe(onASubs);
        expectSubscriptions(onB.subscriptions).toBe(onBSubs);
        flush();
        expect(pool.stats.cancelledOperations).toBe(1);
        expectNothingHeld(pool);
      });
    });

    it('exhaustAll: runs one at a time, and what it dropped is released when the pipeline ends', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
        const { connect } = target('a', '--b');
        const pool = createPool({ connect, max: 2 });
        const work = cold('   -1-2-3|');
        const workSubs = '    ^-----!';
        const expected = '    -1-2-3|';
        const result = pool.pipe(
          take(2),
          withConnection(() => work),
          exhaustAll(),
        );
        expectObservable(result).toBe(expected);
        expectSubscriptions(work.subscriptions).toBe(workSubs);
        flush();
        expectNothingHeld(pool);
      });
    });

    it('batchSequential: one after the other, on the leases that it has', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
        const { connect } = target(opensAtOnce('a'), opensAtOnce('b'));
        const pool = createPool({ connect, max: 2 });
        const onA = cold('    -1|  ');
        const onASubs = '     ^-!  ';
        const onB = cold('      -2|');
        const onBSubs = '     --^-!';
        const works: Record<string, Observable<string>> = { a: onA, b: onB };
        const result = pool.pipe(
          take(2),
          withConnection((connection) => works[connection]!),
          batchSequential(),
        );
        expectObservable(result).toBe('-1-2|');
        expectSubscriptions(onA.subscriptions).toBe(onASubs);
        expectSubscriptions(onB.subscriptions).toBe(onBSubs);
        flush();
        expect(pool.stats.acquired).toBe(2);
        expectNothingHeld(pool);
      });
    });

    it('batchParallel: all at once, and one result', () => {
      marbles(({ cold, target, expectObservable, flush }) => {
        const { connect } = target(opensAtOnce('a'), opensAtOnce('b'));
        const pool = createPool({ connect, max: 2 });
        const works: Record<string, Observable<string>> = { a: cold('--1|'), b: cold('-2|') };
        const result = pool.pipe(
          take(2),
          withConnection((connection) => works[connection]!),
          batchParallel(),
        );
        expectObservable(result).toBe('---(r|)', { r: { successful: ['1', '2'], failed: [], unstarted: 0 } });
        flush();
        expectNothingHeld(pool);
      });
    });
  });
});
