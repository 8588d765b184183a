export { poolMetrics } from './pool-metrics';
export type { PoolMetrics } from './pool-metrics';
export type { PoolMetricsOptions } from './options';
export type { MetricRegistry } from './prom-client-metric';
export type { FastifyLikeReply, FastifyLikeRequest, RequestHandler } from '../../http/handler';
export type { ConnectionPool } from '../../pool/connection-pool';
