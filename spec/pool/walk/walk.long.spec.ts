import type { Action } from '../model/actions';
import { everySchedule } from './schedules';
import type { Walk } from './schedules';
import { chosen } from './walk';

const acquire: Action = { do: 'acquire', timeout: Infinity };
const use: Action = { do: 'use', work: 'manual', timeout: Infinity };
const promise: Action = { do: 'use', work: 'promise', timeout: Infinity };
const throwing: Action = { do: 'use', work: 'throwing', timeout: Infinity };
const impatient: Action = { do: 'use', work: 'manual', timeout: 30 };
const releasingWatcher: Action = { do: 'watch', reaction: { at: 'called', action: { do: 'release', pick: 0 } } };
const slowClose: Action = { do: 'close as', plan: 'manual' };
const slowCleaning: Action = { do: 'clean as', plan: 'manual' };

const walks: Record<string, Walk> = {
  'connects succeed; work completes, fails, throws, is cancelled; the stats are watched': {
    before: [releasingWatcher, { do: 'watch' }],
    holders: [acquire, use, throwing],
    budget: { open: 2, release: 1, finish: 1, fail: 1, leave: 2 },
    ends: [0, 5],
  },
  'every caller is cancelled at every moment': {
    holders: [promise, use, acquire],
    budget: { open: 2, finish: 1, leave: 2 },
    ends: [5],
  },
  'a connect fails and is tried again': {
    holders: [impatient, acquire, use],
    budget: { open: 2, refuse: 1, finish: 1, release: 1, 'time passes': 1 },
    ends: [0],
  },
  'connects hang': {
    holders: [acquire, impatient, promise],
    budget: { open: 1, leave: 1, 'time passes': 3 },
    ends: [0, 5],
  },
  'the target is down': {
    options: { breaker: { failures: 2, probeAfter: 20 } },
    holders: [acquire, impatient, use],
    budget: { open: 1, refuse: 2, leave: 1, 'time passes': 2 },
    ends: [0],
  },
  'promised connections come late, after their time or after their waiter': {
    options: { connector: 'promise', close: true },
    holders: [impatient, acquire, use],
    budget: { open: 1, 'open late': 1, leave: 1, 'time passes': 2 },
    ends: [0],
  },
  'connections are lost, idle and lent': {
    holders: [acquire, use, promise],
    budget: { open: 3, lose: 1, release: 1, finish: 1, 'time passes': 1 },
    ends: [0],
  },
  'closes are slow, and never end': {
    options: { close: true, onCancel: 'discard' },
    before: [slowClose, slowClose, slowClose],
    holders: [acquire, use, acquire],
    budget: { open: 2, discard: 1, leave: 1, 'finish close': 1, 'time passes': 1 },
    ends: [0],
  },
  'cancelled work is cleaned up after': {
    options: { onCancel: 'clean' },
    before: [slowCleaning, slowCleaning],
    holders: [use, use, acquire],
    budget: { open: 2, leave: 2, 'finish clean': 1 },
    ends: [5],
  },
  'connections are lost while they are cleaned, or cleaning does not end': {
    options: { onCancel: 'clean' },
    before: [slowCleaning, slowCleaning],
    holders: [use, acquire],
    budget: { open: 2, leave: 1, 'fail clean': 1, lose: 1, 'time passes': 1 },
    ends: [5],
  },
};

/** If all holders fit on one connection, a second one exists only if other callers have acquired it and left. */
const twoUnderWay: readonly Action[] = [
  ...Array.from({ length: 4 }, () => acquire),
  ...Array.from({ length: 4 }, (): Action => ({ do: 'leave', pick: 0 })),
];

describe('the pool, in orders of events for two connections and three holders', () => {
  let schedules = 0;
  let seconds = 0;

  for (const capacity of [1, 3]) {
    for (const [name, walk] of Object.entries(walks)) {
      it(`capacity ${capacity}: ${name}`, async () => {
        const began = performance.now();
        const before = [...(capacity === 1 ? [] : twoUnderWay), ...(walk.before ?? [])];
        const destroyed: Promise<void>[] = [];
        const done = everySchedule({ ...walk, before, options: { ...walk.options, capacity } }, (world) => {
          destroyed.push(world.destroyed!);
        });
        await Promise.all(destroyed);
        schedules += done;
        seconds += (performance.now() - began) / 1_000;
        expect(destroyed.length).toBe(done);
      }, 600_000);
    }
  }

  afterAll(() => {
    console.log(`walk: ${schedules} schedules, chosen ${chosen}, no forbidden outcome, in ${seconds.toFixed(1)} s`);
  });
});
