export { poolHealth } from './pool-health';
export type { PoolHealth, PoolStatus } from './pool-health';
export { diagnose } from '../../diagnosis/index';
export type { ConnectFailure, Diagnosis, PoolCondition, PoolFacts, WindowTimings } from '../../diagnosis/index';
export type { ConnectionPool } from '../../pool/connection-pool';
export type { Histogram } from '../../pool/metrics/histogram';
export type { Holder } from '../../pool/reports/holders';
export type { PoolStats } from '../../pool/rx/stats';
export type { EvictReason } from '../../pool/state/claim-and-slot';
