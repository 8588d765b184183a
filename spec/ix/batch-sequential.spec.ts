import { from as ixFrom } from 'ix/asynciterable/asynciterablex';
import { of, throwError } from 'rxjs';
import { batchSequential, withConnection } from '../../src/ix/index';
import { expectNothingHeld, poolError } from '../helpers/marbles';
import { all, CountedSource, failureOf, settle } from './counted-source';
import { CountedWork } from './counted-work';
import { openPool } from './open-pool';

describe('batchSequential, pulled', () => {
  it('passes every value of every task, in order', async () => {
    const pool = openPool(3);
    const source = new CountedSource({ count: 3 });
    const values = ixFrom(source).pipe(
      withConnection(pool, (_, n) => of(n, n * 10)),
      batchSequential(),
    );
    expect(await all(values)).toEqual([0, 0, 1, 10, 2, 20]);
    expectNothingHeld(pool);
  });

  it('draws a task when the values of the one before have been taken, and the consumer comes back', async () => {
    const source = new CountedSource();
    const pool = openPool(3);
    let worked = 0;
    const work = (_: unknown, n: number) => of((worked++, n), n);
    const iterator = batchSequential()(withConnection(pool, work)(source))[Symbol.asyncIterator]();
    await iterator.next();
    await settle();
    expect([source.asked, worked]).toEqual([1, 1]);
    await iterator.next();
    await settle();
    expect([source.asked, worked]).toEqual([1, 1]);
    await iterator.next();
    expect([source.asked, worked]).toEqual([2, 2]);
    await iterator.return?.();
    expectNothingHeld(pool);
  });

  it('gives a value while its task still runs', async () => {
    const pool = openPool(1);
    const work = new CountedWork();
    const source = new CountedSource({ count: 1 });
    const iterator = batchSequential()(withConnection(pool, work.byHand)(source))[Symbol.asyncIterator]();
    const first = iterator.next();
    await settle();
    work.finish(0, 42);
    expect(await first).toEqual({ done: false, value: 42 });
    expect((await iterator.next()).done).toBe(true);
  });

  it('ends with the first error, after the values before it, and ends its source', async () => {
    const pool = openPool(1);
    const source = new CountedSource();
    const seen: number[] = [];
    const work = (_: unknown, n: number) => (n === 2 ? throwError(() => new Error('two')) : of(n));
    await expectAsync(
      (async () => {
        for await (const n of batchSequential()(withConnection(pool, work)(source))) seen.push(n);
      })(),
    ).toBeRejectedWithError('two');
    expect(seen).toEqual([0, 1]);
    expect(source.returns).toBe(1);
    expectNothingHeld(pool);
  });

  it('takes what `from` takes, and an abort', async () => {
    expect(await all(batchSequential()<number>([of(1), Promise.resolve(2), [3, 4]]))).toEqual([1, 2, 3, 4]);
    const source = new CountedSource();
    const signal = AbortSignal.abort(new Error('stop'));
    const tasks = withConnection(openPool(1), new CountedWork().deaf)(source);
    expect(await failureOf(batchSequential({ signal })(tasks))).toEqual(new Error('stop'));
    expect(source.asked).toBe(0);
    expect(() => batchSequential({ concurrency: 3 } as never)).toThrow(
      poolError('INVALID_CONFIG', { message: jasmine.stringContaining('the options are patience, signal') }),
    );
  });
});
