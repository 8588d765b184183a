import { from as ixFrom } from 'ix/asynciterable/asynciterablex';
import { filter } from 'ix/asynciterable/operators/filter';
import { lastValueFrom, of } from 'rxjs';
import type { WorkContext } from '../../src/index';
import { batchOutcomes, batchSequential, withConnection } from '../../src/ix/index';
import { expectNothingHeld, poolError } from '../helpers/marbles';
import { all, CountedSource, settle } from './counted-source';
import { openPool } from './open-pool';

describe('withConnection, pulled', () => {
  it('makes one task for each pull, with its item and index, and begins none', async () => {
    const pool = openPool(2);
    const source = new CountedSource();
    let worked = 0;
    const tasks = withConnection(pool, (_, n: number) => of((worked++, n * 10)))(source);
    const iterator = tasks[Symbol.asyncIterator]();
    const { value: first } = await iterator.next();
    const { value: second } = await iterator.next();
    await settle();
    expect([source.drawn, worked, pool.stats.acquired]).toEqual([2, 0, 0]);
    expect([first!.item, first!.index, second!.item, second!.index]).toEqual([0, 0, 1, 1]);
    // A task is an Observable as any of withConnection's.
    expect(await lastValueFrom(second)).toBe(10);
    await iterator.return?.();
    expect(source.returns).toBe(1);
    expectNothingHeld(pool);
  });

  it('gives work the connection, the item, the index and a context', async () => {
    const pool = openPool(1);
    const calls: unknown[][] = [];
    const work = (connection: number, item: string, index: number, { signal }: WorkContext): number[] => {
      calls.push([connection, item, index, signal.aborted]);
      return [];
    };
    await all(batchOutcomes()(withConnection(pool, work)(['a', 'b'])));
    expect(calls).toEqual([
      [0, 'a', 0, false],
      [0, 'b', 1, false],
    ]);
  });

  it('knows the types of what it draws, in the pipe of IxJS and on a bare generator', async () => {
    const pool = openPool(1);
    const words = async function* (): AsyncGenerator<string> {
      yield 'one';
      yield 'three';
    };
    const piped: AsyncIterable<number> = ixFrom(words()).pipe(
      filter((word) => word.length > 3),
      withConnection(pool, (connection, word) => of(connection + word.length)),
      batchSequential(),
    );
    expect(await all(piped)).toEqual([5]);
    const tasks = withConnection(pool, async (connection, word: string) => connection + word.length)(words());
    for await (const outcome of batchOutcomes(1)(tasks)) {
      if (outcome.status === 'succeeded') expect(outcome.value.toFixed()).toBe(String(outcome.item.length));
    }
  });

  it('labels its leases, and takes the acquireTimeout that it is given', async () => {
    const pool = openPool(1);
    const holder = pool.acquire().subscribe();
    const lease = pool.holders();
    expect(lease.length).toBe(1);
    const labels: (string | undefined)[] = [];
    const wide = openPool(2);
    const tasks = withConnection(wide, () => of(labels.push(...wide.holders().map(({ label }) => label))), {
      label: 'import',
    })([1]);
    await all(batchOutcomes()(tasks));
    expect(labels).toEqual(['import']);

    const late = withConnection(pool, () => of(1), { acquireTimeout: 5 })([1]);
    const [outcome] = await all(batchOutcomes()(late));
    expect(outcome).toEqual({
      index: 0,
      item: 1,
      status: 'failed',
      error: poolError('POOL_EXHAUSTED', { reason: 'timeout' }),
    } as never);
    holder.unsubscribe();
    await pool.destroy({ timeout: 0 });
  });

  it('refuses what cannot be, when it is made or put on its source', () => {
    const pool = openPool(1);
    expect(() => withConnection({} as never, () => of(1))).toThrow(
      poolError('INVALID_CONFIG', { message: jasmine.stringContaining('must be a pool made by createPool') }),
    );
    expect(() => withConnection(pool, 'work' as never)).toThrow(
      poolError('INVALID_CONFIG', { message: jasmine.stringContaining('work must be a function') }),
    );
    expect(() => withConnection(pool, () => of(1))(pool as never)).toThrow(
      poolError('INVALID_CONFIG', { message: jasmine.stringContaining('twice over') }),
    );
    expect(() => withConnection(pool, () => of(1))(null as never)).toThrow(
      poolError('INVALID_CONFIG', { message: jasmine.stringContaining('but got null') }),
    );
  });
});
