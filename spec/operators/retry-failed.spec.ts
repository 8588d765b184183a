import { from, map, mergeAll, of, throwError } from 'rxjs';
import { batchOutcomes, batchParallel, retryFailed, batchSequential, withConnection } from '../../src/index';
import type { BatchResult, NumberedItem } from '../../src/index';
import { createLastingPool } from '../helpers/lasting-pool';
import { expectNothingHeld, marbles, opensAtOnce, poolError } from '../helpers/marbles';

const createPool = () => createLastingPool<string>({ connect: () => opensAtOnce('c'), max: 2 });
const failed = (...places: [number, string][]) =>
  places.map(([index, item]) => ({ index, item, error: new Error('before') }));

describe('retryFailed', () => {
  it('makes what failed tasks that keep their items and places', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const pool = createPool();
      const [x, y] = failed([3, 'x'], [8, 'y']);
      const source = cold('  --x-y|', { x: x!, y: y! });
      const sourceSubs = '   ^----!';
      const work = cold('      ---r|');
      const expected = '     ------a-(b|)';
      const outcomes$ = source.pipe(
        retryFailed(pool, (_, item: string, index) => work.pipe(map(() => `${item}${index}`))),
        batchOutcomes(),
      );
      expectObservable(outcomes$).toBe(expected, {
        a: { index: 3, item: 'x', status: 'succeeded', value: 'x3' },
        b: { index: 8, item: 'y', status: 'succeeded', value: 'y8' },
      });
      expectSubscriptions(source.subscriptions).toBe(sourceSubs);
    });
  });

  it('sends again in one line, as often as one likes, and the result tells of the places of the first batch', () => {
    const pool = createPool();
    const words = ['a', 'b', 'c', 'd', 'e'];
    let patience = 0;
    const send = (_: unknown, word: string) =>
      words.indexOf(word) <= patience ? of(word) : throwError(() => new Error(word));
    let result: BatchResult<string | undefined, string> = { successful: [], failed: [], unstarted: 0 };
    const keep = (got: BatchResult<string | undefined, string>): void => {
      result = got;
    };
    of(...words).pipe(withConnection(pool, send), batchParallel(2)).subscribe(keep); // prettier-ignore
    expect(result.failed.map(({ index }) => index)).toEqual([1, 2, 3, 4]);
    patience = 2;
    of(...result.failed).pipe(retryFailed(pool, send), batchParallel(2)).subscribe(keep); // prettier-ignore
    expect(result.successful).toEqual(['b', 'c']);
    expect(result.failed.map(({ index, item }) => [index, item])).toEqual([
      [3, 'd'],
      [4, 'e'],
    ]);
    patience = 4;
    of(...result.failed).pipe(retryFailed(pool, send), batchParallel(2)).subscribe(keep); // prettier-ignore
    expect(result).toEqual({ successful: ['d', 'e'], failed: [], unstarted: 0 });
    expectNothingHeld(pool);
  });

  it('makes tasks like any other: for mergeAll, for operators on them, for batchSequential', () => {
    const pool = createPool();
    const seen: unknown[] = [];
    const source = of(...failed([5, 'x'], [6, 'y']));
    const work = (_: unknown, item: string, index: number) => of(`${item}${index}`);
    source.pipe(retryFailed(pool, work), mergeAll()).subscribe((value) => seen.push(value));
    source.pipe(retryFailed(pool, work), batchSequential()).subscribe((value) => seen.push(value));
    source
      .pipe(
        retryFailed(pool, work),
        map((task) => task.pipe(map((value) => `${value}!`))),
        batchOutcomes(),
      )
      .subscribe(({ index }) => seen.push(index));
    expect(seen).toEqual(['x5', 'y6', 'x5', 'y6', 5, 6]);
    expectNothingHeld(pool);
  });

  it('refuses what has no place, with advice, and what is no pool or no work', () => {
    const pool = createPool();
    for (const odd of ['x', null, { item: 'x' }, { index: 1.5, item: 'x' }]) {
      for (const run of [batchOutcomes(), mergeAll<never>()]) {
        let error: unknown;
        from([odd as unknown as NumberedItem])
          .pipe(
            retryFailed(pool, () => of(1)),
            run as never,
          )
          .subscribe({ error: (e: unknown) => (error = e) });
        expect(error).toEqual(jasmine.any(TypeError));
        expect((error as Error).message).toContain('write from(result.failed).pipe(retryFailed(pool, work))');
      }
    }
    const notA = 'the first argument must be a pool made by createPool';
    expect(() => retryFailed('pool' as never, () => of(1))).toThrow(
      poolError('INVALID_CONFIG', { issues: [`${notA}, but got "pool"`] }),
    );
    expect(() => withConnection('pool' as never, () => of(1))).toThrow(
      poolError('INVALID_CONFIG', { issues: [`${notA}, or the work for the leases of a pool, but got "pool"`] }),
    );
    expect(() => retryFailed(pool, 'work' as never)).toThrow(poolError('INVALID_CONFIG'));
    expectNothingHeld(pool);
  });
});
