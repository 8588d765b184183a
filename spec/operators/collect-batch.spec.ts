import { filter, first, of, take, tap, throwError } from 'rxjs';
import { batchOutcomes, collectBatch, withConnection } from '../../src/index';
import type { BatchOutcome, BatchResult } from '../../src/index';
import { createLastingPool as createPool } from '../helpers/lasting-pool';
import { marbles, opensAtOnce } from '../helpers/marbles';

const no = new Error('no');

const outcomes: Record<string, BatchOutcome<string | undefined>> = {
  a: { index: 0, item: 'A', status: 'succeeded', value: 'a' },
  b: { index: 1, item: 'B', status: 'failed', error: no },
  c: { index: 2, item: 'C', status: 'succeeded', value: 'c' },
  d: { index: 3, item: 'D', status: 'failed', error: no },
};

describe('collectBatch', () => {
  it('collects outcomes into one result when they are complete, in the order of the source', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('  -d-c-a-b-|   ', outcomes);
      const sourceSubs = '  ^--------!   ';
      const expected = '    ---------(r|)';
      expectObservable(source.pipe(collectBatch())).toBe(expected, {
        r: {
          successful: ['a', 'c'],
          failed: [
            { index: 1, item: 'B', error: no },
            { index: 3, item: 'D', error: no },
          ],
          unstarted: 0,
        },
      });
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
    });
  });

  it('gives an empty result for no outcomes', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold(' --|   ', outcomes);
      const sourceSubs = '  ^-!   ';
      const expected = '    --(r|)';
      expectObservable(source.pipe(collectBatch())).toBe(expected, {
        r: { successful: [], failed: [], unstarted: 0 },
      });
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
    });
  });

  it('passes an error on, without a result', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('  -a-#', outcomes);
      const sourceSubs = '  ^--!';
      expectObservable(source.pipe(collectBatch())).toBe('---#');
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
    });
  });

  it('lets go of the source when it is unsubscribed', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('  -a-b-c|', outcomes);
      const unsub = '       ^---!  ';
      const sourceSubs = '  ^---!  ';
      expectObservable(source.pipe(collectBatch()), unsub).toBe('----');
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
    });
  });

  it('completes once for a subscriber that has enough of one result', () => {
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot('  -a-c-|   ', outcomes);
      const sourceSubs = '  ^----!   ';
      const expected = '    -----(r|)';
      const r = { successful: ['a', 'c'], failed: [], unstarted: 0 };
      expectObservable(source.pipe(collectBatch(), take(1))).toBe(expected, { r });
      expectObservable(source.pipe(collectBatch(), first())).toBe(expected, { r });
      expectSubscriptions(source.subscriptions).toBe([sourceSubs, sourceSubs]);
    });
  });

  it('is silent for a subscriber that unsubscribes inside next', () => {
    marbles(({ hot, flush }) => {
      const seen: unknown[] = [];
      const subscription = hot('-a|', outcomes)
        .pipe(collectBatch())
        .subscribe({
          next: (result) => {
            seen.push(result);
            subscription.unsubscribe();
          },
          complete: () => seen.push('complete'),
        });
      flush();
      expect(seen).toEqual([{ successful: ['a'], failed: [], unstarted: 0 }]);
    });
  });

  it('keeps one result for each subscriber', () => {
    marbles(({ cold, expectObservable }) => {
      const source = cold('-a-c|', outcomes).pipe(collectBatch());
      const r = { successful: ['a', 'c'], failed: [], unstarted: 0 };
      expectObservable(source).toBe('----(r|)', { r });
      expectObservable(source, '-^').toBe('-----(r|)', { r });
    });
  });

  it('still knows how many were not started when operators stand between it and the batch', () => {
    const pool = createPool({ connect: () => opensAtOnce('a'), max: 1 });
    let result: BatchResult<string | undefined> | undefined;
    let release: (() => void) | undefined;
    pool.acquire().subscribe((lease) => (release = () => lease.release()));
    of('x', 'y', 'z')
      .pipe(
        withConnection(pool, () => throwError(() => no)),
        batchOutcomes({ stopOnError: true }),
        tap(() => undefined),
        filter(() => true),
        collectBatch(),
      )
      .subscribe((r) => (result = r));
    expect(result).toBeUndefined();
    release!();
    expect(result).toEqual({ successful: [], failed: [{ index: 0, item: 'x', error: no }], unstarted: 2 });
  });
});
