import { lastValueFrom, Observable } from 'rxjs';
import { FreeList } from '../baselines/free-list';
import { barePromisePool } from '../baselines/promise-pool';
import { awaitedUses, limitedUses, listUses, oneOf, subscribedUses, ways } from '../measures/uses';
import { asyncSema, cockatiel, pLimit } from '../peers/limiters';
import { pools } from '../peers/pools';
import { secondary, type Case, type Contender } from '../runner/case';
import { timed } from '../runner/timed';
import { warmPool } from './warm-pool';

const SIZE = 10;

const contenders: readonly Contender[] = [
  {
    name: 'free list, callback',
    kind: 'baseline',
    measure: listUses(SIZE),
  },
  {
    name: 'free list, Observable',
    kind: 'baseline',
    measure: timed((operations) => {
      const list = new FreeList(SIZE);
      return () => {
        for (let i = 0; i < operations; i++) {
          new Observable<number>((subscriber) => {
            list.acquire((resource) => {
              subscriber.add(() => {
                list.release(resource);
              });
              subscriber.next(1);
              subscriber.complete();
            });
          }).subscribe();
        }
      };
    }),
  },
  {
    name: 'free list, Observable of an Observable',
    kind: 'baseline',
    measure: timed((operations) => {
      const list = new FreeList(SIZE);
      const use = (work: () => Observable<number>): Observable<number> =>
        new Observable<number>((subscriber) => {
          list.acquire((resource) => {
            subscriber.add(() => {
              list.release(resource);
            });
            work().subscribe(subscriber);
          });
        });
      return () => {
        for (let i = 0; i < operations; i++) use(oneOf).subscribe();
      };
    }),
    ...secondary,
  },
  {
    name: 'promise pool with one timer',
    kind: 'baseline',
    measure: awaitedUses(async () => barePromisePool(SIZE), SIZE),
  },
  ...Object.entries(pools).map(([name, make]) => ({
    name,
    kind: 'peer' as const,
    measure: awaitedUses(() => make({ max: SIZE, connect: async () => ({}) }), SIZE),
    ...(name === 'lightning-pool' || name === 'tarn' ? {} : secondary),
  })),
  { name: 'async-sema', kind: 'peer', measure: awaitedUses(() => asyncSema(SIZE), SIZE), ...secondary },
  { name: 'p-limit', kind: 'peer', measure: limitedUses(() => pLimit(SIZE)), ...secondary },
  { name: 'cockatiel', kind: 'peer', measure: limitedUses(() => cockatiel(SIZE)), ...secondary },
  { name: 'pool.use', kind: 'ours', measure: subscribedUses(() => warmPool(SIZE)) },
  { name: 'pool.use, timings: false', kind: 'ours', measure: subscribedUses(() => warmPool(SIZE, { timings: false })) },
  ...(['with options', 'subscribe(next, error)'] as const).map((way) => ({
    name: `pool.use, ${way}`,
    kind: 'ours' as const,
    measure: subscribedUses(() => warmPool(SIZE), ways[way]),
    ...secondary,
  })),
  {
    name: 'pool.use, events$ subscribed',
    kind: 'ours',
    measure: subscribedUses(async () => {
      const pool = await warmPool(SIZE);
      pool.events$.subscribe();
      return pool;
    }),
    ...secondary,
  },
  {
    name: 'pool.acquire, release',
    kind: 'ours',
    measure: timed(async (operations) => {
      const pool = await warmPool(SIZE);
      return () => {
        for (let i = 0; i < operations; i++) {
          pool.acquire().subscribe((lease) => {
            lease.release();
          });
        }
      };
    }),
  },
  {
    name: 'await lastValueFrom(pool.use)',
    kind: 'ours',
    measure: timed(async (operations) => {
      const pool = await warmPool(SIZE);
      return async () => {
        for (let i = 0; i < operations; i++) await lastValueFrom(pool.use(oneOf));
      };
    }),
  },
];

export const use: Case = {
  id: 'use',
  title: 'One use with synchronous work, without waiting',
  about:
    'A warm pool of 10; acquire, do nothing, release, one after another. Pools of promises are awaited, as their users must; ' +
    'ours is subscribed.',
  amount: { full: 1_000_000, quick: 200_000 },
  metrics: [{ key: 'ns', title: 'ns per use' }],
  contenders,
  targets: [
    {
      what: 'lightning-pool ÷ pool.use',
      unit: '×',
      value: (m) => m('lightning-pool') / m('pool.use'),
      atLeast: 2,
      beyond: 3,
    },
    { what: 'tarn ÷ pool.use', unit: '×', value: (m) => m('tarn') / m('pool.use'), atLeast: 8 },
    {
      what: 'cost of timings',
      unit: ' ns',
      value: (m) => m('pool.use') - m('pool.use, timings: false'),
      atMost: 60,
    },
  ],
  headline: { what: 'one use without waiting: ns', ours: 'pool.use', baseline: 'free list, Observable' },
  guarded: { ours: 'pool.use', against: 'free list, Observable' },
};
