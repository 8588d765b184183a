export { diagnose } from './diagnose';
export type { ConnectFailure, Diagnosis, PoolCondition, PoolFacts, WindowTimings } from './facts';
