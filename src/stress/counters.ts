import { Counters } from '../pool/state/counters';

type Counter = Exclude<keyof Counters, 'ended'>;

/** The names of the counters in `PoolStats`, which never decrease. */
export const counters = Object.keys(new Counters()) as readonly Counter[];

/** Counters of the work on the connections. */
type WorkCounter = 'successfulOperations' | 'failedOperations' | 'cancelledOperations';

/** Counters of what the pool itself did: all but those of the work. */
export const activityCounters = counters.filter(
  (name): name is Exclude<Counter, WorkCounter> => !name.endsWith('Operations'),
);
