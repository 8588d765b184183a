import type { PoolCondition } from '../../diagnosis/index';
import type { Observation } from '../../diagnosis/pool-watch';
import type { Histogram } from '../../pool/metrics/histogram';

/** A pool at a moment. */
export interface ObservedPool extends Observation {
  readonly condition: PoolCondition;
}

/** A value with the labels that it has beside those of its pool. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** The metrics of one name, without the prefix. */
export type Family = { readonly name: string; readonly help: string } & (
  | {
      readonly type: 'gauge' | 'counter';
      /** How the values of several processes become one: prom-client's `AggregatorRegistry` asks. Default: their sum. */
      readonly aggregator?: 'max';
      readonly samplesOf: (at: ObservedPool) => readonly Sample[];
    }
  | { readonly type: 'histogram'; readonly histogramOf: (at: ObservedPool) => Histogram }
);

/** As keys, so that the compiler finds one that is missing. */
const conditions = Object.keys({
  healthy: true,
  draining: true,
  destroyed: true,
  'dead-target': true,
  leak: true,
  overload: true,
  'slow-checks': true,
  'slow-work': true,
  'slow-connects': true,
  'too-small': true,
  reconnecting: true,
  'failing-work': true,
} satisfies Record<PoolCondition, true>);

const one = (value: number): readonly Sample[] => [[{}, value]];

const each = (label: string, values: Readonly<Record<string, number>>): readonly Sample[] =>
  Object.entries(values).map(([name, value]) => [{ [label]: name }, value]);

/** 1 for the current state, 0 for the others, so that no old value remains when the state changes. */
const stateSet = (label: string, names: readonly string[], current: string): readonly Sample[] =>
  names.map((name) => [{ [label]: name }, name === current ? 1 : 0]);

const seconds = (ms: number): number => ms / 1_000;

/** What the metrics themselves use: labels of a user cannot have these names. */
export const ownLabels: readonly string[] = ['pool', 'le', 'state', 'reason', 'outcome', 'condition'];

/** Everything that is exposed, in this order. The words are those of the stats, the events and the errors. */
export const families: readonly Family[] = [
  {
    name: 'connections',
    type: 'gauge',
    help: 'Connections by state. Idle and in_use ones are open; in_use includes those that are validated or reset.',
    samplesOf: ({ stats }) =>
      each('state', {
        idle: stats.availableConnections,
        in_use: stats.inUseConnections,
        opening: stats.openingConnections,
        closing: stats.closingConnections,
      }),
  },
  {
    name: 'max_connections',
    type: 'gauge',
    help: 'The maximum number of connections.',
    samplesOf: ({ stats }) => one(stats.maxConnections),
  },
  {
    name: 'leases',
    type: 'gauge',
    help: 'Leases that are held.',
    samplesOf: ({ stats }) => one(stats.activeLeases),
  },
  {
    name: 'lease_capacity',
    type: 'gauge',
    help: 'The maximum number of concurrent leases.',
    samplesOf: ({ stats }) => one(stats.leaseCapacity),
  },
  {
    name: 'pending_acquires',
    type: 'gauge',
    help: 'Callers that wait for a lease.',
    samplesOf: ({ stats }) => one(stats.pendingAcquires),
  },
  {
    name: 'oldest_wait_seconds',
    type: 'gauge',
    aggregator: 'max',
    help: 'How long the first caller in the queue has waited; 0 if no caller waits.',
    samplesOf: ({ details }) => one(seconds(details.oldestWait)),
  },
  {
    name: 'longest_lease_seconds',
    type: 'gauge',
    aggregator: 'max',
    help: 'The age of the oldest lease that is held; 0 if none is.',
    samplesOf: ({ holders }) => one(seconds(holders[0]?.age ?? 0)),
  },
  {
    name: 'breaker_state',
    type: 'gauge',
    help: 'The state of the breaker: 1 for the current one, 0 for the others.',
    samplesOf: ({ stats }) => stateSet('state', ['closed', 'open', 'half-open'], stats.breaker),
  },
  {
    name: 'consecutive_connect_failures',
    type: 'gauge',
    aggregator: 'max',
    help: 'Connects that failed in a row, up to the last one.',
    samplesOf: ({ details }) => one(details.attempts),
  },
  {
    name: 'condition',
    type: 'gauge',
    help: 'What the pool suffers from, as the dashboard diagnoses it: 1 for the current condition, 0 for the others.',
    samplesOf: ({ condition }) => stateSet('condition', conditions, condition),
  },
  {
    name: 'acquired_total',
    type: 'counter',
    help: 'Leases that were lent.',
    samplesOf: ({ stats }) => one(stats.acquired),
  },
  {
    name: 'released_total',
    type: 'counter',
    help: 'Leases that were released.',
    samplesOf: ({ stats }) => one(stats.released),
  },
  {
    name: 'discarded_total',
    type: 'counter',
    help: 'Leases that ended together with their connection.',
    samplesOf: ({ stats }) => one(stats.discarded),
  },
  {
    name: 'operations_total',
    type: 'counter',
    help: 'Runs of work by outcome.',
    samplesOf: ({ stats }) =>
      each('outcome', {
        succeeded: stats.successfulOperations,
        failed: stats.failedOperations,
        cancelled: stats.cancelledOperations,
      }),
  },
  {
    name: 'failed_acquires_total',
    type: 'counter',
    help: 'Acquires that got no lease, by reason.',
    samplesOf: ({ stats, rejected }) => each('reason', { timeout: stats.timeouts, ...rejected }),
  },
  {
    name: 'cancelled_acquires_total',
    type: 'counter',
    help: 'Waiting acquires that their caller cancelled.',
    samplesOf: ({ stats }) => one(stats.cancelledAcquires),
  },
  {
    name: 'connections_opened_total',
    type: 'counter',
    help: 'Connects that succeeded.',
    samplesOf: ({ stats }) => one(stats.opened),
  },
  {
    name: 'connect_failures_total',
    type: 'counter',
    help: 'Connects that failed, and new connections that were lost, or failed their validation, before their first lease.',
    samplesOf: ({ stats }) => one(stats.openFailures),
  },
  {
    name: 'connections_closed_total',
    type: 'counter',
    help: 'Open connections that were closed, by reason. Counted when the close begins.',
    samplesOf: ({ evicted }) => each('reason', evicted),
  },
  {
    name: 'wait_seconds',
    type: 'histogram',
    help: 'How long callers waited that got a lease; 0 for those that were served at once.',
    histogramOf: ({ timings }) => timings.wait,
  },
  {
    name: 'failed_wait_seconds',
    type: 'histogram',
    help: 'How long callers waited that timed out or were rejected.',
    histogramOf: ({ timings }) => timings.failedWait,
  },
  {
    name: 'use_seconds',
    type: 'histogram',
    help: 'How long leases were held.',
    histogramOf: ({ timings }) => timings.use,
  },
  {
    name: 'open_seconds',
    type: 'histogram',
    help: 'How long connects took that succeeded.',
    histogramOf: ({ timings }) => timings.open,
  },
];
