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
