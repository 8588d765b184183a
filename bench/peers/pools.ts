/**
 * Other pools, with their default options except for `max` and the length of the queue: the comparison is between the pools as they are
 * installed.
 */
import type { MakePromisePool } from './promise-pool';

const genericPool: MakePromisePool = async ({ max, connect }) => {
  const { createPool } = (await import('generic-pool')).default;
  const pool = createPool({ create: connect, destroy: () => Promise.resolve() }, { max });
  return { acquire: () => Promise.resolve(pool.acquire()), release: (resource) => void pool.release(resource) };
};

const tarn: MakePromisePool = async ({ max, connect }) => {
  const { Pool } = await import('tarn');
  const pool = new Pool<object>({ create: connect, destroy: () => {}, min: 0, max });
  return { acquire: () => pool.acquire().promise, release: (resource) => void pool.release(resource) };
};

const lightningPool: MakePromisePool = async ({ max, connect }) => {
  const { Pool } = await import('lightning-pool');
  const pool = new Pool<object>({ create: connect, destroy: () => {} }, { max, maxQueue: 10_000_000 });
  return {
    acquire: () => pool.acquire(),
    release: (resource) => {
      pool.release(resource);
    },
  };
};

const pgPool: MakePromisePool = async ({ max, connect }) => {
  const { default: Pool } = await import('pg-pool');
  const { clientClass } = await import('./pg-client');
  const pool = new Pool({ Client: clientClass(connect), max });
  return {
    acquire: () => pool.connect(),
    release: (client) => {
      (client as { release(): void }).release();
    },
  };
};

export const pools: Readonly<Record<string, MakePromisePool>> = {
  'generic-pool': genericPool,
  tarn,
  'lightning-pool': lightningPool,
  'pg-pool': pgPool,
};
