import { from as ixFrom } from 'ix/asynciterable/asynciterablex';
import { from, lastValueFrom, of } from 'rxjs';
import * as push from '../../src/index';
import { batchOutcomes, batchParallel, collectBatch, withConnection } from '../../src/ix/index';
import { expectNothingHeld, poolError } from '../helpers/marbles';
import { microtasks } from '../helpers/turns';
import { all, CountedSource, failureOf } from './counted-source';
import { openPool } from './open-pool';

const odd = async (_: unknown, n: number): Promise<string> => {
  await microtasks((n * 7) % 11);
  if (n % 3 === 1) throw new Error(`no ${n}`);
  return `yes ${n}`;
};

describe('batchParallel, pulled', () => {
  it('gives the one result that batchParallel of RxJS gives', async () => {
    const pool = openPool(4);
    for (const options of [4, { concurrency: 2, ordered: true }, undefined]) {
      const results = await all(
        ixFrom(new CountedSource({ count: 30 })).pipe(withConnection(pool, odd), batchParallel(options)),
      );
      const items = Array.from({ length: 30 }, (_, n) => n);
      const pushed = await lastValueFrom(from(items).pipe(push.withConnection(pool, odd), push.batchParallel(options)));
      expect(results).toEqual([pushed]);
      expect(pushed.failed.length).toBe(10);
    }
    expectNothingHeld(pool);
  });

  it('is batchOutcomes and collectBatch', async () => {
    const pool = openPool(4);
    const tasks = withConnection(pool, odd)(new CountedSource({ count: 10 }));
    expect(await all(collectBatch()(batchOutcomes(4)(tasks)))).toEqual(await all(batchParallel(4)(tasks)));
  });

  it('stops at an error when asked to, and says what it had', async () => {
    const pool = openPool(1);
    const source = new CountedSource({ count: 10 });
    const [result] = await all(batchParallel({ stopOnError: true })(withConnection(pool, odd)(source)));
    expect(result).toEqual({
      successful: ['yes 0'],
      failed: [{ index: 1, item: 1, error: new Error('no 1') }],
      unstarted: 0,
    });
    expect([source.drawn, source.returns]).toEqual([2, 1]);
  });

  it('has an empty result of nothing', async () => {
    expect(await all(batchParallel(1)(withConnection(openPool(1), odd)([])))).toEqual([
      { successful: [], failed: [], unstarted: 0 },
    ]);
  });

  it('fails with its source', async () => {
    const source = new CountedSource({ fails: (n) => (n === 3 ? new Error('three') : undefined) });
    expect(await failureOf(batchParallel(1)(withConnection(openPool(1), odd)(source)))).toEqual(new Error('three'));
  });

  it('refuses what cannot be, by its own name', () => {
    expect(() => batchParallel(-1)).toThrow(
      poolError('INVALID_CONFIG', { message: jasmine.stringContaining('batchParallel cannot run') }),
    );
    expect(() => batchParallel(1)(of(1) as never)).toThrow(
      poolError('INVALID_CONFIG', { message: jasmine.stringContaining('batchParallel cannot draw') }),
    );
    expect(() => collectBatch()(1 as never)).toThrow(
      poolError('INVALID_CONFIG', { message: jasmine.stringContaining('collectBatch cannot draw') }),
    );
  });
});
