import { diagnose } from '../../diagnosis/index';
import type { Diagnosis, PoolFacts } from '../../diagnosis/index';
import { Findings } from '../../diagnosis/findings';
import { poolIssues, PoolWatch } from '../../diagnosis/pool-watch';
import type { ConnectionPool } from '../../pool/connection-pool';
import { InvalidConfigError } from '../../pool/errors';

/**
 * `'up'`: callers are served. `'degraded'`: callers are served, but slowly, or some fail; or a connection leaks. `'down'`: no caller can be
 * served: no connection can be opened, every lease is leaked, or the pool is being destroyed.
 */
export type PoolStatus = 'up' | 'degraded' | 'down';

/** The state of a pool, for a health check. */
export interface PoolHealth {
  readonly status: PoolStatus;
  /** The diagnosis in words, and the numbers behind it. Plain JSON, without credentials. */
  readonly details: {
    readonly pool: string;
    readonly condition: Diagnosis['condition'];
    readonly severity: Diagnosis['severity'];
    readonly sentence: string;
    readonly advice: string;
    readonly maxConnections: number;
    readonly totalConnections: number;
    readonly inUseConnections: number;
    readonly pendingAcquires: number;
  };
}

const watches = new WeakMap<object, PoolWatch>();

/**
 * Whether a pool can serve its callers, for a readiness probe: by the same rule as the sentence of the dashboard. `status` is `'down'` only if
 * no caller can be served; a pool that is slow, or too small, is `'degraded'`, and should keep its traffic.
 *
 * Each call looks at the pool and keeps what the next calls compare with (30 to 45 s, or the time between two calls if that is longer). The
 * first call sees the present only: a dead target and a long leak, but no rates. Between two calls a pool pays nothing.
 *
 * ```ts
 * app.get('/ready', (request, response) => {
 *   const { status, details } = poolHealth(pool);
 *   response.status(status === 'down' ? 503 : 200).json({ status, details });
 * });
 * ```
 *
 * Throws an `InvalidConfigError` unless `pool` was made by `createPool`.
 */
export function poolHealth(pool: ConnectionPool<unknown>): PoolHealth {
  const issues = poolIssues(pool);
  if (issues.length > 0) throw new InvalidConfigError('health', 'The health of a pool cannot be checked', issues);
  let watch = watches.get(pool);
  if (watch === undefined) watches.set(pool, (watch = new PoolWatch(pool)));
  const { facts, stats } = watch.observe();
  const { condition, severity, sentence, advice } = diagnose(facts);
  const { maxConnections, totalConnections, inUseConnections, pendingAcquires } = stats;
  return {
    status: servesNoCaller(condition, facts)
      ? 'down'
      : severity === 'critical' || severity === 'warning'
        ? 'degraded'
        : 'up',
    details: {
      pool: watch.name,
      condition,
      severity,
      sentence,
      advice,
      maxConnections,
      totalConnections,
      inUseConnections,
      pendingAcquires,
    },
  };
}

/** Whether traffic that goes elsewhere is better served. For a pool that is only slow it is not: the other instances would become slow, too. */
function servesNoCaller(condition: Diagnosis['condition'], facts: PoolFacts): boolean {
  const { stats } = facts;
  if (condition === 'dead-target') return stats.totalConnections === 0;
  if (condition === 'leak') return new Findings(facts).forgotten.length >= stats.leaseCapacity;
  return condition === 'draining' || condition === 'destroyed';
}
