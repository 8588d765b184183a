import {
  defer,
  finalize,
  from,
  map,
  NEVER,
  Observable,
  of,
  range,
  retry,
  Subject,
  take,
  throwError,
  timeout,
} from 'rxjs';
import type { Subscriber } from 'rxjs';
import { batchOutcomes, InvalidConfigError, withConnection } from '../../src/index';
import type { BatchOptions, BatchOutcome } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { expectNothingHeld, marbles, opensAtOnce, poolError } from '../helpers/marbles';
import { scriptedTarget } from '../helpers/scripted-target';

const no = new Error('no');

describe('batchOutcomes', () => {
  it('emits an outcome for each task as they end, an error among them', () => {
    marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
      const { connect, lives } = target('a', 'b');
      const pool = createPool({ connect, max: 2 });
      const own = new Error('own');
      const source = hot('  -xyz|          ');
      const sourceSubs = '  ^---!          ';
      const x = cold('       -----1|       ');
      const xSubs = '       -^-----!       ';
      const y = cold('        --#          ', undefined, own);
      const ySubs = '       --^-!          ';
      const z = cold('          ----2-3|   ');
      const zSubs = '       ----^------!   ';
      const expected = '    ----y--x---(z|)';

      const result = source.pipe(withConnection(pool, each({ x, y, z })), batchOutcomes(2));
      expectObservable(result).toBe(expected, {
        x: { index: 0, item: 'x', status: 'succeeded', value: '1' },
        y: { index: 1, item: 'y', status: 'failed', error: own },
        z: { index: 2, item: 'z', status: 'succeeded', value: '3' },
      });
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
      expectSubscriptions(x.subscriptions).toBe(xSubs);
      expectSubscriptions(y.subscriptions).toBe(ySubs);
      expectSubscriptions(z.subscriptions).toBe(zSubs);
      expectSubscriptions(lives[0]!.subscriptions).toBe('-^');
      expectSubscriptions(lives[1]!.subscriptions).toBe('--^');
      flush();
      expectNothingHeld(pool);
    });
  });

  it('gives undefined for a task that had no value', () => {
    marbles(({ cold, target, expectObservable }) => {
      const pool = createPool({ connect: target('a').connect, max: 1 });
      const empty = cold('  --|');
      const result = of('x').pipe(
        withConnection(pool, () => empty),
        batchOutcomes(),
      );
      expectObservable(result).toBe('--(x|)', { x: { index: 0, item: 'x', status: 'succeeded', value: undefined } });
    });
  });

  it('does not keep the value that a task had before its error', () => {
    marbles(({ cold, target, expectObservable }) => {
      const pool = createPool({ connect: target('a').connect, max: 1 });
      const work = cold('   1-#');
      const result = of('x').pipe(
        withConnection(pool, () => work),
        batchOutcomes(),
      );
      expectObservable(result).toBe('--(x|)', { x: { index: 0, item: 'x', status: 'failed', error: 'error' } });
    });
  });

  it('completes with an empty source', () => {
    marbles(({ hot, target, expectObservable, expectSubscriptions }) => {
      const pool = createPool({ connect: target().connect, max: 1 });
      const source = hot('  ---|');
      const result = source.pipe(withConnection(pool, each({})), batchOutcomes(3));
      expectObservable(result).toBe('---|');
      expectSubscriptions(source.subscriptions).toBe('^--!');
    });
  });

  it('keeps item and place through the operators on a task', () => {
    marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
      const pool = createPool({ connect: target('a', 'b').connect, max: 2 });
      const fails = cold('  -#        ');
      const works = cold('   -1|      ');
      const hangs = cold('  ----------');
      const tries = [fails, works];
      const expected = '    ---x-(y|) ';
      const result = of('x', 'y').pipe(
        withConnection(pool, (_connection, item) => (item === 'x' ? tries.shift()! : hangs)),
        map((task) =>
          task.pipe(
            timeout(5),
            retry(task.item === 'x' ? 1 : 0),
            map((v) => `${v}!`),
          ),
        ),
        batchOutcomes(),
      );
      expectObservable(result).toBe(expected, {
        x: { index: 0, item: 'x', status: 'succeeded', value: '1!' },
        y: { index: 1, item: 'y', status: 'failed', error: jasmine.objectContaining({ name: 'TimeoutError' }) },
      });
      expectSubscriptions(fails.subscriptions).toBe('^!');
      expectSubscriptions(works.subscriptions).toBe('-^-!');
      expectSubscriptions(hangs.subscriptions).toBe('^----!');
      flush();
      expectNothingHeld(pool);
    });
  });

  it('gives item and place of tasks that were taken out of order', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    const seen: [number, unknown][] = [];
    from(['x', 'y', 'z'])
      .pipe(
        withConnection(pool, (_connection, item) => of(item)),
        (tasks) => from(collected(tasks).reverse()),
        batchOutcomes(),
      )
      .subscribe(({ index, item }) => seen.push([index, item]));
    expect(seen).toEqual([
      [2, 'z'],
      [1, 'y'],
      [0, 'x'],
    ]);
  });

  describe('concurrency', () => {
    it('is by default what the pool can lend: max times capacity', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions }) => {
        const pool = createPool({ connect: target('a').connect, max: 1, capacity: 2 });
        const work = cold('   ---1|       ');
        const workSubs = [
          '                   ^---!       ',
          '                   ^---!       ',
          '                   ----^---!   ',
        ];
        const expected = '    ----(xy)(z|)';
        const result = of('x', 'y', 'z').pipe(
          withConnection(pool, () => work),
          batchOutcomes(),
          map(({ item }) => item),
        );
        expectObservable(result).toBe(expected);
        expectSubscriptions(work.subscriptions).toBe(workSubs);
      });
    });

    it('never puts more into the line than the pool can lend, so that the tail does not time out', () => {
      marbles(({ cold, target, expectObservable, flush }) => {
        const pool = createPool({ connect: target('a', 'b').connect, max: 2, acquireTimeout: 5, maxPending: 0 });
        const work = cold('   ---1|             ');
        const expected = '    ----(ss)(ss)(ss|) ';
        let pending = 0;
        pool.stats$.subscribe((stats) => (pending = Math.max(pending, stats.pendingAcquires)));
        const result = range(0, 6).pipe(
          withConnection(pool, () => work),
          batchOutcomes(100),
          map(({ status }) => status[0]),
        );
        expectObservable(result).toBe(expected);
        flush();
        expect(pending).toBe(2);
        expect(pool.stats).toEqual(jasmine.objectContaining({ timeouts: 0, rejected: 0, successfulOperations: 6 }));
      });
    });

    it('is bounded by what was asked for', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions }) => {
        const pool = createPool({ connect: target('a', 'b').connect, max: 9 });
        const work = cold('   ---1|       ');
        const workSubs = [
          '                   ^---!       ',
          '                   ^---!       ',
          '                   ----^---!   ',
        ];
        const expected = '    ----(xy)(z|)';
        const result = of('x', 'y', 'z').pipe(
          withConnection(pool, () => work),
          batchOutcomes({ concurrency: 2 }),
          map(({ item }) => item),
        );
        expectObservable(result).toBe(expected);
        expectSubscriptions(work.subscriptions).toBe(workSubs);
      });
    });

    it('must be given for inners that are no tasks', () => {
      let error: unknown;
      of(of(1))
        .pipe(batchOutcomes())
        .subscribe({ next: () => fail('an outcome'), error: (e: unknown) => (error = e) });
      expect(error).toEqual(poolError('INVALID_CONFIG'));
      expect((error as Error).message).toContain('concurrency');
    });

    it('may be Infinity', () => {
      marbles(({ cold, expectObservable, expectSubscriptions }) => {
        const inner = cold('  --1|    ');
        const innerSubs = ['  ^--!    ', '^--!', '^--!'];
        const result = of(inner, inner, inner).pipe(
          batchOutcomes(Infinity),
          map(({ index }) => String(index)),
        );
        expectObservable(result).toBe('---(012|)');
        expectSubscriptions(inner.subscriptions).toBe(innerSubs);
      });
    });
  });

  describe('of inners that are no tasks', () => {
    it('counts their places itself, and gives the inner as the item', () => {
      const one = of(1);
      const failing = throwError(() => no);
      const seen: BatchOutcome<number | undefined>[] = [];
      from([one, failing, [2, 3], Promise.resolve(4)])
        .pipe(batchOutcomes(1))
        .subscribe((outcome) => seen.push(outcome));
      expect(seen.slice(0, 3)).toEqual([
        { index: 0, item: one, status: 'succeeded', value: 1 },
        { index: 1, item: failing, status: 'failed', error: no },
        { index: 2, item: [2, 3], status: 'succeeded', value: 3 },
      ]);
    });

    it('tears down the one before the next is begun, whichever way it ends', () => {
      const log: string[] = [];
      const inner = (name: string, end: (subscriber: Subscriber<string>) => void) =>
        new Observable<string>((subscriber) => {
          log.push(`${name} begins`);
          end(subscriber);
          return () => log.push(`${name} is torn down`);
        });
      const ends = [new Subject<never>(), new Subject<never>()];
      const inners = ends.map((end, i) => inner(String(i), (subscriber) => subscriber.add(end.subscribe(subscriber))));
      of(
        ...inners,
        defer(() => of(`last begins ${log.push('last begins')}`)),
      )
        .pipe(batchOutcomes(1))
        .subscribe(({ index, status }) => log.push(`${index} ${status}`));
      ends[0]!.complete();
      ends[1]!.error(new Error('no'));
      expect(log).toEqual([
        '0 begins',
        '0 is torn down',
        '0 succeeded',
        '1 begins',
        '1 is torn down',
        '1 failed',
        'last begins',
        '2 succeeded',
      ]);
    });

    it('rejects what from does not take, and goes on', () => {
      const seen: BatchOutcome<number | undefined>[] = [];
      from([42 as never, of(1)])
        .pipe(batchOutcomes(1))
        .subscribe((outcome) => seen.push(outcome));
      expect(seen.map(({ status }) => status)).toEqual(['failed', 'succeeded']);
    });
  });

  describe('ordered', () => {
    it('holds back what overtakes', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions }) => {
        const pool = createPool({ connect: target('a', 'b', 'c').connect, max: 3 });
        const x = cold('      ----1|        ');
        const xSubs = '       ^----!        ';
        const y = cold('      --#           ');
        const ySubs = '       ^-!           ';
        const z = cold('      ---------3|   ');
        const zSubs = '       ^---------!   ';
        const expected = '    -----(xy)-(z|)';
        const result = of('x', 'y', 'z').pipe(
          withConnection(pool, each({ x, y, z })),
          batchOutcomes({ ordered: true }),
          map(({ item }) => item),
        );
        expectObservable(result).toBe(expected);
        expectSubscriptions(x.subscriptions).toBe(xSubs);
        expectSubscriptions(y.subscriptions).toBe(ySubs);
        expectSubscriptions(z.subscriptions).toBe(zSubs);
      });
    });

    it('stays in the order of the source with tasks that end at once', () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 5 });
      const seen: number[] = [];
      range(0, 20)
        .pipe(
          withConnection(pool, (_connection, item) => (item % 3 === 0 ? throwError(() => no) : of(item))),
          batchOutcomes({ ordered: true, concurrency: 5 }),
        )
        .subscribe(({ index }) => seen.push(index));
      expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i));
    });

    it('has each outcome once, also for a subscriber that feeds the source inside next', () => {
      const items = new Subject<Observable<number>>();
      const first = new Subject<number>();
      const seen: number[] = [];
      items.pipe(batchOutcomes({ ordered: true, concurrency: 2 })).subscribe(({ index }) => {
        seen.push(index);
        if (seen.length < 4) items.next(of(index));
      });
      items.next(first);
      first.complete();
      expect(seen).toEqual([0, 1, 2, 3]);
    });

    it('emits what it still holds before a stop by stopOnError', () => {
      marbles(({ cold, target, expectObservable }) => {
        const pool = createPool({ connect: target('a', 'b', 'c').connect, max: 3 });
        const works = { x: cold('-----1|'), y: cold('--#'), z: cold('---3|'), w: cold('4|') };
        const result = of('x', 'y', 'z', 'w').pipe(
          withConnection(pool, each(works)),
          batchOutcomes({ ordered: true, stopOnError: true }),
          map(({ item }) => item),
        );
        expectObservable(result).toBe('------(xyz|)');
      });
    });
  });

  describe('stopOnError', () => {
    it('draws and starts no more after the first failure, and lets what runs end', () => {
      marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
        const pool = createPool({ connect: target('a', 'b').connect, max: 2 });
        const source = hot('  xyzw------|');
        const sourceSubs = '  ^---!      ';
        const x = cold('      -------1|  ');
        const xSubs = '       ^-------!  ';
        const y = cold('       ---#      ');
        const ySubs = '       -^--!      ';
        const z = cold('      3|         ');
        const expected = '    ----y---(x|)';
        const result = source.pipe(
          withConnection(pool, each({ x, y, z, w: z })),
          batchOutcomes({ stopOnError: true }),
          map(({ item }) => item),
        );
        expectObservable(result).toBe(expected);
        expectSubscriptions(source.subscriptions).toBe(sourceSubs);
        expectSubscriptions(x.subscriptions).toBe(xSubs);
        expectSubscriptions(y.subscriptions).toBe(ySubs);
        expectSubscriptions(z.subscriptions).toBe([]);
        flush();
        expectNothingHeld(pool);
      });
    });

    it('cancels what still runs when it is unsubscribed after the stop', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
        const pool = createPool({ connect: target('a', 'b').connect, max: 2 });
        const x = cold('      --------1|');
        const xSubs = '       ^----!    ';
        const y = cold('      --#       ');
        const unsub = '       ^----!    ';
        const expected = '    --y--     ';
        const result = of('x', 'y', 'z').pipe(
          withConnection(pool, each({ x, y })),
          batchOutcomes({ stopOnError: true }),
          map(({ item }) => item),
        );
        expectObservable(result, unsub).toBe(expected);
        expectSubscriptions(x.subscriptions).toBe(xSubs);
        flush();
        expectNothingHeld(pool);
      });
    });

    it('ends a synchronous batch at the failure', () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      const seen: unknown[] = [];
      range(0, 10)
        .pipe(
          withConnection(pool, (_connection, item) => (item === 2 ? throwError(() => no) : of(item))),
          batchOutcomes({ stopOnError: true }),
        )
        .subscribe({ next: ({ index, status }) => seen.push([index, status]), complete: () => seen.push('|') });
      expect(seen).toEqual([[0, 'succeeded'], [1, 'succeeded'], [2, 'failed'], '|']);
      expect(pool.stats.acquired).toBe(3);
    });
  });

  it('passes an error of the source on at once, and cancels what runs', () => {
    marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
      const pool = createPool({ connect: target('a', 'b').connect, max: 2 });
      const source = hot('  xyz-#   ');
      const sourceSubs = '  ^---!   ';
      const x = cold('      ------1|');
      const xSubs = '       ^---!   ';
      const y = cold('       -----2|');
      const ySubs = '       -^--!   ';
      const z = cold('      3|      ');
      const result = source.pipe(withConnection(pool, each({ x, y, z })), batchOutcomes());
      expectObservable(result).toBe('----#');
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
      expectSubscriptions(x.subscriptions).toBe(xSubs);
      expectSubscriptions(y.subscriptions).toBe(ySubs);
      expectSubscriptions(z.subscriptions).toBe([]);
      flush();
      expect(pool.stats.cancelledOperations).toBe(2);
      expectNothingHeld(pool);
    });
  });

  describe('unsubscribed', () => {
    it('stops what runs, and lets go of the source', () => {
      marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
        const pool = createPool({ connect: target('a', 'b').connect, max: 2 });
        const source = hot('  xyz------|');
        const sourceSubs = '  ^----!    ';
        const unsub = '       ^----!    ';
        const x = cold('      --1|      ');
        const xSubs = '       ^--!      ';
        const y = cold('       -------2|');
        const ySubs = '       -^---!    ';
        const z = cold('         -----3|');
        const zSubs = '       ---^-!    ';
        const expected = '    ---x--    ';
        const result = source.pipe(
          withConnection(pool, each({ x, y, z })),
          batchOutcomes(),
          map(({ item }) => item),
        );
        expectObservable(result, unsub).toBe(expected);
        expectSubscriptions(source.subscriptions).toBe(sourceSubs);
        expectSubscriptions(x.subscriptions).toBe(xSubs);
        expectSubscriptions(y.subscriptions).toBe(ySubs);
        expectSubscriptions(z.subscriptions).toBe(zSubs);
        flush();
        expectNothingHeld(pool);
      });
    });

    it('before any connection is open, runs nothing, and the connections that come stay', () => {
      marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target('-----a', '-----b');
        const pool = createPool({ connect, max: 2 });
        const source = hot('  xyz---|');
        const unsub = '       ^--!   ';
        const work = cold('   1|     ');
        const result = source.pipe(
          withConnection(pool, () => work),
          batchOutcomes(),
        );
        expectObservable(result, unsub).toBe('---');
        expectSubscriptions(work.subscriptions).toBe([]);
        expectSubscriptions(lives[0]!.subscriptions).toBe('^');
        expectSubscriptions(lives[1]!.subscriptions).toBe('-^');
        flush();
        expect(pool.stats).toEqual(jasmine.objectContaining({ acquired: 0, availableConnections: 2 }));
        expectNothingHeld(pool);
      });
    });

    it('does not begin the works of its own that are still queued', () => {
      marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
        const pool = createPool({ connect: target('a', 'b').connect, max: 2 });
        const other = cold('  ---------|');
        const x = cold('      -------1| ');
        const xSubs = '       ^--!      ';
        const y = cold('      -------2| ');
        expectObservable(pool.use(() => other)).toBe('---------|');
        const result = of('x', 'y').pipe(withConnection(pool, each({ x, y })), batchOutcomes());
        expectObservable(result, '^--!').toBe('---');
        expectSubscriptions(x.subscriptions).toBe(xSubs);
        expectSubscriptions(y.subscriptions).toBe([]);
        flush();
        expectNothingHeld(pool);
      });
    });

    it('stops every work even when the teardown of one throws', () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 3 });
      const stopped: number[] = [];
      const subscription = range(0, 3)
        .pipe(
          withConnection(
            pool,
            (_connection, item) =>
              new Observable<never>(() => () => {
                stopped.push(item);
                throw new Error(`teardown ${item}`);
              }),
          ),
          batchOutcomes(),
        )
        .subscribe();
      expect(() => {
        subscription.unsubscribe();
      }).toThrow();
      expect(stopped.sort()).toEqual([0, 1, 2]);
      expectNothingHeld(pool);
    });

    it('stops the works in the order in which they began, whichever have ended before', () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 3 });
      const stopped: number[] = [];
      const first = new Subject<never>();
      const subscription = range(0, 4)
        .pipe(
          withConnection(pool, (_connection, item) =>
            (item === 0 ? first : NEVER).pipe(finalize(() => stopped.push(item))),
          ),
          batchOutcomes(),
        )
        .subscribe();
      first.complete();
      subscription.unsubscribe();
      expect(stopped).toEqual([0, 1, 2, 3]);
    });

    it('by a work that is just being started, cancels it', () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      const items = new Subject<string>();
      let ended = 0;
      const subscription = items
        .pipe(
          withConnection(pool, () => {
            subscription.unsubscribe();
            return new Observable<never>(() => () => ended++);
          }),
          batchOutcomes(),
        )
        .subscribe();
      items.next('x');
      expect(pool.stats).toEqual(jasmine.objectContaining({ acquired: 1, cancelledOperations: 1 }));
      expect(ended).toBe(0);
      expectNothingHeld(pool);
    });

    it('by a work that is just being started, and has stopped the batch before, cancels it', () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 2 });
      const items = new Subject<string>();
      const first = new Subject<never>();
      const subscription = items
        .pipe(
          withConnection(pool, (_connection, item) => {
            if (item === 'x') return first;
            first.error(no);
            subscription.unsubscribe();
            return new Subject<never>();
          }),
          batchOutcomes({ stopOnError: true }),
        )
        .subscribe();
      items.next('x');
      items.next('y');
      expect(pool.stats).toEqual(
        jasmine.objectContaining({ acquired: 2, failedOperations: 1, cancelledOperations: 1 }),
      );
      expectNothingHeld(pool);
    });

    it('by a subscriber of the stats that sees one of its own queued, removes it again', () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      const items = new Subject<string>();
      const others = [1, 2].map(() => pool.use(() => new Subject<never>()).subscribe());
      const subscription = items
        .pipe(
          withConnection(pool, () => of(1)),
          batchOutcomes(),
        )
        .subscribe();
      pool.stats$.subscribe(({ pendingAcquires }) => {
        if (pendingAcquires > 1) subscription.unsubscribe();
      });
      items.next('x');
      expect(pool.stats.pendingAcquires).toBe(1);
      for (const other of others) other.unsubscribe();
      expect(pool.stats.acquired).toBe(2);
      expectNothingHeld(pool);
    });

    it('inside next, in the middle of synchronous tasks, starts no more', () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      const seen: number[] = [];
      range(0, 100)
        .pipe(
          withConnection(pool, (_connection, item) => of(item)),
          batchOutcomes(),
          take(3),
        )
        .subscribe(({ index }) => seen.push(index));
      expect(seen).toEqual([0, 1, 2]);
      expect(pool.stats.acquired).toBe(3);
      expectNothingHeld(pool);
    });
  });

  it('begins nothing while it is being unsubscribed, with a connection that another teardown releases first', () => {
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      let begun = 0;
      const work = (): Observable<never> => {
        begun++;
        return NEVER;
      };
      pool.acquire().subscribe((lease) => {
        const batch = new Observable((subscriber) => {
          subscriber.add(() => {
            lease.release();
          });
          return of(1).pipe(withConnection(pool, work), batchOutcomes()).subscribe(subscriber);
        }).subscribe();
        at(5, () => {
          batch.unsubscribe();
        });
      });
      flush();
      expect(begun).toBe(0);
      expectNothingHeld(pool);
    });
  });

  it('unsubscribes its source first when it is unsubscribed, and then what runs, in its order', () => {
    marbles(({ at, flush }) => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 3 });
      const torn: string[] = [];
      const work = (_: string, item: number) => NEVER.pipe(finalize(() => torn.push(`work ${item}`)));
      const items = new Observable<number>((subscriber) => {
        for (const item of [1, 2, 3]) subscriber.next(item);
        return () => torn.push('source');
      });
      const batch = items.pipe(withConnection(pool, work), batchOutcomes()).subscribe();
      at(5, () => {
        batch.unsubscribe();
      });
      flush();
      expect(torn).toEqual(['source', 'work 1', 'work 2', 'work 3']);
      expectNothingHeld(pool);
    });
  });

  it('begins what waits at once when the pool is made larger', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    const items = new Subject<string>();
    const subscription = items
      .pipe(
        withConnection(pool, () => new Subject<never>()),
        batchOutcomes(3),
      )
      .subscribe();
    items.next('x');
    items.next('y');
    expect(pool.stats.activeLeases).toBe(1);
    pool.resize(2);
    expect(pool.stats.activeLeases).toBe(2);
    items.next('z');
    expect(pool.stats.activeLeases).toBe(2);
    pool.resize(3);
    expect(pool.stats.activeLeases).toBe(3);
    subscription.unsubscribe();
    expectNothingHeld(pool);
  });

  it('serves a subscriber that feeds the source inside next', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 2 });
    const source = new Subject<number>();
    const seen: (number | string)[] = [];
    source
      .pipe(
        withConnection(pool, (_connection, item) => of(item)),
        batchOutcomes(),
      )
      .subscribe({
        next: ({ index }) => {
          seen.push(index);
          if (index < 4) source.next(index);
          else source.complete();
        },
        complete: () => seen.push('|'),
      });
    source.next(0);
    expect(seen).toEqual([0, 1, 2, 3, 4, '|']);
    expectNothingHeld(pool);
  });

  it('ends with the InvalidPoolError of a destroyed pool, instead of one for every item that is left', () => {
    marbles(({ cold, hot, target, at, expectObservable, expectSubscriptions, flush }) => {
      const { connect, lives } = target('a', 'b');
      const pool = createPool({ connect, max: 2 });
      const source = hot('  xyzw-----|');
      const sourceSubs = '  ^---!     ';
      const x = cold('      ----1|    ');
      const xSubs = '       ^---!     ';
      const y = cold('       --2|     ');
      const ySubs = '       -^--!     ';
      const z = cold('      3|        ');
      const expected = '    ----(y#)  ';
      at(3, () => void pool.destroy());
      const result = source.pipe(
        withConnection(pool, each({ x, y, z, w: z })),
        batchOutcomes(),
        map(({ item }) => item),
      );
      expectObservable(result).toBe(expected, undefined, poolError('INVALID_POOL'));
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
      expectSubscriptions(x.subscriptions).toBe(xSubs);
      expectSubscriptions(y.subscriptions).toBe(ySubs);
      expectSubscriptions(z.subscriptions).toBe([]);
      expectSubscriptions(lives[0]!.subscriptions).toBe('^---!');
      flush();
      expectNothingHeld(pool);
    });
  });

  it('does not run the work whose connection is lost before it has been told of it, and has one outcome for it', () => {
    const target = scriptedTarget();
    const pool = createPool({ connect: target.connect, max: 1, random: () => 0 });
    // A subscriber of the stats sees a lease before its holder does.
    pool.stats$.subscribe(({ acquired, activeLeases }) => {
      if (acquired === 1 && activeLeases === 1) target.connections[0]!.lose();
    });
    const outcomes: BatchOutcome<string | undefined>[] = [];
    const worked: string[] = [];
    of('x')
      .pipe(
        withConnection(pool, (_connection, item) => {
          worked.push(item);
          return of(item);
        }),
        batchOutcomes(),
      )
      .subscribe((outcome) => outcomes.push(outcome));
    expect(worked).toEqual([]);
    expect(outcomes).toEqual([
      { index: 0, item: 'x', status: 'failed', error: poolError('CONNECTION_FAILED', { phase: 'use' }) },
    ]);
    expectNothingHeld(pool);
  });

  it('takes an error of the pool itself as the outcome of a task', () => {
    marbles(({ cold, target, expectObservable }) => {
      const pool = createPool({ connect: target('a').connect, max: 1, acquireTimeout: 4 });
      expectObservable(pool.use(() => cold('------|'))).toBe('------|');
      const result = of('x', 'y').pipe(
        withConnection(pool, (_connection, item) => of(item)),
        batchOutcomes(),
      );
      expectObservable(result).toBe('----x-(y|)', {
        x: { index: 0, item: 'x', status: 'failed', error: poolError('POOL_EXHAUSTED') },
        y: { index: 1, item: 'y', status: 'succeeded', value: 'y' },
      });
    });
  });

  it('runs anew for every subscriber', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    const batch = of('x').pipe(
      withConnection(pool, (_connection, item) => of(item)),
      batchOutcomes(),
      map(({ index }) => index),
    );
    const seen: number[] = [];
    batch.subscribe((index) => seen.push(index));
    batch.subscribe((index) => seen.push(index));
    expect(seen).toEqual([0, 0]);
    expect(pool.stats.successfulOperations).toBe(2);
  });

  describe('with wrong arguments', () => {
    for (const wrong of [0, NaN, -1, 1.5, '3', true, [3]]) {
      for (const [how, argument] of [
        ['as such', wrong],
        ['as an option', { concurrency: wrong }],
      ] as const) {
        // A list as such is an object of options that do not exist.
        it(`refuses the concurrency ${JSON.stringify(wrong)} ${how} when the operator is made, and names it`, () => {
          expect(() => batchOutcomes(argument as BatchOptions)).toThrowMatching(
            (error) =>
              error instanceof InvalidConfigError &&
              error.issues.length === 1 &&
              error.message.includes('batchOutcomes') &&
              (Array.isArray(wrong) || error.message.includes(typeof wrong === 'string' ? '"3"' : String(wrong))),
          );
        });
      }
    }

    it('names every wrong option at once', () => {
      const wrong = { concurrency: 0, ordered: 'yes', stopOnError: 1, parallel: 3 } as unknown as BatchOptions;
      expect(() => batchOutcomes(wrong)).toThrowMatching(
        (error) =>
          error instanceof InvalidConfigError &&
          error.issues.length === 4 &&
          ['concurrency', 'ordered', '"yes"', 'stopOnError', 'parallel'].every((word) => error.message.includes(word)),
      );
    });

    it('takes an option that is undefined for one that is not given', () => {
      expect(() => batchOutcomes({ concurrency: undefined, ordered: undefined, stopOnError: undefined })).not.toThrow();
    });
  });
});

function collected<T>(source: Observable<T>): T[] {
  const all: T[] = [];
  source.subscribe((value) => all.push(value));
  return all;
}

/** The work of each item. */
function each(works: Record<string, Observable<string>>): (connection: string, item: string) => Observable<string> {
  return (_connection, item) => works[item]!;
}
