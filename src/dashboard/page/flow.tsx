import type { Frame } from '../frames';
import { Chart } from './chart';
import { clock, perSecond } from './format';
import { Panel } from './panel';
import { ratesOf } from '../series';

export function Flow({ frames }: { readonly frames: readonly Frame[] }) {
  const x = frames.map(({ at }) => at);
  const of = (
    name:
      | 'acquired'
      | 'released'
      | 'discarded'
      | 'cancelledAcquires'
      | 'failedOperations'
      | 'timeouts'
      | 'rejected'
      | 'openFailures'
      | 'opened'
      | 'closed',
  ) => ratesOf(frames, (stats) => stats[name]);
  const show = (value: number): string => perSecond(value);
  return (
    <Panel
      title="Flow, a second"
      id="flow"
      when="Act when failures are more than none: timeouts and rejections are callers that got nothing. Opened and closed should be far below acquired."
    >
      <div class="pair">
        <Chart
          x={x}
          series={[
            { name: 'acquired', color: 'label-0', values: of('acquired') },
            { name: 'released', color: 'label-2', values: of('released'), dash: [4, 3] },
            { name: 'cancelled', color: 'dim', values: of('cancelledAcquires'), dash: [1, 3] },
          ]}
          height={170}
          show={show}
          showX={clock}
          label="Leases acquired and released, and callers that left the queue, a second"
        />
        <Chart
          x={x}
          series={[
            { name: 'work failed', color: 'label-1', values: of('failedOperations') },
            { name: 'timed out', color: 'critical', values: of('timeouts') },
            { name: 'rejected', color: 'label-3', values: of('rejected'), dash: [6, 3] },
            { name: 'connect failed', color: 'label-6', values: of('openFailures'), dash: [2, 3] },
            { name: 'opened', color: 'label-0', values: of('opened'), dash: [8, 3] },
            { name: 'closed', color: 'dim', values: of('closed'), dash: [4, 3] },
          ]}
          height={170}
          show={show}
          showX={clock}
          label="Failures by kind, and connections opened and closed, a second"
        />
      </div>
    </Panel>
  );
}
