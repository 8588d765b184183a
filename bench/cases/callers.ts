import { barePromisePool } from '../baselines/promise-pool';
import {
  acquiringCallers,
  awaitedCallers,
  awaitingCallers,
  limitedCallers,
  listCallers,
  observableCallers,
  usingCallers,
} from '../measures/callers';
import { asyncSema, cockatiel, pLimit } from '../peers/limiters';
import { pools } from '../peers/pools';
import { secondary, type Case } from '../runner/case';

const crowd = { callers: 100, size: 10 };
const connect = async (): Promise<object> => ({});

export const callers: Case = {
  id: 'callers',
  title: '100 callers on 10 connections',
  about:
    'Each caller acquires, awaits a promise that is resolved already, releases, and begins again: 90 are always waiting.',
  // A smaller number ends before the compiler has optimised the code.
  amount: { full: 500_000, quick: 200_000 },
  metrics: [{ key: 'ns', title: 'ns per use' }],
  contenders: [
    { name: 'free list, callbacks', kind: 'baseline', measure: listCallers(crowd) },
    {
      name: 'free list, Observable of a promise',
      kind: 'baseline',
      measure: observableCallers(crowd),
      ...secondary,
    },
    {
      name: 'promise pool with one timer',
      kind: 'baseline',
      measure: awaitedCallers(crowd, async (size) => barePromisePool(size)),
    },
    ...Object.entries(pools).map(([name, make]) => ({
      name,
      kind: 'peer' as const,
      measure: awaitedCallers(crowd, (max) => make({ max, connect })),
      ...(name === 'lightning-pool' ? {} : secondary),
    })),
    { name: 'async-sema', kind: 'peer', measure: awaitedCallers(crowd, (size) => asyncSema(size)) },
    { name: 'p-limit', kind: 'peer', measure: limitedCallers(crowd, pLimit), ...secondary },
    { name: 'cockatiel', kind: 'peer', measure: limitedCallers(crowd, cockatiel), ...secondary },
    { name: 'pool.use', kind: 'ours', measure: usingCallers(crowd) },
    {
      name: 'pool.use, acquireTimeout: Infinity',
      kind: 'ours',
      measure: usingCallers(crowd, { acquireTimeout: Infinity }),
    },
    { name: 'pool.use, context: false', kind: 'ours', measure: usingCallers(crowd, { context: false }), ...secondary },
    { name: 'pool.acquire, release', kind: 'ours', measure: acquiringCallers(crowd) },
    { name: 'await lastValueFrom(pool.use)', kind: 'ours', measure: awaitingCallers(crowd) },
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
    baseline: 'promise pool with one timer',
  },
  guarded: { ours: 'pool.use', against: 'promise pool with one timer' },
};
