import { barePromisePool } from '../baselines/promise-pool';
import {
  acquireLine,
  acquireLineWithoutContext,
  acquireLineWithStore,
  awaitedLine,
  limitedLine,
  listLine,
  useLine,
} from '../measures/lines';
import { asyncSema, cockatiel, pLimit } from '../peers/limiters';
import { pools } from '../peers/pools';
import { coreLine } from '../parts/core-line';
import { secondary, type Amount, type Case, type Contender } from '../runner/case';
import { queued, type QueueFactory } from '../runner/queued';

const SIZE = 10;

interface Entrant {
  readonly kind: Contender['kind'];
  readonly inLine: QueueFactory;
  /** The queue of this pool is an array that is emptied by `shift()`: a million waiters would take hours. */
  readonly shifts?: true;
  /** Not in the quick suite. */
  readonly minor?: true;
}

const pool = (name: string): QueueFactory => awaitedLine(() => pools[name]!({ max: SIZE, connect: async () => ({}) }));

const entrants: Readonly<Record<string, Entrant>> = {
  'free list, callbacks': { kind: 'baseline', inLine: listLine },
  'promise pool with one timer': { kind: 'baseline', inLine: awaitedLine(async () => barePromisePool(SIZE)) },
  'generic-pool': { kind: 'peer', inLine: pool('generic-pool') },
  'lightning-pool': { kind: 'peer', inLine: pool('lightning-pool'), minor: true },
  'async-sema': { kind: 'peer', inLine: awaitedLine(() => asyncSema(SIZE)), minor: true },
  'p-limit': { kind: 'peer', inLine: limitedLine(pLimit), minor: true },
  tarn: { kind: 'peer', inLine: pool('tarn'), shifts: true },
  'pg-pool': { kind: 'peer', inLine: pool('pg-pool'), shifts: true },
  cockatiel: { kind: 'peer', inLine: limitedLine(cockatiel), shifts: true },
  'the core alone': { kind: 'ours', inLine: coreLine },
  'pool.acquire': { kind: 'ours', inLine: acquireLine },
  'pool.acquire, context: false': { kind: 'ours', inLine: acquireLineWithoutContext, minor: true },
  'pool.acquire, in an AsyncLocalStorage': { kind: 'ours', inLine: acquireLineWithStore, minor: true },
  'pool.use': { kind: 'ours', inLine: useLine, minor: true },
};

const once: Amount = { full: 1, quick: 0 };

const metrics = [
  { key: 'ns', title: 'ns per waiter' },
  { key: 'bytes', title: 'bytes per waiter' },
];
const about =
  'All 10 connections are held; the waiters enter the queue; the 10 are released; each waiter is served and releases. Bytes are those of the ' +
  'heap when all are in the queue.';

export const waiters: Case = {
  id: 'waiters',
  title: '100,000 waiters at once on 10 connections',
  about,
  amount: { full: 100_000, quick: 100_000 },
  metrics,
  contenders: Object.entries(entrants).map(([name, { kind, inLine, shifts, minor }]) => ({
    name,
    kind,
    measure: queued(inLine),
    ...(shifts ? { rounds: once } : minor ? secondary : {}),
  })),
  targets: [],
  headline: { what: '100,000 waiters at once: ns each', ours: 'pool.acquire', baseline: 'promise pool with one timer' },
  guarded: { ours: 'pool.acquire', against: 'promise pool with one timer' },
};

export const manyWaiters: Case = {
  id: 'waiters-1e6',
  title: '1,000,000 waiters at once on 10 connections',
  about,
  amount: { full: 1_000_000, quick: 1_000_000 },
  metrics,
  contenders: Object.entries(entrants)
    .filter(([, { shifts }]) => !shifts)
    .map(([name, { kind, inLine, minor }]) => ({
      name,
      kind,
      measure: queued(inLine),
      rounds: { full: 5, quick: minor ? 0 : 1 },
    })),
  headline: {
    what: '1,000,000 waiters at once: ns each',
    ours: 'pool.acquire',
    baseline: 'promise pool with one timer',
  },
  targets: [
    {
      what: 'generic-pool ÷ pool.acquire',
      unit: '×',
      value: (m) => m('generic-pool') / m('pool.acquire'),
      atLeast: 3,
      beyond: 5,
    },
    {
      what: 'at 1,000,000 ÷ at 100,000, pool.acquire',
      unit: '×',
      value: (m) => m('pool.acquire') / m('waiters/pool.acquire'),
      atMost: 1.5,
    },
    { what: 'each through RxJS', unit: ' bytes', value: (m) => m('pool.acquire', 'bytes'), atMost: 600 },
    { what: 'each in the core', unit: ' bytes', value: (m) => m('the core alone', 'bytes'), atMost: 250 },
  ],
};
