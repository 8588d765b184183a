import { from as ixFrom } from 'ix/asynciterable/asynciterablex';
import { take } from 'ix/asynciterable/operators/take';
import { NEVER } from 'rxjs';
import { createPool } from '../../src/index';
import type { Lease } from '../../src/index';
import { batchOutcomes, leases, withConnection } from '../../src/ix/index';
import { expectNothingHeld, poolError } from '../helpers/marbles';
import { microtasks } from '../helpers/turns';
import { all, failureOf, settle } from './counted-source';
import { openPool } from './open-pool';

describe('leases', () => {
  it('acquires one lease for each pull, and none ahead', async () => {
    const pool = openPool(3);
    const iterator = leases(pool)[Symbol.asyncIterator]();
    await settle();
    expect(pool.stats.acquired).toBe(0);
    const { value: first } = await iterator.next();
    const { value: second } = await iterator.next();
    await settle();
    expect([pool.stats.acquired, pool.stats.activeLeases]).toEqual([2, 2]);
    expect([first!.connection, second!.connection]).toEqual([0, 1]);
    await iterator.return?.();
    // Those that were taken are the receiver's.
    expect(pool.stats.activeLeases).toBe(2);
    first!.release();
    second!.release();
    expectNothingHeld(pool);
  });

  it('waits for its turn, and leaves the line when the iteration ends', async () => {
    const pool = openPool(1);
    const iterator = leases(pool)[Symbol.asyncIterator]();
    const { value: lease } = await iterator.next();
    const second = iterator.next();
    await settle();
    expect(pool.stats.pendingAcquires).toBe(1);
    await iterator.return?.();
    expect(pool.stats.pendingAcquires).toBe(0);
    expect((await second).done).toBe(true);
    lease!.release();
    await settle();
    expectNothingHeld(pool);
  });

  it('is released at the end of each round with using, at a break, and at an error', async () => {
    const pool = openPool(1);
    let rounds = 0;
    for await (using lease of leases(pool)) {
      expect(lease.connection).toBe(0);
      expect(pool.stats.activeLeases).toBe(1);
      if (++rounds === 3) break;
    }
    expectNothingHeld(pool);
    await expectAsync(
      (async () => {
        for await (using _ of leases(pool)) throw new Error('no');
      })(),
    ).toBeRejectedWithError('no');
    expectNothingHeld(pool);
    expect(pool.stats.acquired).toBe(4);
  });

  it('releases a lease that was delivered and not read', async () => {
    for (let moment = 0; moment < 12; moment++) {
      const pool = openPool(2, { after: 3 });
      const iterator = leases(pool)[Symbol.asyncIterator]();
      void iterator.next();
      await microtasks(moment);
      await iterator.return?.();
      await settle();
      expectNothingHeld(pool);
    }
  });

  it('releases it also when the iteration had ended by itself, or is aborted', async () => {
    const pool = openPool(1);
    const ended = leases(pool, { acquireTimeout: 5 })[Symbol.asyncIterator]();
    const untaken = await ended.next();
    await expectAsync(ended.next()).toBeRejectedWith(poolError('POOL_EXHAUSTED'));
    expect(pool.stats.activeLeases).toBe(1);
    await ended.return?.();
    expectNothingHeld(pool);
    expect(untaken.done).toBe(false);

    const abort = new AbortController();
    const aborted = leases(pool)[Symbol.asyncIterator](abort.signal);
    await aborted.next();
    expect(pool.stats.activeLeases).toBe(1);
    abort.abort();
    expectNothingHeld(pool);
    await expectAsync(aborted.next()).toBeRejected();
  });

  it('answers pulls that do not wait for each other one after the other', async () => {
    const pool = openPool(2);
    const iterator = leases(pool)[Symbol.asyncIterator]();
    const pulls = [iterator.next(), iterator.next(), iterator.next()];
    const [first, second] = (await Promise.all(pulls.slice(0, 2))).map(({ value }) => value!);
    await settle();
    expect(pool.stats.pendingAcquires).toBe(1);
    first!.release();
    const { value: third } = await pulls[2]!;
    expect(third!.connection).toBe(0);
    second!.release();
    third!.release();
    await iterator.return?.();
    expectNothingHeld(pool);
  });

  it('ends when the pool is destroyed', async () => {
    const pool = openPool(1);
    let rounds = 0;
    for await (using _ of leases(pool)) if (++rounds === 2) void pool.destroy();
    expect(rounds).toBe(2);
    expect(await all(leases(pool))).toEqual([]);
  });

  it('fails as acquire() does, by its options too', async () => {
    const dead = createPool<number>({ name: 'dead', max: 1, connect: () => NEVER });
    expect(await failureOf(leases(dead, { acquireTimeout: 5 }))).toEqual(poolError('CONNECTION_FAILED'));
    await dead.destroy({ timeout: 0 });

    const busy = openPool(1);
    const iterator = leases(busy, { acquireTimeout: 5, label: 'report' })[Symbol.asyncIterator]();
    const { value: lease } = await iterator.next();
    expect(busy.holders().map(({ label }) => label)).toEqual(['report']);
    await expectAsync(iterator.next()).toBeRejectedWith(poolError('POOL_EXHAUSTED', { reason: 'timeout' }));
    expect((await iterator.next()).done).toBe(true);
    lease!.release();
  });

  it('makes tasks of leases, with withConnection(work), that release them', async () => {
    const pool = openPool(2);
    const pings = ixFrom(leases(pool)).pipe(
      take(5),
      withConnection((connection) => Promise.resolve(connection)),
      batchOutcomes(2),
    );
    const outcomes = await all(pings);
    expect(outcomes.map(({ index }) => index).sort()).toEqual([0, 1, 2, 3, 4]);
    expect(outcomes.every(({ status }) => status === 'succeeded')).toBe(true);
    expectNothingHeld(pool);
  });

  it('releases the leases of tasks that never ran', async () => {
    const pool = openPool(3);
    const tasks = withConnection((connection: number) => Promise.resolve(connection))(leases(pool));
    const iterator = tasks[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    expect(pool.stats.activeLeases).toBe(2);
    await iterator.return?.();
    expectNothingHeld(pool);
  });

  it('is not for a pool that would lease twice over', async () => {
    const pool = openPool(2);
    const twice = withConnection(pool, (_, lease: Lease<number>) => [lease.connection])(leases(pool));
    expect(await failureOf(batchOutcomes()(twice))).toEqual(
      poolError('INVALID_CONFIG', { message: jasmine.stringContaining('twice over') }),
    );
    expectNothingHeld(pool);
    expect(await failureOf(withConnection(() => [1])([7 as never]))).toEqual(jasmine.any(TypeError));
  });
});
