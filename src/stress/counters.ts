import { Counters } from '../pool/state/counters';

type Counter = Exclude<keyof Counters, 'ended'>;

/** What only ever grows, by the names that `PoolStats` has for it. */
export const counters = Object.keys(new Counters()) as readonly Counter[];

/** What became of the work on the connections. */
type WorkCounter = 'successfulOperations' | 'failedOperations' | 'cancelledOperations';

/** What the pool itself did: all of them but those. */
export const activityCounters = counters.filter(
  (name): name is Exclude<Counter, WorkCounter> => !name.endsWith('Operations'),
);
