export { dashboard } from './dashboard';
export type { Dashboard, FastifyLikeReply, FastifyLikeRequest } from './dashboard';
export type { DashboardOptions } from './options';
export type { ListenOptions, Listening } from './serve/listen';
export type { Auth, DashboardRequest } from './serve/guard';
export { diagnose } from '../diagnosis/index';
export type { ConnectFailure, Diagnosis, PoolCondition, PoolFacts, WindowTimings } from '../diagnosis/index';
