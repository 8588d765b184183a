import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import fastify from 'fastify';
import helmet from 'helmet';
import { Registry, AggregatorRegistry } from 'prom-client';
import { concat, NEVER, of, throwError, timer } from 'rxjs';
import { createPool } from '../../src/index';
import { poolMetrics } from '../../src/telemetry/prometheus/index';
import { marbles } from '../helpers/marbles';
import { peer } from '../helpers/peers';
import { typesOf, valuesOf } from './exposition';

const ignored = (): undefined => undefined;
const connect = () => concat(of('c'), NEVER);
/** Its types leave the argument of the constructor out. */
function openMetricsRegistry(): Registry {
  const registry = new Registry();
  (registry as Registry<any>).setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return registry;
}
const poolOf = (name = 'db') => createPool({ name, max: 2, connect });

describe('metrics for Prometheus', () => {
  it('are the stats, the counters by reason and the timings of a pool', () =>
    marbles(({ at }) => {
      const pool = createPool({
        name: 'db',
        max: 2,
        connect: () => concat(timer(100), NEVER),
        acquireTimeout: 1_000,
        maxPending: 2,
        breaker: false,
        idleTimeout: 60_000,
      });
      const metrics = poolMetrics(pool);
      for (const ms of [400, 2_000, 2_000, 2_000]) pool.use(() => timer(ms)).subscribe({ error: ignored });
      pool.use(() => NEVER).subscribe({ error: ignored });
      at(3_000, () => {
        const values = valuesOf(metrics.text());
        const { acquired, released, timeouts, rejected } = pool.stats;
        expect([acquired, released, timeouts, rejected]).toEqual([3, 3, 1, 1]);
        expect(values).toEqual(
          jasmine.objectContaining({
            'connection_pool_connections{pool="db",state="idle"}': 2,
            'connection_pool_connections{pool="db",state="in_use"}': 0,
            'connection_pool_max_connections{pool="db"}': 2,
            'connection_pool_acquired_total{pool="db"}': 3,
            'connection_pool_operations_total{pool="db",outcome="succeeded"}': 3,
            'connection_pool_failed_acquires_total{pool="db",reason="timeout"}': 1,
            'connection_pool_failed_acquires_total{pool="db",reason="queue-full"}': 1,
            'connection_pool_failed_acquires_total{pool="db",reason="overload"}': 0,
            'connection_pool_connections_opened_total{pool="db"}': 2,
            'connection_pool_breaker_state{pool="db",state="closed"}': 1,
            // Waits of 100, 100 and 500 ms; one that failed after a second, and one at once.
            'connection_pool_wait_seconds_bucket{pool="db",le="0.05"}': 0,
            'connection_pool_wait_seconds_bucket{pool="db",le="0.1"}': 2,
            'connection_pool_wait_seconds_bucket{pool="db",le="0.5"}': 3,
            'connection_pool_wait_seconds_bucket{pool="db",le="+Inf"}': 3,
            'connection_pool_wait_seconds_count{pool="db"}': 3,
            'connection_pool_wait_seconds_sum{pool="db"}': 0.7,
            'connection_pool_failed_wait_seconds_count{pool="db"}': 2,
            'connection_pool_use_seconds_sum{pool="db"}': 4.4,
            'connection_pool_open_seconds_bucket{pool="db",le="0.1"}': 2,
          }),
        );
      });
      at(100_000, () => {
        const values = valuesOf(metrics.text());
        expect(values['connection_pool_connections_closed_total{pool="db",reason="idle"}']).toBe(2);
        expect(values['connection_pool_connections_closed_total{pool="db",reason="lost"}']).toBe(0);
        expect(values['connection_pool_connections{pool="db",state="idle"}']).toBe(0);
      });
    }));

  it('count each rejection by its reason', () =>
    marbles(({ at }) => {
      const down = createPool({ name: 'down', max: 1, connect: () => throwError(() => new Error('ECONNREFUSED')) });
      const ending = createPool({ name: 'ending', max: 1, connect });
      const metrics = poolMetrics([down, ending]);
      for (let i = 0; i < 5; i++) down.acquire().subscribe({ error: ignored });
      ending.use(() => NEVER).subscribe({ error: ignored });
      for (let i = 0; i < 3; i++) ending.acquire().subscribe({ error: ignored });
      void ending.destroy();
      at(5_000, () => {
        const values = valuesOf(metrics.text());
        const rejectedOf = (name: string) =>
          ['queue-full', 'overload', 'target-down', 'destroyed'].map(
            (reason) => values[`connection_pool_failed_acquires_total{pool="${name}",reason="${reason}"}`],
          );
        expect(rejectedOf('down')).toEqual([0, 0, down.stats.rejected, 0]);
        expect(down.stats.rejected).toBe(5);
        expect(rejectedOf('ending')).toEqual([0, 0, 0, 3]);
        expect(values['connection_pool_condition{pool="down",condition="dead-target"}']).toBe(1);
        expect(values['connection_pool_condition{pool="ending",condition="draining"}']).toBe(1);
        expect(values['connection_pool_condition{pool="ending",condition="healthy"}']).toBe(0);
      });
    }));

  it('show how long the first caller waits, the oldest lease, and the target', () =>
    marbles(({ at }) => {
      const pool = createPool({ name: 'db', max: 1, connect });
      const metrics = poolMetrics(pool);
      at(1_000, () => pool.use(() => NEVER).subscribe({ error: ignored }));
      at(3_000, () => pool.use(() => NEVER).subscribe({ error: ignored }));
      at(4_500, () => {
        const values = valuesOf(metrics.text());
        expect(values['connection_pool_longest_lease_seconds{pool="db"}']).toBe(3.5);
        expect(values['connection_pool_oldest_wait_seconds{pool="db"}']).toBe(1.5);
        expect(values['connection_pool_pending_acquires{pool="db"}']).toBe(1);
        expect(values['connection_pool_condition{pool="db",condition="too-small"}']).toBe(1);
      });
    }));

  it('never fall: neither counters, nor buckets, nor sums', () =>
    marbles(({ at }) => {
      const pool = createPool({ name: 'db', max: 3, connect: () => concat(timer(3), NEVER) });
      const metrics = poolMetrics(pool);
      // After these all uses last 0 ms and leave the sum as it is: a sum computed from the mean falls by a rounding error then.
      for (let n = 0; n < 40; n++) pool.use(() => timer((n * 0.37) % 11)).subscribe();
      const work = timer(50, 1).subscribe(() => pool.use(() => of(1)).subscribe());
      let before: Record<string, number> = {};
      let looks = 0;
      const looking = timer(1, 5).subscribe(() => {
        const values = valuesOf(metrics.text());
        const fallen = Object.keys(before).filter(
          (key) => /_(total|bucket|sum|count)\{/.test(key) && values[key]! < before[key]!,
        );
        if (fallen.length > 0 || ++looks === 300) expect(fallen).toEqual([]);
        before = values;
      });
      at(1_600, () => {
        work.unsubscribe();
        looking.unsubscribe();
        expect(looks).toBeGreaterThanOrEqual(300);
      });
    }));

  it('have buckets that grow up to the count, for any bounds', () =>
    marbles(({ at }) => {
      const pool = createPool({ name: 'db', max: 4, connect });
      const metrics = poolMetrics(pool, { buckets: [0.001, 0.0015, 0.004, 0.0041, 1, 20] });
      for (let i = 0; i < 200; i++) pool.use(() => timer((i * i) % 9)).subscribe();
      at(2_000, () => {
        const values = valuesOf(metrics.text());
        for (const what of ['wait', 'use', 'open', 'failed_wait']) {
          const counts = Object.keys(values)
            .filter((key) => key.startsWith(`connection_pool_${what}_seconds_bucket`))
            .map((key) => values[key]!);
          expect(counts.length).toBe(7);
          expect(counts).toEqual([...counts].sort((a, b) => a - b));
          expect(counts.at(-1)).toBe(values[`connection_pool_${what}_seconds_count{pool="db"}`]);
        }
        expect(values['connection_pool_wait_seconds_bucket{pool="db",le="+Inf"}']).toBe(200);
      });
    }));

  it('have HELP and TYPE once, a prefix, and labels of the pool and of the user', () => {
    const pools = ['orders', 'users'].map(poolOf);
    const text = poolMetrics(pools, {
      prefix: 'shop_pool_',
      labels: (pool) => ({ tier: pool.name === 'orders' ? 'gold' : 'basic' }),
    }).text();
    const names = [...text.matchAll(/^# (?:HELP|TYPE) (\S+)/gm)].map(([line]) => line);
    expect(new Set(names).size).toBe(names.length);
    expect(Object.keys(typesOf(text)).every((name) => name.startsWith('shop_pool_'))).toBeTrue();
    expect(text).toContain('shop_pool_max_connections{pool="orders",tier="gold"} 2\n');
    expect(text).toContain('shop_pool_max_connections{pool="users",tier="basic"} 2\n');
    expect(text.endsWith('\n')).toBeTrue();
  });

  it('show names and labels without credentials and control characters, and escape the rest', () => {
    const text = poolMetrics(poolOf('redis://:hunter2@cache "x" \\ \n\u0000\u202e\ud800'), {
      labels: { note: 'a"b\\c\nd\rpassword=s3cr3t' },
    }).text();
    expect(text).toContain(
      String.raw`{pool="redis://***@cache \"x\" \\ \\n\\u0000\\u202e\\ud800",note="a\"b\\c\\nd\\rpassword=***"} 2`,
    );
    expect(text).not.toMatch(/hunter2|s3cr3t/);
    expect(Object.keys(valuesOf(text)).length).toBeGreaterThan(100);
  });

  it('lose a pool when it is destroyed, and take another of its name then', async () => {
    const pool = poolOf();
    const metrics = poolMetrics([pool, poolOf('other')]);
    expect(() => metrics.add(poolOf())).toThrowError(
      /two pools have the labels \{pool="db"\}.*give each a name of its own/,
    );
    await pool.destroy();
    expect(metrics.text()).not.toContain('pool="db"');
    expect(metrics.text()).toContain('pool="other"');
    metrics.add(poolOf());
    expect(metrics.text()).toContain('connection_pool_max_connections{pool="db"} 2\n');
  });

  it('refuse what cannot be exposed, and name all of it', () => {
    const labels = { pool: 'x', 'not-a-name': 'y', __reserved: 'z', number: 5 };
    expect(() =>
      poolMetrics([{}] as never, { prefix: '9', buckets: [2, 1], labels, lables: {} } as never),
    ).toThrowError(/pools\[0\] must be a pool[^]*prefix must be|prefix must be[^]*pools\[0\]/);
    for (const [options, message] of [
      [{ prefix: '9' }, /prefix must be the beginning of a metric's name/],
      [{ buckets: [2, 1] }, /buckets must be 1 to 100 ascending numbers of seconds/],
      [{ buckets: [Infinity] }, /buckets must be/],
      [{ labels: { pool: 'x' } }, /the label pool belongs to the metrics themselves/],
      [{ labels: { le: 'x' } }, /the label le belongs/],
      [{ labels: { 'not-a-name': 'y' } }, /the label "not-a-name" must have a name of letters/],
      [{ labels: { number: 5 } }, /the label number must be a text, but got 5/],
      [{ labels: () => ({ __x: 'y' }) }, /begins with neither a digit nor __/],
      [{ lables: {} }, /lables is not an option.*Did you mean `labels`/],
    ] as const) {
      expect(() => poolMetrics(poolOf(), options as never)).toThrowError(message);
    }
    expect(() => poolMetrics([poolOf(), poolOf()])).toThrowError(/two pools have the labels \{pool="db"\}/);
    expect(() => poolMetrics([poolOf('a://x:1@y'), poolOf('a://x:2@y')])).toThrowError(/two pools have the labels/);
  });

  describe('as an endpoint', () => {
    const metrics = poolMetrics(poolOf());

    async function expectMetricsAt(url: string): Promise<void> {
      const response = await fetch(url);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, metrics.contentType]);
      expect(await response.text()).toContain('connection_pool_max_connections{pool="db"} 2\n');
      const post = await fetch(url, { method: 'POST' });
      expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
      const head = await fetch(url, { method: 'HEAD' });
      expect([head.status, await head.text()]).toEqual([200, '']);
    }

    it('answers in node:http', async () => {
      const server = createServer((request, response) => metrics(request, response)).listen(0, '127.0.0.1');
      await once(server, 'listening');
      await expectMetricsAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`);
      server.close();
    });

    it('answers in Express, behind helmet', async () => {
      const server = express().use(helmet()).use('/metrics', metrics).listen(0, '127.0.0.1');
      await once(server, 'listening');
      await expectMetricsAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`);
      server.close();
    });

    it('answers in Fastify', async () => {
      const app = fastify();
      app.all('/metrics', (request, reply) => metrics(request, reply));
      await expectMetricsAt(`${await app.listen({ port: 0, host: '127.0.0.1' })}/metrics`);
      await app.close();
    });

    it('answers a Request with a Response', async () => {
      const response = await metrics(new Request('http://localhost/metrics'));
      expect(response.headers.get('content-type')).toBe(metrics.contentType);
      expect(await response.text()).toBe(metrics.text());
      expect((await metrics(new Request('http://localhost/metrics', { method: 'DELETE' }))).status).toBe(405);
    });
  });

  describe('in a registry of prom-client', () => {
    it('are the same values, and go again', async () => {
      const registry = new Registry();
      const metrics = poolMetrics([poolOf('orders'), poolOf('a "b" \\')], { labels: { team: 'x' } });
      const unregister = metrics.register(registry);
      expect(valuesOf(await registry.metrics())).toEqual(valuesOf(metrics.text()));
      expect(typesOf(await registry.metrics())).toEqual(typesOf(metrics.text()));
      unregister();
      expect((await registry.metrics()).trim()).toBe('');
    });

    it('leave nothing behind when a name is taken', async () => {
      const registry = new Registry();
      poolMetrics(poolOf(), { prefix: 'x_' }).register(registry);
      const before = await registry.metrics();
      registry.removeSingleMetric('x_connections');
      expect(() => poolMetrics(poolOf(), { prefix: 'x_' }).register(registry)).toThrowError(
        /x_max_connections has already been registered/,
      );
      expect(registry.getSingleMetric('x_connections')).toBeUndefined();
      expect(registry.getSingleMetric('x_leases')).toBeDefined();
      expect(before).toContain('x_connections');
    });

    it('are counters with one _total in OpenMetrics, too', async () => {
      const registry = openMetricsRegistry();
      poolMetrics(poolOf()).register(registry);
      for (let i = 0; i < 2; i++) {
        const text = await registry.metrics();
        expect(text).toContain(
          '# TYPE connection_pool_acquired counter\nconnection_pool_acquired_total{pool="db"} 0\n',
        );
        expect(text).not.toContain('_total_total');
      }
    });

    it('are added up over the processes of a cluster, but for those whose maximum counts', async () => {
      const registries = await Promise.all(
        [1, 2].map(async () => {
          const registry = new Registry();
          const pool = createPool({ name: 'db', max: 2, connect });
          pool.use(() => NEVER).subscribe();
          poolMetrics(pool).register(registry);
          await sleep(10);
          return registry.getMetricsAsJSON();
        }),
      );
      const text = await AggregatorRegistry.aggregate(registries).metrics();
      const longest = /connection_pool_longest_lease_seconds\{pool="db"\} (\S+)/.exec(text)![1];
      expect(text).toContain('connection_pool_leases{pool="db"} 2\n');
      expect(text).toContain('connection_pool_acquired_total{pool="db"} 2\n');
      const each = registries.map(
        (all) => (all as any[]).find(({ name }) => name.endsWith('longest_lease_seconds')).values[0].value as number,
      );
      expect(Math.min(...each)).toBeGreaterThan(0);
      expect(Number(longest)).toBe(Math.max(...each));
    });
  });

  describe('before promtool', () => {
    const promtool = peer('promtool');
    const complaintsOf = (input: string) => {
      const { status, stdout, stderr } = spawnSync(promtool, ['check', 'metrics'], { input, encoding: 'utf8' });
      return { status, said: stdout + stderr };
    };

    it('are valid, whatever the names are', () => {
      const names = [
        'db',
        'a"b',
        'back\\slash',
        'line\nbreak',
        '{}=,',
        'ü→😀',
        '\u0000\u001b[31m\ud800',
        'x'.repeat(5_000),
      ];
      const pools = names.map((name) =>
        createPool({
          name,
          max: 2,
          connect: () =>
            concat(
              timer(0),
              throwError(() => new Error(name)),
            ),
        }),
      );
      for (const pool of pools) pool.use(() => of(1)).subscribe({ error: ignored });
      expect(complaintsOf(poolMetrics(pools, { labels: { owner: 'me "and" \\ you' } }).text())).toEqual({
        status: 0,
        said: '',
      });
    });

    it('would not be if they were not', () => {
      const text = poolMetrics(poolOf()).text();
      for (const wrong of [
        text.replaceAll('acquired_total', 'acquired'),
        text.replaceAll('pool="db"', 'pool="d"b"'),
        text + text,
      ]) {
        expect(complaintsOf(wrong).status).not.toBe(0);
      }
    });
  });
});
