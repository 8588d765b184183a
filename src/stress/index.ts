export { stressTest } from './stress-test';
export type { StressOptions } from './options';
export type { Estimate, LoadDescription, OperationCounts, StressReport } from './report';
export type { ErrorCount } from './error-tally';
export type { Measure } from './measure';
export type { Outcome } from './outcome';
export type { Peaks, PoolDeeds } from './pool-watch';
export type { ThresholdResult } from './thresholds';
export type { Sample } from './timeline';
