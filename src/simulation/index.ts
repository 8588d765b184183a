export { simulate } from './simulate';
export type { SimulationReport } from './simulate';
export type {
  Outage,
  Restart,
  SavedRecording,
  SavedTimings,
  Scenario,
  ScenarioArrivals,
  SimulatedPool,
  Time,
} from './scenario';
export type { Distribution } from './distribution';
export type { Figure } from './confidence';
export { planCapacity } from './plan-capacity';
export type { CapacityPlan, CapacityPoint, CapacityQuestion } from './plan-capacity';
export type { StressReport } from '../stress/report';
export type { LoadRecording } from '../stress/record-load';
export type { ThresholdResult } from '../stress/thresholds';
export type { Histogram, HistogramJSON } from '../pool/metrics/histogram';
export type { PoolTimings } from '../pool/metrics/timings';
export type { PoolOptions } from '../pool/options';
export type { PoolEvent } from '../pool/reports/events';
