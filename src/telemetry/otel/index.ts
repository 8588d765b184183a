export { poolMetrics, semanticConventionsVersion } from './metric-names';
export type { MetricDescription } from './metric-names';
