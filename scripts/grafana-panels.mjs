// What the Grafana dashboards show, as data: for the metrics of ./prometheus, and for those of ./otel as Prometheus names them. Each panel says
// when to act. $pools is the filter of the chosen pools, $by the label that names a pool.

const every = '$__rate_interval';

const times = (title, name, description) => ({
  kind: 'lines',
  title,
  unit: 's',
  description,
  targets: [0.5, 0.9, 0.99].map((q) => ({
    expr: `histogram_quantile(${q}, sum by (le, $by) (rate(${name}_bucket{$pools}[${every}])))`,
    legend: `p${q * 100} {{$by}}`,
  })),
});

const spread = (title, name, description) => ({
  kind: 'heat',
  title,
  unit: 's',
  description,
  targets: [{ expr: `sum by (le) (increase(${name}_bucket{$pools}[${every}]))`, legend: '{{le}}' }],
});

const inUse = (width, expr) => ({
  kind: 'bars',
  title: 'In use of the maximum',
  width,
  unit: 'percentunit',
  description:
    'Act when it stays at 100 % and callers wait. At 100 % without waiting callers the pool is only well used.',
  targets: [{ expr, legend: '{{$by}}' }],
});

const waiting = (width, name) => ({
  kind: 'bars',
  title: 'Waiting callers',
  width,
  unit: 'short',
  description: 'Act when it does not return to 0 between two peaks: the pool is too small, or a lease leaks.',
  targets: [{ expr: sum(name), legend: '{{$by}}' }],
});

const sum = (name, labels = '') => `sum by ($by) (${name}{$pools${labels}})`;

const rate = (name, label) => ({
  expr: `sum by ($by${label === undefined ? '' : `, ${label}`}) (rate(${name}{$pools}[${every}]))`,
  legend: label === undefined ? '{{$by}}' : `{{$by}} {{${label}}}`,
});

const waitAdvice =
  'Act when p99 is above what your callers can bear: if all connections are in use, raise max or make the work shorter; if connects are under way, look at connect times.';
const useAdvice =
  'Act when it rises while the load does not: the target has become slow, and more connections would only send it more work at the same time.';
const openAdvice =
  'Act when connects take longer than callers can wait: open connections before they are needed (min, warmUp), and find out why the target accepts slowly.';

const own = (name) => `connection_pool_${name}`;

const prometheus = {
  file: 'connection-pools-prometheus.json',
  uid: 'rxjs-connection-pools',
  title: 'Connection pools',
  description: 'Pools of rxjs-connection-pool, by the metrics of rxjs-connection-pool/prometheus.',
  label: 'pool',
  variable: own('max_connections'),
  rows: [
    {
      title: 'What is the matter',
      panels: [
        {
          kind: 'table',
          title: 'Condition',
          width: 12,
          description:
            'What each pool suffers from, by the rule of the dashboard of the package. Act when a pool is not healthy. leak: find the label that does not release. dead-target: check the target. too-small: raise max. overload: send less. slow-work, slow-connects, slow-checks: look at the target. reconnecting: see why connections close. failing-work: look at the errors of the work.',
          targets: [
            { expr: `max by ($by, condition) (${own('condition')}{$pools}) == 1`, legend: '{{$by}} {{condition}}' },
          ],
        },
        inUse(6, `${sum(own('leases'))} / ${sum(own('lease_capacity'))}`),
        waiting(6, own('pending_acquires')),
      ],
    },
    {
      title: 'Connections and leases',
      panels: [
        {
          kind: 'lines',
          title: 'Connections by state',
          unit: 'short',
          description:
            'Act when in_use stays at the maximum, when opening does not return to 0 (slow connects), or when closing grows (closes that do not end).',
          targets: [
            { expr: `sum by ($by, state) (${own('connections')}{$pools})`, legend: '{{$by}} {{state}}' },
            { expr: sum(own('max_connections')), legend: '{{$by}} max' },
          ],
        },
        {
          kind: 'lines',
          title: 'Longest lease',
          unit: 's',
          description:
            'Act when it grows in a straight line, far above the use times: that lease is not released. holders() and the dashboard of the package name its label.',
          targets: [{ expr: `max by ($by) (${own('longest_lease_seconds')}{$pools})`, legend: '{{$by}}' }],
        },
        {
          kind: 'lines',
          title: 'Waiting callers, and how long the first has waited',
          unit: 'short',
          description: `Act when the number does not return to 0. ${waitAdvice}`,
          targets: [
            { expr: sum(own('pending_acquires')), legend: '{{$by}} waiting' },
            { expr: `max by ($by) (${own('oldest_wait_seconds')}{$pools})`, legend: '{{$by}} oldest (s)' },
          ],
        },
      ],
    },
    {
      title: 'How long things take',
      panels: [
        times('Wait for a lease', own('wait_seconds'), waitAdvice),
        spread(
          'Wait for a lease, all callers',
          own('wait_seconds'),
          `Two bands: some callers are served at once, and others queue behind long work: give that work a pool of its own. ${waitAdvice}`,
        ),
        times(
          'Wait of callers that failed',
          own('failed_wait_seconds'),
          'Act when there is any: these callers waited and got nothing. At acquireTimeout: the pool is exhausted. Near 0: they were rejected at once.',
        ),
        times('Use of a lease', own('use_seconds'), useAdvice),
        spread('Use of a lease, all leases', own('use_seconds'), useAdvice),
        times('Connect', own('open_seconds'), openAdvice),
      ],
    },
    {
      title: 'Flow',
      panels: [
        {
          kind: 'lines',
          title: 'Failed acquires by reason',
          unit: 'ops',
          description:
            'Act on any. timeout, queue-full: the pool is exhausted. overload: the load was shed. target-down: the target is down. destroyed: callers of a pool that is shut down.',
          targets: [rate(own('failed_acquires_total'), 'reason'), rate(own('cancelled_acquires_total'))],
        },
        {
          kind: 'lines',
          title: 'Operations by outcome',
          unit: 'ops',
          description:
            'Act when failed is a large share: look at the errors of the work itself, connections are there.',
          targets: [rate(own('operations_total'), 'outcome')],
        },
        {
          kind: 'lines',
          title: 'Leases',
          unit: 'ops',
          description:
            'Act when acquired stays above released and discarded together: leases are not released. Many discarded: look at isFatal, discard and onCancel.',
          targets: ['acquired_total', 'released_total', 'discarded_total'].map((name) => {
            const { expr, legend } = rate(own(name));
            return { expr, legend: `${legend} ${name.replace('_total', '')}` };
          }),
        },
        {
          kind: 'lines',
          title: 'Connects',
          unit: 'ops',
          description:
            'Act when connects fail, or when opened is near acquired: connections do not last, and are opened again and again.',
          targets: [
            { ...rate(own('connections_opened_total')), legend: '{{$by}} opened' },
            { ...rate(own('connect_failures_total')), legend: '{{$by}} failed' },
          ],
        },
        {
          kind: 'lines',
          title: 'Closed connections by reason',
          unit: 'ops',
          description:
            'Act on lost: an idle timeout of the target or of a proxy (set idleTimeout below it), or a target that restarts. validate, reset, outlier: the target fails its checks. idle, lifetime, uses: raise the limit if it happens more often than use.',
          targets: [rate(own('connections_closed_total'), 'reason')],
        },
        {
          kind: 'lines',
          title: 'Breaker, and connects that failed in a row',
          unit: 'short',
          description: 'Act when the breaker is not closed: the target is considered down, and callers fail at once.',
          targets: [
            {
              expr: `sum by ($by) (${own('breaker_state')}{$pools,state!="closed"})`,
              legend: '{{$by}} breaker not closed',
            },
            {
              expr: `max by ($by) (${own('consecutive_connect_failures')}{$pools})`,
              legend: '{{$by}} failed in a row',
            },
          ],
        },
      ],
    },
  ],
};

