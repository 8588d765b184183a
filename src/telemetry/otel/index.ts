export { instrumentPool } from './instrument-pool';
export type { PoolInstrumentation } from './instrument-pool';
export type { InstrumentationOptions } from './options';
export { connectionMetrics, semanticConventionsVersion } from './metric-names';
export type { MetricDescription } from './metric-names';
