import { concatAll, exhaustAll, mergeAll, of, Subject, switchAll, take } from 'rxjs';
import type { Observable } from 'rxjs';
import { withConnection } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { expectNothingHeld, marbles, opensAtOnce } from '../helpers/marbles';

describe('after withConnection', () => {
  describe('mergeAll(n)', () => {
    it('runs the given number of tasks at a time, and no more connections are opened', () => {
      marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target('a', 'b');
        const pool = createPool({ connect, max: 9 });
        const source = hot('  xyz|          ');
        const sourceSubs = '  ^--!          ';
        const x = cold('      ---1|         ');
        const xSubs = '       ^---!         ';
        const y = cold('       -----2|      ');
        const ySubs = '       -^-----!      ';
        const z = cold('          ----3|    ');
        const zSubs = '       ----^----!    ';
        const expected = '    ---1--2-3|    ';

        const result = source.pipe(withConnection(pool, each({ x, y, z })), mergeAll(2));
        expectObservable(result).toBe(expected);
        expectSubscriptions(source.subscriptions).toBe(sourceSubs);
        expectSubscriptions(x.subscriptions).toBe(xSubs);
        expectSubscriptions(y.subscriptions).toBe(ySubs);
        expectSubscriptions(z.subscriptions).toBe(zSubs);
        expectSubscriptions(lives[0]!.subscriptions).toBe('^');
        expectSubscriptions(lives[1]!.subscriptions).toBe('-^');
        flush();
        expectNothingHeld(pool);
      });
    });

    it('stops every running work at the first error', () => {
      marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
        const pool = createPool({ connect: target('a', 'b').connect, max: 2 });
        const source = hot('  xyz----|');
        const sourceSubs = '  ^--!    ';
        const x = cold('      ---#    ');
        const xSubs = '       ^--!    ';
        const y = cold('       ----2| ');
        const ySubs = '       -^-!    ';
        const z = cold('      3|      ');
        const expected = '    ---#    ';

        const result = source.pipe(withConnection(pool, each({ x, y, z })), mergeAll());
        expectObservable(result).toBe(expected);
        expectSubscriptions(source.subscriptions).toBe(sourceSubs);
        expectSubscriptions(x.subscriptions).toBe(xSubs);
        expectSubscriptions(y.subscriptions).toBe(ySubs);
        expectSubscriptions(z.subscriptions).toBe([]);
        flush();
        expectNothingHeld(pool);
      });
    });

    it('stops every running work when it is unsubscribed', () => {
      marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
        const pool = createPool({ connect: target('a', 'b').connect, max: 2 });
        const source = hot('  xyz----|');
        const unsub = '       ^----!  ';
        const sourceSubs = '  ^----!  ';
        const x = cold('      --1---1|');
        const xSubs = '       ^----!  ';
        const y = cold('       --2---|');
        const ySubs = '       -^---!  ';
        const z = cold('      3|      ');
        const expected = '    --12--  ';

        const result = source.pipe(withConnection(pool, each({ x, y, z })), mergeAll());
        expectObservable(result, unsub).toBe(expected);
        expectSubscriptions(source.subscriptions).toBe(sourceSubs);
        expectSubscriptions(x.subscriptions).toBe(xSubs);
        expectSubscriptions(y.subscriptions).toBe(ySubs);
        expectSubscriptions(z.subscriptions).toBe([]);
        flush();
        expectNothingHeld(pool);
      });
    });

    it('comes to its end with an asynchronous task followed by synchronous ones', () => {
      marbles(({ cold, target, expectObservable, flush }) => {
        const pool = createPool({ connect: target('a').connect, max: 1 });
        const slow = cold('   --x|     ');
        const expected = '    --x(yyy|)';
        const works = [slow, of('y'), of('y'), of('y')];
        const result = of(0, 1, 2, 3).pipe(
          withConnection(pool, (_connection, item) => works[item]!),
          mergeAll(1),
        );
        expectObservable(result).toBe(expected);
        flush();
        expectNothingHeld(pool);
      });
    });
  });

  describe('concatAll()', () => {
    it('runs one task after the other, on one connection', () => {
      marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target('-a');
        const pool = createPool({ connect, max: 9 });
        const source = hot('  xy|        ');
        const sourceSubs = '  ^-!        ';
        const x = cold('       -1-1|     ');
        const xSubs = '       -^---!     ';
        const y = cold('           --2|  ');
        const ySubs = '       -----^--!  ';
        const expected = '    --1-1--2|  ';

        const result = source.pipe(withConnection(pool, each({ x, y })), concatAll());
        expectObservable(result).toBe(expected);
        expectSubscriptions(source.subscriptions).toBe(sourceSubs);
        expectSubscriptions(x.subscriptions).toBe(xSubs);
        expectSubscriptions(y.subscriptions).toBe(ySubs);
        expectSubscriptions(lives[0]!.subscriptions).toBe('^');
        flush();
        expectNothingHeld(pool);
      });
    });

    it('never begins what comes after an error', () => {
      marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
        const pool = createPool({ connect: target('a').connect, max: 1 });
        const source = hot('  xy--|');
        const x = cold('      --#  ');
        const y = cold('      2|   ');
        const result = source.pipe(withConnection(pool, each({ x, y })), concatAll());
        expectObservable(result).toBe('--#');
        expectSubscriptions(source.subscriptions).toBe('^-!');
        expectSubscriptions(x.subscriptions).toBe('^-!');
        expectSubscriptions(y.subscriptions).toBe([]);
        flush();
        expect(pool.stats.acquired).toBe(1);
        expectNothingHeld(pool);
      });
    });
  });

  describe('switchAll()', () => {
    it('stops the running work when the next item comes, and its connection comes back for that one', () => {
      marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target('a');
        const pool = createPool({ connect, max: 1 });
        const source = hot('  x---y----z----|');
        const sourceSubs = '  ^-------------!';
        const x = cold('      -1-1-1|        ');
        const xSubs = '       ^---!          ';
        const y = cold('          -2|        ');
        const ySubs = '       ----^-!        ';
        const z = cold('               ----3|');
        const zSubs = '       ---------^----!';
        const expected = '    -1-1-2-------3|';

        const result = source.pipe(withConnection(pool, each({ x, y, z })), switchAll());
        expectObservable(result).toBe(expected);
        expectSubscriptions(source.subscriptions).toBe(sourceSubs);
        expectSubscriptions(x.subscriptions).toBe(xSubs);
        expectSubscriptions(y.subscriptions).toBe(ySubs);
        expectSubscriptions(z.subscriptions).toBe(zSubs);
        expectSubscriptions(lives[0]!.subscriptions).toBe('^');
        flush();
        expect(pool.stats).toEqual(jasmine.objectContaining({ cancelledOperations: 1, successfulOperations: 2 }));
        expectNothingHeld(pool);
      });
    });

    it('takes one that still waits for its connection out of the line', () => {
      marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target('----a');
        const pool = createPool({ connect, max: 1 });
        const source = hot('  x-y-------|  ');
        const x = cold('      1|           ');
        const y = cold('          --2|     ');
        const ySubs = '       ----^--!     ';
        const expected = '    ------2---|  ';

        const result = source.pipe(withConnection(pool, each({ x, y })), switchAll());
        expectObservable(result).toBe(expected);
        expectSubscriptions(x.subscriptions).toBe([]);
        expectSubscriptions(y.subscriptions).toBe(ySubs);
        expectSubscriptions(lives[0]!.subscriptions).toBe('^');
        flush();
        expect(pool.stats.acquired).toBe(1);
        expectNothingHeld(pool);
      });
    });

    it('tears one work down before the next begins, with synchronous ones too', () => {
      const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
      const source = new Subject<number>();
      const seen: number[] = [];
      source
        .pipe(
          withConnection(pool, (_connection, item) => of(item)),
          switchAll(),
        )
        .subscribe((item) => {
          seen.push(item);
          if (item < 3) source.next(item + 1);
        });
      source.next(1);
      expect(seen).toEqual([1, 2, 3]);
      expectNothingHeld(pool);
    });
  });

  describe('exhaustAll()', () => {
    it('never leases for what it drops', () => {
      marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
        const { connect, lives } = target('a');
        const pool = createPool({ connect, max: 9 });
        const source = hot('  x-y-z-y--|     ');
        const sourceSubs = '  ^--------!     ';
        const x = cold('      ---1-|         ');
        const xSubs = '       ^----!         ';
        const y = cold('            ----2|   ');
        const ySubs = '       ------^----!   ';
        const z = cold('      3|             ');
        const expected = '    ---1------2|   ';

        const result = source.pipe(withConnection(pool, each({ x, y, z })), exhaustAll());
        expectObservable(result).toBe(expected);
        expectSubscriptions(source.subscriptions).toBe(sourceSubs);
        expectSubscriptions(x.subscriptions).toBe(xSubs);
        expectSubscriptions(y.subscriptions).toBe(ySubs);
        expectSubscriptions(z.subscriptions).toBe([]);
        expectSubscriptions(lives[0]!.subscriptions).toBe('^');
        flush();
        expect(pool.stats.acquired).toBe(2);
        expectNothingHeld(pool);
      });
    });
  });

  describe('mergeAll() and take', () => {
    it('ends at once, and everything comes back', () => {
      marbles(({ cold, hot, target, expectObservable, expectSubscriptions, flush }) => {
        const pool = createPool({ connect: target('a', 'b').connect, max: 2 });
        const source = hot('  xy-----|');
        const sourceSubs = '  ^--!    ';
        const x = cold('      -1-1-1|  ');
        const xSubs = '       ^--!    ';
        const y = cold('       -----2| ');
        const ySubs = '       -^-!    ';
        const expected = '    -1-(1|) ';

        const result = source.pipe(withConnection(pool, each({ x, y })), mergeAll(), take(2));
        expectObservable(result).toBe(expected);
        expectSubscriptions(source.subscriptions).toBe(sourceSubs);
        expectSubscriptions(x.subscriptions).toBe(xSubs);
        expectSubscriptions(y.subscriptions).toBe(ySubs);
        flush();
        expectNothingHeld(pool);
      });
    });
  });
});

/** The work of each item. */
function each(works: Record<string, Observable<string>>): (connection: string, item: string) => Observable<string> {
  return (_connection, item) => works[item]!;
}
