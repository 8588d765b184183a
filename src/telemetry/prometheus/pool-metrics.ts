import { poolIssues } from '../../diagnosis/pool-watch';
import { textOf } from '../../diagnosis/texts';
import type { HttpRequest, HttpResponse } from '../../http/exchange';
import { handlerOf } from '../../http/handler';
import type { RequestHandler } from '../../http/handler';
import type { ConnectionPool } from '../../pool/connection-pool';
import { contentType, expositionOf } from './exposition';
import { assertNoIssues, resolveMetricsOptions } from './options';
import type { PoolMetricsOptions } from './options';
import { registerFamilies } from './prom-client-metric';
import type { MetricRegistry } from './prom-client-metric';
import { ScrapedPools } from './scraped-pools';

/** The metrics of some pools, and the request handler of the endpoint that Prometheus scrapes. Answers GET and HEAD, at any path. */
export interface PoolMetrics extends RequestHandler {
  /** The metrics of the pools that are not destroyed, in Prometheus's text format (version 0.0.4). */
  text(): string;
  /** The `Content-Type` of `text()`. */
  readonly contentType: string;
  /**
   * Adds a pool. Throws an `InvalidConfigError` if it is no pool, or if a pool that is not destroyed has the same name and labels already.
   */
  add(pool: ConnectionPool<unknown>): void;
  /**
   * Adds these metrics to a `Registry` of prom-client 15, beside those of the process; the result removes them again. Throws what the registry
   * throws if it has a metric of such a name.
   *
   * ```ts
   * import { collectDefaultMetrics, register } from 'prom-client';
   * collectDefaultMetrics();
   * poolMetrics(pool).register(register);
   * ```
   */
  register(registry: MetricRegistry): () => void;
}

/**
 * Metrics of one pool, or several, for Prometheus: gauges, counters by reason, and histograms of waits, uses and connects in seconds, each with
 * the label `pool`. The pools are looked at when they are scraped, and pay nothing in between. A destroyed pool disappears.
 *
 * ```ts
 * const metrics = poolMetrics([orders, users], { labels: { service: 'shop' } });
 * app.get('/metrics', metrics);                                            // Express
 * createServer((request, response) => metrics(request, response));         // node:http
 * fastify.get('/metrics', (request, reply) => metrics(request, reply));    // Fastify
 * ```
 *
 * Throws an `InvalidConfigError` that names every problem, such as two pools of one name.
 */
export function poolMetrics(
  pools: ConnectionPool<unknown> | readonly ConnectionPool<unknown>[],
  options: PoolMetricsOptions = {},
): PoolMetrics {
  const issues: string[] = [];
  const { prefix, labels, buckets } = resolveMetricsOptions(options, issues);
  const list: readonly unknown[] = Array.isArray(pools) ? pools : [pools];
  list.forEach((pool, i) => issues.push(...poolIssues(pool, Array.isArray(pools) ? `pools[${i}]` : undefined)));
  assertNoIssues(issues);
  const scraped = new ScrapedPools(labels);
  for (const pool of list as readonly ConnectionPool<unknown>[]) scraped.add(pool);

  const text = (): string => expositionOf(scraped.observe(), prefix, buckets);
  return Object.assign(handlerOf((request) => Promise.resolve(scrapeResponse(request, text))).handler, {
    text,
    contentType,
    add: (pool: ConnectionPool<unknown>) => scraped.add(pool),
    register: (registry: MetricRegistry) => registerFamilies(registry, () => scraped.observe(), prefix, buckets),
  });
}

function scrapeResponse({ method }: HttpRequest, text: () => string): HttpResponse {
  if (method !== 'GET' && method !== 'HEAD') {
    return textResponse(405, 'Metrics can only be read: use GET or HEAD.\n', { Allow: 'GET, HEAD' });
  }
  try {
    return textResponse(200, text(), { 'Content-Type': contentType });
  } catch (error) {
    return textResponse(500, `The metrics cannot be read: ${textOf(String(error))}\n`);
  }
}

const textResponse = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): HttpResponse => ({
  status,
  headers: {
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  },
  body,
});
