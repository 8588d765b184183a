import {
  bareBatch,
  bareWorkers,
  ixFlatMap,
  ours,
  oursInAPipe,
  pullsOf,
  readableMap,
  rxMergeMap,
  type Puller,
  type Work,
} from '../measures/pulls';
import { secondary, type Case, type Contender } from '../runner/case';

const baseline = 'ten bare workers on one iterator';
const bare = 'a bare batch, nothing lent';
const readable = 'Readable.map, concurrency 10';
const ix = 'ix flatMap(f, 10)';
const rx = 'RxJS from(generator), mergeMap(f, 10)';
const pooled = 'withConnection, batchOutcomes(10)';

const pulls = (id: string, work: Work, title: string, about: string): Case => {
  const contender = (name: string, kind: Contender['kind'], puller: Puller): Contender => ({
    name,
    kind,
    measure: pullsOf(puller, work),
  });
  return {
    id,
    title,
    about:
      `The items come from an async generator, and the consumer waits a turn of the event loop after every 1,000 results. ${about} ` +
      'Heap is the most that was in use after a collection, beyond what was before. Only ours lends anything.',
    amount: { full: 1_000_000, quick: 100_000 },
    metrics: [
      { key: 'ns', title: 'ns per item' },
      { key: 'mb', title: 'MB of heap', digits: 2 },
    ],
    contenders: [
      contender(baseline, 'baseline', bareWorkers),
      contender(bare, 'baseline', bareBatch),
      contender(readable, 'peer', readableMap),
      {
        ...contender(ix, 'peer', ixFlatMap),
        rounds: { full: 1, quick: 1 },
        amount: { full: 1_000_000, quick: 10_000 },
      },
      {
        ...contender(rx, 'peer', rxMergeMap),
        rounds: { full: 1, quick: 0 },
        // A larger number of promises would take many minutes.
        amount: { full: work === 'promises' ? 100_000 : 1_000_000, quick: 10_000 },
      },
      contender(pooled, 'ours', ours),
      { ...contender('the same, in a pipe of ix', 'ours', oursInAPipe), ...secondary },
    ],
    targets: [
      { what: 'ix flatMap ÷ ours', unit: '×', value: (m) => m(ix) / m(pooled), atLeast: 60 },
      { what: 'Readable.map ÷ ours', unit: '×', value: (m) => m(readable) / m(pooled), atLeast: 5, beyond: 15 },
      { what: 'heap of ours', unit: ' MB', value: (m) => m(pooled, 'mb'), atMost: 2 },
    ],
    headline: {
      what: `a pulled batch of ${work === 'promises' ? 'promises' : 'synchronous work'}: ns per item`,
      ours: pooled,
      baseline,
    },
    guarded: { ours: pooled, against: baseline },
  };
};

export const pulledBatches: readonly Case[] = [
  pulls(
    'pull',
    'synchronous',
    'A pulled batch of synchronous work, 10 at a time',
    'Every item is work that completes at once.',
  ),
  pulls(
    'pull-promises',
    'promises',
    'A pulled batch of promises, 10 at a time',
    'Every item is work that is a promise, resolved a few microtasks later.',
  ),
];
