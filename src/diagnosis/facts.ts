import type { Histogram } from '../pool/metrics/histogram';
import type { EvictReason } from '../pool/state/claim-and-slot';
import type { Holder } from '../pool/reports/holders';
import type { PoolStats } from '../pool/rx/stats';

/** How long things took in a window of time, as `pool.timings({ since })` reports it. */
export interface WindowTimings {
  readonly wait: Histogram;
  readonly use: Histogram;
  readonly open: Histogram;
}

/** The last connect that failed, as far as it is known. */
export interface ConnectFailure {
  /** Connects that failed in a row. */
  readonly attempts: number;
  /** What the last one failed with, in words. */
  readonly cause: string;
  /** What failed: the connect, or the first validation. Default `'open'`. */
  readonly phase?: 'open' | 'validate' | undefined;
  /** In ms: when the next connect begins. */
  readonly nextConnectIn?: number | undefined;
}

/**
 * What is known of a pool, for {@link diagnose}. Only `stats` is needed: `diagnose({ stats: pool.stats, holders: pool.holders() })`. Each
 * further fact makes the answer more precise. Times in ms.
 */
export interface PoolFacts {
  /** The pool now. */
  readonly stats: PoolStats;
  /** The pool at the beginning of the window: what has changed since is what the rates are made of. */
  readonly since?: PoolStats | undefined;
  /** The leases that are held, longest first, as `pool.holders()` returns them. */
  readonly holders?: readonly Holder[] | undefined;
  /** How long things took in the window. */
  readonly timings?: WindowTimings | undefined;
  /** How long leases were held on average before the window: what is slow is measured against it. */
  readonly usualUse?: number | undefined;
  /** For how long every lease has been lent while callers waited. */
  readonly saturatedFor?: number | undefined;
  /** How long the first caller in the queue has waited. */
  readonly oldestWait?: number | undefined;
  readonly failure?: ConnectFailure | undefined;
  /** Connections of those in use that are being validated, and reset. */
  readonly validating?: number | undefined;
  readonly resetting?: number | undefined;
  /** Connections that were closed in the window, by reason. */
  readonly evicted?: Readonly<Partial<Record<EvictReason, number>>> | undefined;
  /** The numbers of the connections whose leases were reported by a `leaked` event and are still held. */
  readonly leaked?: readonly number[] | undefined;
  /** The leases that were garbage-collected in the window without a release: their number, and the last of them. */
  readonly abandoned?: { readonly count: number; readonly last: readonly Holder[] } | undefined;
}

/** What a pool suffers from. */
export type PoolCondition =
  | 'healthy'
  | 'draining'
  | 'destroyed'
  | 'dead-target'
  | 'leak'
  | 'overload'
  | 'slow-checks'
  | 'slow-work'
  | 'slow-connects'
  | 'too-small'
  | 'reconnecting'
  | 'failing-work';

/** The state of a pool in a sentence, and what to do. */
export interface Diagnosis {
  readonly condition: PoolCondition;
  /** `'ok'`: nothing to do. `'notice'`: to know. `'warning'`: callers are slowed down. `'critical'`: callers fail, or soon will. */
  readonly severity: 'ok' | 'notice' | 'warning' | 'critical';
  /** What is the matter, with numbers. */
  readonly sentence: string;
  /** The next step; empty where there is none. */
  readonly advice: string;
}
