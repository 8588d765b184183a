import { lastValueFrom, mergeAll, mergeMap, of, range, type Observable } from 'rxjs';
import { batchOutcomes, batchParallel, batchSequential, withConnection, type ConnectionPool } from '../../src/index';
import { FreeList } from '../baselines/free-list';
import { leaseMap } from '../baselines/lease-map';
import { secondary, type Case, type Contender, type Measure } from '../runner/case';
import { timed } from '../runner/timed';
import { warmPool } from './warm-pool';

const CONCURRENCY = 10;

/** A batch of 10,000 items takes a few milliseconds: fewer would not be measurable. */
const ENOUGH = 100_000;

const leasing = (batch: (items$: Observable<number>, pool: ConnectionPool<object>) => Observable<unknown>): Measure =>
  timed(async (items) => {
    const pool = await warmPool(CONCURRENCY);
    return () => lastValueFrom(batch(range(0, items), pool));
  }, ENOUGH);

const merging = 'mergeMap(f, 10), which leases nothing';
const byHand = 'an operator by hand, free list';
const parallel = 'withConnection, batchParallel(10)';

export const synchronousBatch: Case = {
  id: 'batch',
  title: 'A batch of synchronous work, 10 at a time',
  about: 'Every item is work that completes at once: `of(item)`.',
  amount: { full: 1_000_000, quick: 200_000 },
  metrics: [{ key: 'ns', title: 'ns per item' }],
  contenders: [
    {
      name: merging,
      kind: 'baseline',
      measure: timed((items) => () => lastValueFrom(range(0, items).pipe(mergeMap((i) => of(i), CONCURRENCY)))),
    },
    {
      name: byHand,
      kind: 'baseline',
      measure: timed((items) => {
        const list = new FreeList(CONCURRENCY);
        return () => lastValueFrom(range(0, items).pipe(leaseMap(list, (_, i) => i, CONCURRENCY)));
      }),
    },
    {
      name: parallel,
      kind: 'ours',
      measure: leasing((items$, pool) =>
        items$.pipe(
          withConnection(pool, (_, i) => of(i)),
          batchParallel(CONCURRENCY),
        ),
      ),
    },
    {
      name: 'withConnection, batchOutcomes(10)',
      kind: 'ours',
      measure: leasing((items$, pool) =>
        items$.pipe(
          withConnection(pool, (_, i) => of(i)),
          batchOutcomes(CONCURRENCY),
        ),
      ),
    },
    {
      name: 'withConnection, batchSequential()',
      kind: 'ours',
      measure: leasing((items$, pool) =>
        items$.pipe(
          withConnection(pool, (_, i) => of(i)),
          batchSequential(),
        ),
      ),
    },
    {
      name: 'withConnection, mergeAll(10)',
      kind: 'ours',
      ...secondary,
      measure: leasing((items$, pool) =>
        items$.pipe(
          withConnection(pool, (_, i) => of(i)),
          mergeAll(CONCURRENCY),
        ),
      ),
    },
  ],
  targets: [
    { what: 'batchParallel ÷ mergeMap', unit: '×', value: (m) => m(parallel) / m(merging), atMost: 1, beyond: 0.6 },
  ],
  headline: { what: 'a batch, synchronous work, 10 at a time: ns per item', ours: parallel, baseline: merging },
  guarded: { ours: parallel, against: merging },
};

const promised = (mergeMapOnly: Partial<Contender>): readonly Contender[] => [
  {
    name: merging,
    kind: 'baseline',
    measure: timed(
      (items) => () => lastValueFrom(range(0, items).pipe(mergeMap((i) => Promise.resolve(i), CONCURRENCY))),
      ENOUGH,
    ),
    ...mergeMapOnly,
  },
  {
    name: byHand,
    kind: 'baseline',
    measure: timed((items) => {
      const list = new FreeList(CONCURRENCY);
      return () => lastValueFrom(range(0, items).pipe(leaseMap(list, (_, i) => Promise.resolve(i), CONCURRENCY)));
    }, ENOUGH),
  },
  {
    name: parallel,
    kind: 'ours',
    measure: leasing((items$, pool) =>
      items$.pipe(
        withConnection(pool, (_, i) => Promise.resolve(i)),
        batchParallel(CONCURRENCY),
      ),
    ),
  },
];

const promises = (
  count: number,
  id: string,
  title: string,
  targets: Case['targets'],
  mergeMapOnly: Partial<Contender> = {},
): Case => ({
  id,
  title,
  about:
    'Every item is work that is a promise, resolved already: `Promise.resolve(item)`. The whole source is there at once.',
  amount: { full: count, quick: count },
  metrics: [{ key: 'ns', title: 'ns per item' }],
  contenders: promised(mergeMapOnly),
  headline: {
    what: `a batch of ${count.toLocaleString('en-US')} promises: ns per item`,
    ours: parallel,
    baseline: merging,
  },
  targets,
});

export const promiseBatches: readonly Case[] = [
  {
    ...promises(10_000, 'promises-1e4', 'A batch of 10,000 promises, 10 at a time', [
      { what: 'batchParallel ÷ mergeMap', unit: '×', value: (m) => m(parallel) / m(merging), atMost: 1 },
    ]),
    guarded: { ours: parallel, against: merging },
  },
  {
    ...promises(
      100_000,
      'promises-1e5',
      'A batch of 100,000 promises, 10 at a time',
      [
        {
          what: 'mergeMap ÷ batchParallel',
          unit: '×',
          value: (m) => m(merging) / m(parallel),
          atLeast: 12,
          beyond: 20,
        },
      ],
      { rounds: { full: 3, quick: 1 } },
    ),
    guarded: { ours: parallel, against: merging },
  },
  promises(
    1_000_000,
    'promises-1e6',
    'A batch of 1,000,000 promises, 10 at a time',
    [
      {
        what: 'mergeMap ÷ batchParallel',
        unit: '×',
        value: (m) => m(merging) / m(parallel),
        atLeast: 80,
        beyond: 200,
      },
      {
        what: 'at 1,000,000 ÷ at 100,000',
        unit: '×',
        value: (m) => m(parallel) / m(`promises-1e5/${parallel}`),
        atMost: 2,
      },
    ],
    { rounds: { full: 1, quick: 0 } },
  ),
];
