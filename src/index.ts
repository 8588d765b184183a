export { createPool } from './pool/create-pool';
export type { PoolOptions, AcquireOptions } from './pool/options';
export type { ConnectionPool } from './pool/connection-pool';
export type { ContextCarrier } from './pool/rx/async-context';
export { CHANNELS } from './pool/rx/channels';
export type { AcquireMessage, ConnectMessage } from './pool/rx/channels';
export type { ConnectContext, Connector, OnCancel } from './pool/connector';
export type { Lease } from './pool/rx/lease';
export type { PoolStats, PoolStatsSubject } from './pool/rx/stats';
export type { EvictReason } from './pool/state/claim-and-slot';
export type { PoolEvent, PoolEventDetails } from './pool/reports/events';
export type { Holder } from './pool/reports/holders';
export type { PoolTimings, TimingsOptions } from './pool/metrics/timings';
export { Histogram } from './pool/metrics/histogram';
export type { HistogramJSON } from './pool/metrics/histogram';
export type { WorkContext, WorkResult } from './pool/rx/work';
export {
  ConnectionFailedError,
  InvalidConfigError,
  InvalidLeaseError,
  InvalidPoolError,
  isPoolError,
  PoolError,
  PoolExhaustedError,
} from './pool/errors';
export type { ErrorOfCode, PoolErrorCode, PoolNumbers } from './pool/errors';
export type { ReadableError } from './pool/values/readable-error';

export { withConnection } from './operators/with-connection';
export { retryFailed } from './operators/retry-failed';
export { batchSequential } from './operators/batch-sequential';
export { batchOutcomes } from './operators/batch-outcomes';
export { batchParallel } from './operators/batch-parallel';
export { collectBatch } from './operators/collect-batch';
export { trackProgress } from './operators/track-progress';
export type { NumberedItem } from './operators/internal/numbered-item';
export type { ConnectionTask, ItemOf, LastValue } from './operators/internal/task';
export type { BatchOptions } from './operators/internal/batch-options';
export type { BatchOutcome } from './operators/internal/batch-outcome';
export type { BatchFailure, BatchResult } from './operators/internal/batch-result';
export type { BatchProgress, ProgressOptions } from './operators/track-progress';
