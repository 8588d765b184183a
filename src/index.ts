export { createPool } from './pool/create-pool';
export type { PoolOptions, AcquireOptions } from './pool/options';
export type { ConnectionPool } from './pool/connection-pool';
export type { ContextCarrier } from './pool/context';
export type { ConnectContext, Connector, OnCancel } from './pool/connector';
export type { Lease } from './pool/lease';
export type { PoolStats, PoolStatsSubject } from './pool/stats';
export type { EvictReason, PoolEvent, PoolHappening } from './pool/events';
export type { Holder } from './pool/holders';
export type { PoolTimings, TimingsOptions } from './pool/timings';
export { Histogram } from './pool/histogram';
export type { HistogramJSON } from './pool/histogram';
export type { WorkContext, WorkResult } from './pool/work';
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
export type { ReadableError } from './pool/readable-error';

export { withConnection } from './operators/with-connection';
export { again } from './operators/again';
export { batchSequential } from './operators/batch-sequential';
export { batchOutcomes } from './operators/batch-outcomes';
export { batchParallel } from './operators/batch-parallel';
export { collectBatch } from './operators/collect-batch';
export { trackProgress } from './operators/track-progress';
export type { NumberedItem } from './operators/again';
export type { ConnectionTask } from './operators/connection-task';
export type { BatchOptions } from './operators/batch-options';
export type { BatchOutcome } from './operators/batch-outcomes';
export type { BatchFailure, BatchResult } from './operators/collection';
export type { BatchProgress, ProgressOptions } from './operators/track-progress';
