/** Uses of a pool of a given size, one after the other, without waiters. */
import { of } from 'rxjs';
import type { ConnectionPool } from '../../src/index';
import { FreeList } from '../baselines/free-list';
import type { Limiter } from '../peers/limiters';
import { warmed, type PromisePool } from '../peers/promise-pool';
import type { Measure } from '../runner/case';
import { timed } from '../runner/timed';

const one$ = of(1);
export const oneOf = () => one$;

export const listUses = (size: number): Measure =>
  timed((operations) => {
    const list = new FreeList(size);
    let used = 0;
    const use = (resource: object): void => {
      used++;
      list.release(resource);
    };
    return () => {
      for (let i = 0; i < operations; i++) list.acquire(use);
      return used;
    };
  });

export const awaitedUses = (make: () => Promise<PromisePool>, size: number): Measure =>
  timed(async (operations) => {
    const pool = await warmed(await make(), size);
    return async () => {
      for (let i = 0; i < operations; i++) {
        const resource = await pool.acquire();
        pool.release(resource);
      }
    };
  });

export const limitedUses = (make: () => Promise<Limiter>): Measure =>
  timed(async (operations) => {
    const limiter = await make();
    return async () => {
      for (let i = 0; i < operations; i++) await limiter.run(() => 1);
    };
  });

const noted = (): void => {};

/** The ways to use a pool once. */
export const ways = {
  plainly: (pool: ConnectionPool<object>) => pool.use(oneOf).subscribe(),
  'with options': (pool: ConnectionPool<object>) =>
    pool.use(oneOf, { label: 'report', acquireTimeout: 500 }).subscribe(),
  // Deprecated, but widely used.
  // eslint-disable-next-line @typescript-eslint/no-deprecated, rxjs-x/prefer-observer
  'subscribe(next, error)': (pool: ConnectionPool<object>) => pool.use(oneOf).subscribe(noted, noted),
};

export const subscribedUses = (
  make: () => Promise<ConnectionPool<object>>,
  use: (pool: ConnectionPool<object>) => unknown = ways.plainly,
): Measure =>
  timed(async (operations) => {
    const pool = await make();
    return () => {
      for (let i = 0; i < operations; i++) use(pool);
    };
  });
