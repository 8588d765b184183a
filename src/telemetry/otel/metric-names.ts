/** A metric as the semantic conventions describe it. */
export interface MetricDescription {
  readonly name: string;
  readonly instrument: 'counter' | 'histogram' | 'updowncounter';
  /** In UCUM, as OpenTelemetry requires. */
  readonly unit: string;
  readonly description: string;
}

/**
 * The version of OpenTelemetry's semantic conventions that the names, units and descriptions below are copied from: its package exports those of
 * connection pools from `incubating` only, which may change in a minor version.
 */
export const semanticConventionsVersion = '1.45.0';

/** What all names of metrics and attributes begin with, unless the option `prefix` says otherwise. */
export const defaultPrefix = 'db.client.connection';

/** The metrics of a pool: the nine of the conventions, and `max`, which 1.45 calls `limit`. */
export const connectionMetrics = {
  count: {
    name: 'db.client.connection.count',
    instrument: 'updowncounter',
    unit: '{connection}',
    description: 'The number of connections that are currently in state described by the `state` attribute.',
  },
  idleMax: {
    name: 'db.client.connection.idle.max',
    instrument: 'updowncounter',
    unit: '{connection}',
    description: 'The maximum number of idle open connections allowed.',
  },
  idleMin: {
    name: 'db.client.connection.idle.min',
    instrument: 'updowncounter',
    unit: '{connection}',
    description: 'The minimum number of idle open connections allowed.',
  },
  limit: {
    name: 'db.client.connection.limit',
    instrument: 'updowncounter',
    unit: '{connection}',
    description: 'The maximum number of open connections allowed.',
  },
  /** The name of `limit` in earlier versions, which many dashboards still read. */
  max: {
    name: 'db.client.connection.max',
    instrument: 'updowncounter',
    unit: '{connection}',
    description: 'Deprecated, use `db.client.connection.limit` instead.',
  },
  pendingRequests: {
    name: 'db.client.connection.pending_requests',
    instrument: 'updowncounter',
    unit: '{request}',
    description: 'The number of current pending requests for an open connection.',
  },
  timeouts: {
    name: 'db.client.connection.timeouts',
    instrument: 'counter',
    unit: '{timeout}',
    description: 'The number of connection timeouts that have occurred trying to obtain a connection from the pool.',
  },
  createTime: {
    name: 'db.client.connection.create_time',
    instrument: 'histogram',
    unit: 's',
    description: 'The time it took to create a new connection.',
  },
  waitTime: {
    name: 'db.client.connection.wait_time',
    instrument: 'histogram',
    unit: 's',
    description: 'The time it took to obtain an open connection from the pool.',
  },
  useTime: {
    name: 'db.client.connection.use_time',
    instrument: 'histogram',
    unit: 's',
    description: 'The time between borrowing a connection and returning it to the pool.',
  },
} as const satisfies Record<string, MetricDescription>;

/** The attributes of these metrics, and the values of `state`. */
export const poolAttributes = {
  poolName: 'db.client.connection.pool.name',
  state: 'db.client.connection.state',
} as const;

export const connectionStates = { idle: 'idle', used: 'used' } as const;

/**
 * The bounds of histograms, in seconds. The conventions give none for pools: these are their advice for `db.client.operation.duration`, so that a
 * wait can be compared with the operation that follows it.
 */
export const secondsBuckets: readonly number[] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/** A name of the tables above under another prefix. */
export const withPrefix = (name: string, prefix: string): string => prefix + name.slice(defaultPrefix.length);
