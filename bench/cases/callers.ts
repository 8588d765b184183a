import { lastValueFrom, Observable } from 'rxjs';
import type { ConnectionPool } from '../../src/index';
import { FreeList } from '../floors/free-list';
import { barePromisePool } from '../floors/promise-pool';
import { asyncSema, cockatiel, pLimit, type Limiter } from '../peers/limiters';
import { pools } from '../peers/pools';
import { warmed, type PromisePool } from '../peers/promise-pool';
import { secondary, type Case, type Measure } from '../runner/case';
import { timed } from '../runner/timed';
import { warmPool } from './warm-pool';

const CALLERS = 100;
const SIZE = 10;

/** Resolved already: what is waited for is the pool. */
const done = Promise.resolve(1);
const work = (): Promise<number> => done;

const together = (caller: (uses: number) => Promise<unknown>, operations: number): Promise<unknown> =>
  Promise.all(Array.from({ length: CALLERS }, () => caller(operations / CALLERS)));

const awaited = (make: () => Promise<PromisePool>): Measure =>
  timed(async (operations) => {
    const pool = await warmed(await make(), SIZE);
    const caller = async (uses: number): Promise<void> => {
      for (let i = 0; i < uses; i++) {
        const resource = await pool.acquire();
        await work();
        pool.release(resource);
      }
    };
    return () => together(caller, operations);
  });

const limited = (make: (concurrency: number) => Promise<Limiter>): Measure =>
  timed(async (operations) => {
    const limiter = await make(SIZE);
    const caller = async (uses: number): Promise<void> => {
      for (let i = 0; i < uses; i++) await limiter.run(work);
    };
    return () => together(caller, operations);
  });

/** A caller who asks again when its last use has ended. */
const callingAgain =
  (use: (ended: () => void) => void) =>
  (uses: number): Promise<void> =>
    new Promise((resolve) => {
      let left = uses;
      const next = (): void => {
        if (left-- === 0) resolve();
        else use(next);
      };
      next();
    });

const subscribed = (use: (pool: ConnectionPool<object>, ended: () => void) => void, options: object = {}): Measure =>
  timed(async (operations) => {
    const pool = await warmPool(SIZE, options);
    const caller = callingAgain((ended) => {
      use(pool, ended);
    });
    return () => together(caller, operations);
  });

const use = (pool: ConnectionPool<object>, complete: () => void): void => {
  pool.use(work).subscribe({ complete });
};

export const callers: Case = {
  id: 'callers',
  title: '100 callers on 10 connections',
  about:
    'Each caller acquires, awaits a promise that is resolved already, gives back, and begins again: 90 are always waiting.',
  // Fewer are over before the compiler is.
  amount: { full: 500_000, quick: 200_000 },
  metrics: [{ key: 'ns', title: 'ns per use' }],
  contenders: [
    {
      name: 'free list, callbacks',
      kind: 'floor',
      measure: timed((operations) => {
        const list = new FreeList(SIZE);
        const caller = callingAgain((ended) => {
          list.acquire((resource) => {
            void work().then(() => {
              list.release(resource);
              ended();
            });
          });
        });
        return () => together(caller, operations);
      }),
    },
    {
      name: 'free list, Observable of a promise',
      kind: 'floor',
      measure: timed((operations) => {
        const list = new FreeList(SIZE);
        const use = (): Observable<number> =>
          new Observable<number>((subscriber) => {
            list.acquire((resource) => {
              void work().then((value) => {
                list.release(resource);
                subscriber.next(value);
                subscriber.complete();
              });
            });
          });
        return () =>
          together(
            callingAgain((complete) => {
              use().subscribe({ complete });
            }),
            operations,
          );
      }),
      ...secondary,
    },
    { name: 'promise pool with one timer', kind: 'floor', measure: awaited(async () => barePromisePool(SIZE)) },
    ...Object.entries(pools).map(([name, make]) => ({
      name,
      kind: 'peer' as const,
      measure: awaited(() => make({ max: SIZE, connect: async () => ({}) })),
      ...(name === 'lightning-pool' ? {} : secondary),
    })),
    { name: 'async-sema', kind: 'peer', measure: awaited(() => asyncSema(SIZE)) },
    { name: 'p-limit', kind: 'peer', measure: limited(pLimit), ...secondary },
    { name: 'cockatiel', kind: 'peer', measure: limited(cockatiel), ...secondary },
    { name: 'pool.use', kind: 'ours', measure: subscribed(use) },
    {
      name: 'pool.use, acquireTimeout: Infinity',
      kind: 'ours',
      measure: subscribed(use, { acquireTimeout: Infinity }),
    },
    {
      name: 'pool.acquire, release',
      kind: 'ours',
      measure: subscribed((pool, ended) => {
        pool.acquire().subscribe((lease) => {
          void work().then(() => {
            lease.release();
            ended();
          });
        });
      }),
    },
    {
      name: 'await lastValueFrom(pool.use)',
      kind: 'ours',
      measure: timed(async (operations) => {
        const pool = await warmPool(SIZE);
        const caller = async (uses: number): Promise<void> => {
          for (let i = 0; i < uses; i++) await lastValueFrom(pool.use(work));
        };
        return () => together(caller, operations);
      }),
    },
  ],
  targets: [
    {
      what: 'lightning-pool ÷ pool.use',
      unit: '×',
      value: (m) => m('lightning-pool') / m('pool.use'),
      atLeast: 2,
    },
    {
      what: 'acquireTimeout on ÷ off',
      unit: '×',
      value: (m) => m('pool.use') / m('pool.use, acquireTimeout: Infinity'),
      atMost: 1.2,
    },
    {
      what: 'async-sema ÷ pool.use',
      unit: '×',
      value: (m) => m('async-sema') / m('pool.use'),
      beyond: 1,
    },
  ],
  headline: {
    what: '100 callers on 10 connections: ns per use',
    ours: 'pool.use',
    floor: 'promise pool with one timer',
  },
  guarded: { ours: 'pool.use', against: 'promise pool with one timer' },
};
