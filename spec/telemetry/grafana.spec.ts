import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concat, NEVER, of } from 'rxjs';
import { createPool } from '../../src/index';
import { connectionMetrics as otelMetrics, poolAttributes } from '../../src/telemetry/otel/metric-names';
import type { MetricDescription } from '../../src/telemetry/otel/metric-names';
import { poolMetrics } from '../../src/telemetry/prometheus/index';
import { peer } from '../helpers/peers';
import { typesOf, valuesOf } from './exposition';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly targets?: readonly { readonly expr: string }[];
}
interface GrafanaDashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: string }[] };
}

const script = new URL('../../scripts/grafana.mjs', import.meta.url).href;
const { dashboards } = (await import(script)) as { dashboards: () => Record<string, GrafanaDashboard> };
const built = JSON.parse(JSON.stringify(dashboards())) as Record<string, GrafanaDashboard>;

/** Names of samples, each with its labels, as Prometheus has them. */
type Emitted = Map<string, Set<string>>;

function emittedByPrometheus(): Emitted {
  const pool = createPool({ name: 'db', max: 1, connect: () => concat(of('c'), NEVER) });
  const emitted: Emitted = new Map();
  for (const key of Object.keys(valuesOf(poolMetrics(pool).text()))) {
    const [, name, labels] = /^(\w+)\{(.*)\}$/.exec(key)!;
    const all = emitted.get(name!) ?? new Set();
    for (const [, label] of labels!.matchAll(/(\w+)="/g)) all.add(label!);
    emitted.set(name!, all);
  }
  return emitted;
}

/** OpenTelemetry's rules for names in Prometheus: no dots, the unit at the end unless it is in braces, `_total` for counters. */
function emittedByOpenTelemetry(): Emitted {
  const plain = (name: string): string => name.replaceAll('.', '_');
  const emitted: Emitted = new Map();
  const labels = Object.values(poolAttributes).map(plain);
  for (const { name, instrument, unit } of Object.values<MetricDescription>(otelMetrics)) {
    const whole = plain(name) + (unit === 's' ? '_seconds' : '');
    if (instrument === 'histogram') {
      emitted.set(`${whole}_bucket`, new Set([...labels, 'le']));
      for (const part of ['_sum', '_count']) emitted.set(whole + part, new Set(labels));
    } else emitted.set(instrument === 'counter' ? `${whole}_total` : whole, new Set(labels));
  }
  return emitted;
}

const sources: Record<string, Emitted> = {
  'connection-pools-prometheus.json': emittedByPrometheus(),
  'connection-pools-otel.json': emittedByOpenTelemetry(),
};

const queriesOf = ({ panels }: GrafanaDashboard): string[] =>
  panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** The metrics of a query, each with the labels that are asked of it. */
const selectorsOf = (expr: string): { name: string; labels: string[] }[] =>
  [...expr.matchAll(/(\w+)\{([^}]*)\}/g)].map(([, name, matchers]) => ({
    name: name!,
    labels: [...matchers!.matchAll(/(\w+)(?:=|!)/g)].map(([, label]) => label!),
  }));

const groupsOf = (expr: string): string[] =>
  [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels]) => labels!.split(',').map((label) => label.trim()));

describe('the Grafana dashboards', () => {
  it('are what the script makes: npm run grafana', () => {
    expect(readdirSync('grafana').sort()).toEqual(Object.keys(built).sort());
    for (const [file, dashboard] of Object.entries(built)) {
      expect(JSON.parse(readFileSync(join('grafana', file), 'utf8')))
        .withContext(file)
        .toEqual(dashboard);
    }
  });

  for (const [file, emitted] of Object.entries(sources)) {
    it(`name only metrics and labels that are emitted (${file})`, () => {
      const dashboard = built[file]!;
      const queries = queriesOf(dashboard);
      const [, name, label] = /^label_values\((\w+), (\w+)\)$/.exec(dashboard.templating.list[1]!.query)!;
      expect([...(emitted.get(name!) ?? [])]).toContain(label!);
      expect(queries.length).toBeGreaterThan(15);
      for (const expr of queries) {
        const selectors = selectorsOf(expr);
        expect(selectors.length).withContext(expr).toBeGreaterThan(0);
        for (const { name: metric, labels } of selectors) {
          const known = emitted.get(metric);
          expect(known).withContext(`${metric} in ${expr}`).toBeDefined();
          expect([...labels, ...groupsOf(expr)].filter((each) => known?.has(each) !== true))
            .withContext(expr)
            .toEqual([]);
        }
      }
    });

    it(`say of each panel when to act (${file})`, () => {
      const panels = built[file]!.panels.filter(({ type }) => type !== 'row');
      expect(panels.length).toBeGreaterThan(8);
      for (const { title, description = '' } of panels) {
        expect(description)
          .withContext(title)
          .toMatch(/\bAct (when|on)\b/);
      }
      const ids = built[file]!.panels.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
    });
  }

  it('show every metric of ./prometheus', () => {
    const pool = createPool({ name: 'db', max: 1, connect: () => NEVER });
    const shown = queriesOf(built['connection-pools-prometheus.json']!).flatMap((expr) =>
      selectorsOf(expr).map(({ name }) => name.replace(/_bucket$/, '')),
    );
    expect(Object.keys(typesOf(poolMetrics(pool).text())).filter((name) => !shown.includes(name))).toEqual([]);
  });

  describe('before promtool', () => {
    const promtool = peer('promtool');
    const check = (queries: readonly string[]) => {
      const file = join(mkdtempSync(join(tmpdir(), 'grafana-')), 'rules.yml');
      // As JSON, which is YAML.
      const rules = queries.map((expr, i) => ({
        record: `spec:query${i}`,
        expr: expr.replaceAll('$__rate_interval', '1m').replaceAll('$pool', '.+'),
      }));
      writeFileSync(file, JSON.stringify({ groups: [{ name: 'spec', rules }] }));
      const { status, stdout, stderr } = spawnSync(promtool, ['check', 'rules', file], { encoding: 'utf8' });
      return { status, text: stdout + stderr };
    };

    it('have queries that Prometheus understands', () => {
      const queries = Object.values(built).flatMap(queriesOf);
      const { status, text } = check(queries);
      expect(text).toContain(`${queries.length} rules found`);
      expect(status).toBe(0);
      expect(check(['sum by (pool) (rate(x{pool="a"})']).status).not.toBe(0);
    });
  });
});