const otelName = (name) => `db_client_connection_${name}`;
const otelState = 'db_client_connection_state';

const otel = {
  file: 'connection-pools-otel.json',
  uid: 'rxjs-connection-pools-otel',
  title: 'Connection pools (OpenTelemetry)',
  description:
    'Connection pools by the metrics of the semantic conventions of OpenTelemetry, as rxjs-connection-pool/otel records them and Prometheus names them.',
  label: 'db_client_connection_pool_name',
  variable: otelName('limit'),
  rows: [
    {
      title: 'What is the matter',
      panels: [
        inUse(12, `${sum(otelName('count'), `,${otelState}="used"`)} / ${sum(otelName('limit'))}`),
        waiting(12, otelName('pending_requests')),
      ],
    },
    {
      title: 'Connections',
      panels: [
        {
          kind: 'lines',
          title: 'Connections by state',
          unit: 'short',
          description: 'Act when used stays at the limit while callers wait.',
          targets: [
            { expr: `sum by ($by, ${otelState}) (${otelName('count')}{$pools})`, legend: `{{$by}} {{${otelState}}}` },
            { expr: sum(otelName('limit')), legend: '{{$by}} limit' },
          ],
        },
        {
          kind: 'lines',
          title: 'Idle connections, and how many are kept',
          unit: 'short',
          description: 'Act when idle is far above the minimum for hours: max, or min, is larger than the load needs.',
          targets: [
            { expr: sum(otelName('count'), `,${otelState}="idle"`), legend: '{{$by}} idle' },
            { expr: sum(otelName('idle_min')), legend: '{{$by}} at least' },
            { expr: sum(otelName('idle_max')), legend: '{{$by}} at most' },
          ],
        },
        {
          kind: 'lines',
          title: 'Timeouts',
          unit: 'ops',
          description: 'Act on any: callers waited for acquireTimeout and got no connection.',
          targets: [rate(otelName('timeouts_total'))],
        },
      ],
    },
    {
      title: 'How long things take',
      panels: [
        times('Wait for a connection', otelName('wait_time_seconds'), waitAdvice),
        spread(
          'Wait for a connection, all callers',
          otelName('wait_time_seconds'),
          `Two bands: some callers are served at once, and others queue behind long work. ${waitAdvice}`,
        ),
        times('Use of a connection', otelName('use_time_seconds'), useAdvice),
        times('Connect', otelName('create_time_seconds'), openAdvice),
        {
          kind: 'lines',
          title: 'Connects',
          unit: 'ops',
          description:
            'Act when it is near the rate of leases: connections do not last, and are opened again and again.',
          targets: [
            { ...rate(otelName('create_time_seconds_count')), legend: '{{$by}} connects' },
            { ...rate(otelName('wait_time_seconds_count')), legend: '{{$by}} leases' },
          ],
        },
      ],
    },
  ],
};

export const descriptions = [prometheus, otel];
