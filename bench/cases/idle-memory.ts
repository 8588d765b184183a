import type { Subscription } from 'rxjs';
import { pools } from '../peers/pools';
import { warmed } from '../peers/promise-pool';
import type { Case, Measure } from '../runner/case';
import { bytesOf } from '../runner/timed';
import { connect, warmPool } from './warm-pool';

const SIZE = 1000;

/** Several pools, so that garbage of other code does not dominate the result. */
const weighed =
  (make: () => unknown): Measure =>
  async (count) => {
    await make();
    const bytes = await bytesOf(async () => {
      const made: unknown[] = [];
      for (let i = 0; i < count; i++) made.push(await make());
      return made;
    });
    return { bytes: bytes / count / SIZE };
  };

export const idleMemory: Case = {
  id: 'idle-memory',
  title: 'An idle pool of 1,000 connections',
  about:
    'The heap that it holds, per connection; every connection is an empty object, whose own bytes are in all of the figures. Ours ' +
    'holds the subscription of each connector too.',
  amount: { full: 20, quick: 5 },
  rounds: { full: 5, quick: 1 },
  metrics: [{ key: 'bytes', title: 'bytes per connection' }],
  contenders: [
    {
      name: 'the connections alone',
      kind: 'baseline',
      measure: weighed(() => Array.from({ length: SIZE }, () => ({}))),
    },
    {
      name: 'the connectors alone, subscribed',
      kind: 'baseline',
      measure: weighed(() => {
        const connections: object[] = [];
        const lives: Subscription[] = [];
        for (let i = 0; i < SIZE; i++) lives.push(connect().subscribe((connection) => connections.push(connection)));
        return { connections, lives };
      }),
    },
    ...Object.entries(pools).map(([name, make]) => ({
      name,
      kind: 'peer' as const,
      measure: weighed(async () => warmed(await make({ max: SIZE, connect: async () => ({}) }), SIZE)),
    })),
    { name: 'pool', kind: 'ours', measure: weighed(() => warmPool(SIZE)) },
  ],
  headline: { what: 'an idle connection: bytes', ours: 'pool', baseline: 'the connections alone' },
  targets: [
    {
      what: 'beyond the connections alone',
      unit: ' bytes',
      value: (m) => m('pool') - m('the connections alone'),
      atMost: 600,
    },
  ],
};
