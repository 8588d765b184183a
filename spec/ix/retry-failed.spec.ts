import { from as ixFrom } from 'ix/asynciterable/asynciterablex';
import { from, lastValueFrom, of } from 'rxjs';
import * as push from '../../src/index';
import { batchOutcomes, batchParallel, retryFailed, withConnection } from '../../src/ix/index';
import { expectNothingHeld, poolError } from '../helpers/marbles';
import { all, failureOf } from './counted-source';
import { openPool } from './open-pool';

/** Fails for the words that it has not seen before. */
function shy(): (connection: number, word: string, index: number) => Promise<string> {
  const seen = new Set<string>(['a', 'd']);
  return async (_, word, index) => {
    if (seen.has(word)) return `${word}${index}`;
    seen.add(word);
    throw new Error(`what is ${word}?`);
  };
}

describe('retryFailed, pulled', () => {
  it('sends what failed again, in one line, and keeps the places that they had', async () => {
    const pool = openPool(2);
    const work = shy();
    const [result] = await all(batchParallel(2)(withConnection(pool, work)(['a', 'b', 'c', 'd', 'e'])));
    expect(result!.failed.map(({ index }) => index)).toEqual([1, 2, 4]);
    const outcomes = await all(ixFrom(result!.failed).pipe(retryFailed(pool, work), batchOutcomes({ ordered: true })));
    expect(outcomes).toEqual([
      { index: 1, item: 'b', status: 'succeeded', value: 'b1' },
      { index: 2, item: 'c', status: 'succeeded', value: 'c2' },
      { index: 4, item: 'e', status: 'succeeded', value: 'e4' },
    ]);
    expectNothingHeld(pool);
  });

  it('counts anew with withConnection, where that is wanted', async () => {
    const pool = openPool(2);
    const work = shy();
    const [result] = await all(batchParallel(2)(withConnection(pool, work)(['a', 'b', 'c'])));
    const items = result!.failed.map(({ item }) => item);
    expect(await all(batchParallel(2)(withConnection(pool, work)(items)))).toEqual([
      { successful: ['b0', 'c1'], failed: [], unstarted: 0 },
    ]);
  });

  it('gives the same result as the RxJS operator', async () => {
    const pool = openPool(2);
    const failed = [
      { index: 7, item: 'x', error: new Error('x') },
      { index: 3, item: 'y', error: new Error('y') },
    ];
    const work = (_: unknown, word: string, index: number) => of(`${word}${index}`);
    const [pulled] = await all(batchParallel()(retryFailed(pool, work)(failed)));
    expect(pulled).toEqual({ successful: ['y3', 'x7'], failed: [], unstarted: 0 });
    expect(await lastValueFrom(from(failed).pipe(push.retryFailed(pool, work), push.batchParallel()))).toEqual(pulled!);
  });

  it('refuses what has no place, with advice', async () => {
    const pool = openPool(1);
    const error = await failureOf(retryFailed(pool, () => of(1))(['x' as never]));
    expect(error).toEqual(jasmine.any(TypeError));
    expect((error as Error).message).toContain('but got "x": write from(result.failed).pipe(retryFailed(pool, work))');
    expect(() => retryFailed({} as never, () => of(1))).toThrow(
      poolError('INVALID_CONFIG', { message: jasmine.stringContaining('retryFailed cannot work') }),
    );
  });
});
