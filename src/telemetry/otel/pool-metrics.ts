import { ValueType } from '@opentelemetry/api';
import type { Attributes, BatchObservableResult, Histogram, Meter, Observable } from '@opentelemetry/api';
import type { ConnectionPool } from '../../pool/connection-pool';
import type { PoolEvent } from '../../pool/reports/events';
import { connectionStates, poolAttributes, connectionMetrics, secondsBuckets, withPrefix } from './metric-names';
import type { MetricDescription } from './metric-names';

/** The metrics of one pool: counts are observed at each collection, durations are recorded as they end. */
export class PoolMetrics {
  private readonly createTime: Histogram;
  private readonly waitTime: Histogram;
  private readonly useTime: Histogram;
  private readonly observables: readonly Observable[];
  private readonly observe: (result: BatchObservableResult) => void;
  /** The last count of a pool that is not observed any more. */
  private timeouts = 0;

  constructor(
    private readonly meter: Meter,
    prefix: string,
    private readonly attributes: Attributes,
    private pool: ConnectionPool<unknown> | null,
    min: number,
  ) {
    const options = ({ unit, description }: MetricDescription) => ({ unit, description });
    const gauge = (metric: MetricDescription) =>
      meter.createObservableUpDownCounter(withPrefix(metric.name, prefix), {
        ...options(metric),
        valueType: ValueType.INT,
      });
    const histogram = (metric: MetricDescription) =>
      meter.createHistogram(withPrefix(metric.name, prefix), {
        ...options(metric),
        advice: { explicitBucketBoundaries: [...secondsBuckets] },
      });
    const count = gauge(connectionMetrics.count);
    const idleMax = gauge(connectionMetrics.idleMax);
    const idleMin = gauge(connectionMetrics.idleMin);
    const limit = gauge(connectionMetrics.limit);
    const max = gauge(connectionMetrics.max);
    const pending = gauge(connectionMetrics.pendingRequests);
    const timeouts = meter.createObservableCounter(withPrefix(connectionMetrics.timeouts.name, prefix), {
      ...options(connectionMetrics.timeouts),
      valueType: ValueType.INT,
    });
    this.createTime = histogram(connectionMetrics.createTime);
    this.waitTime = histogram(connectionMetrics.waitTime);
    this.useTime = histogram(connectionMetrics.useTime);
    this.observables = [count, idleMax, idleMin, limit, max, pending, timeouts];
    const state = withPrefix(poolAttributes.state, prefix);
    const idle = { ...attributes, [state]: connectionStates.idle };
    const used = { ...attributes, [state]: connectionStates.used };
    this.observe = (result) => {
      // One snapshot for all, so that they fit together.
      const stats = this.pool?.stats;
      result.observe(count, stats?.availableConnections ?? 0, idle);
      result.observe(count, stats?.inUseConnections ?? 0, used);
      result.observe(idleMax, stats?.maxConnections ?? 0, attributes);
      result.observe(idleMin, stats === undefined ? 0 : min, attributes);
      result.observe(limit, stats?.maxConnections ?? 0, attributes);
      result.observe(max, stats?.maxConnections ?? 0, attributes);
      result.observe(pending, stats?.pendingAcquires ?? 0, attributes);
      result.observe(timeouts, stats?.timeouts ?? this.timeouts, attributes);
      if (stats === undefined) this.removeLater();
    };
    meter.addBatchObservableCallback(this.observe, [...this.observables]);
  }

  /** `ofStream`: the event is about a lease of the pool's stream, which has no wait. */
  record(event: PoolEvent, ofStream: boolean): void {
    switch (event.type) {
      case 'opened':
        this.createTime.record(event.took / 1_000, this.attributes);
        break;
      case 'acquired':
        if (!ofStream) this.waitTime.record(event.waited / 1_000, this.attributes);
        break;
      case 'released':
      case 'discarded':
        this.useTime.record(event.held / 1_000, this.attributes);
    }
  }

  /**
   * The next collection is the last, with zeros: an SDK whose temporality is cumulative exports the last value for ever. Until then the meter keeps
   * these few objects, but not the pool.
   */
  end(): void {
    this.timeouts = this.pool?.stats.timeouts ?? 0;
    this.pool = null;
  }

  /** Not now: the SDK is calling the callbacks one after the other. */
  private removeLater(): void {
    void Promise.resolve().then(() => {
      this.meter.removeBatchObservableCallback(this.observe, [...this.observables]);
    });
  }
}
