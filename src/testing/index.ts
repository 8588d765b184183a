export { poolTest } from './pool-test';
export type { PoolTestHelpers, PoolTestOptions } from './pool-test';
export type {
  EventFields,
  EventFilter,
  EventsExpectation,
  ExpectedEvent,
  StatsExpectation,
  StatsFigureExpectation,
} from './recorded';
export type { TestAction } from './test-run';
export { scriptedConnector } from './scripted-connector';
export type { ScriptedConnector, ScriptedConnectorOptions, Subscriptions } from './scripted-connector';
export { promised } from './promised';
export { expectPoolError } from './pool-error';
export type { PoolErrorMatcher, PoolErrorReason } from './pool-error';
export { expectNoLeak } from './leaks';
export type { LeakCheckedPool } from './leaks';
export { assertDeepEqual } from './assert-deep-equal';
export { replay } from './replay';
export type { Replay } from './replay';
export type { SavedRecording } from './replay-plan';
export type { ConnectionPool } from '../pool/connection-pool';
export type { ConnectContext } from '../pool/connector';
export type { ErrorOfCode, PoolErrorCode } from '../pool/errors';
export type { Histogram, HistogramJSON } from '../pool/metrics/histogram';
export type { PoolOptions } from '../pool/options';
export type { PoolEvent, PoolEventDetails } from '../pool/reports/events';
export type { PoolStats } from '../pool/rx/stats';
export type { LoadRecording } from '../stress/record-load';
