/** Ways in which callers enter the queue: see `queued`. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { firstValueFrom, of } from 'rxjs';
import type { Lease } from '../../src/index';
import { warmPool } from '../cases/warm-pool';
import { FreeList } from '../baselines/free-list';
import type { Limiter } from '../peers/limiters';
import { warmed, type PromisePool } from '../peers/promise-pool';
import type { QueueFactory } from '../runner/queued';

const SIZE = 10;

const several = <T>(one: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: SIZE }, one));

export const awaitedLine =
  (make: () => Promise<PromisePool>): QueueFactory =>
  async (served) => {
    const pool = await warmed(await make(), SIZE);
    let held: object[] = [];
    const giveBack = (resource: object): void => {
      served();
      pool.release(resource);
    };
    return {
      hold: async () => {
        held = await several(() => pool.acquire());
      },
      join: () => pool.acquire().then(giveBack),
      begin: () => {
        for (const resource of held) pool.release(resource);
      },
    };
  };

/** A limiter lends nothing: it is kept busy by tasks that do not end before `begin` is called. */
export const limitedLine =
  (make: (concurrency: number) => Promise<Limiter>): QueueFactory =>
  async (served) => {
    const limiter = await make(SIZE);
    let begin = (): void => {};
    return {
      hold: () => {
        const held = new Promise<void>((resolve) => {
          begin = resolve;
        });
        for (let i = 0; i < SIZE; i++) void limiter.run(() => held);
      },
      join: () => limiter.run(served),
      begin: () => {
        begin();
      },
    };
  };

export const listLine: QueueFactory = async (served) => {
  const list = new FreeList(SIZE);
  let held: object[] = [];
  const giveBack = (resource: object): void => {
    served();
    list.release(resource);
  };
  return {
    hold: () => {
      held = [];
      for (let i = 0; i < SIZE; i++) list.acquire((resource) => held.push(resource));
    },
    join: () => {
      list.acquire(giveBack);
    },
    begin: () => {
      for (const resource of held) list.release(resource);
    },
  };
};

const ours =
  (how: 'acquire' | 'use', options?: Parameters<typeof warmPool>[1]): QueueFactory =>
  async (served) => {
    const pool = await warmPool(SIZE, options);
    let held: Lease<object>[] = [];
    const one$ = of(1);
    const work = () => {
      served();
      return one$;
    };
    const giveBack = (lease: Lease<object>): void => {
      served();
      lease.release();
    };
    return {
      hold: async () => {
        held = await several(() => firstValueFrom(pool.acquire()));
      },
      join: how === 'use' ? () => pool.use(work).subscribe() : () => pool.acquire().subscribe(giveBack),
      begin: () => {
        for (const lease of held) lease.release();
      },
    };
  };

export const acquireLine = ours('acquire');
export const useLine = ours('use');
export const acquireLineWithoutContext = ours('acquire', { context: false });

/** The same in a program with an AsyncLocalStorage, which makes each async context more expensive. */
export const acquireLineWithStore: QueueFactory = async (served) => {
  const store = new AsyncLocalStorage<object>();
  const line = await acquireLine(served);
  return {
    ...line,
    join: () => store.run(line, line.join),
  };
};
