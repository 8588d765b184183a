import type { Frame } from '../frames';
import { Chart } from './chart';
import type { Series } from './chart';
import { clock, perSecond } from './format';
import { Panel } from './panel';
import { ratesOf } from '../series';

/** `isRun`: the frames of a report, which does not say more than what its operations came to, and what was opened. */
export function Flow({ frames, isRun }: { readonly frames: readonly Frame[]; readonly isRun: boolean }) {
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
  const failed = { name: 'work failed', color: 'label-1', values: of('failedOperations') };
  const opened = { name: 'opened', color: 'label-0', values: of('opened'), dash: [8, 3] };
  const leases: readonly Series[] = isRun
    ? [{ name: 'ended', color: 'label-0', values: of('released') }]
    : [
        { name: 'acquired', color: 'label-0', values: of('acquired') },
        { name: 'released', color: 'label-2', values: of('released'), dash: [4, 3] },
        { name: 'cancelled', color: 'dim', values: of('cancelledAcquires'), dash: [1, 3] },
      ];
  const troubles: readonly Series[] = isRun
    ? [failed, { name: 'got no connection', color: 'critical', values: of('timeouts') }, opened]
    : [
        failed,
        { name: 'timed out', color: 'critical', values: of('timeouts') },
        { name: 'rejected', color: 'label-3', values: of('rejected'), dash: [6, 3] },
        { name: 'connect failed', color: 'label-6', values: of('openFailures'), dash: [2, 3] },
        opened,
        { name: 'closed', color: 'dim', values: of('closed'), dash: [4, 3] },
      ];
  return (
    <Panel
      title="Flow, a second"
      id="flow"
      when="Act when failures are more than none: timeouts and rejections are callers that got nothing. Opened and closed should be far below acquired."
    >
      <div class="pair">
        <Chart
          x={x}
          series={leases}
          height={170}
          show={show}
          showX={clock}
          label={`${leases.map(({ name }) => name).join(', ')}: leases a second`}
        />
        <Chart
          x={x}
          series={troubles}
          height={170}
          show={show}
          showX={clock}
          label={`${troubles.map(({ name }) => name).join(', ')}: a second`}
        />
      </div>
    </Panel>
  );
}
