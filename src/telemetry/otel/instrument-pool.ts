import type { ConnectionPool } from '../../pool/connection-pool';
import type { Tracer } from '../../pool/reports/tracer';
import type { PoolEvent } from '../../pool/reports/events';
import { internalsOf } from '../../pool/rx/internals';
import type { Claim, Slot, Subject } from '../../pool/state/claim-and-slot';
import { poolAttributes, semanticConventionsVersion, withPrefix } from './metric-names';
import { resolveInstrumentation } from './options';
import type { InstrumentationOptions, ResolvedInstrumentation } from './options';
import { PoolMetrics } from './pool-metrics';
import { PoolSpans } from './pool-spans';

/** What `instrumentPool` returns: a subscription. */
export interface PoolInstrumentation {
  /** Whether it has ended: by `unsubscribe`, or because the pool is destroyed. */
  readonly closed: boolean;
  /** Ends the metrics and the open spans of the pool. */
  unsubscribe(): void;
}

const scope = 'rxjs-connection-pool';
const schemaUrl = `https://opentelemetry.io/schemas/${semanticConventionsVersion}`;

/**
 * Emits metrics and spans of a pool by OpenTelemetry, until it is unsubscribed or the pool is destroyed.
 *
 * - Metrics: the `db.client.connection.*` of the semantic conventions, with the attribute `db.client.connection.pool.name`. Pools of one process
 *   need different names, or different `attributes`.
 * - Spans `acquire NAME`, for callers that wait or are rejected, inside the caller's span. A caller that is served at once has none. An acquire that
 *   times out or is rejected has the status `ERROR`.
 * - Spans `connect NAME`, without a parent; the connector runs inside. The acquire that waited for the connection has a link to it.
 *
 * ```ts
 * const instrumentation = instrumentPool(pool, { attributes: { 'db.system.name': 'postgresql' } });
 * ```
 *
 * Throws an `InvalidConfigError` for an argument that is no pool, and for invalid options.
 */
export function instrumentPool<C>(pool: ConnectionPool<C>, options: InstrumentationOptions = {}): PoolInstrumentation {
  return new Instrumentation(pool, resolveInstrumentation(pool, options));
}

class Instrumentation implements PoolInstrumentation, Tracer {
  closed = false;
  private readonly metrics: PoolMetrics;
  private readonly spans: PoolSpans;
  private readonly stop: () => void;

  constructor(
    pool: ConnectionPool<unknown>,
    { meterProvider, tracerProvider, attributes: given, prefix }: ResolvedInstrumentation,
  ) {
    const { core } = internalsOf(pool)!;
    const attributes = { [withPrefix(poolAttributes.poolName, prefix)]: pool.name, ...given };
    const meter = meterProvider.getMeter(scope, undefined, { schemaUrl });
    this.metrics = new PoolMetrics(meter, prefix, attributes, pool, core.options.min);
    this.spans = new PoolSpans(tracerProvider.getTracer(scope, undefined, { schemaUrl }), pool.name, attributes);
    this.stop = core.addTracer(this);
    if (core.state === 'destroyed') this.unsubscribe();
  }

  unsubscribe(): void {
    if (this.closed) return;
    this.closed = true;
    this.stop();
    this.metrics.end();
    this.spans.end();
  }

  // ---------------------------------------------------------------- called by the pool

  acquireBegins(claim: Claim<unknown>): void {
    this.spans.acquireBegins(claim);
  }

  acquireWaits(claim: Claim<unknown>): void {
    this.spans.acquireWaits(claim);
  }

  connectBegins(slot: Slot<unknown>, connect: () => void): void {
    this.spans.connectBegins(slot, connect);
  }

  connectAbandoned(slot: Slot<unknown>): void {
    this.spans.connectAbandoned(slot);
  }

  happened(event: PoolEvent, subject: Subject | null): void {
    this.metrics.record(event, (subject as Claim<unknown> | null)?.isStream === true);
    this.spans.happened(event, subject);
    if (event.type === 'destroyed') this.unsubscribe();
  }
}
