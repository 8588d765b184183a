import type { Observable } from 'rxjs';
import type { Clock } from '../pool/time/clock';
import type { WorkContext, WorkResult } from '../pool/rx/work';
import type { Arrivals } from './arrivals';
import type { LoadDescription } from './report';
import type { Threshold } from './thresholds';

/** The work with a connection, as for `pool.use`. `index` counts the operations from 0. */
export type LoadWork<C> = (connection: C, index: number, context: WorkContext) => WorkResult;

/** A load with all options resolved. Times in ms, `Infinity` for none. */
export interface Load<C> {
  readonly clock: Clock;
  readonly work: LoadWork<C>;
  /** Planned starts of the operations; null in the closed model, where each starts as soon as a worker is free. */
  readonly arrivals: Arrivals | null;
  /** The maximum number of operations in flight. */
  readonly workers: number;
  /** Operations in total. */
  readonly operations: number;
  /** No operation is planned for later than this. */
  readonly duration: number;
  /** Operations that are planned for earlier than this are not measured. */
  readonly warmup: number;
  /** Ends the load early when it emits or completes. */
  readonly until$: Observable<unknown>;
  /** How long operations in flight may take to end, once no more start. */
  readonly grace: number;
  /** The timeout with which the pool is destroyed at the end; null: it stays open. */
  readonly destroy: number | null;
  /** Between two reports. */
  readonly interval: number;
  readonly thresholds: readonly Threshold[];
  /** The label of the leases. */
  readonly label: string;
  readonly acquireTimeout: number | undefined;
  /**
   * `'everything'`: every snapshot and every event of the pool is observed, and its contract checked. `'operations'`: the stats are read only
   * when an operation starts, gets its connection, or ends. That is less than half the cost, for millions of operations in virtual time.
   */
  readonly watch: 'everything' | 'operations';
  readonly description: LoadDescription;
}
