import type { ConnectionPool } from '../pool/connection-pool';
import { timingsBetween } from '../pool/metrics/timings';
import type { PoolTimings } from '../pool/metrics/timings';
import type { PoolDetails } from '../pool/reports/pool-details';
import type { Holder } from '../pool/reports/holders';
import { internalsOf } from '../pool/rx/internals';
import type { PoolInternals } from '../pool/rx/internals';
import type { PoolStats } from '../pool/rx/stats';
import type { EvictReason } from '../pool/state/claim-and-slot';
import type { RejectReason } from '../pool/state/counters';
import { describeValue } from '../pool/values/describe';
import type { PoolFacts } from './facts';
import { causeOf, stackOf, textOf } from './texts';

/** In ms: the least time between two beginnings of windows, and the least length of a window, once the pool has been watched for so long. */
const spacing = 15_000;
const leastWindow = 30_000;
/** In ms: looks that are further apart do not show that a pool was saturated all the time between them. */
const maxLookGap = 2_000;
/** Fewer leases do not show how long work takes. */
const fewLeases = 10;
const manyLeases = 50;

interface Beginning {
  readonly stats: PoolStats;
  readonly timings: PoolTimings;
  readonly evicted: Readonly<Record<EvictReason, number>>;
  /** The number of abandoned leases so far. */
  readonly abandoned: number;
}

/** Whether it was made by `createPool`, by whichever copy of this version. */
export const isPool = (value: unknown): value is ConnectionPool<unknown> => internalsOf(value) !== undefined;

/** What is wrong with an argument that must be a pool; an empty list if nothing is. */
export const poolIssues = (value: unknown, name = 'the first argument'): string[] =>
  isPool(value) ? [] : [`${name} must be a pool made by createPool, but got ${describeValue(value)}`];

/** Everything that is known of a pool at a moment. Names and texts are masked in `facts` and in the name of `stats` alone. */
export interface Observation {
  readonly stats: PoolStats;
  readonly timings: PoolTimings;
  readonly holders: readonly Holder[];
  readonly details: PoolDetails;
  readonly rejected: Readonly<Record<RejectReason, number>>;
  readonly evicted: Readonly<Record<EvictReason, number>>;
  /** For `diagnose`: with what has changed since the beginning of the window. */
  readonly facts: PoolFacts;
}

/**
 * Observes a pool whenever `observe` is called, and keeps what `diagnose` compares with: a window of 30 to 45 s, or the time between two calls
 * where that is more. It subscribes to nothing, so a pool pays nothing between two calls.
 */
export class PoolWatch {
  readonly name: string;
  readonly core: PoolInternals<unknown>['core'];
  private readonly beginnings: Beginning[] = [];
  private saturatedSince = -1;
  private lastAt: number;

  constructor(private readonly pool: ConnectionPool<unknown>) {
    this.name = textOf(pool.name);
    this.core = internalsOf(pool)!.core;
    this.lastAt = this.now;
    const { evicted } = this.core.reasons;
    const { abandoned } = this.core.details();
    this.beginnings.push({
      stats: this.stats,
      timings: pool.timings(),
      evicted: { ...evicted },
      abandoned: abandoned.count,
    });
  }

  /** The date, by the pool's scheduler: snapshots have that of their last change only. */
  get now(): number {
    return this.core.clock.stamp();
  }

  /** The pool now. */
  get stats(): PoolStats {
    return { ...this.pool.stats, name: this.name, at: this.now };
  }

  observe(): Observation {
    const { pool, core } = this;
    const { stats } = this;
    const timings = pool.timings();
    const holders = pool.holders();
    const details = core.details();
    const rejected = { ...core.reasons.rejected };
    const evicted = { ...core.reasons.evicted };
    this.begin({ stats, timings, evicted, abandoned: details.abandoned.count });
    const facts = this.factsOf(stats, timings, holders, details, evicted);
    this.lastAt = stats.at;
    return { stats, timings, holders, details, rejected, evicted, facts };
  }

  /** This moment may be the beginning of a later window. */
  private begin(now: Beginning): void {
    const { beginnings } = this;
    const { at } = now.stats;
    if (at - beginnings.at(-1)!.stats.at >= spacing) beginnings.push(now);
    while (beginnings.length > 1 && at - beginnings[1]!.stats.at >= leastWindow) beginnings.shift();
  }

  private factsOf(
    stats: PoolStats,
    timings: PoolTimings,
    holders: readonly Holder[],
    details: PoolDetails,
    evicted: Record<EvictReason, number>,
  ): PoolFacts {
    const { stats: since, timings: before, evicted: evictedBefore, abandoned: abandonedBefore } = this.beginnings[0]!;
    const abandoned = details.abandoned.count - abandonedBefore;
    const recent = timingsBetween(before, timings);
    const checking = (phase: string): number =>
      details.connections.filter((connection) => connection.phase === phase).length;
    const { leakThreshold } = this.core.options;
    return {
      stats,
      since,
      holders: holders.map(masked),
      // Where hardly any lease has ended in the window, the times before it are what is usual.
      timings: recent.use.count < fewLeases ? { ...recent, use: timings.use } : recent,
      usualUse: before.use.count < manyLeases ? undefined : before.use.mean,
      saturatedFor: this.saturatedFor(stats, details),
      oldestWait: details.oldestWait,
      failure:
        details.attempts === 0
          ? undefined
          : {
              attempts: details.attempts,
              cause: causeOf(details.lastFailure),
              phase: details.failedPhase,
              nextConnectIn: details.nextConnectIn,
            },
      validating: checking('validating'),
      resetting: checking('resetting'),
      evicted: minus(evicted, evictedBefore),
      leaked: holders.filter(({ age }) => age >= leakThreshold).map(({ connection }) => connection),
      abandoned:
        abandoned === 0 ? undefined : { count: abandoned, last: details.abandoned.last.slice(-abandoned).map(masked) },
    };
  }

  private saturatedFor({ at, ...stats }: PoolStats, { oldestWait }: PoolDetails): number {
    const isFull = stats.pendingAcquires > 0 && stats.activeLeases >= stats.leaseCapacity;
    if (!isFull) this.saturatedSince = -1;
    else if (at - this.lastAt > maxLookGap) this.saturatedSince = at - oldestWait;
    else if (this.saturatedSince < 0) this.saturatedSince = this.lastAt;
    return isFull ? at - this.saturatedSince : 0;
  }
}

const masked = (holder: Holder): Holder => ({
  ...holder,
  ...(holder.label === undefined ? {} : { label: textOf(holder.label) }),
  ...(holder.stack === undefined ? {} : { stack: stackOf(holder.stack) }),
});

function minus(now: Readonly<Record<EvictReason, number>>, before: typeof now): PoolFacts['evicted'] {
  const entries = Object.entries(now) as [EvictReason, number][];
  return Object.fromEntries(entries.map(([reason, times]) => [reason, times - before[reason]]));
}
