import { samplesOf } from './exposition';
import type { LabelledPool, Line } from './exposition';
import { families } from './families';
import type { Family } from './families';

/** The part of a `Registry` of prom-client that is needed. */
export interface MetricRegistry {
  registerMetric(metric: unknown): void;
  removeSingleMetric(name: string): void;
}

/** A metric as prom-client 15 has them: its registry asks `get` for the values when it is scraped. */
interface PromClientMetric {
  /** prom-client removes `_total` from it when its registry writes OpenMetrics. */
  name: string;
  readonly help: string;
  readonly type: Family['type'];
  readonly aggregator: string;
  get(): Promise<object>;
  reset(): void;
}

/** Registers a metric for each family, or none: throws what the registry throws. The result removes them again. */
export function registerFamilies(
  registry: MetricRegistry,
  observe: () => readonly LabelledPool[],
  prefix: string,
  buckets: readonly number[],
): () => void {
  const observed = oncePerScrape(observe);
  const names: string[] = [];
  const unregister = (): void => names.forEach((name) => registry.removeSingleMetric(name));
  for (const family of families) {
    const name = prefix + family.name;
    try {
      registry.registerMetric(promClientMetric(family, name, (shown) => samplesOf(family, observed(), shown, buckets)));
    } catch (error) {
      unregister();
      throw error;
    }
    names.push(name);
  }
  return unregister;
}

/** prom-client asks for one metric after the other: one look at each pool is for all metrics of a scrape. */
function oncePerScrape(observe: () => readonly LabelledPool[]): () => readonly LabelledPool[] {
  let current: readonly LabelledPool[] | null = null;
  return () => {
    if (current === null) {
      current = observe();
      queueMicrotask(() => (current = null));
    }
    return current;
  };
}

/** The package itself is not imported: a user may have another copy of it, or none. An object, since the build would shorten names of a class. */
function promClientMetric(family: Family, name: string, linesOf: (name: string) => readonly Line[]): PromClientMetric {
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
