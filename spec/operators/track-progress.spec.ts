import { BehaviorSubject, map, of, range, Subject, Subscriber } from 'rxjs';
import { batchOutcomes, InvalidConfigError, trackProgress, withConnection } from '../../src/index';
import type { BatchOutcome, BatchProgress } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { marbles, opensAtOnce } from '../helpers/marbles';

const outcomes: Record<string, BatchOutcome<string>> = {
  a: { index: 0, item: 'A', status: 'succeeded', value: 'a' },
  b: { index: 1, item: 'B', status: 'failed', error: 'b' },
  c: { index: 2, item: 'C', status: 'succeeded', value: 'c' },
};

describe('trackProgress', () => {
  it('tells its observer at the beginning and of every outcome, and passes the outcomes on unchanged', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const progress = new Subject<BatchProgress>();
      const source = hot('  ----a---b--c-|', outcomes);
      const sourceSubs = '  ^------------!';
      const expected = '    ----a---b--c-|';
      const told = '        p---q---r--s-|';

      expectObservable(progress).toBe(told, {
        p: { succeeded: 0, failed: 0, ratePerSecond: 0 },
        q: { succeeded: 1, failed: 0, ratePerSecond: 250 },
        r: { succeeded: 1, failed: 1, ratePerSecond: 250 },
        s: { succeeded: 2, failed: 1, ratePerSecond: 3000 / 11 },
      });
      expectObservable(source.pipe(trackProgress(progress))).toBe(expected, outcomes);
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
    });
  });

  it('says with a total how long the rest will take', () => {
    marbles(({ hot, expectObservable }) => {
      const progress = new Subject<BatchProgress>();
      const source = hot('  ----a---b--|', outcomes);
      const told = '        p---q---r--|';
      expectObservable(progress).toBe(told, {
        p: { total: 10, succeeded: 0, failed: 0, ratePerSecond: 0 },
        q: { total: 10, succeeded: 1, failed: 0, ratePerSecond: 250, remainingMs: 36 },
        r: { total: 10, succeeded: 1, failed: 1, ratePerSecond: 250, remainingMs: 32 },
      });
      expectObservable(source.pipe(trackProgress(progress, { total: 10 }))).toBe('----a---b--|', outcomes);
    });
  });

  it('never says that less than nothing remains', () => {
    marbles(({ hot, expectObservable }) => {
      const progress = new Subject<BatchProgress>();
      const remaining = progress.pipe(map(({ remainingMs }) => remainingMs));
      expectObservable(remaining).toBe('p-qr|', { p: undefined, q: 0, r: 0 });
      const tracked = hot('--ab|', outcomes).pipe(trackProgress(progress, { total: 1 }));
      expectObservable(tracked).toBe('--ab|', outcomes);
    });
  });

  it('ends its observer with the error of the batch, which goes on', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const progress = new Subject<BatchProgress>();
      const source = hot('  --a-#', outcomes);
      const sourceSubs = '  ^---!';
      expectObservable(progress.pipe(map(({ succeeded }) => String(succeeded)))).toBe('0-1-#');
      expectObservable(source.pipe(trackProgress(progress))).toBe('--a-#', outcomes);
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
    });
  });

  it('lets go of the source when it is unsubscribed, and tells its observer no more', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const progress = new Subject<BatchProgress>();
      const source = hot('  --a--b--|', outcomes);
      const unsub = '       ^---!    ';
      const sourceSubs = '  ^---!    ';
      expectObservable(progress.pipe(map(({ succeeded }) => String(succeeded)))).toBe('0-1--');
      expectObservable(source.pipe(trackProgress(progress)), unsub).toBe('--a--', outcomes);
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
    });
  });

  it('tells its observer of an outcome before the outcome goes on', () => {
    const order: string[] = [];
    of(outcomes['a']!)
      .pipe(trackProgress(({ succeeded }) => order.push(`progress ${succeeded}`)))
      .subscribe({ next: () => order.push('outcome'), complete: () => order.push('complete') });
    expect(order).toEqual(['progress 0', 'progress 1', 'outcome', 'complete']);
  });

  it('takes a partial observer', () => {
    const told: string[] = [];
    of(outcomes['a']!, outcomes['b']!)
      .pipe(trackProgress({ complete: () => told.push('complete') }))
      .subscribe();
    expect(told).toEqual(['complete']);
  });

  it('publishes to a BehaviorSubject, which then holds the last of it', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 2 });
    const progress = new BehaviorSubject<BatchProgress | null>(null);
    range(0, 5)
      .pipe(
        withConnection(pool, (_connection, item) => of(item)),
        batchOutcomes(),
        trackProgress(progress, { total: 5 }),
      )
      .subscribe();
    expect(progress.value).toEqual(jasmine.objectContaining({ total: 5, succeeded: 5, failed: 0 }));
    let ended = false;
    progress.subscribe({ complete: () => (ended = true) });
    expect(ended).toBe(true);
  });

  it('begins anew for every subscriber', () => {
    const told: number[] = [];
    const tracked = of(outcomes['a']!).pipe(trackProgress(({ succeeded }) => told.push(succeeded)));
    tracked.subscribe();
    tracked.subscribe();
    expect(told).toEqual([0, 1, 0, 1]);
  });

  it('ends the batch with what its observer throws, and lets go of the source', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const own = new Error('the bar is broken');
      const source = hot('  --a--b|', outcomes);
      const sourceSubs = '  ^-!    ';
      const result = source.pipe(
        trackProgress(({ succeeded }) => {
          if (succeeded === 1) throw own;
        }),
      );
      expectObservable(result).toBe('--#', undefined, own);
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
    });
  });

  it('cancels the works of the batch when its observer throws', () => {
    marbles(({ cold, target, expectObservable, expectSubscriptions }) => {
      const pool = createPool({ connect: target('a', 'b').connect, max: 2 });
      const x = cold('      -1|    ');
      const y = cold('      -----2|');
      const ySubs = '       ^-!    ';
      const works = { x, y };
      const own = new Error('the bar is broken');
      const result = of('x' as const, 'y' as const).pipe(
        withConnection(pool, (_connection, item) => works[item]),
        batchOutcomes(),
        trackProgress(({ succeeded }) => {
          if (succeeded === 1) throw own;
        }),
      );
      expectObservable(result).toBe('--#', undefined, own);
      expectSubscriptions(y.subscriptions).toBe(ySubs);
    });
  });

  for (const [when, told] of [
    ['at the beginning', '#'],
    ['at an outcome', 'a'],
    ['at the end', '|'],
    ['at an error', '#'],
  ] as const) {
    it(`is silent for an observer that unsubscribes the pipeline ${when}`, () => {
      marbles(({ hot, expectSubscriptions, flush }) => {
        const source = hot(when === 'at an error' ? '--a--#' : '--a--|', outcomes);
        const seen: string[] = [];
        const subscriber = new Subscriber<BatchOutcome<string>>({
          next: () => seen.push('a'),
          error: () => seen.push('#'),
          complete: () => seen.push('|'),
        } as never);
        const stop = (at: string): void => {
          if (at === when) subscriber.unsubscribe();
        };
        source
          .pipe(
            trackProgress({
              next: ({ succeeded }) => {
                stop(succeeded === 0 ? 'at the beginning' : 'at an outcome');
              },
              complete: () => {
                stop('at the end');
              },
              error: () => {
                stop('at an error');
              },
            }),
          )
          .subscribe(subscriber);
        const frames = {
          'at the beginning': [],
          'at an outcome': '^-!',
          'at the end': '^----!',
          'at an error': '^----!',
        };
        expectSubscriptions(source.subscriptions).toBe(frames[when]);
        flush();
        expect(seen).not.toContain(told);
      });
    });
  }

  describe('with wrong arguments', () => {
    for (const wrong of [NaN, -1, 1.5, '3']) {
      it(`refuses the total ${JSON.stringify(wrong)} when the operator is made, and names it`, () => {
        expect(() => trackProgress(() => undefined, { total: wrong as number })).toThrowMatching(
          (error) =>
            error instanceof InvalidConfigError &&
            error.message.includes(typeof wrong === 'string' ? '"3"' : String(wrong)),
        );
      });
    }

    it('refuses an option that does not exist', () => {
      expect(() => trackProgress(() => undefined, { totl: 3 } as never)).toThrowMatching(
        (error) => error instanceof InvalidConfigError && error.message.includes('totl'),
      );
    });

    for (const wrong of [undefined, null, 42]) {
      it(`refuses ${wrong === undefined ? 'nothing' : JSON.stringify(wrong)} as the observer`, () => {
        expect(() => trackProgress(wrong as never)).toThrowMatching((error) => error instanceof InvalidConfigError);
      });
    }
  });
});
