export { fromPoolStats } from './from-pool-stats';
export type { PoolStatsOptions, RemotePoolStats } from './from-pool-stats';
export type { StreamOptions, StreamStatus } from './stream';
export type { PoolStats } from '../../pool/rx/stats';
