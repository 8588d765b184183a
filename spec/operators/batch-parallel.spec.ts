import { first, from, map, of, range, throwError } from 'rxjs';
import type { Observable } from 'rxjs';
import { batchParallel, InvalidConfigError, withConnection } from '../../src/index';
import type { BatchOptions, BatchResult } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { expectNothingHeld, marbles, opensAtOnce, poolError } from '../helpers/marbles';

const no = new Error('no');

describe('batchParallel', () => {
  it('emits one result when all have ended: what succeeded and what failed, in the order of the source', () => {
    marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
      const { connect, lives } = target('a', 'b');
      const pool = createPool({ connect, max: 5 });
      const source = hot('  -xyz|          ');
      const sourceSubs = '  ^---!          ';
      const x = cold('       -----1|       ');
      const xSubs = '       -^-----!       ';
      const y = cold('        --#          ', undefined, no);
      const ySubs = '       --^-!          ';
      const z = cold('          --2-3|     ');
      const zSubs = '       ----^----!     ';
      const expected = '    ---------(r|)  ';

      const result = source.pipe(withConnection(pool, each({ x, y, z })), batchParallel(2));
      expectObservable(result).toBe(expected, {
        r: { successful: ['1', '3'], failed: [{ index: 1, item: 'y', error: no }], unstarted: 0 },
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

  it('is complete and in order, however many there are', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 3 });
    for (const count of [1, 15, 16, 17, 48, 1_007, 1_008, 1_009, 5_000]) {
      let result: BatchResult<number | undefined> | undefined;
      range(0, count)
        .pipe(
          withConnection(pool, (_, i) => of(i)),
          batchParallel(),
        )
        .subscribe((all) => (result = all));
      expect(result?.successful).toEqual(Array.from({ length: count }, (_, i) => i));
    }
  });

  it('emits an empty result for an empty source', () => {
    marbles(({ hot, target, expectObservable, expectSubscriptions }) => {
      const pool = createPool({ connect: target().connect, max: 1 });
      const source = hot('  --|   ');
      const expected = '    --(r|)';
      const result = source.pipe(withConnection(pool, each({})), batchParallel());
      expectObservable(result).toBe(expected, { r: { successful: [], failed: [], unstarted: 0 } });
      expectSubscriptions(source.subscriptions).toBe('^-!');
    });
  });

  it('runs by default as many at a time as the pool can lend', () => {
    marbles(({ cold, target, expectObservable, expectSubscriptions }) => {
      const pool = createPool({ connect: target('a', 'b').connect, max: 2 });
      const work = cold('   --1|       ');
      const workSubs = [
        '                   ^--!       ',
        '                   ^--!       ',
        '                   ---^--!    ',
      ];
      const expected = '    ------(r|) ';
      const result = of('x', 'y', 'z').pipe(
        withConnection(pool, () => work),
        batchParallel(),
      );
      expectObservable(result).toBe(expected, { r: { successful: ['1', '1', '1'], failed: [], unstarted: 0 } });
      expectSubscriptions(work.subscriptions).toBe(workSubs);
    });
  });

  it('runs one after the other on a pool of one', () => {
    marbles(({ cold, target, expectObservable, expectSubscriptions }) => {
      const pool = createPool({ connect: target('a').connect, max: 1 });
      const work = cold('   -1|       ');
      const workSubs = ['   ^-!       ', '--^-!', '----^-!'];
      const result = of('x', 'y', 'z').pipe(
        withConnection(pool, () => work),
        batchParallel(8),
        map(({ successful }) => String(successful.length)),
      );
      expectObservable(result).toBe('------(3|)');
      expectSubscriptions(work.subscriptions).toBe(workSubs);
    });
  });

  it('passes an error of the source on at once, without a result, and cancels what runs', () => {
    marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
      const pool = createPool({ connect: target('a', 'b').connect, max: 2 });
      const source = hot('  xy-#    ');
      const sourceSubs = '  ^--!    ';
      const x = cold('      -1|     ');
      const xSubs = '       ^-!     ';
      const y = cold('       -----2|');
      const ySubs = '       -^-!    ';
      const result = source.pipe(withConnection(pool, each({ x, y })), batchParallel());
      expectObservable(result).toBe('---#');
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
      expectSubscriptions(x.subscriptions).toBe(xSubs);
      expectSubscriptions(y.subscriptions).toBe(ySubs);
      flush();
      expectNothingHeld(pool);
    });
  });

  it('stops what runs when it is unsubscribed', () => {
    marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
      const pool = createPool({ connect: target('a', 'b').connect, max: 2 });
      const source = hot('  xy----|');
      const sourceSubs = '  ^--!   ';
      const unsub = '       ^--!   ';
      const x = cold('      -----1|');
      const xSubs = '       ^--!   ';
      const y = cold('       ----2|');
      const ySubs = '       -^-!   ';
      const result = source.pipe(withConnection(pool, each({ x, y })), batchParallel());
      expectObservable(result, unsub).toBe('---');
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
      expectSubscriptions(x.subscriptions).toBe(xSubs);
      expectSubscriptions(y.subscriptions).toBe(ySubs);
      flush();
      expect(pool.stats.cancelledOperations).toBe(2);
      expectNothingHeld(pool);
    });
  });

  describe('stopOnError', () => {
    it('gives the partial result, and how many had been drawn and were not started', () => {
      marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
        const pool = createPool({ connect: target('a', 'b').connect, max: 2 });
        const source = hot('  vwxyz-----|  ');
        const sourceSubs = '  ^-----!      ';
        const v = cold('      --------1|   ');
        const vSubs = '       ^--------!   ';
        const w = cold('       -----#      ', undefined, no);
        const wSubs = '       -^----!      ';
        const rest = cold('   2|           ');
        const expected = '    ---------(r|)';
        const result = source.pipe(
          withConnection(pool, each({ v, w, x: rest, y: rest, z: rest })),
          batchParallel({ stopOnError: true }),
        );
        expectObservable(result).toBe(expected, {
          r: { successful: ['1'], failed: [{ index: 1, item: 'w', error: no }], unstarted: 3 },
        });
        expectSubscriptions(source.subscriptions).toBe(sourceSubs);
        expectSubscriptions(v.subscriptions).toBe(vSubs);
        expectSubscriptions(w.subscriptions).toBe(wSubs);
        expectSubscriptions(rest.subscriptions).toBe([]);
        flush();
        expectNothingHeld(pool);
      });
    });

    it('tells of every failure among those that still ran, and counts the unstarted once', () => {
      marbles(({ cold, target, expectObservable }) => {
        const pool = createPool({ connect: target('a', 'b').connect, max: 2 });
        const works = { x: cold('---#', undefined, no), y: cold('--#', undefined, no), z: cold('1|') };
        const result = of('x', 'y', 'z').pipe(withConnection(pool, each(works)), batchParallel({ stopOnError: true }));
        expectObservable(result).toBe('---(r|)', {
          r: {
            successful: [],
            failed: [
              { index: 0, item: 'x', error: no },
              { index: 1, item: 'y', error: no },
            ],
            unstarted: 1,
          },
        });
      });
    });

    it('leaves nothing unstarted when nothing failed', () => {
      const [result] = resultsOf(of(1, 2).pipe(taskOn(), batchParallel({ stopOnError: true })));
      expect(result).toEqual({ successful: [1, 2], failed: [], unstarted: 0 });
    });
  });

  it('gives the result in the order of the source, ordered or not', () => {
    for (const ordered of [true, false]) {
      marbles(({ cold, target, expectObservable }) => {
        const pool = createPool({ connect: target('a', 'b', 'c').connect, max: 3 });
        const works = { x: cold('----1|'), y: cold('--2|'), z: cold('3|') };
        const result = of('x', 'y', 'z').pipe(withConnection(pool, each(works)), batchParallel({ ordered }));
        expectObservable(result).toBe('-----(r|)', { r: { successful: ['1', '2', '3'], failed: [], unstarted: 0 } });
      });
    }
  });

  it('ends with an InvalidPoolError when the pool is destroyed under it', () => {
    marbles(({ cold, target, at, expectObservable, expectSubscriptions }) => {
      const pool = createPool({ connect: target('a').connect, max: 1 });
      const work = cold('   ---1|');
      const workSubs = '    ^---!';
      at(1, () => void pool.destroy());
      const result = of('x', 'y', 'z').pipe(
        withConnection(pool, () => work),
        batchParallel(),
      );
      expectObservable(result).toBe('----#', undefined, poolError('INVALID_POOL'));
      expectSubscriptions(work.subscriptions).toBe(workSubs);
    });
  });

  it('sends the failed ones again in one line', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 2 });
    let up = false;
    const send = (_connection: string, item: unknown): Observable<unknown> =>
      up || item !== 'y' ? of(item) : throwError(() => no);
    const [first] = resultsOf(of('x', 'y').pipe(withConnection(pool, send), batchParallel()));
    up = true;
    const [second] = resultsOf(
      from(first!.failed.map((f) => f.item)).pipe(withConnection(pool, send), batchParallel(8)),
    );
    expect(second).toEqual({ successful: ['y'], failed: [], unstarted: 0 });
  });

  it('gives its result to a subscriber that has enough of one, with asynchronous work too', () => {
    marbles(({ cold, target, expectObservable, expectSubscriptions, flush }) => {
      const pool = createPool({ connect: target('a').connect, max: 1 });
      const work = cold('   -1|       ');
      const workSubs = ['   ^-!       ', '--^-!'];
      const expected = '    ----(r|)  ';
      const result = of('x', 'y').pipe(
        withConnection(pool, () => work),
        batchParallel(),
        first(),
      );
      expectObservable(result).toBe(expected, { r: { successful: ['1', '1'], failed: [], unstarted: 0 } });
      expectSubscriptions(work.subscriptions).toBe(workSubs);
      flush();
      expectNothingHeld(pool);
    });
  });

  it('takes inners that are no tasks when told how many at a time', () => {
    const [result] = resultsOf(
      of(
        [1],
        of(2),
        throwError(() => no),
      ).pipe(batchParallel(2)),
    );
    expect(result).toEqual({
      successful: [1, 2],
      failed: [{ index: 2, item: jasmine.anything(), error: no }],
      unstarted: 0,
    });
  });

  it('fails for inners that are no tasks when not told how many at a time', () => {
    let error: unknown;
    of(of(1))
      .pipe(batchParallel())
      .subscribe({ next: () => fail('a result'), error: (e: unknown) => (error = e) });
    expect(error).toEqual(poolError('INVALID_CONFIG'));
  });

  it('keeps the order of a long synchronous batch with failures', () => {
    const [result] = resultsOf(
      range(0, 1000).pipe(
        withConnection(createPool({ connect: () => opensAtOnce('a'), max: 3 }), (_connection, item) =>
          item % 10 === 7 ? throwError(() => no) : of(item),
        ),
        batchParallel(),
      ),
    );
    expect(result!.successful).toEqual(Array.from({ length: 1000 }, (_, i) => i).filter((i) => i % 10 !== 7));
    expect(result!.failed.map(({ index }) => index)).toEqual(Array.from({ length: 100 }, (_, i) => i * 10 + 7));
  });

  describe('with wrong arguments', () => {
    for (const wrong of [0, NaN, -1, 1.5, '3', { concurrency: 0 }, { concurrency: '3' }]) {
      const value = typeof wrong === 'object' ? wrong.concurrency : wrong;
      it(`refuses ${typeof wrong === 'object' ? 'the option ' : ''}${JSON.stringify(value)} when the operator is made, and names it`, () => {
        expect(() => batchParallel(wrong as BatchOptions)).toThrowMatching(
          (error) =>
            error instanceof InvalidConfigError &&
            error.message.includes('batchParallel') &&
            error.message.includes(typeof value === 'string' ? '"3"' : String(value)),
        );
      });
    }

    it('refuses an option that does not exist, and lists those that do', () => {
      expect(() => batchParallel({ limit: 3 } as BatchOptions)).toThrowMatching(
        (error) =>
          error instanceof InvalidConfigError &&
          ['limit', 'concurrency', 'ordered', 'stopOnError'].every((word) => error.message.includes(word)),
      );
    });
  });
});

function taskOn() {
  const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
  return withConnection(pool, (_connection, item: number) => of(item));
}

function resultsOf<R>(source: Observable<BatchResult<R>>): BatchResult<R>[] {
  const results: BatchResult<R>[] = [];
  source.subscribe((result) => results.push(result));
  return results;
}

/** The work of each item. */
function each(works: Record<string, Observable<string>>): (connection: string, item: string) => Observable<string> {
  return (_connection, item) => works[item]!;
}
