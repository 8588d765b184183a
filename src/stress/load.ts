import type { Observable } from 'rxjs';
import type { Clock } from '../pool/time/clock';
import type { WorkContext, WorkResult } from '../pool/rx/work';
import type { Arrivals } from './arrivals';
import type { LoadDescription } from './report';
import type { Threshold } from './thresholds';

/** What is done with a connection: `index` counts the operations from 0. Returns what `pool.use` takes. */
export type LoadWork<C> = (connection: C, index: number, context: WorkContext) => WorkResult;

/** A load on a pool, with everything decided. Times in ms, `Infinity` for none. */
export interface Load<C> {
  readonly clock: Clock;
  readonly work: LoadWork<C>;
  /** When operations are planned to start; null in the closed model, where each starts as soon as a worker is free. */
  readonly arrivals: Arrivals | null;
  /** Operations under way at the most. */
  readonly workers: number;
  /** Operations in all. */
  readonly operations: number;
  /** No operation is planned for later than this. */
  readonly duration: number;
  /** What is planned for earlier than this is done, and not measured. */
  readonly warmup: number;
  /** Ends the load early when it emits or completes. */
  readonly until$: Observable<unknown>;
  /** How long what runs may take to end, once nothing more begins. */
  readonly grace: number;
  /** The pool is destroyed in the end, and what is lent gets so much time; null: it is left as it is. */
  readonly destroy: number | null;
  /** Between two reports. */
  readonly interval: number;
  readonly thresholds: readonly Threshold[];
  /** What the pool's holders see as the label of its leases. */
  readonly label: string;
  readonly acquireTimeout: number | undefined;
  /**
   * `'everything'`: every snapshot and every event of the pool is looked at, and its rules are checked. `'operations'`: only what it shows
   * when an operation begins, is lent a connection, or ends: less than half the cost, for millions of operations in virtual time.
   */
  readonly watch: 'everything' | 'operations';
  readonly description: LoadDescription;
}
