import type { Line } from './exposition';
import type { Family } from './families';

/** The part of a `Registry` of prom-client that is needed. */
export interface MetricRegistry {
  registerMetric(metric: unknown): void;
  removeSingleMetric(name: string): void;
}

/** A metric as prom-client 15 has them: its registry asks `get` for the values when it is scraped. */
export interface PromClientMetric {
  /** prom-client removes `_total` from it when its registry writes OpenMetrics. */
  name: string;
  readonly help: string;
  readonly type: Family['type'];
  readonly aggregator: string;
  get(): Promise<object>;
  reset(): void;
}

/** The package itself is not imported: a user may have another copy of it, or none. An object, since the build would shorten names of a class. */
export function promClientMetric(
  family: Family,
  name: string,
  linesOf: (name: string) => readonly Line[],
): PromClientMetric {
  const { help, type } = family;
  const aggregator = (family.type === 'histogram' ? undefined : family.aggregator) ?? 'sum';
  const metric: PromClientMetric = {
    name,
    help,
    type,
    aggregator,
    get: () => {
      const values = linesOf(metric.name).map(({ metricName, labels, value }) =>
        // Without a name of its own, prom-client writes that of the metric, which depends on the format.
        type === 'histogram' ? { metricName, labels, value } : { labels, value },
      );
      return Promise.resolve({ name: metric.name, help, type, aggregator, values });
    },
    // The counters are those of the pools, and cannot be set back.
    reset: () => undefined,
  };
  return metric;
}
