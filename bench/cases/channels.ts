import { subscribe } from 'node:diagnostics_channel';
import { CHANNELS } from '../../src/index';
import { subscribedUses } from '../measures/uses';
import type { Case } from '../runner/case';
import { warmPool } from './warm-pool';

const SIZE = 10;
const uses = subscribedUses(() => warmPool(SIZE));
const without = 'without node:diagnostics_channel';
const unobserved = 'no subscriber';
const observed = 'a subscriber of acquires and releases';

/** Runs before the package is loaded, which then finds no channels, as in a browser. */
const hidden = `const { getBuiltinModule } = process;
process.getBuiltinModule = (id) => (id === 'node:diagnostics_channel' ? undefined : getBuiltinModule(id));`;

export const channels: Case = {
  id: 'channels',
  title: 'One use, with the channels of node:diagnostics_channel',
  about:
    'As in the first case; the same package in a process in which it finds no such channels, and in one in which they have no subscriber.',
  amount: { full: 2_000_000, quick: 500_000 },
  metrics: [{ key: 'ns', title: 'ns per use' }],
  contenders: [
    { name: without, kind: 'baseline', measure: uses, before: hidden },
    { name: unobserved, kind: 'ours', measure: uses },
    {
      name: observed,
      kind: 'ours',
      measure: (amount) => {
        for (const name of [`tracing:${CHANNELS.acquire}:start`, CHANNELS.released]) subscribe(name, () => undefined);
        return uses(amount);
      },
    },
  ],
  targets: [
    {
      what: `${unobserved} ÷ ${without}`,
      unit: '×',
      value: (m) => m(unobserved) / m(without),
      atMost: 1.15,
      beyond: 1.05,
    },
  ],
  guarded: { ours: unobserved, against: without },
};
