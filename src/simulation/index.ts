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
export type { Estimate, LoadDescription, OperationCounts, StressReport } from '../stress/report';
export type { LoadRecording } from '../stress/record-load';
export type { ThresholdResult } from '../stress/thresholds';
export type { Histogram, HistogramJSON } from '../pool/metrics/histogram';
export type { PoolTimings } from '../pool/metrics/timings';
export type { PoolOptions } from '../pool/options';
export type { PoolEvent, PoolEventDetails } from '../pool/reports/events';
export type { ErrorCount } from '../stress/error-tally';
export type { Measure } from '../stress/measure';
export type { Peaks, PoolActivity } from '../stress/pool-watch';
export type { Sample } from '../stress/timeline';
export type { Connector, OnCancel } from '../pool/connector';
export type { ContextCarrier } from '../pool/rx/async-context';
export type { PoolStats } from '../pool/rx/stats';
export type { EvictReason } from '../pool/state/claim-and-slot';
export type { ConnectContext } from '../pool/connector';
export type { Outcome } from '../stress/outcome';
