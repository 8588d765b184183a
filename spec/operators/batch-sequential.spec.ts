import { from, map, NEVER, of, range, Subject, take, throwError } from 'rxjs';
import type { Observable } from 'rxjs';
import { batchSequential, withConnection } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { expectNothingHeld, marbles, opensAtOnce, poolError } from '../helpers/marbles';

describe('batchSequential', () => {
  it('runs one task after the other, and passes on every value of every one of them, in order', () => {
    marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
      const { connect, lives } = target('-a');
      const pool = createPool({ connect, max: 9 });
      const source = hot('  xyz|            ');
      const sourceSubs = '  ^--!            ';
      const x = cold('       -1-2|          ');
      const xSubs = '       -^---!          ';
      const y = cold('           --3|       ');
      const ySubs = '       -----^--!       ';
      const z = cold('              -4-5|   ');
      const zSubs = '       --------^---!   ';
      const expected = '    --1-2--3-4-5|   ';

      const result = source.pipe(withConnection(pool, each({ x, y, z })), batchSequential());
      expectObservable(result).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
      expectSubscriptions(x.subscriptions).toBe(xSubs);
      expectSubscriptions(y.subscriptions).toBe(ySubs);
      expectSubscriptions(z.subscriptions).toBe(zSubs);
      expectSubscriptions(lives[0]!.subscriptions).toBe('^');
      flush();
      expect(pool.stats.successfulOperations).toBe(3);
      expectNothingHeld(pool);
    });
  });

  it('completes with a source that is empty', () => {
    marbles(({ hot, target, expectObservable, expectSubscriptions }) => {
      const pool = createPool({ connect: target().connect, max: 1 });
      const source = hot('  ---|');
      const sourceSubs = '  ^--!';
      const result = source.pipe(
        withConnection(pool, () => NEVER),
        batchSequential(),
      );
      expectObservable(result).toBe('---|');
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
    });
  });

  it('completes with the source when all tasks have ended before it', () => {
    marbles(({ cold, hot, target, expectObservable, expectSubscriptions }) => {
      const pool = createPool({ connect: target('a').connect, max: 1 });
      const source = hot('  x-----|');
      const sourceSubs = '  ^-----!';
      const x = cold('      -1|    ');
      const xSubs = '       ^-!    ';
      const result = source.pipe(withConnection(pool, each({ x })), batchSequential());
      expectObservable(result).toBe('-1----|');
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
      expectSubscriptions(x.subscriptions).toBe(xSubs);
    });
  });

  it('never completes when a task never does', () => {
    marbles(({ cold, hot, target, expectObservable, expectSubscriptions }) => {
      const pool = createPool({ connect: target('a').connect, max: 1 });
      const source = hot('  xy|');
      const x = cold('      -1-');
      const y = cold('      2| ');
      const result = source.pipe(withConnection(pool, each({ x, y })), batchSequential());
      expectObservable(result).toBe('-1-');
      expectSubscriptions(source.subscriptions).toBe('^-!');
      expectSubscriptions(x.subscriptions).toBe('^');
      expectSubscriptions(y.subscriptions).toBe([]);
    });
  });

  it('ends with the first error, begins no more, and lets go of the source', () => {
    marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
      const pool = createPool({ connect: target('a').connect, max: 1 });
      const source = hot('  xyz-----|');
      const sourceSubs = '  ^----!   ';
      const x = cold('      -1|      ');
      const xSubs = '       ^-!      ';
      const y = cold('        -2-#   ');
      const ySubs = '       --^--!   ';
      const z = cold('           3|  ');
      const expected = '    -1-2-#   ';
      const result = source.pipe(withConnection(pool, each({ x, y, z })), batchSequential());
      expectObservable(result).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
      expectSubscriptions(x.subscriptions).toBe(xSubs);
      expectSubscriptions(y.subscriptions).toBe(ySubs);
      expectSubscriptions(z.subscriptions).toBe([]);
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ acquired: 2, failedOperations: 1 }));
      expectNothingHeld(pool);
    });
  });

  it('ends with an error of the source at once, and cancels what runs', () => {
    marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
      const pool = createPool({ connect: target('a').connect, max: 1 });
      const source = hot('  xy--#   ');
      const sourceSubs = '  ^---!   ';
      const x = cold('      -1-----|');
      const xSubs = '       ^---!   ';
      const y = cold('      2|      ');
      const expected = '    -1--#   ';
      const result = source.pipe(withConnection(pool, each({ x, y })), batchSequential());
      expectObservable(result).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
      expectSubscriptions(x.subscriptions).toBe(xSubs);
      expectSubscriptions(y.subscriptions).toBe([]);
      flush();
      expect(pool.stats.cancelledOperations).toBe(1);
      expectNothingHeld(pool);
    });
  });

  it('takes a task whose connection is still awaited out of the line when it is unsubscribed', () => {
    marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
      const { connect, lives } = target('-----a');
      const pool = createPool({ connect, max: 1 });
      const source = hot('  x-----|');
      const unsub = '       ^--!   ';
      const sourceSubs = '  ^--!   ';
      const x = cold('      1|     ');
      const result = source.pipe(withConnection(pool, each({ x })), batchSequential());
      expectObservable(result, unsub).toBe('---');
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
      expectSubscriptions(x.subscriptions).toBe([]);
      expectSubscriptions(lives[0]!.subscriptions).toBe('^');
      flush();
      expect(pool.stats.acquired).toBe(0);
      expectNothingHeld(pool);
    });
  });

  it('stops what runs when it is unsubscribed', () => {
    marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
      const pool = createPool({ connect: target('a').connect, max: 1 });
      const source = hot('  xy----|');
      const unsub = '       ^---!  ';
      const sourceSubs = '  ^---!  ';
      const x = cold('      -1-1-1|');
      const xSubs = '       ^---!  ';
      const y = cold('      2|     ');
      const expected = '    -1-1-  ';
      const result = source.pipe(withConnection(pool, each({ x, y })), batchSequential());
      expectObservable(result, unsub).toBe(expected);
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
      expectSubscriptions(x.subscriptions).toBe(xSubs);
      expectSubscriptions(y.subscriptions).toBe([]);
      flush();
      expectNothingHeld(pool);
    });
  });

  it('changes nothing when it is unsubscribed after its end', () => {
    marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
      const pool = createPool({ connect: target('a').connect, max: 1 });
      const source = hot('  x|    ');
      const unsub = '       ^----!';
      const x = cold('      -1|   ');
      const result = source.pipe(withConnection(pool, each({ x })), batchSequential());
      expectObservable(result, unsub).toBe('-1|');
      expectSubscriptions(source.subscriptions).toBe('^!');
      expectSubscriptions(x.subscriptions).toBe('^-!');
      flush();
      expect(pool.stats).toEqual(jasmine.objectContaining({ successfulOperations: 1, cancelledOperations: 0 }));
    });
  });

  it('stops in the middle of synchronous tasks when its subscriber has enough', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    let drawn = 0;
    const seen: number[] = [];
    range(0, 100)
      .pipe(
        map((item) => {
          drawn++;
          return item;
        }),
        withConnection(pool, (_connection, item) => of(item, item + 0.5)),
        batchSequential(),
        take(3),
      )
      .subscribe((value) => seen.push(value));
    expect(seen).toEqual([0, 0.5, 1]);
    expect(drawn).toBe(2);
    expectNothingHeld(pool);
  });

  it('runs synchronous tasks in one turn once the connection is open', () => {
    marbles(({ hot, target, expectObservable, flush }) => {
      const pool = createPool({ connect: target('---a').connect, max: 1 });
      const source = hot('  xyz|    ');
      const expected = '    ---(xyz|)';
      const result = source.pipe(
        withConnection(pool, (_connection, item) => of(item)),
        batchSequential(),
      );
      expectObservable(result).toBe(expected);
      flush();
      expectNothingHeld(pool);
    });
  });

  it('comes to its end with an asynchronous task and then a hundred thousand synchronous ones', () => {
    marbles(({ cold, target, flush }) => {
      const pool = createPool({ connect: target('a').connect, max: 1 });
      const slow = cold('   --x|');
      let last: unknown;
      const result = range(0, 100_000).pipe(
        withConnection(pool, (_connection, item) => (item === 0 ? slow : of(String(item)))),
        batchSequential(),
      );
      let count = 0;
      result.subscribe({ next: (value) => ((last = value), count++) });
      flush();
      expect(count).toBe(100_000);
      expect(last).toBe('99999');
      expectNothingHeld(pool);
    });
  });

  it('serves a subscriber that feeds the source inside next, after what was there before', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    const source = new Subject<string>();
    const seen: string[] = [];
    source
      .pipe(
        withConnection(pool, (_connection, item) => of(`${item}1`, `${item}2`)),
        batchSequential(),
      )
      .subscribe({
        next: (value) => {
          seen.push(value);
          if (value === 'x1') source.next('y');
          if (value === 'y2') source.complete();
        },
        complete: () => seen.push('|'),
      });
    source.next('x');
    expect(seen).toEqual(['x1', 'x2', 'y1', 'y2', '|']);
    expectNothingHeld(pool);
  });

  it('lets a work run a batch of its own on the same pool', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 2 });
    const seen: string[] = [];
    of('x', 'y')
      .pipe(
        withConnection(pool, (_outer, item) =>
          of(1, 2).pipe(
            withConnection(pool, (_inner, n) => of(`${item}${n}`)),
            batchSequential(),
          ),
        ),
        batchSequential(),
      )
      .subscribe({ next: (value) => seen.push(value), complete: () => seen.push('|') });
    expect(seen).toEqual(['x1', 'x2', 'y1', 'y2', '|']);
    expectNothingHeld(pool);
  });

  it('ends with an InvalidPoolError when the pool is destroyed under it', () => {
    marbles(({ cold, hot, target, at, expectObservable, expectSubscriptions, flush }) => {
      const { connect, lives } = target('a');
      const pool = createPool({ connect, max: 1 });
      const source = hot('  xy---|');
      const x = cold('      ---1|  ');
      const xSubs = '       ^---!  ';
      const y = cold('      2|     ');
      at(2, () => void pool.destroy());
      const result = source.pipe(withConnection(pool, each({ x, y })), batchSequential());
      expectObservable(result).toBe('---1#', undefined, poolError('INVALID_POOL'));
      expectSubscriptions(x.subscriptions).toBe(xSubs);
      expectSubscriptions(y.subscriptions).toBe([]);
      expectSubscriptions(lives[0]!.subscriptions).toBe('^---!');
      flush();
      expectNothingHeld(pool);
    });
  });

  it('queues one task at a time, so that the tail of the batch does not time out', () => {
    marbles(({ cold, target, expectObservable, flush }) => {
      const pool = createPool({ connect: target('a').connect, max: 1, acquireTimeout: 5 });
      const work = cold('   --x|');
      const expected = '    --x--x--x--x|';
      const result = range(0, 4).pipe(
        withConnection(pool, () => work),
        batchSequential(),
      );
      expectObservable(result).toBe(expected);
      flush();
      expect(pool.stats.timeouts).toBe(0);
    });
  });

  describe('of inners that are no tasks', () => {
    it('takes what from takes', () => {
      marbles(({ cold, hot, expectObservable, expectSubscriptions }) => {
        const x = cold('       -1|   ');
        const xSubs = '       -^-!   ';
        const source = hot('  -x-|   ', { x });
        expectObservable(source.pipe(batchSequential())).toBe('--1|');
        expectSubscriptions(x.subscriptions).toBe(xSubs);
        expectObservable(from([['p', 'q'], of('r')]).pipe(batchSequential())).toBe('(pqr|)');
      });
    });

    it('fails with what from refuses', () => {
      let error: unknown;
      from([42 as never])
        .pipe(batchSequential())
        .subscribe({ error: (e: unknown) => (error = e) });
      expect(error).toBeInstanceOf(TypeError);
    });

    it('passes their error on', () => {
      let error: unknown;
      const own = new Error('own');
      of(throwError(() => own))
        .pipe(batchSequential())
        .subscribe({ error: (e: unknown) => (error = e) });
      expect(error).toBe(own);
    });
  });
});

/** The work of each item. */
function each(works: Record<string, Observable<string>>): (connection: string, item: string) => Observable<string> {
  return (_connection, item) => works[item]!;
}
