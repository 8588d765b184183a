import { asyncScheduler, merge, Observable, of } from 'rxjs';
import { batchOutcomes, withConnection } from '../../src/index';
import type { BatchOptions, BatchOutcome } from '../../src/index';
import { createLastingPool } from '../helpers/lasting-pool';
import { marbles, poolError } from '../helpers/marbles';

/** A batch of two tasks over a target that is away until `upAt`: the second is refused a connection before the first. */
function runBatch(
  upAt: number,
  options: BatchOptions,
): { worked: string[]; outcomes: BatchOutcome<string | undefined>[] } {
  const worked: string[] = [];
  const outcomes: BatchOutcome<string | undefined>[] = [];
  marbles(({ flush }) => {
    let up = false;
    const pool = createLastingPool<number>({
      connect: () =>
        new Observable((subscriber) => {
          if (up) subscriber.next(1);
          else subscriber.error(new Error('refused'));
        }),
      max: 2,
      breaker: false,
      retryDelay: 1,
    });
    const work = (_: number, item: string): Observable<string> => {
      worked.push(item);
      return of(item);
    };
    merge(
      of('first').pipe(withConnection(pool, work, { acquireTimeout: 50 })),
      of('second').pipe(withConnection(pool, work, { acquireTimeout: 10 })),
    )
      .pipe(batchOutcomes({ concurrency: 2, ...options }))
      .subscribe((outcome) => outcomes.push(outcome));
    asyncScheduler.schedule(() => (up = true), upAt);
    flush();
  });
  return { worked, outcomes };
}

describe('a batch that holds items, refused in another order than its own', () => {
  it('starts them again in its own order', () => {
    const { worked, outcomes } = runBatch(200, { patience: Infinity });
    expect(worked).toEqual(['first', 'second']);
    expect(outcomes.map(({ status, item }) => [item, status])).toEqual([
      ['first', 'succeeded'],
      ['second', 'succeeded'],
    ]);
  });

  it('fails them in its own order when the time limit is over', () => {
    const { worked, outcomes } = runBatch(1_000, { patience: 100 });
    expect(worked).toEqual([]);
    expect(outcomes).toEqual([
      { index: 0, item: 'first', status: 'failed', error: poolError('CONNECTION_FAILED') },
      { index: 0, item: 'second', status: 'failed', error: poolError('CONNECTION_FAILED') },
    ]);
  });
});
