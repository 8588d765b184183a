/** How cost grows with the size of the pool, the number of callers, the length of the queue, and the number of subscribers to the stats. */
import { barePromisePool } from '../baselines/promise-pool';
import { awaitedCallers, usingCallers } from '../measures/callers';
import { acquireLine, awaitedLine, listLine } from '../measures/lines';
import { awaitedUses, listUses, subscribedUses } from '../measures/uses';
import { pools } from '../peers/pools';
import { changesInUse } from '../parts/changes';
import type { Case, Contender, Measure } from '../runner/case';
import { curveOf, decades } from '../runner/curve';
import { queued, type QueueFactory } from '../runner/queued';
import { warmPool } from './warm-pool';

const connect = async (): Promise<object> => ({});

const sizes = decades(1, 10_000);

export const growthOfPool: Case = curveOf({
  id: 'growth-pool',
  title: 'One use, by the size of the pool',
  about: 'The case “One use with synchronous work, without waiting”, by the number of idle connections.',
  x: 'connections in the pool',
  y: 'ns per use',
  xs: sizes,
  amount: { full: 300_000, quick: 100_000 },
  lines: [
    { name: 'free list, callback', kind: 'baseline', at: (size) => listUses(size), key: 'ns' },
    ...['lightning-pool', 'generic-pool', 'tarn'].map((name) => ({
      name,
      kind: 'peer' as const,
      at: (size: number) => awaitedUses(() => pools[name]!({ max: size, connect }), size),
      key: 'ns',
    })),
    { name: 'pool.use', kind: 'ours', at: (size) => subscribedUses(() => warmPool(size)), key: 'ns' },
  ],
  targets: [
    {
      what: 'at 10,000 ÷ at 10',
      unit: '×',
      value: (m) => m('pool.use', '10000') / m('pool.use', '10'),
      atMost: 2,
    },
  ],
});

const forEver = 'pool.use, no timeout';

export const growthOfCallers: Case = curveOf({
  id: 'growth-callers',
  title: 'One use, by the callers on 10 connections',
  about:
    'The case “100 callers on 10 connections” with fewer and more callers. Up to 10 callers need not wait; with 11 the queue alternates between one waiter and none all the time. No timeout: `acquireTimeout: Infinity`.',
  x: 'callers',
  y: 'ns per use',
  xs: [1, 5, 10, 11, 12, 20, 100, 1_000, 10_000],
  amount: { full: 300_000, quick: 100_000 },
  lines: [
    {
      name: 'promise pool with one timer',
      kind: 'baseline',
      at: (callers) => awaitedCallers({ callers, size: 10 }, async (size) => barePromisePool(size)),
      key: 'ns',
    },
    ...['lightning-pool', 'generic-pool'].map((name) => ({
      name,
      kind: 'peer' as const,
      at: (callers: number) => awaitedCallers({ callers, size: 10 }, (max) => pools[name]!({ max, connect })),
      key: 'ns',
    })),
    { name: 'pool.use', kind: 'ours', at: (callers) => usingCallers({ callers, size: 10 }), key: 'ns' },
    {
      name: forEver,
      kind: 'ours',
      at: (callers) => usingCallers({ callers, size: 10 }, { acquireTimeout: Infinity }),
      key: 'ns',
    },
  ],
  targets: [
    {
      what: 'at 10,000 ÷ at 10',
      unit: '×',
      value: (m) => m('pool.use', '10000') / m('pool.use', '10'),
      atMost: 2,
    },
    {
      what: 'with 11 callers, acquireTimeout on ÷ off',
      unit: '×',
      value: (m) => m('pool.use', '11') / m(forEver, '11'),
      atMost: 1.2,
    },
  ],
});

const lengths = decades(1, 1_000_000);
const line = (name: string, kind: Contender['kind'], inLine: QueueFactory, xs?: readonly number[]) => ({
  name,
  kind,
  // Here the amount is the length of the queue.
  at: (length: number) => () => queued(inLine)(length),
  key: 'ns',
  ...(xs === undefined ? {} : { xs }),
});
const pooledLine = (name: string): QueueFactory => awaitedLine(() => pools[name]!({ max: 10, connect }));

export const growthOfLine: Case = curveOf({
  id: 'growth-line',
  title: 'Waiting, by the length of the line',
  about:
    'The case “waiters at once on 10 connections”. tarn and pg-pool are left out above 30,000: what they take for each grows with the line.',
  x: 'waiters at once',
  y: 'ns per waiter',
  xs: lengths,
  amount: { full: 1, quick: 1 },
  lines: [
    line('free list, callbacks', 'baseline', listLine),
    line(
      'promise pool with one timer',
      'baseline',
      awaitedLine(async () => barePromisePool(10)),
    ),
    line('generic-pool', 'peer', pooledLine('generic-pool')),
    line('lightning-pool', 'peer', pooledLine('lightning-pool')),
    line('tarn', 'peer', pooledLine('tarn'), [...decades(1, 10_000), 30_000]),
    line('pg-pool', 'peer', pooledLine('pg-pool'), [...decades(1, 10_000), 30_000]),
    line('pool.acquire', 'ours', acquireLine),
  ],
  targets: [
    {
      what: 'at 1,000,000 ÷ at 100',
      unit: '×',
      value: (m) => m('pool.acquire', '1000000') / m('pool.acquire', '100'),
      atMost: 2,
    },
  ],
});

const watchers = [0, ...decades(1, 1000)];
const perWatcher = (m: (name: string, x: string) => number, x: string): number =>
  (m('pool.use', x) - m('pool.use', '0')) / Number(x);

/** With more subscribers, fewer uses are enough to measure the time of one. */
const uses =
  (subscribers: number): Measure =>
  (amount) =>
    changesInUse(subscribers)(Math.ceil(amount / (1 + subscribers / 20)));

export const growthOfWatchers: Case = curveOf({
  id: 'growth-watchers',
  title: 'One use, by the subscribers of the stats',
  about: 'Every use is two changes of the stats, and every subscriber is told of both.',
  x: 'subscribers of stats$',
  y: 'ns per use',
  xs: watchers,
  amount: { full: 300_000, quick: 50_000 },
  lines: [{ name: 'pool.use', kind: 'ours', at: uses, key: 'use' }],
  targets: [
    {
      what: 'each subscriber, with 1,000 ÷ with 10',
      unit: '×',
      value: (m) => perWatcher(m, '1000') / perWatcher(m, '10'),
      atMost: 1.5,
    },
  ],
});
