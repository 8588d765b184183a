// Writes the Grafana dashboards of the package into grafana/, from the panels in grafana-panels.mjs.
//
//   npm run grafana
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PanelBuilder as BarGauge } from '@grafana/grafana-foundation-sdk/bargauge';
import { VizLegendOptionsBuilder } from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as Heatmap, YAxisConfigBuilder } from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries';
import { descriptions } from './grafana-panels.mjs';

const datasource = { type: 'prometheus', uid: '${datasource}' };
/** Of the 24 columns. */
const usualWidth = 8;
const height = 8;

const query = ({ expr, legend }, index, kind) => {
  const built = new DataqueryBuilder()
    .refId(String.fromCharCode(65 + index))
    .expr(expr)
    .legendFormat(legend);
  if (kind === 'table') return built.instant().format('table');
  if (kind === 'heat') return built.format('heatmap');
  return kind === 'bars' ? built.instant() : built;
};

const panelOf = {
  lines: () =>
    new TimeSeries()
      .min(0)
      .fillOpacity(10)
      .lineWidth(1)
      .legend(
        new VizLegendOptionsBuilder().showLegend(true).displayMode('list').placement('bottom').calcs(['last', 'max']),
      ),
  bars: () => new BarGauge().min(0).orientation('horizontal'),
  heat: () => new Heatmap().yAxis(new YAxisConfigBuilder().unit('s')).hideLegend(),
  table: () =>
    new Table().withTransformation({
      id: 'organize',
      options: { excludeByName: { Time: true, Value: true } },
    }),
};

function panel({ kind, title, description, unit, width = usualWidth, targets }, filled) {
  const built = panelOf[kind]().title(title).description(description).datasource(datasource).height(height).span(width);
  if (unit !== undefined && kind !== 'heat') built.unit(unit);
  if (unit === 'percentunit') built.max(1);
  targets.forEach((target, index) =>
    built.withTarget(query({ expr: filled(target.expr), legend: filled(target.legend) }, index, kind)),
  );
  return built;
}

/** The dashboards, by the names of their files. */
export function dashboards() {
  return Object.fromEntries(
    descriptions.map(({ file, uid, title, description, label, variable, rows }) => {
      const filled = (text) => text.replaceAll('$pools', `${label}=~"$pool"`).replaceAll('$by', label);
      const built = new DashboardBuilder(title)
        .uid(uid)
        .description(description)
        .tags(['rxjs-connection-pool'])
        .timezone('browser')
        .refresh('30s')
        .time({ from: 'now-1h', to: 'now' })
        .editable()
        .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
        .withVariable(
          new QueryVariableBuilder('pool')
            .label('Pool')
            .datasource(datasource)
            .query(`label_values(${variable}, ${label})`)
            .refresh(VariableRefresh.OnTimeRangeChanged)
            .multi(true)
            .includeAll(true)
            .allValue('.+')
            .current({ selected: true, text: ['All'], value: ['$__all'] }),
        );
      let id = 0;
      for (const row of rows) {
        built.withRow(new RowBuilder(row.title).id(++id));
        for (const each of row.panels) built.withPanel(panel(each, filled).id(++id));
      }
      return [file, built.build()];
    }),
  );
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === resolve(import.meta.filename)) {
  const folder = resolve(import.meta.dirname, '../grafana');
  mkdirSync(folder, { recursive: true });
  for (const [file, dashboard] of Object.entries(dashboards())) {
    writeFileSync(join(folder, file), `${JSON.stringify(dashboard, null, 2)}\n`);
    console.log(`grafana/${file}`);
  }
}
