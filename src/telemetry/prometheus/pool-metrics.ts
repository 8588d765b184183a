import { diagnose } from '../../diagnosis/index';
import { poolIssues, PoolWatch } from '../../diagnosis/pool-watch';
import { textOf } from '../../diagnosis/texts';
import type { HttpRequest, HttpResponse } from '../../http/exchange';
import { handlerOf } from '../../http/handler';
import type { RequestHandler } from '../../http/handler';
import type { ConnectionPool } from '../../pool/connection-pool';
import { printable } from '../../pool/values/printable';
import { contentType, expositionOf, labelsText, samplesOf } from './exposition';
import type { LabelledPool, Labels } from './exposition';
import { families } from './families';
import { assertNoIssues, labelIssues, resolveMetricsOptions } from './options';
import type { PoolMetricsOptions } from './options';
import { promClientMetric } from './prom-client-metric';
import type { MetricRegistry } from './prom-client-metric';

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

  interface Member {
    readonly pool: ConnectionPool<unknown>;
    readonly watch: PoolWatch;
    readonly labels: Labels;
  }
  let members: readonly Member[] = [];
  const living = (): readonly Member[] => (members = members.filter(({ pool }) => pool.stats.state !== 'destroyed'));

  const memberOf = (pool: ConnectionPool<unknown>): Member => {
    const own = labels(pool);
    assertNoIssues(labelIssues(own));
    const watch = new PoolWatch(pool);
    const entries = Object.entries({ pool: watch.name, ...own });
    return { pool, watch, labels: Object.fromEntries(entries.map(([name, text]) => [name, valueOf(text)])) };
  };
  const add = (pool: ConnectionPool<unknown>): void => {
    assertNoIssues(poolIssues(pool));
    const member = memberOf(pool);
    const text = labelsText(member.labels);
    if (living().some((other) => labelsText(other.labels) === text)) {
      assertNoIssues([
        `two pools have the labels {${text}}, and would be one in Prometheus: give each a name of its own, or labels of its own`,
      ]);
    }
    members = [...members, member];
  };
  for (const pool of list as readonly ConnectionPool<unknown>[]) add(pool);

  const look = (): readonly LabelledPool[] =>
    living().map(({ watch, labels: own }) => {
      const at = watch.observe();
      return { labels: own, at: { ...at, condition: diagnose(at.facts).condition } };
    });
  const text = (): string => expositionOf(look(), prefix, buckets);

  const respond = ({ method }: HttpRequest): Promise<HttpResponse> => {
    if (method !== 'GET' && method !== 'HEAD') {
      return Promise.resolve(textResponse(405, 'Metrics can only be read: use GET or HEAD.\n', { Allow: 'GET, HEAD' }));
    }
    try {
      return Promise.resolve(textResponse(200, text(), { 'Content-Type': contentType }));
    } catch (error) {
      return Promise.resolve(textResponse(500, `The metrics cannot be read: ${textOf(String(error))}\n`));
    }
  };
  const register = (registry: MetricRegistry): (() => void) => {
    // prom-client asks for one metric after the other: one look at each pool is for all metrics of a scrape.
    let current: readonly LabelledPool[] | null = null;
    const lookOnce = (): readonly LabelledPool[] => {
      if (current === null) {
        current = look();
        queueMicrotask(() => (current = null));
      }
      return current;
    };
    const names: string[] = [];
    const unregister = (): void => names.forEach((name) => registry.removeSingleMetric(name));
    for (const family of families) {
      const name = prefix + family.name;
      try {
        registry.registerMetric(
          promClientMetric(family, name, (shown) => samplesOf(family, lookOnce(), shown, buckets)),
        );
      } catch (error) {
        unregister();
        throw error;
      }
      names.push(name);
    }
    return unregister;
  };
  return Object.assign(handlerOf(respond).handler, { text, contentType, add, register });
}

/** A name or a label as it is exposed: without credentials, and without characters that no label should have. */
const valueOf = (text: string): string => printable(textOf(text));

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
