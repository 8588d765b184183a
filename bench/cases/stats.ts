import { snapshots } from '../baselines/snapshots';
import { changesAlone, changesInUse } from '../parts/changes';
import type { Amount, Case, Medians } from '../runner/case';

const unobserved = 'pool.use, no subscriber';
const observed = 'pool.use, one subscriber';

/** A change takes a nanosecond: a smaller number cannot be measured. */
const alone: Amount = { full: 5_000_000, quick: 2_000_000 };

/** The time that the subscriber adds to a use, divided by the number of changes. */
const perChange = (m: Medians): number => (m(observed, 'use') - m(unobserved, 'use')) / m(observed, 'changes');

export const stats: Case = {
  id: 'stats',
  title: 'Stats, per change',
  about:
    'Alone: nothing but the core being told that something has changed. In a use: what one subscriber of `stats$` adds to `pool.use`, ' +
    'divided by the number of changes that a use makes.',
  amount: { full: 2_000_000, quick: 200_000 },
  metrics: [
    { key: 'ns', title: 'ns per change', digits: 1 },
    { key: 'use', title: 'ns per use' },
    { key: 'changes', title: 'changes per use', digits: 1 },
  ],
  contenders: [
    { name: 'eight frozen fields, no subscriber', kind: 'baseline', measure: snapshots(0) },
    { name: 'eight frozen fields, one subscriber', kind: 'baseline', measure: snapshots(1) },
    { name: 'a change alone, no subscriber', kind: 'ours', measure: changesAlone(0), amount: alone },
    { name: 'a change alone, one subscriber', kind: 'ours', measure: changesAlone(1), amount: alone },
    { name: unobserved, kind: 'ours', measure: changesInUse(0) },
    { name: observed, kind: 'ours', measure: changesInUse(1) },
  ],
  targets: [
    { what: 'unobserved', unit: ' ns', value: (m) => m('a change alone, no subscriber'), atMost: 3 },
    { what: 'one subscriber', unit: ' ns', value: perChange, atMost: 160, beyond: 100 },
  ],
  headline: {
    what: 'a change of the stats with one subscriber, nothing else: ns',
    ours: 'a change alone, one subscriber',
    baseline: 'eight frozen fields, one subscriber',
  },
  guarded: { ours: 'a change alone, one subscriber', against: 'eight frozen fields, one subscriber' },
};
